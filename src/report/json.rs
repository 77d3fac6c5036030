//! The verdict as one JSON object on one line. Its fields are a promise.

use serde::Serialize;
use std::time::Duration;

use super::{Report, excerpt};
use crate::text::{escape, truncate};
use crate::verdict::Verdict;

/// The longest text of a field, in bytes.
const MAX_FIELD: usize = 500;

#[derive(Serialize)]
struct Object<'a> {
    /// Whether every check holds.
    healthy: bool,
    /// Why not, the reasons joined by `; `; null when healthy.
    reason: Option<String>,
    /// The URL without credentials and query.
    url: &'a str,
    method: &'a str,
    /// Where redirects led, one after the other.
    redirects: Vec<String>,
    /// The address that took the connection; null if none did.
    address: Option<String>,
    /// The status code; null without an answer.
    status: Option<u16>,
    /// How often was probed; 1 without `--wait`.
    attempts: u32,
    /// From the name lookup to the last byte that the checks needed, in milliseconds.
    elapsed_ms: f64,
    /// The same time, phase by phase.
    phases_ms: Phases,
    /// Every check, in the order of the command line's help.
    checks: Vec<Check>,
    /// The beginning of the body, where it explains a failure.
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
    /// What would have held.
    expected: String,
    /// What was found; null where nothing was, or where it is the body at large.
    actual: Option<String>,
}

/// The report's line, with its end.
#[must_use]
pub fn line(report: &Report) -> String {
    let bounded = |text: &str| truncate(text, MAX_FIELD).into_owned();
    let redacted = |text: &str| bounded(&excerpt::redact(text, report.secrets));
    let cleaned = |text: &str| bounded(&excerpt::sanitize(text, report.secrets));
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
        status: report.result.ok().map(|response| response.status),
        attempts: report.waited.map_or(1, |waited| waited.attempts),
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
                check: redacted(&outcome.check.to_string()),
                ok: outcome.failure.is_none(),
                expected: redacted(&outcome.check.expected()),
                actual: outcome.actual.as_deref().map(cleaned),
            })
            .collect(),
        body: report.body(),
    };
    // Only numbers that are not finite could fail here, and there are none.
    let text = serde_json::to_string(&object).unwrap_or_default();
    // What is unsafe stands inside strings, where its escape is JSON's own.
    format!("{}\n", escape(&text))
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
