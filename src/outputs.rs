//! Where something is said: stdout, stderr, and what is to be known of them.

use std::io::Write;

/// Where something is said.
pub struct Outputs<'o> {
    /// For the verdict.
    pub out: &'o mut dyn Write,
    /// For mistakes, and for what is told besides.
    pub err: &'o mut dyn Write,
    /// Whether `err` is a terminal; asked only where that matters.
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
