//! The table of flags → clap, and what clap read.
//!
//! clap first gets only the flags that the arguments can mean, and all of them only for
//! help, the version and errors: to build every argument with its help takes more
//! instructions than all the rest of a probe.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::error::{ArgsError, UsageError};
use super::flags::{self, Arity, Spec, URL, VERBOSE};
use super::version;

const ABOUT: &str = "\
Check that an HTTP service really works: one request, some checks on the
response, one line of output, exit code 0 or 1";

const AFTER_HELP: &str = "\
Assertions:
  status=ok  model.loaded=true  outputs[0].data[-1]>=0.5  label!=Unknown  !error
  length(predictions)>0  type(score)=number  score=0.87+-2%
  models[*].state~^READY$
  A query is JSONPath (RFC 9535). The functions are length, count, type, sum,
  min, max and avg.

Every option can also be set in the environment: HEALTHPROBE_URL,
HEALTHPROBE_MAX_LATENCY, … Repeatable ones take one value per line, switches
take true or false. Flags override variables.

Exit code: 0 when every check holds, 1 otherwise.";

/// Reads the arguments.
pub(crate) fn read(arguments: &[OsString]) -> Result<ArgMatches, ArgsError> {
    // Finding its name in the first argument takes clap as long as reading a flag.
    let after_name = arguments.get(1..).unwrap_or_default();
    // Nor is anything freed that the process needs once.
    ManuallyDrop::new(minimal_command(after_name).no_binary_name(true))
        .try_get_matches_from_mut(after_name)
        .or_else(|_| optional_url(command()).try_get_matches_from(arguments))
        .map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp => ArgsError::DisplayHelp(command().render_help().to_string()),
            ErrorKind::DisplayVersion => {
                // clap answers before it has read what follows --version.
                let is_verbose = |spec: &&Spec| spec.long == VERBOSE.long;
                let verbose = given(arguments).iter().any(is_verbose);
                ArgsError::DisplayVersion(format!("healthprobe {}\n", version::text(verbose)))
            }
            _ => ArgsError::Usage(UsageError::CommandLine(error)),
        })
}

/// The command line as the help shows it.
#[must_use]
pub fn command() -> Command {
    let mut command = bare_command()
        .version(version::VERSION)
        .about(ABOUT)
        .override_usage("healthprobe [OPTIONS] <URL>")
        .after_help(AFTER_HELP);
    for spec in flags::POSITIONAL {
        command = command.arg(with_help(Arg::new(spec.long), spec).required(true));
    }
    for (heading, flags) in flags::SECTIONS {
        for spec in flags {
            let argument = with_help(argument(spec), spec).help_heading(heading);
            command = command.arg(argument.conflicts_with_all(conflicts(spec, flags::named())));
        }
    }
    let info_flag = |long, short, action, help| {
        Arg::new(long)
            .long(long)
            .short(short)
            .action(action)
            .help(help)
            .help_heading("Output")
    };
    command
        .arg(info_flag("help", 'h', ArgAction::Help, "Print this help"))
        .arg(info_flag(
            "version",
            'V',
            ArgAction::Version,
            "Print the version; with --verbose also what is\nbuilt in",
        ))
}

/// The same command, for which the URL may also come from elsewhere.
fn optional_url(command: Command) -> Command {
    command.mut_arg(URL.long, |argument| argument.required(false))
}

/// The part of the command that these arguments can mean, without help texts. What it
/// accepts, the whole command reads alike; what it refuses, that explains.
fn minimal_command(arguments: &[OsString]) -> Command {
    let mut command = bare_command().arg(Arg::new(URL.long));
    let given = given(arguments);
    for spec in &given {
        let others = given.iter().copied();
        command = command.arg(argument(spec).conflicts_with_all(conflicts(spec, others)));
    }
    command
}

