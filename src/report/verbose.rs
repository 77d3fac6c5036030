//! `--verbose`: address, times, checks and headers, in curl's manner.

use std::fmt::Write as _;

use super::{Report, excerpt, text};
use crate::check::header::is_secret;
use crate::duration::format_elapsed;
use crate::request::url::redact;
use crate::text::truncate;

/// The longest line, and all lines together, in bytes: with the verdict's they
/// stay within the 4096 that Docker keeps.
const MAX_LINE: usize = 240;
const MAX_TOTAL: usize = 3500;

/// All lines, each with its end.
#[must_use]
pub fn lines(report: &Report) -> String {
    let mut lines = Vec::new();
    for redirect in report.redirects() {
        let alone = if redirect.cross_origin {
            ", without credentials"
        } else {
            ""
        };
        lines.push(format!(
            "* redirected by {} to {}{alone}",
            redirect.status, redirect.to
        ));
    }
    if let Ok(response) = report.result {
        lines.push(format!("* connected to {}", response.address));
        if let Some(session) = &response.tls {
            lines.push(match &session.certificate {
                Ok(validity) => format!("* {}, certificate {validity}", session.version),
                Err(reason) => format!("* {}, {reason}", session.version),
            });
        }
    }
    let phases: Vec<String> = report
        .phases()
        .named()
        .iter()
        .filter(|(name, took)| *name != "tls" || !took.is_zero())
        .map(|(name, duration)| format!("{name} {}", format_elapsed(*duration)))
        .collect();
    lines.push(format!(
        "* took {}: {}",
        format_elapsed(report.phases().total()),
        phases.join(", ")
    ));
    for outcome in report.outcomes {
        let result = match &outcome.failure {
            None => "holds",
            Some(_) => "fails",
        };
        let found = match &outcome.actual {
            Some(actual) => format!(" ({actual})"),
            None => String::new(),
        };
        lines.push(format!("* {result}: {}{found}", outcome.check));
    }
    if let Ok(response) = report.result {
        lines.push(format!("< {}", text::status(response)));
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
    let mut shown = String::new();
    for (index, line) in lines.iter().enumerate() {
        let clean = excerpt::sanitize(line, report.secrets);
        if shown.len() + clean.len().min(MAX_LINE) > MAX_TOTAL {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "* and {} lines more", lines.len() - index);
            break;
        }
        let _ = writeln!(shown, "{}", truncate(&clean, MAX_LINE));
    }
    shown
}
