//! `--verbose`: address, times, checks and headers, in curl's manner.

use std::fmt::Write as _;

use super::{Report, excerpt, text};
use crate::check::header::is_secret;
use crate::duration::measured;
use crate::target::redacted;
use crate::text::truncate;

/// The longest line, and all lines together, in bytes: with the verdict's they
/// stay within the 4096 that Docker keeps.
const LONGEST_LINE: usize = 240;
const LONGEST: usize = 3500;

/// All lines, each with its end.
#[must_use]
pub fn lines(report: &Report) -> String {
    let mut lines = Vec::new();
    for redirect in report.redirects() {
        let alone = if redirect.elsewhere {
            ", without credentials"
        } else {
            ""
        };
        lines.push(format!(
            "* redirected by {} to {}{alone}",
            redirect.status, redirect.to
        ));
    }
    if let Ok(exchange) = report.result {
        lines.push(format!("* connected to {}", exchange.address));
        if let Some(session) = &exchange.tls {
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
        .map(|(name, duration)| format!("{name} {}", measured(*duration)))
        .collect();
    lines.push(format!(
        "* took {}: {}",
        measured(report.phases().total()),
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
    if let Ok(exchange) = report.result {
        lines.push(format!("< {}", text::status(exchange)));
        for (name, value) in &exchange.headers {
            let value = String::from_utf8_lossy(value);
            let value = match name.as_str() {
                _ if is_secret(name) => "(not shown)".into(),
                "location" => redacted(&value).into(),
                _ => value,
            };
            lines.push(format!("< {name}: {value}"));
        }
    }
    let mut shown = String::new();
    for (index, line) in lines.iter().enumerate() {
        let clean = excerpt::clean(line, report.secrets);
        if shown.len() + clean.len().min(LONGEST_LINE) > LONGEST {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "* and {} lines more", lines.len() - index);
            break;
        }
        let _ = writeln!(shown, "{}", truncate(&clean, LONGEST_LINE));
    }
    shown
}
