//! The process: arguments in, exit code out.

use std::process::{ExitCode, exit};
use std::{env, io, panic};

fn main() -> ExitCode {
    // Docker knows 0 and 1 only; a panic would otherwise end in 101 or 134.
    panic::set_hook(Box::new(|panic| {
        use io::Write as _;
        let _ = writeln!(io::stderr(), "error: a defect in healthprobe: {panic}");
        exit(1)
    }));
    ExitCode::from(healthprobe::run(
        env::args_os(),
        &|name| env::var_os(name),
        &mut io::stdout(),
        &mut io::stderr(),
    ))
}
