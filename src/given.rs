//! Command line and environment together: each flag's value from `HEALTHPROBE_*`
//! where the command line gives none.
//!
//! The variables become arguments before clap reads them a second time, so that
//! a flag is declared once and its variable follows from its name.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::{fmt, mem};

use clap::error::{ContextKind, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::cli::Args;
use crate::environment::{Environment, NotUnicode};

const PREFIX: &str = "HEALTHPROBE_";

/// What was typed, and what of it came from a variable.
#[derive(Debug)]
pub struct Given {
    /// The flags, from either source.
    pub args: Args,
    variables: BTreeSet<String>,
}

/// Why there are no arguments to work with.
#[derive(Debug)]
pub enum NotGiven {
    /// Help or version was asked for; this is the answer.
    Question(String),
    /// A mistake of the user's, as one sentence.
    Mistake(String),
}

impl From<NotUnicode> for NotGiven {
    fn from(error: NotUnicode) -> Self {
        Self::Mistake(error.to_string())
    }
}

impl From<clap::Error> for NotGiven {
    fn from(error: clap::Error) -> Self {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Self::Question(error.render().to_string())
            }
            _ => Self::Mistake(sentence(&error)),
        }
    }
}

/// clap's error in one sentence. Its own rendering takes several lines, and shows
/// stray arguments, which are often a header's value that lost its quotes.
fn sentence(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
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
            context(ContextKind::PriorArg)
        ),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        kind => kind.to_string(),
    };
    format!("{said}; see healthprobe --help")
}

/// Where a flag's value came from: `--timeout` or `HEALTHPROBE_TIMEOUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(String);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Given {
    /// Reads the command line, and the environment for what it leaves out.
    ///
    /// # Errors
    /// A command line that clap refuses, or a variable that cannot be used.
    pub fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: &Environment,
    ) -> Result<Self, NotGiven> {
        let mut command = Args::command();
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        let mut matches = command.try_get_matches_from_mut(&arguments)?;
        let mut variables = BTreeSet::new();
        let mut layered = Vec::new();
        // Most environments name none of the flags.
        let may_be_set = environment.has_prefix(PREFIX);
        for argument in command.get_arguments().filter(|_| may_be_set) {
            let id = argument.get_id().as_str();
            if is_on_command_line(&matches, id)
                || command
                    .get_arg_conflicts_with(argument)
                    .iter()
                    .any(|other| is_on_command_line(&matches, other.get_id().as_str()))
            {
                continue;
            }
            let name = variable(id);
            let Some(value) = environment.get(&name)? else {
                continue;
            };
            let added = layered.len();
            push_arguments(&mut layered, argument, &name, value)?;
            if layered.len() > added {
                refuse_conflict(&command, argument, &variables)?;
                variables.insert(id.to_owned());
            }
        }
        if !layered.is_empty() {
            // Before what was typed, which may hold a `--`.
            let program = arguments.len().min(1);
            arguments.splice(program..program, layered);
            matches = command.try_get_matches_from_mut(&arguments)?;
        }
        let args = Args::from_arg_matches_mut(&mut matches)?;
        // The process ends in a moment: taking these apart piece by piece would be
        // a seventh of all its instructions.
        mem::forget((command, matches));
        Ok(Self { args, variables })
    }

    /// Where the value of the flag with this long name came from.
    #[must_use]
    pub fn source(&self, flag: &str) -> Source {
        let id = flag.replace('-', "_");
        Source(if self.variables.contains(&id) {
            variable(&id)
        } else if flag == "url" {
            "URL".to_owned()
        } else {
            format!("--{flag}")
        })
    }
}

fn is_on_command_line(matches: &ArgMatches, id: &str) -> bool {
    matches!(matches.try_contains_id(id), Ok(true))
        && matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn variable(id: &str) -> String {
    format!("{PREFIX}{}", id.to_ascii_uppercase())
}

fn push_arguments(
    arguments: &mut Vec<OsString>,
    argument: &Arg,
    variable: &str,
    value: &str,
) -> Result<(), NotGiven> {
    let long = argument.get_long().unwrap_or_default();
    match argument.get_action() {
        ArgAction::Set if long.is_empty() => arguments.push(value.into()),
        ArgAction::Set => arguments.push(format!("--{long}={value}").into()),
        ArgAction::Append => arguments.extend(
            value
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| format!("--{long}={line}").into()),
        ),
        ArgAction::SetTrue => match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => arguments.push(format!("--{long}").into()),
            "0" | "false" | "no" | "off" => {}
            _ => {
                return Err(NotGiven::Mistake(format!(
                    "{variable} {value:?}: expected true or false"
                )));
            }
        },
        // Help and version are questions, not settings.
        _ => {}
    }
    Ok(())
}

/// Refuses a second variable that contradicts an earlier one.
fn refuse_conflict(
    command: &Command,
    argument: &Arg,
    variables: &BTreeSet<String>,
) -> Result<(), NotGiven> {
    match command
        .get_arg_conflicts_with(argument)
        .iter()
        .map(|other| other.get_id().as_str())
        .find(|other| variables.contains(*other))
    {
        Some(earlier) => Err(NotGiven::Mistake(format!(
            "{} and {} contradict each other; set one of them",
            variable(earlier),
            variable(argument.get_id().as_str()),
        ))),
        None => Ok(()),
    }
}
