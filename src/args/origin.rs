//! Where a flag's value came from.

use std::fmt;

/// `--timeout`, `HEALTHPROBE_TIMEOUT` or `probe.json: timeout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line: the long name of a flag, or `url`.
    CommandLine(&'static str),
    /// The name of a variable, or a file and a key in it.
    Named(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine("url") => f.write_str("URL"),
            Self::CommandLine(flag) => write!(f, "--{flag}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}
