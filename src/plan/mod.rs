//! Arguments → plan: every value parsed, every conflict gone. After this,
//! nothing that the user wrote can fail any more.

use std::fmt;

use crate::args::env::Environment;
use crate::args::{Args, Origin, ReadFile};
use crate::check::{self, Check};
use crate::files;
use crate::record::Recording;
use crate::request::secret::Secret;
use crate::request::{BodyPolicy, Request};
use crate::syntax::SyntaxError;
use crate::text::{escape, truncate};
use crate::wait::WaitPolicy;

mod checks;
pub mod expand;
pub mod headers;
mod request;
#[cfg(feature = "tls")]
mod tls;
mod wait;

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request to make.
    pub request: Request,
    /// What must hold of its answer.
    pub checks: Vec<Check>,
    /// Where to record its answer if they hold.
    pub recording: Option<Recording>,
    /// How long to wait for that; `None` for a single probe.
    pub waiting: Option<WaitPolicy>,
    /// How to say what came of it.
    pub output: Output,
}

/// How the verdict is told.
#[derive(Debug, Clone)]
pub struct Output {
    /// `--output`
    pub format: Format,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`
    pub verbose: bool,
    /// `--metrics-file`
    pub metrics_file: Option<String>,
    /// The width of the terminal, in columns.
    pub columns: usize,
    /// Texts that must not appear, should a server repeat them.
    pub secrets: Vec<Secret>,
}

/// `--output`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for people.
    Text,
    /// One JSON object on one line.
    Json,
}

/// A mistake of the user's, as a whole sentence: origin, value, column, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    fn new(origin: &Origin, shown: &str, error: &SyntaxError) -> Self {
        Self(format!(
            "{origin} \"{}\": {error}",
            truncate(&escape(shown), 200)
        ))
    }

    /// As `new`, for a value that may hold a secret.
    fn hidden(origin: &Origin, error: &SyntaxError) -> Self {
        Self(format!("{origin}: {error}"))
    }
}

impl Plan {
    /// Reads every argument.
    ///
    /// # Errors
    /// The first value that cannot be used, or two that contradict each other.
    pub fn new(
        mut args: Args,
        environment: &Environment,
        read: &ReadFile,
    ) -> Result<Self, UsageError> {
        let inline = args.take_inline();
        let args = &args;
        let url = request::request_url(args, environment)?;
        let mut ignored = checks::ignored(args)?;
        let checks = checks::all(args, &url, &mut ignored, inline.baseline, read)?;
        let recording = match args.value("write-baseline") {
            Some(path) => Some(Recording {
                path: parsed(args, "write-baseline", path, file)?,
                ignored,
            }),
            None => None,
        };
        let body_policy = match recording {
            Some(_) => BodyPolicy::Full,
            None => check::body_policy(&checks),
        };
        let (request, secrets) =
            request::read(args, environment, url, inline.data, body_policy, read)?;
        Ok(Self {
            request,
            checks,
            recording,
            waiting: wait::waiting(args)?,
            output: Output {
                format: match args.value("output") {
                    Some(text) => parsed(args, "output", text, format)?,
                    None => Format::Text,
                },
                quiet: args.is_set("quiet"),
                verbose: args.is_set("verbose"),
                metrics_file: match args.value("metrics-file") {
                    Some(path) => Some(parsed(args, "metrics-file", path, file)?),
                    None => None,
                },
                columns: wait::columns(environment),
                secrets,
            },
        })
    }
}

/// Reads one value; the error names where it came from.
fn parsed<T>(
    args: &Args,
    flag: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
) -> Result<T, UsageError> {
    parse(text).map_err(|error| UsageError::new(&args.origin(flag), text, &error))
}

fn read_file(
    args: &Args,
    flag: &'static str,
    path: &str,
    read: &ReadFile,
) -> Result<Vec<u8>, UsageError> {
    let origin = args.origin(flag);
    if path.is_empty() {
        return Err(UsageError(format!("{origin}: expected the name of a file")));
    }
    read(path).map_err(|error| {
        let shown = escape(path);
        UsageError(format!(
            "{origin}: cannot read {}: {}",
            truncate(&shown, 200),
            files::strip_os_error(&error)
        ))
    })
}

fn format(text: &str) -> Result<Format, SyntaxError> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(SyntaxError::at(text, 0, "expected text or json")),
    }
}

fn file(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected the name of a file"));
    }
    Ok(text.to_owned())
}
