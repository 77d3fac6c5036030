//! What is different on a terminal: colors, and with `--wait` a status line that each attempt
//! replaces.

use super::Report;
use crate::duration::format_elapsed;
use crate::verdict::Verdict;
use crate::wait::WaitStats;

/// Moves to the beginning of the line and clears it (ECMA-48, EL).
pub const CLEAR: &str = "\r\x1b[K";

/// Foreground colors (ECMA-48, SGR).
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const RESET: &str = "\x1b[0m";

/// The line with what precedes its colon in green or red, if `colors` is set.
#[must_use]
pub fn color(mut line: String, verdict: Verdict, colors: bool) -> String {
    if colors {
        let end = line.find(':').unwrap_or(line.len());
        line.insert_str(end, RESET);
        line.insert_str(
            0,
            match verdict {
                Verdict::Healthy => GREEN,
                Verdict::Unhealthy => RED,
            },
        );
    }
    line
}

/// Replaces the line: number, time and reason of an attempt that failed. `columns` is the
/// width of the terminal.
#[must_use]
pub fn line(report: &Report, stats: WaitStats, columns: usize, colors: bool) -> String {
    let line = format!(
        "attempt {} after {}: {}",
        stats.attempts,
        format_elapsed(stats.elapsed),
        report.reason()
    );
    let line = color(fit(&line, columns).to_owned(), report.verdict, colors);
    format!("{CLEAR}{line}")
}

/// The beginning that fits, so that the line does not wrap and can be cleared. Every
/// character outside ASCII counts as two columns, as many are that wide.
fn fit(line: &str, columns: usize) -> &str {
    let mut column = 0;
    let end = line.char_indices().find_map(|(offset, character)| {
        column += if character.is_ascii() { 1 } else { 2 };
        (column > columns).then_some(offset)
    });
    &line[..end.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::{color, fit};
    use crate::verdict::Verdict;

    #[test]
    fn colors_what_precedes_the_colon() {
        for (line, verdict, colored) in [
            (
                "healthy: a:b\n",
                Verdict::Healthy,
                "\u{1b}[32mhealthy\u{1b}[0m: a:b\n",
            ),
            (
                "error: a\n",
                Verdict::Unhealthy,
                "\u{1b}[31merror\u{1b}[0m: a\n",
            ),
            ("attempt", Verdict::Unhealthy, "\u{1b}[31mattempt\u{1b}[0m"),
        ] {
            assert_eq!(color(line.to_owned(), verdict, true), colored);
            assert_eq!(color(line.to_owned(), verdict, false), line);
        }
    }

    #[test]
    fn a_line_is_never_wider_than_the_terminal() {
        for (line, columns, expected) in [
            ("attempt 1", 9, "attempt 1"),
            ("attempt 1", 8, "attempt "),
            ("aé漢字", 5, "aé漢"),
            ("aé漢字", 4, "aé"),
            ("a", 0, ""),
        ] {
            assert_eq!(fit(line, columns), expected);
        }
    }
}
