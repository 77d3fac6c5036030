//! The verdict as one JSON object on one line. Its fields are stable.

use serde::Serialize;
use std::time::Duration;

use super::label::label;
use super::{Report, excerpt};
use crate::response::Response;
use crate::text::{escape, truncate};
use crate::verdict::Verdict;

/// The maximum length of a text, in bytes.
const MAX_FIELD: usize = 500;

#[derive(Serialize)]
struct Object<'a> {
    /// Whether every check holds.
    healthy: bool,
    /// The reasons, joined by `; `; null when healthy.
    reason: Option<String>,
    /// The URL without its credentials and query.
    url: &'a str,
    method: &'a str,
    /// The target of each redirect, in order.
    redirects: Vec<String>,
    /// The address that accepted the connection; null if none did.
    address: Option<String>,
    /// The status code of the last response; null without one.
    status: Option<u16>,
    /// Whether that status means that the server is busy.
    busy: bool,
    /// Where the response redirects to, without credentials and query; null if it is not a
    /// redirect.
    location: Option<String>,
    /// The number of attempts; 1 without `--wait`.
    attempts: u32,
    /// The time from the name lookup to the last byte that was read, in milliseconds.
    elapsed_ms: f64,
    /// The same time by phase.
    phases_ms: Phases,
    /// Every check, in the order of `--help`.
    checks: Vec<Check>,
    /// The beginning of the body, if it may explain a failure.
    body: Option<String>,
}

#[derive(Serialize)]
struct Phases {
    resolve: f64,
    connect: f64,
    tls: f64,
    processing: f64,
    transfer: f64,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the names are those of the output"
)]
struct Check {
    /// Flag and value: `expect status=ok`.
    check: String,
    ok: bool,
    /// What passes.
    expected: String,
    /// The actual value; null if there is none, or if it is the whole body.
    actual: Option<String>,
}

/// The report as one line, with its line feed.
#[must_use]
pub fn line(report: &Report) -> String {
    let bounded = |text: &str| truncate(text, MAX_FIELD).into_owned();
    let redacted = |text: &str| bounded(&excerpt::redact(text, report.secrets));
    let sanitized = |text: &str| bounded(&excerpt::sanitize(text, report.secrets));
    let reasons = report.reasons();
    let phases = report.phases();
    let object = Object {
        healthy: report.verdict == Verdict::Healthy,
        reason: (!reasons.is_empty()).then(|| bounded(&reasons.join("; "))),
        url: &report.url,
        method: report.method,
        redirects: report.redirected_to(),
        address: report
            .result
            .ok()
            .map(|response| response.address.to_string()),
        status: report.status(),
        busy: report.is_busy(),
        location: report
            .result
            .ok()
            .and_then(Response::location)
            .map(|location| sanitized(location.as_str())),
        attempts: report.wait_stats.map_or(1, |stats| stats.attempts),
        elapsed_ms: milliseconds(phases.total()),
        phases_ms: Phases {
            resolve: milliseconds(phases.resolve),
            connect: milliseconds(phases.connect),
            tls: milliseconds(phases.tls),
            processing: milliseconds(phases.processing),
            transfer: milliseconds(phases.transfer),
        },
        checks: report
            .outcomes
            .iter()
            .map(|outcome| Check {
                check: redacted(&label(outcome.subject)),
                ok: outcome.failure.is_none(),
                expected: redacted(&outcome.subject.expected()),
                actual: outcome.actual.as_deref().map(sanitized),
            })
            .collect(),
        body: report.body(),
    };
    // Serializing fails only for non-finite numbers, and there are none.
    let text = serde_json::to_string(&object).unwrap_or_default();
    // Unsafe characters occur only inside strings, and their escapes are JSON's own.
    format!("{}\n", escape(&text))
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
