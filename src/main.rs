//! The process: arguments in, exit code out.

use healthprobe::outputs::Outputs;
use std::io::{Write as _, stderr, stdout};
use std::process::exit;
use std::{env, panic};

mod allocator;

#[global_allocator]
static ALLOCATOR: allocator::Arena = allocator::Arena::new();

fn main() {
    // Docker knows 0 and 1 only; a panic would exit with 101 or 134.
    panic::set_hook(Box::new(|panic| {
        let _ = writeln!(stderr(), "error: internal error (please report): {panic}");
        exit(1)
    }));
    let (mut out, mut err) = (stdout(), stderr());
    let outputs = Outputs::stdio(&mut out, &mut err);
    // Frees nothing at the end.
    exit(healthprobe::run(env::args_os(), &env::vars_os().collect(), outputs).into())
}
