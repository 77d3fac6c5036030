//! Where a probe writes: stdout, stderr, and whether that is a terminal.

use std::io::Write;

/// Where a probe writes.
pub struct Outputs<'o> {
    /// For the verdict.
    pub out: &'o mut dyn Write,
    /// For errors, warnings and progress.
    pub err: &'o mut dyn Write,
    /// Whether `err` is a terminal; called only where that matters.
    pub err_is_terminal: fn() -> bool,
}

impl<'o> Outputs<'o> {
    /// Stdout, stderr, and whether that is a terminal.
    pub fn new(
        out: &'o mut dyn Write,
        err: &'o mut dyn Write,
        err_is_terminal: fn() -> bool,
    ) -> Self {
        Self {
            out,
            err,
            err_is_terminal,
        }
    }
}
