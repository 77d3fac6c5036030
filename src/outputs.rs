//! Where a probe writes: stdout, stderr, and whether they are terminals.

use std::io::{IsTerminal as _, Stderr, Stdout, Write, stderr, stdout};

/// Where a probe writes.
pub struct Outputs<'o> {
    /// For the verdict.
    pub out: &'o mut dyn Write,
    /// For errors, warnings and progress.
    pub err: &'o mut dyn Write,
    /// Whether `out` is a terminal; called only where that matters, as it is a system call.
    pub out_is_terminal: fn() -> bool,
    /// The same for `err`.
    pub err_is_terminal: fn() -> bool,
}

impl<'o> Outputs<'o> {
    /// Those of the process.
    pub fn stdio(out: &'o mut Stdout, err: &'o mut Stderr) -> Self {
        Self {
            out,
            err,
            out_is_terminal: || stdout().is_terminal(),
            err_is_terminal: || stderr().is_terminal(),
        }
    }
}
