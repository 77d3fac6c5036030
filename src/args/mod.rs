//! Command line, environment and config file together: each flag's value from the
//! nearest of them that sets it.
//!
//! clap reads the command line; a flag's variable and its key in the config follow
//! from its name.

mod command_line;
pub mod config_file;
pub mod env;
mod error;
pub(crate) mod flags;
mod layers;
mod origin;
mod unknown;
mod version;

use std::ffi::OsString;
use std::mem::{self, ManuallyDrop};
use std::time::Duration;

use crate::duration;
use crate::inputs::ReadInput;
use env::Environment;
use flags::{CONFIG, Flag, Switch, TIMEOUT, Value, Values, WAIT};
use layers::{Layers, PREFIX};

pub use command_line::command;
pub use error::{ArgsError, UsageError};
pub use layers::{InlineJson, config_keys};
pub use origin::Origin;
pub use unknown::UnknownVariable;

/// The default of `--timeout`.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// What the user set, and where.
#[derive(Debug)]
pub struct Args {
    layers: Layers,
    unknown_variables: Vec<UnknownVariable>,
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
        read: &ReadInput,
    ) -> Result<Self, ArgsError> {
        // Neither is freed: the process reads its arguments once.
        let arguments: ManuallyDrop<Vec<OsString>> =
            ManuallyDrop::new(arguments.into_iter().collect());
        let matches = ManuallyDrop::new(command_line::read(&arguments)?);
        let mut layers = Layers::of_command_line(&matches);
        // Most environments name none of the flags.
        let has_variables = environment.has_prefix(PREFIX);
        if has_variables {
            layers.add_environment(environment)?;
        }
        let mut args = Self {
            layers,
            unknown_variables: Vec::new(),
        };
        if let Some(path) = args.value(CONFIG).map(str::to_owned) {
            let timeout = args.input_timeout();
            args.layers.add_config(&path, timeout, read)?;
        }
        if has_variables {
            args.unknown_variables = unknown::variables(environment, &args.layers);
        }
        Ok(args)
    }

    /// Takes the variables that are no flag's.
    #[must_use]
    pub fn take_unknown_variables(&mut self) -> Vec<UnknownVariable> {
        mem::take(&mut self.unknown_variables)
    }

    /// How long reading inputs may take: as long as the probe, as far as that is known.
    pub(crate) fn input_timeout(&self) -> Duration {
        let set = |flag| duration::parse(self.value(flag)?).ok();
        let timeout = set(TIMEOUT).unwrap_or(DEFAULT_TIMEOUT);
        set(WAIT).map_or(timeout, |wait| timeout.min(wait))
    }

    /// Takes the JSON texts of the config, which may be large.
    #[must_use]
    pub fn take_inline(&mut self) -> InlineJson {
        mem::take(&mut self.layers.inline)
    }

    /// The value of a flag.
    pub(crate) fn value(&self, flag: Flag<Value>) -> Option<&str> {
        self.layers.values(flag.long)?.first().map(String::as_str)
    }

    /// The values of a repeatable flag.
    pub(crate) fn values(&self, flag: Flag<Values>) -> impl Iterator<Item = &str> {
        let values = self.layers.values(flag.long).unwrap_or_default();
        values.iter().map(String::as_str)
    }

    /// Whether a switch is on.
    pub(crate) fn is_set(&self, flag: Flag<Switch>) -> bool {
        self.layers.origin(flag.long).is_some()
    }

    /// Where a flag's value came from, or would have.
    pub(crate) fn origin<A>(&self, flag: Flag<A>) -> Origin {
        let origin = self.layers.origin(flag.long).cloned();
        origin.unwrap_or(Origin::CommandLine(flag.long))
    }
}
