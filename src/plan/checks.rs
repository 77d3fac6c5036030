//! Arguments → checks.

use std::mem;
use std::str::FromStr;

use super::{UsageError, parsed, read_file};
use crate::args::{Args, ReadFile};
use crate::check::body::BodyCheck;
use crate::check::certificate::MinValidity;
use crate::check::json::{self, Baseline, Ignored, Tolerance, document};
use crate::check::latency::MaxLatency;
use crate::check::{self, Check};
use crate::duration;
use crate::request::url::{Scheme, Url};
use crate::syntax::SyntaxError;

/// Reads each value of a repeatable flag as a check.
fn push_all<T>(
    checks: &mut Vec<Check>,
    args: &Args,
    flag: &'static str,
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
    check: impl Fn(T) -> Check,
) -> Result<(), UsageError> {
    for text in args.values(flag) {
        checks.push(check(parsed(args, flag, text, &parse)?));
    }
    Ok(())
}

/// Every check, in the order of the help. A baseline takes what is ignored; else
/// it is there for a recording, which contradicts a baseline.
pub(super) fn all(
    args: &Args,
    url: &Url,
    ignored: &mut Ignored,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Vec<Check>, UsageError> {
    let mut checks = vec![Check::Status(match args.value("expect-status") {
        Some(text) => parsed(args, "expect-status", text, FromStr::from_str)?,
        None => check::status::StatusSet::default(),
    })];
    push_all(
        &mut checks,
        args,
        "expect-header",
        FromStr::from_str,
        Check::Header,
    )?;
    push_all(&mut checks, args, "expect-body", text, |text| {
        Check::Body(BodyCheck::Contains(text))
    })?;
    push_all(
        &mut checks,
        args,
        "expect-body-regex",
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Matches(pattern)),
    )?;
    push_all(
        &mut checks,
        args,
        "reject-body-regex",
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Rejects(pattern)),
    )?;
    push_all(&mut checks, args, "expect", FromStr::from_str, Check::Json)?;
    if let Some(baseline) = baseline(args, ignored, inline, read)? {
        checks.push(Check::Baseline(baseline));
    }
    if let Some(text) = args.value("max-latency") {
        checks.push(Check::Latency(MaxLatency(parsed(
            args,
            "max-latency",
            text,
            duration::parse,
        )?)));
    }
    if let Some(text) = args.value("min-cert-validity") {
        let validity = parsed(args, "min-cert-validity", text, duration::parse)?;
        // A redirect may still lead to https.
        if url.scheme == Scheme::Http && !args.is_set("location") {
            return Err(UsageError(format!(
                "{}: expected an https:// URL; plain HTTP has no certificate",
                args.origin("min-cert-validity")
            )));
        }
        checks.push(Check::Certificate(MinValidity(validity)));
    }
    Ok(checks)
}

/// The recorded answer, inline in the config or in a file.
fn baseline(
    args: &Args,
    ignored: &mut Ignored,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Option<Baseline>, UsageError> {
    let tolerance = match args.value("tolerance") {
        Some(text) => parsed(args, "tolerance", text, FromStr::from_str)?,
        None => Tolerance::default(),
    };
    let origin = args.origin("baseline");
    let (name, bytes) = match (inline, args.value("baseline")) {
        (Some(text), _) => ("in the config".to_owned(), text.into_bytes()),
        (None, Some(path)) => (path.to_owned(), read_file(args, "baseline", path, read)?),
        (None, None) => return Ok(None),
    };
    let refuse = |reason: String| UsageError(format!("{origin} {name:?}: {reason}"));
    let recorded =
        document::parse(&bytes).map_err(|error| refuse(format!("the baseline {error}")))?;
    if let Some((path, number)) = json::find_non_finite("$", &recorded) {
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
pub(super) fn ignored(args: &Args) -> Result<Ignored, UsageError> {
    let queries = args.values("ignore");
    queries
        .map(|text| parsed(args, "ignore", text, json::query))
        .collect::<Result<_, _>>()
        .map(Ignored)
}

fn text(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected a text to look for"));
    }
    Ok(text.to_owned())
}
