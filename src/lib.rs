//! One HTTP request, some checks on its answer, one line of output, exit code 0
//! or 1: a health probe for containers that have no curl and often no shell.
//!
//! Data flows one way:
//!
//! ```text
//! argv, environment, config file
//!   → Args      cli, given         what was typed, or came from variables and the config
//!   → Plan      plan               what will be done
//!   → Exchange  fetch              what happened
//!   → Outcomes  check              what it means
//!   → Verdict   verdict            healthy or not
//!   → text      report             what is said
//! ```
//!
//! [`run`] is the only place that knows the whole road.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::Write;

pub mod check;
pub mod cli;
pub mod config;
pub mod duration;
pub mod endpoint;
pub mod environment;
pub mod exchange;
pub mod expand;
pub mod fetch;
pub mod files;
pub mod given;
pub mod headers;
pub mod interrupt;
pub mod layers;
pub mod outputs;
pub mod plan;
pub mod record;
pub mod redirect;
pub mod report;
pub mod request;
pub mod secret;
pub mod size;
pub mod syntax;
pub mod target;
pub mod text;
#[cfg(feature = "tls")]
pub mod tls;
pub mod verdict;
pub mod version;
pub mod wait;

use check::Outcome;
use environment::Environment;
use exchange::{Exchange, NoAnswer};
use given::{Given, NotGiven};
use outputs::Outputs;
use plan::{Format, Plan};
use report::{Report, Waited};
use request::Request;
use verdict::Verdict;
use wait::Waiting;

/// The most that is said of a mistake, in bytes.
const LONGEST_MISTAKE: usize = 480;

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
                None => tell(&plan, &probe(&plan, &plan.request), None, &mut outputs),
                Some(waiting) => wait(&plan, waiting, &mut outputs),
            };
            verdict.exit_code()
        }
        Err(NotGiven::Question(answer)) => {
            let out = outputs.out;
            let written = write!(out, "{answer}").and_then(|()| out.flush());
            u8::from(written.is_err())
        }
        Err(NotGiven::Mistake(mistake)) => {
            let mistake = text::escape(&mistake);
            let _ = writeln!(
                outputs.err,
                "error: {}",
                text::truncate(&mistake, LONGEST_MISTAKE)
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
) -> Result<Plan, NotGiven> {
    let given = Given::read(arguments, environment, &files::read)?;
    Plan::new(given, environment, &files::read)
        .map_err(|error| NotGiven::Mistake(error.to_string()))
}

/// What came of one probe.
struct Probed<'p> {
    result: Result<Exchange, Box<NoAnswer>>,
    outcomes: Vec<Outcome<'p>>,
}

fn probe<'p>(plan: &'p Plan, request: &Request) -> Probed<'p> {
    match fetch::fetch(request) {
        Ok(mut answer) => {
            let mut outcomes = check::evaluate(&plan.checks, &answer.exchange);
            if let Some(recording) = &plan.recording
                && Verdict::of(&outcomes) == Verdict::Healthy
            {
                outcomes.push(recording.write(&answer.exchange.body));
            }
            if outcomes.iter().any(Outcome::is_explained_by_body) {
                answer.read_excerpt(report::EXCERPT_READ);
            }
            Probed {
                result: Ok(answer.exchange),
                outcomes,
            }
        }
        Err(none) => Probed {
            outcomes: check::without_exchange(&plan.checks, &none.error.to_string()),
            result: Err(none),
        },
    }
}

/// Probes until it is healthy or the time is up, and tells what it is waiting for.
fn wait(plan: &Plan, waiting: Waiting, outputs: &mut Outputs) -> Verdict {
    interrupt::ends_with_one();
    let mut request = plan.request.clone();
    let rewrites = !plan.output.quiet && (outputs.err_is_terminal)();
    let mut told = String::new();
    let (probed, waited) = waiting.until(
        |probed: &Probed| Verdict::of(&probed.outcomes) == Verdict::Healthy,
        plan.request.timeout,
        |timeout| {
            request.timeout = timeout;
            probe(plan, &request)
        },
        |probed, waited| {
            let report = report(plan, probed, Some(waited));
            let reason = report.reason();
            if rewrites {
                let line = report::terminal::line(&report, waited, waiting.columns);
                let _ = outputs.err.write_all(line.as_bytes());
            } else if !plan.output.quiet && told != reason {
                let _ = outputs
                    .err
                    .write_all(report::text::line(&report).as_bytes());
            }
            told = reason;
        },
    );
    if rewrites && !told.is_empty() {
        let _ = outputs.err.write_all(report::terminal::CLEAR.as_bytes());
    }
    tell(plan, &probed, Some(waited), outputs)
}

fn tell(plan: &Plan, probed: &Probed, waited: Option<Waited>, outputs: &mut Outputs) -> Verdict {
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
        let path = text::truncate(&path, LONGEST_MISTAKE / 2);
        let _ = writeln!(
            err,
            "warning: cannot write {path}: {}",
            files::plain(&error)
        );
    }
}

fn report<'a>(plan: &'a Plan, probed: &'a Probed, waited: Option<Waited>) -> Report<'a> {
    Report {
        verdict: Verdict::of(&probed.outcomes),
        method: &plan.request.method,
        url: plan.request.target.shown(),
        result: probed.result.as_ref().map_err(AsRef::as_ref),
        outcomes: &probed.outcomes,
        secrets: &plan.output.secrets,
        waited,
    }
}
