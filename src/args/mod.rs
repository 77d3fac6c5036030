//! Command line, environment and config file together: each flag's value from
//! the nearest of them that gives one.
//!
//! clap reads what was typed; a flag's variable and its key in the config follow
//! from its name.

pub mod config_file;
pub mod env;
pub mod flags;
mod layers;
pub mod version;

use std::ffi::OsString;
use std::{fmt, io, mem};

use clap::ArgMatches;
use clap::error::{ContextKind, ErrorKind};

use crate::upstream;
use env::{Environment, NotUnicode};
use layers::{Layers, PREFIX};

pub use layers::config_keys;

/// Reads a file that a flag names; `-` is standard input.
pub type ReadFile<'a> = dyn Fn(&str) -> io::Result<Vec<u8>> + 'a;

/// What was given, and by whom.
#[derive(Debug)]
pub struct Args {
    layers: Layers,
}

/// JSON texts of the config, unless something nearer says the same.
#[derive(Debug, Default)]
pub struct InlineJson {
    /// `data`
    pub data: Option<String>,
    /// `baseline`
    pub baseline: Option<String>,
}

/// Why there are no arguments to work with.
#[derive(Debug)]
pub enum ArgsError {
    /// `--help`, and its text.
    DisplayHelp(String),
    /// `--version`, and its text.
    DisplayVersion(String),
    /// A mistake of the user's, as one sentence.
    Usage(String),
}

impl From<NotUnicode> for ArgsError {
    fn from(error: NotUnicode) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<clap::Error> for ArgsError {
    fn from(error: clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp => Self::DisplayHelp(error.render().to_string()),
            ErrorKind::DisplayVersion => Self::DisplayVersion(error.render().to_string()),
            _ => Self::Usage(describe_clap_error(&error)),
        }
    }
}

/// clap's error in one sentence. Its own rendering takes several lines, and shows
/// stray arguments, which are often a header's value that lost its quotes.
fn describe_clap_error(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let flag = |kind| upstream::strip_value_name(&context(kind)).to_owned();
    let argument = flag(ContextKind::InvalidArg);
    let said = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown flag {argument}")
        }
        ErrorKind::UnknownArgument => {
            "a second URL was given; quote values that hold spaces".to_owned()
        }
        ErrorKind::InvalidValue => format!("{argument}: expected a value"),
        ErrorKind::TooManyValues => format!("{argument}: expected no value"),
        ErrorKind::ArgumentConflict => format!(
            "{argument} and {} contradict each other",
            flag(ContextKind::PriorArg)
        ),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        kind => kind.to_string(),
    };
    format!("{said}; see healthprobe --help")
}

/// Where a flag's value came from: `--timeout`, `HEALTHPROBE_TIMEOUT` or `probe.json: timeout`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line: the long name of a flag, or `url`.
    CommandLine(&'static str),
    /// A variable, or a file and a key in it.
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

impl Args {
    /// Reads the command line, the environment for what it leaves out, and the
    /// config file for what is left then.
    ///
    /// # Errors
    /// A command line that clap refuses, a variable or a member of the config
    /// that cannot be used, a config that cannot be read.
    pub fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
        read: &ReadFile,
    ) -> Result<Self, ArgsError> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let mut layers = Layers::typed(&typed(&arguments)?);
        // Most environments name none of the flags.
        if environment.has_prefix(PREFIX) {
            layers.add_environment(environment)?;
        }
        let mut args = Self { layers };
        if let Some(path) = args.value("config").map(str::to_owned) {
            args.layers.add_config(&path, read)?;
        }
        Ok(args)
    }

    /// Hands over what stands in the config as JSON, for it may be large.
    #[must_use]
    pub fn take_inline(&mut self) -> InlineJson {
        mem::take(&mut self.layers.inline)
    }

    /// The value of a flag that takes one; of `url`, the URL.
    #[must_use]
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.values(flag).next()
    }

    /// The values of a repeatable flag.
    pub fn values(&self, flag: &str) -> impl Iterator<Item = &str> {
        let values = self.layers.values(flag).unwrap_or_default();
        values.iter().map(String::as_str)
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_set(&self, flag: &str) -> bool {
        self.layers.origin(flag).is_some()
    }

    /// Where the value of the flag with this long name came from, or would have.
    #[must_use]
    pub fn origin(&self, flag: &'static str) -> Origin {
        let origin = self.layers.origin(flag).cloned();
        origin.unwrap_or(Origin::CommandLine(flag))
    }
}

/// What was typed, as clap reads it. To build all flags and to search them was a
/// third of a probe's instructions, so that is done for help and for mistakes only.
fn typed(arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let mut command = flags::minimal_command(arguments);
    let typed = command.try_get_matches_from_mut(arguments).or_else(|_| {
        // clap answers before it has read what follows --version.
        let version = if flags::is_verbose(&command) {
            version::VERBOSE
        } else {
            version::VERSION
        };
        let whole = flags::command().version(version);
        whole.try_get_matches_from(arguments)
    });
    // The process ends in a moment: there is no use in taking this apart.
    mem::forget(command);
    typed
}
