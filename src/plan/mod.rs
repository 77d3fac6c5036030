//! Arguments → plan: every value parsed, every conflict gone. After this,
//! nothing that the user wrote can fail any more.

use std::fmt;

use crate::check::{self, Check};
use crate::environment::Environment;
use crate::exchange::BodyNeed;
use crate::files;
use crate::given::{Given, ReadFile, Source};
use crate::record::Recording;
use crate::request::Request;
use crate::secret::Secret;
use crate::syntax::SyntaxError;
use crate::text::{escape, truncate};
use crate::wait::Waiting;

mod checks;
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
    pub waiting: Option<Waiting>,
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

/// A mistake of the user's, as a whole sentence: source, value, column, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    fn new(source: &Source, shown: &str, error: &SyntaxError) -> Self {
        Self(format!(
            "{source} \"{}\": {error}",
            truncate(&escape(shown), 200)
        ))
    }

    /// As `new`, for a value that may hold a secret.
    fn hidden(source: &Source, error: &SyntaxError) -> Self {
        Self(format!("{source}: {error}"))
    }
}

impl Plan {
    /// Reads every argument.
    ///
    /// # Errors
    /// The first value that cannot be used, or two that contradict each other.
    pub fn new(
        mut given: Given,
        environment: &Environment,
        read: &ReadFile,
    ) -> Result<Self, UsageError> {
        let inline = given.take_inline();
        let given = &given;
        let target = request::target(given, environment)?;
        let mut ignored = checks::ignored(given)?;
        let checks = checks::all(given, &target, &mut ignored, inline.baseline, read)?;
        let recording = match given.one("write-baseline") {
            Some(path) => Some(Recording {
                path: parsed(given, "write-baseline", path, file)?,
                ignored,
            }),
            None => None,
        };
        let body_need = match recording {
            Some(_) => BodyNeed::Whole,
            None => check::body_need(&checks),
        };
        let (request, secrets) =
            request::read(given, environment, target, inline.data, body_need, read)?;
        Ok(Self {
            request,
            checks,
            recording,
            waiting: wait::waiting(given, environment)?,
            output: Output {
                format: match given.one("output") {
                    Some(text) => parsed(given, "output", text, format)?,
                    None => Format::Text,
                },
                quiet: given.is_on("quiet"),
                verbose: given.is_on("verbose"),
                metrics_file: match given.one("metrics-file") {
                    Some(path) => Some(parsed(given, "metrics-file", path, file)?),
                    None => None,
                },
                secrets,
            },
        })
    }
}

/// Reads one value; the error names where it came from.
fn parsed<T>(
    given: &Given,
    flag: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
) -> Result<T, UsageError> {
    parse(text).map_err(|error| UsageError::new(&given.source(flag), text, &error))
}

fn read_file(
    given: &Given,
    flag: &'static str,
    path: &str,
    read: &ReadFile,
) -> Result<Vec<u8>, UsageError> {
    let source = given.source(flag);
    if path.is_empty() {
        return Err(UsageError(format!("{source}: expected the name of a file")));
    }
    read(path).map_err(|error| {
        let shown = escape(path);
        UsageError(format!(
            "{source}: cannot read {}: {}",
            truncate(&shown, 200),
            files::plain(&error)
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
