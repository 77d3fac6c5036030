//! The composition: arguments → plan → response → outcomes → verdict → text.

use std::ffi::OsString;
use std::io::Write;
use std::mem::{self, ManuallyDrop};

use crate::args::env::Environment;
use crate::args::{Args, ArgsError, UnknownVariable};
use crate::check::{self, Outcome};
use crate::fetch;
use crate::files;
use crate::inputs::{Input, Inputs};
use crate::interrupt;
use crate::outputs::Outputs;
use crate::plan::{Format, Plan, may_color};
use crate::report::{self, Report};
use crate::request::Request;
use crate::response::{FetchFailure, Response};
use crate::text;
use crate::upstream;
use crate::verdict::Verdict;
use crate::wait::{WaitPolicy, WaitStats};

/// Maximum length of an error message, in bytes.
const MAX_ERROR_LEN: usize = 480;

/// Maximum number of unknown variables to name.
const MAX_WARNINGS: usize = 3;

/// Probes as the arguments and the environment say, and reports the verdict.
/// Returns the exit code: 0 when healthy, and for help and version; otherwise 1.
///
/// The exit code stays the same if the verdict's text cannot be written.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    mut outputs: Outputs,
) -> u8 {
    interrupt::exit_1_on_signal_if_first_process();
    let mut unknown = Vec::new();
    let exit_code = match plan(arguments, environment, &mut unknown) {
        Ok(plan) => {
            let verdict = match plan.waiting {
                None => {
                    let result = ManuallyDrop::new(probe(&plan, &plan.request));
                    emit(&plan, &result, None, &mut outputs)
                }
                Some(policy) => wait(&plan, policy, &mut outputs),
            };
            // The process ends next: to free everything takes 2 % of a probe.
            mem::forget(plan);
            verdict.exit_code()
        }
        Err(NoPlan::Info(text)) => {
            let out = outputs.out;
            let written = write!(out, "{text}").and_then(|()| out.flush());
            u8::from(written.is_err())
        }
        Err(NoPlan::Usage(error)) => {
            let error = text::escape(&error);
            let error = text::truncate(&error, MAX_ERROR_LEN);
            let line = format!("error: {error}\n");
            let colors = may_color(environment) && (outputs.err_is_terminal)();
            let line = report::terminal::color(line, Verdict::Unhealthy, colors);
            let _ = outputs.err.write_all(line.as_bytes());
            1
        }
    };
    // After the verdict: of a long output, some engines keep the beginning alone.
    warn(&unknown, outputs.err);
    exit_code
}

fn warn(unknown: &[UnknownVariable], err: &mut dyn Write) {
    for variable in unknown.iter().take(MAX_WARNINGS) {
        let _ = writeln!(err, "warning: {}", text::escape(&variable.to_string()));
    }
    if let Some(more @ 1..) = unknown.len().checked_sub(MAX_WARNINGS) {
        let _ = writeln!(err, "warning: unknown variables not shown: {more}");
    }
}

/// Why nothing is probed.
enum NoPlan {
    /// The help or the version, as asked for.
    Info(String),
    /// The arguments cannot be used.
    Usage(String),
}

/// Not inlined, so that the request reuses the stack that the arguments needed: two
/// page faults of a probe.
#[inline(never)]
fn plan(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    unknown: &mut Vec<UnknownVariable>,
) -> Result<Plan, NoPlan> {
    let inputs = Inputs::default();
    let read = |input: Input, timeout| inputs.read(input, timeout);
    let mut args = Args::read(arguments, environment, &read).map_err(|error| match error {
        ArgsError::DisplayHelp(text) | ArgsError::DisplayVersion(text) => NoPlan::Info(text),
        ArgsError::Usage(error) => NoPlan::Usage(error.to_string()),
    })?;
    *unknown = args.take_unknown_variables();
    let mut plan =
        Plan::new(args, environment, &read).map_err(|error| NoPlan::Usage(error.to_string()))?;
    plan.count_reading(inputs.spent());
    Ok(plan)
}

/// The result of one probe.
struct ProbeResult<'p> {
    result: Result<Response, Box<FetchFailure>>,
    outcomes: Vec<Outcome<'p>>,
}

fn probe<'p>(plan: &'p Plan, request: &Request) -> ProbeResult<'p> {
    match fetch::fetch(request) {
        Ok(mut pending) => {
            let mut outcomes = check::evaluate(&plan.checks, &pending.response);
            if let Some(recording) = &plan.recording
                && Verdict::of(&outcomes) == Verdict::Healthy
            {
                let response = &pending.response;
                outcomes.push(if check::is_busy(&outcomes, response) {
                    recording.refuse_busy(response.status)
                } else {
                    recording.write(response)
                });
            }
            if outcomes.iter().any(Outcome::is_explained_by_body) {
                pending.read_excerpt(report::EXCERPT_READ);
            }
            ProbeResult {
                result: Ok(pending.response),
                outcomes,
            }
        }
        Err(failure) => ProbeResult {
            outcomes: check::without_response(&plan.checks, &failure.error),
            result: Err(failure),
        },
    }
}

/// Probes until healthy or the time is up, and reports each new reason on the way.
fn wait(plan: &Plan, policy: WaitPolicy, outputs: &mut Outputs) -> Verdict {
    interrupt::exit_1_on_signal();
    let mut request = plan.request.clone();
    let columns = plan.output.columns.filter(|_| !plan.output.quiet);
    let columns = columns.filter(|_| (outputs.err_is_terminal)());
    let mut last_reason = String::new();
    let (result, stats) = policy.until(
        |result: &ProbeResult| Verdict::of(&result.outcomes) == Verdict::Healthy,
        plan.request.timeout,
        |timeout| {
            request.timeout = timeout;
            probe(plan, &request)
        },
        |result, stats| {
            let report = report(plan, result, Some(stats));
            let reason = report.reason();
            if let Some(columns) = columns {
                let line = report::terminal::line(&report, stats, columns, plan.output.colors);
                let _ = outputs.err.write_all(line.as_bytes());
            } else if !plan.output.quiet && last_reason != reason {
                let _ = outputs
                    .err
                    .write_all(report::text::line(&report).as_bytes());
            }
            last_reason = reason;
        },
    );
    if columns.is_some() && !last_reason.is_empty() {
        let _ = outputs.err.write_all(report::terminal::CLEAR.as_bytes());
    }
    emit(plan, &result, Some(stats), outputs)
}

fn emit(
    plan: &Plan,
    result: &ProbeResult,
    stats: Option<WaitStats>,
    outputs: &mut Outputs,
) -> Verdict {
    let report = report(plan, result, stats);
    if !(plan.output.quiet && report.verdict == Verdict::Healthy) {
        let line = match plan.output.format {
            Format::Text => {
                let colors = plan.output.colors && (outputs.out_is_terminal)();
                report::terminal::color(report::text::line(&report), report.verdict, colors)
            }
            Format::Json => report::json::line(&report),
        };
        // The verdict stands even if nobody can read it.
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
            upstream::strip_os_error(&error)
        );
    }
}

fn report<'a>(plan: &'a Plan, result: &'a ProbeResult, stats: Option<WaitStats>) -> Report<'a> {
    Report {
        verdict: Verdict::of(&result.outcomes),
        method: &plan.request.method,
        url: plan.request.url.redacted(),
        result: result.result.as_ref().map_err(AsRef::as_ref),
        outcomes: &result.outcomes,
        secrets: &plan.output.secrets,
        wait_stats: stats,
    }
}
