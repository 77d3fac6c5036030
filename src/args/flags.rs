//! What can be typed: the flags, with their help texts.
//!
//! Declarations only. What a value means, and whether it is one, is `plan`'s.
//!
//! A table instead of clap's derive: one loop builds all of it, which takes 30 kB
//! less than a function in which each flag has its own code and its own place on
//! the stack. It lets a variable and a config's key follow from a flag's name, and
//! clap be told of the flags that are typed and of no other.

use std::ffi::OsString;
use std::iter;

use clap::{Arg, ArgAction, Command};

use crate::args::version::VERSION;

/// One flag, or the URL.
#[derive(Debug)]
pub(crate) struct Flag {
    pub(crate) long: &'static str,
    short: Option<char>,
    pub(crate) arity: Arity,
    help: &'static str,
    /// Flags that say something else about the same thing.
    pub(crate) contradicts: &'static [&'static str],
}

#[derive(Debug)]
pub(crate) enum Arity {
    /// A switch.
    Switch,
    /// One value of this name; the last wins.
    Value(&'static str),
    /// Any number of values of this name.
    Values(&'static str),
}

use Arity::{Switch, Value, Values};

const fn flag(long: &'static str, short: char, arity: Arity, help: &'static str) -> Flag {
    Flag {
        short: Some(short),
        ..long_flag(long, arity, help)
    }
}

const fn long_flag(long: &'static str, arity: Arity, help: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        arity,
        help,
        contradicts: &[],
    }
}

impl Flag {
    /// Whether it is the URL, which is given without a name.
    pub(crate) fn is_positional(&self) -> bool {
        self.long == URL.long
    }

    /// Whether an argument that goes on so after its first dash can mean this flag,
    /// alone or among other short ones.
    fn may_match(&self, rest: &[u8]) -> bool {
        match rest.strip_prefix(b"-") {
            Some(long) => long
                .strip_prefix(self.long.as_bytes())
                .is_some_and(|after| matches!(after.first(), None | Some(b'='))),
            None => self
                .short
                .is_some_and(|short| rest.iter().any(|byte| char::from(*byte) == short)),
        }
    }

    const fn contradicts(self, contradicts: &'static [&'static str]) -> Self {
        Self {
            contradicts,
            ..self
        }
    }
}

#[rustfmt::skip]
const REQUEST: [Flag; 20] = [
    flag("config", 'c', Value("FILE"), "A JSON file with any of these flags; flags and environment win over it"),
    flag("request", 'X', Value("METHOD"), "The method [default: GET, or POST with --data]"),
    flag("header", 'H', Values("NAME: VALUE"), "A header to send, or @FILE with one a line; repeatable"),
    flag("data", 'd', Value("TEXT"), "The body, or @FILE, or @- for standard input; application/json unless a header says otherwise"),
    flag("user", 'u', Value("USER:PASSWORD"), "Basic authentication").contradicts(&["bearer-file"]),
    long_flag("bearer-file", Value("FILE"), "Bearer authentication with the token in this file").contradicts(&["user"]),
    flag("timeout", 't', Value("DURATION"), "The whole probe's deadline: 500ms, 2s, 1m 30s [default: 2s]"),
    long_flag("wait", Value("DURATION"), "Probe until healthy, for this long"),
    long_flag("interval", Value("DURATION"), "The pause between two attempts of --wait [default: 1s]"),
    flag("location", 'L', Switch, "Follow redirects, at most 10"),
    long_flag("connect-to", Value("HOST[:PORT]"), "Dial this instead of the URL's host").contradicts(&["unix-socket", "proxy"]),
    long_flag("unix-socket", Value("PATH"), "Dial this unix socket instead of the URL's host").contradicts(&["connect-to", "proxy"]),
    flag("ipv4", '4', Switch, "Use IPv4 addresses only").contradicts(&["ipv6"]),
    flag("ipv6", '6', Switch, "Use IPv6 addresses only").contradicts(&["ipv4"]),
    long_flag("proxy", Value("URL"), "Use this HTTP proxy; those of the environment are ignored").contradicts(&["connect-to", "unix-socket"]),
    flag("insecure", 'k', Switch, "Trust any certificate"),
    long_flag("cacert", Value("FILE"), "Trust these CA certificates (PEM) instead of the system's"),
    long_flag("cert", Value("FILE"), "The client's certificate (PEM), and its key unless --key has it"),
    long_flag("key", Value("FILE"), "The client's private key (PEM)"),
    long_flag("max-body", Value("SIZE"), "The longest body that a check may need [default: 1MiB]"),
];

