//! Durations: parsing and formatting.

use std::time::{Duration, SystemTime};

use humantime::DurationError;

use crate::syntax::SyntaxError;

/// Maximum duration: far beyond any use, and safe to add to a clock.
const MAX_DURATION: Duration = Duration::from_hours(100 * 366 * 24);

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

const EXPECTED: &str = "expected a duration such as 500ms, 2s or 1m 30s";

/// Parses `500ms`, `2s`, `1m 30s`, or a bare number of seconds such as `2` or `0.5`.
///
/// # Errors
/// Text that is not a duration, zero, or more than a hundred years.
pub fn parse(text: &str) -> Result<Duration, SyntaxError> {
    let trimmed = text.trim();
    let bare_number =
        !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let duration = if bare_number {
        let seconds: f64 = trimmed
            .parse()
            .map_err(|_| SyntaxError::at(text, 0, EXPECTED))?;
        Duration::try_from_secs_f64(seconds).map_err(|_| too_long(text))?
    } else {
        humantime::parse_duration(text).map_err(|error| match error {
            DurationError::InvalidCharacter(at)
            | DurationError::NumberExpected(at)
            | DurationError::UnknownUnit { start: at, .. } => SyntaxError::at(text, at, EXPECTED),
            DurationError::NumberOverflow => too_long(text),
            DurationError::Empty => SyntaxError::at(text, 0, EXPECTED),
        })?
    };
    if duration.is_zero() {
        return Err(SyntaxError::at(
            text,
            0,
            "expected a duration longer than zero",
        ));
    }
    if duration > MAX_DURATION {
        return Err(too_long(text));
    }
    Ok(duration)
}

fn too_long(text: &str) -> SyntaxError {
    SyntaxError::at(text, 0, "expected at most 100 years, in whole nanoseconds")
}

/// The duration as `parse` reads it: `2s`, `1m 30s`, `60d`. Months and years have no
/// exact length, so days are the largest unit.
#[must_use]
pub fn format_exact(duration: Duration) -> String {
    let days = duration.as_secs() / SECONDS_PER_DAY;
    let rest = duration.saturating_sub(Duration::from_secs(days * SECONDS_PER_DAY));
    match days {
        0 => humantime::format_duration(rest).to_string(),
        _ if rest.is_zero() => format!("{days}d"),
        _ => format!("{days}d {}", humantime::format_duration(rest)),
    }
}

/// A measured duration, rounded up, so that it never looks shorter than a limit it
/// exceeded: `3.2ms`, `1.204s`.
#[must_use]
pub fn format_elapsed(duration: Duration) -> String {
    if duration.as_secs() == 0 {
        let tenths = duration.subsec_micros().div_ceil(100);
        let (whole, tenth) = ((tenths / 10).to_string(), (tenths % 10).to_string());
        [&whole, ".", &tenth, "ms"].concat()
    } else {
        let milliseconds = duration.as_micros().div_ceil(1000);
        format!("{}.{:03}s", milliseconds / 1000, milliseconds % 1000)
    }
}

/// The two largest units of a duration: `6d 23h`.
#[must_use]
pub fn format_coarse(duration: Duration) -> String {
    let text = format_exact(Duration::from_secs(duration.as_secs()));
    let units: Vec<&str> = text.split(' ').take(2).collect();
    units.join(" ")
}

/// Seconds since 1970 as a date and time (RFC 3339).
#[must_use]
pub fn date(seconds: u64) -> String {
    // The end of the year 9999 is the last that RFC 3339 can write.
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(253_402_300_799));
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_durations() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("2s", 2_000),
            ("2 s", 2_000),
            ("1.5s", 1_500),
            ("1m 30s", 90_000),
            ("2", 2_000),
            (" 0.5 ", 500),
            (".25", 250),
            ("7d", 604_800_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn rejects_other_text_and_names_the_column() {
        for (text, message) in [
            (
                "",
                "column 1: expected a duration such as 500ms, 2s or 1m 30s",
            ),
            (
                "-1s",
                "column 1: expected a duration such as 500ms, 2s or 1m 30s",
            ),
            (
                "5 parsecs",
                "column 3: expected a duration such as 500ms, 2s or 1m 30s",
            ),
            (
                "1.2.3",
                "column 1: expected a duration such as 500ms, 2s or 1m 30s",
            ),
            ("0", "column 1: expected a duration longer than zero"),
            ("0ms", "column 1: expected a duration longer than zero"),
            (
                "101years",
                "column 1: expected at most 100 years, in whole nanoseconds",
            ),
            (
                "99999999999999999999",
                "column 1: expected at most 100 years, in whole nanoseconds",
            ),
            (
                "18446744073709551615s",
                "column 1: expected at most 100 years, in whole nanoseconds",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn formats_what_it_parses() {
        for text in [
            "1ns", "500ms", "2s", "1m 30s", "7d", "60d", "365d 6h", "36600d",
        ] {
            assert_eq!(format_exact(parse(text).unwrap()), text);
        }
        assert_eq!(format_coarse(parse("6d 23h 59m 59s").unwrap()), "6d 23h");
        assert_eq!(format_coarse(Duration::from_millis(90_999)), "1m 30s");
    }

    #[test]
    fn rounds_elapsed_time_up() {
        for (microseconds, text) in [
            (0, "0.0ms"),
            (1, "0.1ms"),
            (3_150, "3.2ms"),
            (250_000, "250.0ms"),
            (250_001, "250.1ms"),
            (1_203_400, "1.204s"),
        ] {
            assert_eq!(format_elapsed(Duration::from_micros(microseconds)), text);
        }
    }
}
