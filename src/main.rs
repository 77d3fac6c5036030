//! The process: arguments in, exit code out.

use std::io::{self, Write as _};
use std::process::{ExitCode, exit};
use std::{env, panic};

mod arena;

#[global_allocator]
static ALLOCATOR: arena::Arena = arena::Arena::new();

fn main() -> ExitCode {
    // Docker knows 0 and 1 only; a panic would end in 101 or 134.
    panic::set_hook(Box::new(|panic| {
        let _ = writeln!(io::stderr(), "error: a defect in healthprobe: {panic}");
        exit(1)
    }));
    let environment = env::vars_os().collect();
    let (mut out, mut err) = (io::stdout(), io::stderr());
    healthprobe::run(env::args_os(), &environment, &mut out, &mut err).into()
}