#[rustfmt::skip]
const CHECKS: [Flag; 12] = [
    flag("expect-status", 's', Value("SET"), "The status is one of these: 200, 2xx, 200-299 or a list [default: 200-399]"),
    long_flag("expect-header", Values("ASSERTION"), "NAME, !NAME, or NAME with =, !=, ~ or !~ and a value; repeatable"),
    long_flag("expect-body", Values("TEXT"), "The body contains this text; repeatable"),
    long_flag("expect-body-regex", Values("RE"), "The body matches this regular expression; repeatable"),
    long_flag("reject-body-regex", Values("RE"), "The body does not match this regular expression; repeatable"),
    flag("expect", 'e', Values("ASSERTION"), "The JSON body holds this, as in status=ok; repeatable"),
    long_flag("baseline", Value("FILE"), "The JSON body holds what this file holds").contradicts(&["write-baseline"]),
    long_flag("tolerance", Value("N"), "How far a number may drift from the baseline, absolute or in percent [default: 0]"),
    long_flag("ignore", Values("QUERY"), "Nodes to leave out of the baseline, as JSONPath; repeatable"),
    long_flag("write-baseline", Value("FILE"), "Record the answer as the baseline if all else holds").contradicts(&["baseline"]),
    long_flag("max-latency", Value("DURATION"), "The answer takes no longer than this"),
    long_flag("min-cert-validity", Value("DURATION"), "The server's certificate stays valid for at least this long, as in 7d"),
];

#[rustfmt::skip]
const OUTPUT: [Flag; 4] = [
    flag("quiet", 'q', Switch, "Print nothing when healthy"),
    flag("verbose", 'v', Switch, "Also print address, times, checks and headers, on stderr"),
    flag("output", 'o', Value("FORMAT"), "text, or json: one object on one line [default: text]"),
    long_flag("metrics-file", Value("FILE"), "Also write the result to this file, as Prometheus text"),
];

const URL: Flag = long_flag(
    "url",
    Value("URL"),
    "http(s)://host:8000/path, host/path or :8000/path; ${PORT} and ${PORT:-8000} come from the environment",
);

/// The flags under the headings of the help text.
const SECTIONS: [(&str, &[Flag]); 3] = [
    ("Request", &REQUEST),
    ("Checks", &CHECKS),
    ("Output", &OUTPUT),
];

fn flags() -> impl Iterator<Item = &'static Flag> {
    SECTIONS.iter().flat_map(|(_, flags)| *flags)
}

/// The URL and the flags: what can also come from the environment or a config file.
pub(crate) fn settings() -> impl Iterator<Item = &'static Flag> {
    iter::once(&URL).chain(flags())
}

/// The command line, for clap.
#[must_use]
pub fn command() -> Command {
    let mut command = bare_command()
        .version(VERSION)
        .about(ABOUT)
        .override_usage("healthprobe [OPTIONS] <URL>")
        .after_help(AFTER_HELP)
        .arg(with_help(Arg::new(URL.long), &URL));
    for (heading, flags) in SECTIONS {
        for flag in flags {
            let argument = with_help(argument(flag), flag).help_heading(heading);
            command = command.arg(argument.conflicts_with_all(flag.contradicts));
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
            "Print the version; with --verbose also what is built in",
        ))
}

