//! The verdict as one line, the reason first.

use super::{Report, WaitStats};
use crate::duration::format_elapsed;
use crate::response::Response;
use crate::text::truncate;

/// The longest line, in bytes, with its end: Podman keeps 500 characters.
const MAX_LINE: usize = 500;

/// The longest URL shown, in bytes.
const MAX_URL: usize = 150;

/// The longest URL shown of a redirect, in bytes.
const MAX_REDIRECT: usize = 80;

/// A body shorter than this is no use.
const MIN_BODY: usize = 20;

/// How much of a body is shown before further reasons, in bytes.
const KEPT_FOR_BODY: usize = 80;

/// The verdict's line, with its end.
#[must_use]
pub fn line(report: &Report) -> String {
    let mut request = format!("{} {}", report.method, truncate(&report.url, MAX_URL));
    if let Some(last) = report.redirected_to().last() {
        request.push_str(", redirected to ");
        request.push_str(&truncate(last, MAX_REDIRECT));
    }
    let waited = report.waited.map(waited).unwrap_or_default();
    let reasons = report.reasons();
    if reasons.is_empty() {
        let status = report.result.map(status).unwrap_or_default();
        let took = format_elapsed(report.phases().total());
        return format!("healthy: {status} in {took}; {request}{waited}\n");
    }
    let took = match report.result {
        Ok(_) => format!(" in {}", format_elapsed(report.phases().total())),
        Err(_) => String::new(),
    };
    let end = format!("; {request}{took}{waited}");
    let start = "unhealthy: ";
    let label = "; body: ";
    let body = report.body();
    // Of many reasons most follow from one, and the body is likely to tell which.
    let kept = match &body {
        Some(body) if reasons.len() > 1 => label.len() + body.len().min(KEPT_FOR_BODY),
        _ => 0,
    };
    let room = MAX_LINE - 1 - start.len() - end.len() - kept;
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

fn waited(waited: WaitStats) -> String {
    format!(
        "; attempt {} after {}",
        waited.attempts,
        format_elapsed(waited.time)
    )
}

/// The status and its usual reason phrase (RFC 9110, section 15): `200 OK`. The
/// server's own phrase is often missing and never means more.
pub(super) fn status(response: &Response) -> String {
    match response.reason_phrase {
        Some(phrase) => format!("{} {phrase}", response.status),
        None => response.status.to_string(),
    }
}

/// As many reasons as there is room for; the rest are counted.
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
