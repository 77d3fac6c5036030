//! Why there are no arguments to work with.

use std::error::Error;
use std::{fmt, io};

use clap::error::{ContextKind, ErrorKind};

use super::config_file::ConfigError;
use super::env::NotUnicode;
use super::origin::Origin;
use crate::inputs::Input;
use crate::upstream::{strip_os_error, strip_value_name};

/// Why there are no arguments to work with.
#[derive(Debug)]
pub enum ArgsError {
    /// `--help`: its text.
    DisplayHelp(String),
    /// `--version`: its text.
    DisplayVersion(String),
    /// The user's error.
    Usage(UsageError),
}

/// What is wrong with the command line, the environment or the config file. Its text
/// is one line, which starts with the place.
#[derive(Debug)]
pub enum UsageError {
    /// clap refused the command line.
    CommandLine(clap::Error),
    /// A variable that is not UTF-8.
    Environment(NotUnicode),
    /// A switch's variable that says neither yes nor no.
    Switch {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// A flag in the place of the URL.
    NotAUrl {
        /// Where it came from.
        origin: Origin,
        /// The value.
        value: String,
    },
    /// Two flags that cannot be used together.
    Conflict(Origin, Origin),
    /// A config file that cannot be read.
    UnreadableConfig {
        /// What named it.
        origin: Origin,
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A config file that cannot be used.
    Config {
        /// The file.
        path: String,
        /// Why.
        error: ConfigError,
    },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine(error) => {
                write!(f, "{}; see healthprobe --help", describe_clap_error(error))
            }
            Self::Environment(error) => error.fmt(f),
            Self::Switch { name, value } => write!(f, "{name} {value:?}: expected true or false"),
            Self::NotAUrl { origin, value } => write!(
                f,
                "{origin} {value:?}: expected a URL such as http://localhost:8000/health"
            ),
            Self::Conflict(one, other) => write!(f, "{one} cannot be used with {other}"),
            Self::UnreadableConfig {
                origin,
                path,
                error,
            } => write!(
                f,
                "{origin}: cannot read {}: {}",
                Input::or_stdin(path),
                strip_os_error(error)
            ),
            Self::Config { path, error } => write!(f, "{path}: {error}"),
        }
    }
}

impl Error for UsageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::CommandLine(error) => Some(error),
            Self::Environment(error) => Some(error),
            Self::UnreadableConfig { error, .. } => Some(error),
            Self::Config { error, .. } => Some(error),
            Self::Switch { .. } | Self::NotAUrl { .. } | Self::Conflict(..) => None,
        }
    }
}

impl From<NotUnicode> for ArgsError {
    fn from(error: NotUnicode) -> Self {
        Self::Usage(UsageError::Environment(error))
    }
}

impl From<UsageError> for ArgsError {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

/// clap's error as a clause. Its own rendering takes several lines, and shows stray
/// arguments, which are often a header's value that lost its quotes.
fn describe_clap_error(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let flag = |kind| strip_value_name(&context(kind)).to_owned();
    let argument = flag(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown flag {argument}")
        }
        ErrorKind::UnknownArgument => {
            "a second URL was given; quote values that contain spaces".to_owned()
        }
        ErrorKind::InvalidValue => format!("{argument}: expected a value"),
        ErrorKind::TooManyValues => format!("{argument}: expected no value"),
        ErrorKind::ArgumentConflict => {
            let prior = flag(ContextKind::PriorArg);
            format!("{argument} cannot be used with {prior}")
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        kind => kind.to_string(),
    }
}
