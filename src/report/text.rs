//! The verdict as one line, the reason first.

use super::{Report, excerpt};
use crate::duration::format_elapsed;
use crate::response::Response;
use crate::text::truncate;
use crate::wait::WaitStats;

/// The maximum length of the line with its line feed, in bytes: Podman keeps 500 characters.
const MAX_LINE: usize = 500;

/// The maximum length of the URL, in bytes.
const MAX_URL: usize = 150;

/// The maximum length of a redirect's target, in bytes.
const MAX_REDIRECT: usize = 80;

/// The minimum length of a body excerpt, in bytes: a shorter one is useless.
const MIN_BODY: usize = 20;

/// The length of the body excerpt that takes precedence over further reasons, in bytes.
const RESERVED_FOR_BODY: usize = 80;

/// The verdict as one line, with its line feed.
#[must_use]
pub fn line(report: &Report) -> String {
    let mut request = [report.method, " ", &truncate(&report.url, MAX_URL)].concat();
    if let Some(last) = report.redirected_to().last() {
        request.push_str(", redirected to ");
        request.push_str(&truncate(last, MAX_REDIRECT));
    }
    let attempts = report.wait_stats.map(attempts).unwrap_or_default();
    let reasons = report.reasons();
    if reasons.is_empty() {
        let status = report.result.map(format_status).unwrap_or_default();
        let location = location(report).unwrap_or_default();
        let busy = if report.is_busy() { " (busy)" } else { "" };
        let elapsed = format_elapsed(report.phases().total());
        let result = ["healthy: ", &status, &location, busy, " in ", &elapsed].concat();
        return [&result, "; ", &request, &attempts, "\n"].concat();
    }
    let elapsed = match report.result {
        Ok(_) => format!(" in {}", format_elapsed(report.phases().total())),
        Err(_) => String::new(),
    };
    let end = format!("; {request}{elapsed}{attempts}");
    let start = "unhealthy: ";
    let label = "; body: ";
    let body = report.body();
    // Several reasons usually have one cause, which the body is likely to name.
    let reserved = match &body {
        Some(body) if reasons.len() > 1 => label.len() + body.len().min(RESERVED_FOR_BODY),
        _ => 0,
    };
    let room = MAX_LINE - 1 - start.len() - end.len() - reserved;
    let mut line = format!("{start}{}{end}", fit(&reasons, room));
    let room = (MAX_LINE - 1).saturating_sub(line.len() + label.len());
    if room >= MIN_BODY
        && let Some(body) = body
    {
        line.push_str(label);
        line.push_str(&truncate(&body, room));
    }
    line.push('\n');
    line
}

/// Where a redirect leads that is the response: ` → /login`.
fn location(report: &Report) -> Option<String> {
    let location = report.result.ok()?.location()?.to_string();
    let location = excerpt::sanitize(&location, report.secrets);
    Some(format!(" → {}", truncate(&location, MAX_REDIRECT)))
}

fn attempts(stats: WaitStats) -> String {
    format!(
        "; attempt {} after {}",
        stats.attempts,
        format_elapsed(stats.elapsed)
    )
}

/// The status code and its standard reason phrase (RFC 9110, section 15): `200 OK`. The
/// server's own phrase is often missing and carries no meaning.
pub(super) fn format_status(response: &Response) -> String {
    match response.reason_phrase {
        Some(phrase) => [&response.status.to_string(), " ", phrase].concat(),
        None => response.status.to_string(),
    }
}

/// As many reasons as fit in `room` bytes; the others are counted.
fn fit(reasons: &[String], room: usize) -> String {
    let whole = reasons.join("; ");
    if whole.len() <= room {
        return whole;
    }
    let counted = |left: usize| format!("; and {left} more");
    for shown in (1..reasons.len()).rev() {
        let text = format!(
            "{}{}",
            reasons[..shown].join("; "),
            counted(reasons.len() - shown)
        );
        if text.len() <= room {
            return text;
        }
    }
    let rest = match reasons.len() - 1 {
        0 => String::new(),
        left => counted(left),
    };
    let first = reasons.first().map(String::as_str).unwrap_or_default();
    format!("{}{rest}", truncate(first, room - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn reasons_that_do_not_fit_are_counted() {
        let reasons = [
            "one fails".to_owned(),
            "two fails".to_owned(),
            "three fails".to_owned(),
        ];
        assert_eq!(fit(&reasons, 100), "one fails; two fails; three fails");
        assert_eq!(fit(&reasons, 32), "one fails; two fails; and 1 more");
        assert_eq!(fit(&reasons, 31), "one fails; and 2 more");
        assert_eq!(fit(&reasons, 18), "one…; and 2 more");
        assert_eq!(fit(&reasons[..1], 8), "one f…");
    }
}
