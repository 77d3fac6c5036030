//! `--verbose`: address, times, checks and headers, in the style of curl.

use std::fmt::Write as _;

use super::label::label;
use super::{Report, excerpt, text};
use crate::check::header::is_secret;
use crate::duration::format_elapsed;
use crate::request::url::redact;
use crate::text::truncate;

/// The maximum length of one line and of all lines, in bytes: together with the verdict
/// they fit in the 4096 bytes that Docker keeps.
const MAX_LINE: usize = 240;
const MAX_TOTAL: usize = 3500;

/// All lines, each with its line feed.
#[must_use]
pub fn lines(report: &Report) -> String {
    let mut lines = Vec::new();
    for redirect in report.redirects() {
        let note = if redirect.cross_origin {
            ", without credentials"
        } else {
            ""
        };
        lines.push(format!(
            "* redirected by {} to {}{note}",
            redirect.status, redirect.to
        ));
    }
    if let Ok(response) = report.result {
        lines.push(format!("* connected to {}", response.address));
        if let Some(session) = &response.tls {
            lines.push(match &session.certificate {
                Ok(validity) => format!("* {}, certificate {validity}", session.version.as_str()),
                Err(reason) => format!("* {}, {reason}", session.version.as_str()),
            });
        }
    }
    let phases: Vec<String> = report
        .phases()
        .named()
        .iter()
        .filter(|(name, duration)| *name != "tls" || !duration.is_zero())
        .map(|(name, duration)| format!("{name} {}", format_elapsed(*duration)))
        .collect();
    lines.push(format!(
        "* took {}: {}",
        format_elapsed(report.phases().total()),
        phases.join(", ")
    ));
    for outcome in report.outcomes {
        let result = match &outcome.failure {
            None => "passed",
            Some(_) => "failed",
        };
        let actual = match &outcome.actual {
            Some(actual) => format!(" ({actual})"),
            None => String::new(),
        };
        lines.push(format!("* {result}: {}{actual}", label(outcome.subject)));
    }
    if let Ok(response) = report.result {
        lines.push(format!("< {}", text::format_status(response)));
        for (name, value) in &response.headers {
            let value = String::from_utf8_lossy(value);
            let value = match name.as_str() {
                _ if is_secret(name) => "(not shown)".into(),
                "location" => redact(&value).into(),
                _ => value,
            };
            lines.push(format!("< {name}: {value}"));
        }
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let line = excerpt::sanitize(line, report.secrets);
        if text.len() + line.len().min(MAX_LINE) > MAX_TOTAL {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "* and {} more lines", lines.len() - index);
            break;
        }
        let _ = writeln!(text, "{}", truncate(&line, MAX_LINE));
    }
    text
}