/// The part of the command line that these arguments can mean, without a word of
/// help. What it arity, `command` takes alike; of what it refuses, `command` can
/// say why.
pub(crate) fn minimal_command(arguments: &[OsString]) -> Command {
    let mut command = bare_command().arg(Arg::new(URL.long));
    let dashed: Vec<&[u8]> = arguments
        .iter()
        .filter_map(|argument| argument.as_encoded_bytes().strip_prefix(b"-"))
        .collect();
    let typed: Vec<&Flag> = flags()
        .filter(|flag| dashed.iter().any(|rest| flag.may_match(rest)))
        .collect();
    for flag in &typed {
        let others = typed.iter().map(|other| other.long);
        let contradicts = others.filter(|other| flag.contradicts.contains(other));
        command = command.arg(argument(flag).conflicts_with_all(contradicts));
    }
    command
}

/// Whether `--verbose` may have been typed, by what `minimal_command` made of the arguments.
pub(crate) fn is_verbose(command: &Command) -> bool {
    let mut known = command.get_arguments();
    known.any(|argument| argument.get_id() == "verbose")
}

fn bare_command() -> Command {
    Command::new("healthprobe")
        .args_override_self(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

fn argument(flag: &Flag) -> Arg {
    let argument = Arg::new(flag.long).long(flag.long).short(flag.short);
    match flag.arity {
        Switch => argument.action(ArgAction::SetTrue),
        Value(_) => argument.allow_hyphen_values(true),
        Values(_) => argument.allow_hyphen_values(true).action(ArgAction::Append),
    }
}

fn with_help(argument: Arg, flag: &Flag) -> Arg {
    let argument = argument.help(flag.help);
    match flag.arity {
        Switch => argument,
        Value(name) | Values(name) => argument.value_name(name),
    }
}

const ABOUT: &str = "Check that an HTTP service really works: one request, some checks on the \
    answer, one line of output, exit code 0 or 1";

const AFTER_HELP: &str = "\
Assertions:
  status=ok  model.loaded=true  outputs[0].data[-1]>=0.5  label!=Unknown  !error
  length(predictions)>0  type(score)=number  score=0.87+-2%  models[*].state~^READY$
  A query is JSONPath (RFC 9535); the functions are length, count, type, sum, min, max and avg.

Every flag can also come from the environment: HEALTHPROBE_URL, HEALTHPROBE_MAX_LATENCY, …
A repeatable one takes one value a line, a switch takes true or false. The flag wins.

Exit code: 0 when every check holds, 1 for everything else.";

#[cfg(test)]
mod tests {
    use super::{command, minimal_command, settings};
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

    /// What clap arity: each flag's values and their places, or nothing.
    fn taken(
        mut command: Command,
        arguments: &[OsString],
    ) -> Option<Vec<(Vec<OsString>, Vec<usize>)>> {
        let matches = command.try_get_matches_from_mut(arguments).ok()?;
        let of = |matches: &ArgMatches, id| {
            let values = matches.try_get_raw(id).ok().flatten();
            let typed = matches.try_contains_id(id).is_ok()
                && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
            let places = typed.then(|| matches.indices_of(id)).flatten();
            (
                values
                    .into_iter()
                    .flatten()
                    .filter(|_| typed)
                    .map(OsString::from)
                    .collect(),
                places.into_iter().flatten().collect(),
            )
        };
        Some(settings().map(|flag| of(&matches, flag.long)).collect())
    }

    proptest! {
        #[test]
        fn a_part_takes_what_the_whole_takes(words in prop::collection::vec(select(&WORDS[..]), 0..6)) {
            let arguments: Vec<OsString> = ["healthprobe"].into_iter().chain(words).map(OsString::from).collect();
            prop_assert_eq!(taken(minimal_command(&arguments), &arguments), taken(command(), &arguments));
        }
    }
}
