//! Arguments → plan: every value parsed, every conflict gone. After this, nothing that
//! the user wrote can fail.

use std::mem::ManuallyDrop;
use std::time::Duration;

use crate::args::Args;
use crate::args::env::Environment;
use crate::args::flags::{METRICS_FILE, OUTPUT, QUIET, VERBOSE, WAIT, WRITE_BASELINE};
use crate::check::{self, Check};
use crate::inputs::ReadInput;
use crate::record::Recording;
use crate::request::secret::Secret;
use crate::request::{BodyPolicy, Request};
use crate::syntax::SyntaxError;
use crate::wait::WaitPolicy;
use planner::Planner;

mod checks;
mod error;
pub mod expand;
pub mod headers;
mod planner;
mod request;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod wait;

pub use error::{Mismatch, PlanError};

/// The width of a terminal that does not report it.
const DEFAULT_COLUMNS: usize = 80;

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request to make.
    pub request: Request,
    /// What must hold for its response.
    pub checks: Vec<Check>,
    /// Where to record the response if they hold.
    pub recording: Option<Recording>,
    /// How long to wait for that; `None` for a single probe.
    pub waiting: Option<WaitPolicy>,
    /// How to report the verdict.
    pub output: Output,
}

/// How the verdict is reported.
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
    /// Whether a terminal shows colors.
    pub colors: bool,
    /// The width of the terminal that shows `--wait`, in columns; `None` if it cannot rewrite
    /// a line.
    pub columns: Option<usize>,
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

impl Plan {
    /// Counts the time that reading the inputs took: against the timeout of the probe, or
    /// where it is repeated, against the time for all attempts.
    pub fn count_reading(&mut self, spent: Duration) {
        match &mut self.waiting {
            Some(policy) => policy.limit = policy.limit.saturating_sub(spent),
            None => self.request.spent = spent,
        }
    }

    /// Reads every argument.
    ///
    /// # Errors
    /// The first value that cannot be used, or two that do not go together.
    pub fn new(args: Args, environment: &Environment, read: &ReadInput) -> Result<Self, PlanError> {
        // Not freed: the process has one plan.
        let mut args = ManuallyDrop::new(args);
        let inline = args.take_inline();
        let planner = Planner {
            args: &args,
            environment,
            read,
        };
        let url = planner.target()?;
        let mut ignored = planner.ignored()?;
        let checks = planner.checks(&url, &mut ignored, inline.baseline)?;
        let recording = planner
            .output_path(WRITE_BASELINE)?
            .map(|path| Recording { path, ignored });
        let body_policy = match recording {
            Some(_) => BodyPolicy::Full,
            None => check::body_policy(&checks),
        };
        let busy = check::busy_statuses(&checks);
        let (request, secrets) = planner.request(url, inline.data, body_policy, busy)?;
        Ok(Self {
            request,
            checks,
            recording,
            waiting: planner.wait_policy()?,
            output: planner.output(secrets)?,
        })
    }
}

impl Planner<'_> {
    fn output(&self, secrets: Vec<Secret>) -> Result<Output, PlanError> {
        Ok(Output {
            format: self.parse(OUTPUT, format)?.unwrap_or(Format::Text),
            quiet: self.args.is_set(QUIET),
            verbose: self.args.is_set(VERBOSE),
            metrics_file: self.output_path(METRICS_FILE)?,
            colors: may_color(self.environment),
            columns: self
                .args
                .value(WAIT)
                .and_then(|_| columns(self.environment)),
            secrets,
        })
    }
}

fn format(text: &str) -> Result<Format, SyntaxError> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(SyntaxError::at(text, 0, "expected text or json")),
    }
}

/// Whether the environment wants colors on a terminal: `TERM` names one that has them,
/// and there is no `NO_COLOR` (<https://no-color.org>).
#[must_use]
pub fn may_color(environment: &Environment) -> bool {
    let term = environment.get("TERM").ok().flatten();
    term.is_some_and(|term| term != "dumb") && environment.get("NO_COLOR") == Ok(None)
}

fn columns(environment: &Environment) -> Option<usize> {
    if environment.get("TERM") == Ok(Some("dumb")) {
        return None;
    }
    let text = environment.get("COLUMNS").ok().flatten();
    let columns = text.and_then(|text| text.parse().ok());
    Some(
        columns
            .filter(|columns| *columns > 0)
            .unwrap_or(DEFAULT_COLUMNS),
    )
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::args::Args;
    use crate::args::env::Environment;
    use crate::inputs::Input;
    use std::cell::RefCell;
    use std::ffi::OsString;
    use std::io;

    /// What these arguments read: a config first, then what else they name.
    fn inputs(arguments: &[&str]) -> Vec<String> {
        let inputs = RefCell::new(Vec::new());
        let read = |input: Input, _| {
            inputs.borrow_mut().push(format!("{input:?}"));
            match input {
                Input::File("probe.json") => Ok(b"{\"data_file\": \"-\"}".to_vec()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        };
        let environment = Environment::default();
        let arguments = ["healthprobe", "h"].iter().chain(arguments);
        if let Ok(args) = Args::read(arguments.map(OsString::from), &environment, &read) {
            Plan::new(args, &environment, &read).unwrap_err();
        }
        inputs.into_inner()
    }

    #[test]
    fn only_data_and_config_read_standard_input() {
        assert_eq!(inputs(&["--data", "@-"]), ["Stdin"]);
        assert_eq!(inputs(&["--config", "-"]), ["Stdin"]);
        for arguments in [
            ["--header", "@-"],
            ["--bearer-file", "-"],
            ["--baseline", "-"],
            #[cfg(feature = "tls")]
            ["--cacert", "-"],
            #[cfg(feature = "tls")]
            ["--cert", "-"],
        ] {
            assert_eq!(inputs(&arguments), ["File(\"-\")"], "{arguments:?}");
        }
        let in_config = inputs(&["--config", "probe.json"]);
        assert_eq!(in_config, ["File(\"probe.json\")", "File(\"./-\")"]);
    }
}
