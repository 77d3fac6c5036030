//! Arguments → checks.

use std::mem;
use std::str::FromStr;

use super::{UsageError, parsed, read_file};
use crate::check::body::BodyCheck;
use crate::check::certificate::MinValidity;
use crate::check::json::baseline::{Baseline, Ignored};
use crate::check::json::{self, Tolerance, document};
use crate::check::latency::MaxLatency;
use crate::check::{self, Check};
use crate::duration;
use crate::given::{Given, ReadFile};
use crate::syntax::SyntaxError;
use crate::target::{Scheme, Target};

/// Reads each value of a repeatable flag as a check.
fn push_all<T>(
    checks: &mut Vec<Check>,
    given: &Given,
    flag: &'static str,
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
    check: impl Fn(T) -> Check,
) -> Result<(), UsageError> {
    for text in given.many(flag) {
        checks.push(check(parsed(given, flag, text, &parse)?));
    }
    Ok(())
}

/// Every check, in the order of the help. A baseline takes what is ignored; else
/// it is there for a recording, which contradicts a baseline.
pub(super) fn all(
    given: &Given,
    target: &Target,
    ignored: &mut Ignored,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Vec<Check>, UsageError> {
    let mut checks = vec![Check::Status(match given.one("expect-status") {
        Some(text) => parsed(given, "expect-status", text, FromStr::from_str)?,
        None => check::status::StatusSet::default(),
    })];
    push_all(
        &mut checks,
        given,
        "expect-header",
        FromStr::from_str,
        Check::Header,
    )?;
    push_all(&mut checks, given, "expect-body", text, |text| {
        Check::Body(BodyCheck::Contains(text))
    })?;
    push_all(
        &mut checks,
        given,
        "expect-body-regex",
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Matches(pattern)),
    )?;
    push_all(
        &mut checks,
        given,
        "reject-body-regex",
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Rejects(pattern)),
    )?;
    push_all(&mut checks, given, "expect", FromStr::from_str, Check::Json)?;
    if let Some(baseline) = baseline(given, ignored, inline, read)? {
        checks.push(Check::Baseline(baseline));
    }
    if let Some(text) = given.one("max-latency") {
        checks.push(Check::Latency(MaxLatency(parsed(
            given,
            "max-latency",
            text,
            duration::parse,
        )?)));
    }
    if let Some(text) = given.one("min-cert-validity") {
        let validity = parsed(given, "min-cert-validity", text, duration::parse)?;
        // A redirect may still lead to https.
        if target.scheme == Scheme::Http && !given.is_on("location") {
            return Err(UsageError(format!(
                "{}: expected an https:// URL; plain HTTP has no certificate",
                given.source("min-cert-validity")
            )));
        }
        checks.push(Check::Certificate(MinValidity(validity)));
    }
    Ok(checks)
}

/// The recorded answer, inline in the config or in a file.
fn baseline(
    given: &Given,
    ignored: &mut Ignored,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Option<Baseline>, UsageError> {
    let tolerance = match given.one("tolerance") {
        Some(text) => parsed(given, "tolerance", text, FromStr::from_str)?,
        None => Tolerance::default(),
    };
    let source = given.source("baseline");
    let (name, bytes) = match (inline, given.one("baseline")) {
        (Some(text), _) => ("in the config".to_owned(), text.into_bytes()),
        (None, Some(path)) => (path.to_owned(), read_file(given, "baseline", path, read)?),
        (None, None) => return Ok(None),
    };
    let refuse = |reason: String| UsageError(format!("{source} {name:?}: {reason}"));
    let recorded = document::parse(&bytes)
        .map_err(|reason| refuse(reason.replacen("body", "the baseline", 1)))?;
    if let Some((path, number)) = document::find_non_finite("$", &recorded) {
        return Err(refuse(format!(
            "expected a baseline whose numbers are numbers, but {path} is {number}"
        )));
    }
    Ok(Some(Baseline {
        name,
        recorded,
        tolerance,
        ignored: mem::take(ignored),
    }))
}

/// What is left out of comparing and of recording.
pub(super) fn ignored(given: &Given) -> Result<Ignored, UsageError> {
    let queries = given.many("ignore");
    queries
        .map(|text| parsed(given, "ignore", text, json::query))
        .collect::<Result<_, _>>()
        .map(Ignored)
}

fn text(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected a text to look for"));
    }
    Ok(text.to_owned())
}
