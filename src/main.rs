//! The process: arguments in, exit code out.

use healthprobe::outputs::Outputs;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::{ExitCode, exit};
use std::{env, panic};

mod allocator;

#[global_allocator]
static ALLOCATOR: allocator::Arena = allocator::Arena::new();

fn main() -> ExitCode {
    // Docker knows 0 and 1 only; a panic would end in 101 or 134.
    panic::set_hook(Box::new(|panic| {
        let _ = writeln!(io::stderr(), "error: a defect in healthprobe: {panic}");
        exit(1)
    }));
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let outputs = Outputs::new(&mut out, &mut err, || io::stderr().is_terminal());
    healthprobe::run(env::args_os(), &env::vars_os().collect(), outputs).into()
}