fn bare_command() -> Command {
    Command::new("healthprobe")
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

fn argument(spec: &Spec) -> Arg {
    let argument = Arg::new(spec.long).long(spec.long).short(spec.short);
    match spec.arity {
        Arity::Switch => argument.action(ArgAction::SetTrue),
        Arity::Value(_) => argument.allow_hyphen_values(true),
        Arity::Values(_) => argument.allow_hyphen_values(true).action(ArgAction::Append),
    }
}

fn with_help(argument: Arg, spec: &Spec) -> Arg {
    let argument = argument.help(spec.help);
    match spec.arity {
        Arity::Switch => argument,
        Arity::Value(name) | Arity::Values(name) => argument.value_name(name),
    }
}

fn conflicts<'s>(
    spec: &Spec,
    others: impl Iterator<Item = &'s Spec>,
) -> impl Iterator<Item = &'static str> {
    others
        .filter(|other| spec.conflicts_with(other))
        .map(|other| other.long)
}

/// The flags that these arguments can mean.
fn given(arguments: &[OsString]) -> Vec<&'static Spec> {
    let dashed = dashed(arguments);
    flags::named()
        .filter(|spec| dashed.iter().any(|argument| argument.may_mean(spec)))
        .collect()
}

/// What an argument that starts with a dash can mean.
enum Dashed<'a> {
    /// The flag of this long name.
    Long(&'a [u8]),
    /// The flags of some of these characters.
    Short(&'a [u8]),
}

/// The arguments that start with a dash.
fn dashed(arguments: &[OsString]) -> Vec<Dashed<'_>> {
    let after_dash = arguments
        .iter()
        .filter_map(|argument| argument.as_encoded_bytes().strip_prefix(b"-"));
    after_dash
        .map(|rest| match rest.strip_prefix(b"-") {
            Some(long) => Dashed::Long(long.split(|byte| *byte == b'=').next().unwrap_or(long)),
            None => Dashed::Short(rest),
        })
        .collect()
}

impl Dashed<'_> {
    fn may_mean(&self, spec: &Spec) -> bool {
        match self {
            Self::Long(name) => *name == spec.long.as_bytes(),
            Self::Short(characters) => spec
                .short
                .is_some_and(|short| characters.iter().any(|byte| char::from(*byte) == short)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{command, minimal_command, optional_url};
    use crate::args::flags;
    use clap::{ArgMatches, Command};
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::ffi::OsString;

    const WORDS: [&str; 22] = [
        "http://h/",
        "--",
        "-",
        "-e",
        "-eh=1",
        "--expect",
        "--expect=a",
        "--expected=1",
        "-q4",
        "-4qv",
        "-6",
        "--ipv6",
        "-t",
        "--timeout",
        "2s",
        "-t=2s",
        "--quiet",
        "--baseline=b",
        "--write-baseline",
        "-X",
        "-Vq",
        "--url=u",
    ];

    /// What clap reads: each flag's values and their indices, or nothing.
    fn accepted(
        mut command: Command,
        arguments: &[OsString],
    ) -> Option<Vec<(Vec<OsString>, Vec<usize>)>> {
        let matches = command.try_get_matches_from_mut(arguments).ok()?;
        let of = |matches: &ArgMatches, id| {
            let values = matches.try_get_raw(id).ok().flatten();
            let given = matches.try_contains_id(id).is_ok()
                && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
            let indices = given.then(|| matches.indices_of(id)).flatten();
            (
                values
                    .into_iter()
                    .flatten()
                    .filter(|_| given)
                    .map(OsString::from)
                    .collect(),
                indices.into_iter().flatten().collect(),
            )
        };
        Some(flags::all().map(|spec| of(&matches, spec.long)).collect())
    }

    proptest! {
        #[test]
        fn the_minimal_command_reads_what_the_whole_one_reads(words in prop::collection::vec(select(&WORDS[..]), 0..6)) {
            let arguments: Vec<OsString> = ["healthprobe"].into_iter().chain(words).map(OsString::from).collect();
            prop_assert_eq!(
                accepted(minimal_command(&arguments), &arguments),
                accepted(optional_url(command()), &arguments)
            );
        }
    }

    #[test]
    fn the_help_fits_80_columns_and_names_the_url_as_the_usage_does() {
        let help = command().render_help().to_string();
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(
            help.contains("\nUsage: healthprobe [OPTIONS] <URL>\n"),
            "{help}"
        );
        assert!(help.contains("\n  <URL>  http"), "{help}");
    }
}
