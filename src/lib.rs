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
pub mod layers;
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

use check::Outcome;
use environment::Environment;
use given::{Given, NotGiven};
use plan::{Format, Plan};
use report::Report;
use verdict::Verdict;

/// The most that is said of a mistake, in bytes.
const LONGEST_MISTAKE: usize = 480;

/// Probes once as the arguments and the environment say, and tells the verdict.
/// Returns the exit code: 0 when healthy, and for help and version; else 1.
///
/// A verdict stands even where its text cannot be written.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    match plan(arguments, environment) {
        Ok(plan) => probe(&plan, out, err).exit_code(),
        Err(NotGiven::Question(answer)) => {
            let written = write!(out, "{answer}").and_then(|()| out.flush());
            u8::from(written.is_err())
        }
        Err(NotGiven::Mistake(mistake)) => {
            let mistake = text::escape(&mistake);
            let _ = writeln!(err, "error: {}", text::truncate(&mistake, LONGEST_MISTAKE));
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

fn probe(plan: &Plan, out: &mut dyn Write, err: &mut dyn Write) -> Verdict {
    match fetch::fetch(&plan.request) {
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
            tell(plan, Ok(&answer.exchange), &outcomes, out, err)
        }
        Err(none) => {
            let outcomes = check::without_exchange(&plan.checks, &none.error.to_string());
            tell(plan, Err(&none), &outcomes, out, err)
        }
    }
}

fn tell(
    plan: &Plan,
    result: Result<&exchange::Exchange, &exchange::NoAnswer>,
    outcomes: &[Outcome],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Verdict {
    let verdict = Verdict::of(outcomes);
    let report = Report {
        verdict,
        method: &plan.request.method,
        url: plan.request.target.shown(),
        result,
        outcomes,
        secrets: &plan.output.secrets,
    };
    if !(plan.output.quiet && verdict == Verdict::Healthy) {
        let line = match plan.output.format {
            Format::Text => report::text::line(&report),
            Format::Json => report::json::line(&report),
        };
        // The verdict stands, whoever reads it.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        if plan.output.verbose {
            let _ = err.write_all(report::verbose::lines(&report).as_bytes());
        }
    }
    verdict
}
