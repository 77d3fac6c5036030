//! `--wait` on a terminal: a status line that each attempt replaces.

use super::Report;
use crate::duration::format_elapsed;
use crate::wait::WaitStats;

/// Moves to the beginning of the line and clears it (ECMA-48, EL).
pub const CLEAR: &str = "\r\x1b[K";

/// Replaces the line: number, time and reason of an attempt. `columns` is the width of
/// the terminal.
#[must_use]
pub fn line(report: &Report, stats: WaitStats, columns: usize) -> String {
    let line = format!(
        "attempt {} after {}: {}",
        stats.attempts,
        format_elapsed(stats.elapsed),
        report.reason()
    );
    format!("{CLEAR}{}", fit(&line, columns))
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
    use super::fit;

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
