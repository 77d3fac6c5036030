//! The composition: arguments → plan → response → outcomes → verdict → text.

use std::ffi::OsString;
use std::io::Write;

use crate::args::env::Environment;
use crate::args::{Args, ArgsError};
use crate::check::{self, Outcome};
use crate::fetch;
use crate::files;
use crate::interrupt;
use crate::outputs::Outputs;
use crate::plan::{Format, Plan};
use crate::report::{self, Report};
use crate::request::Request;
use crate::response::{FetchFailure, Response};
use crate::text;
use crate::verdict::Verdict;
use crate::wait::{WaitPolicy, WaitStats};

/// Maximum length of an error message, in bytes.
const MAX_ERROR_LEN: usize = 480;

/// Probes once as the arguments and the environment say, and tells the verdict.
/// Returns the exit code: 0 when healthy, and for help and version; else 1.
///
/// A verdict stands even where its text cannot be written.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    mut outputs: Outputs,
) -> u8 {
    match plan(arguments, environment) {
        Ok(plan) => {
            let verdict = match plan.waiting {
                None => emit(&plan, &probe(&plan, &plan.request), None, &mut outputs),
                Some(waiting) => wait(&plan, waiting, &mut outputs),
            };
            verdict.exit_code()
        }
        Err(ArgsError::DisplayHelp(answer) | ArgsError::DisplayVersion(answer)) => {
            let out = outputs.out;
            let written = write!(out, "{answer}").and_then(|()| out.flush());
            u8::from(written.is_err())
        }
        Err(ArgsError::Usage(mistake)) => {
            let mistake = text::escape(&mistake);
            let _ = writeln!(
                outputs.err,
                "error: {}",
                text::truncate(&mistake, MAX_ERROR_LEN)
            );
            1
        }
    }
}

/// Not inlined, so that the request gets the stack that the arguments needed, and
/// no page of its own: two page faults of a probe.
#[inline(never)]
fn plan(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
) -> Result<Plan, ArgsError> {
    let args = Args::read(arguments, environment, &files::read)?;
    Plan::new(args, environment, &files::read).map_err(|error| ArgsError::Usage(error.to_string()))
}

/// What came of one probe.
struct ProbeResult<'p> {
    result: Result<Response, Box<FetchFailure>>,
    outcomes: Vec<Outcome<'p>>,
}

fn probe<'p>(plan: &'p Plan, request: &Request) -> ProbeResult<'p> {
    match fetch::fetch(request) {
        Ok(mut answer) => {
            let mut outcomes = check::evaluate(&plan.checks, &answer.response);
            if let Some(recording) = &plan.recording
                && Verdict::of(&outcomes) == Verdict::Healthy
            {
                outcomes.push(recording.write(&answer.response.body));
            }
            if outcomes.iter().any(Outcome::is_explained_by_body) {
                answer.read_excerpt(report::EXCERPT_READ);
            }
            ProbeResult {
                result: Ok(answer.response),
                outcomes,
            }
        }
        Err(none) => ProbeResult {
            outcomes: check::without_response(&plan.checks, &none.error.to_string()),
            result: Err(none),
        },
    }
}

/// Probes until it is healthy or the time is up, and tells what it is waiting for.
fn wait(plan: &Plan, waiting: WaitPolicy, outputs: &mut Outputs) -> Verdict {
    interrupt::ends_with_one();
    let mut request = plan.request.clone();
    let rewrites = !plan.output.quiet && (outputs.err_is_terminal)();
    let mut last_reason = String::new();
    let (probed, waited) = waiting.until(
        |probed: &ProbeResult| Verdict::of(&probed.outcomes) == Verdict::Healthy,
        plan.request.timeout,
        |timeout| {
            request.timeout = timeout;
            probe(plan, &request)
        },
        |probed, waited| {
            let report = report(plan, probed, Some(waited));
            let reason = report.reason();
            if rewrites {
                let line = report::terminal::line(&report, waited, plan.output.columns);
                let _ = outputs.err.write_all(line.as_bytes());
            } else if !plan.output.quiet && last_reason != reason {
                let _ = outputs
                    .err
                    .write_all(report::text::line(&report).as_bytes());
            }
            last_reason = reason;
        },
    );
    if rewrites && !last_reason.is_empty() {
        let _ = outputs.err.write_all(report::terminal::CLEAR.as_bytes());
    }
    emit(plan, &probed, Some(waited), outputs)
}

fn emit(
    plan: &Plan,
    probed: &ProbeResult,
    waited: Option<WaitStats>,
    outputs: &mut Outputs,
) -> Verdict {
    let report = report(plan, probed, waited);
    if !(plan.output.quiet && report.verdict == Verdict::Healthy) {
        let line = match plan.output.format {
            Format::Text => report::text::line(&report),
            Format::Json => report::json::line(&report),
        };
        // The verdict stands, whoever reads it.
        let out = &mut outputs.out;
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        if plan.output.verbose {
            let _ = outputs
                .err
                .write_all(report::verbose::lines(&report).as_bytes());
        }
    }
    if let Some(path) = &plan.output.metrics_file {
        write_metrics(path, &report, outputs.err);
    }
    report.verdict
}

fn write_metrics(path: &str, report: &Report, err: &mut dyn Write) {
    let text = report::prometheus::text(report);
    if let Err(error) = files::replace(path, text.as_bytes()) {
        let path = text::escape(path);
        let path = text::truncate(&path, MAX_ERROR_LEN / 2);
        let _ = writeln!(
            err,
            "warning: cannot write {path}: {}",
            files::strip_os_error(&error)
        );
    }
}

fn report<'a>(plan: &'a Plan, probed: &'a ProbeResult, waited: Option<WaitStats>) -> Report<'a> {
    Report {
        verdict: Verdict::of(&probed.outcomes),
        method: &plan.request.method,
        url: plan.request.url.redacted(),
        result: probed.result.as_ref().map_err(AsRef::as_ref),
        outcomes: &probed.outcomes,
        secrets: &plan.output.secrets,
        wait_stats: waited,
    }
}
