//! `--wait` on a terminal: one line that the next one replaces.

use super::{Report, WaitStats};
use crate::duration::format_elapsed;

/// Back to the beginning of the line, and clear it (ECMA-48, EL).
pub const CLEAR: &str = "\r\x1b[K";

/// What replaces the line so far: number, time and reason of an attempt.
#[must_use]
pub fn line(report: &Report, waited: WaitStats, columns: usize) -> String {
    let line = format!(
        "attempt {} after {}: {}",
        waited.attempts,
        format_elapsed(waited.time),
        report.reason()
    );
    format!("{CLEAR}{}", fit(&line, columns))
}

/// The beginning that fits. What is not ASCII is taken to be two columns wide, as
/// much of it is: a line that wraps could not be cleared.
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
        for (line, columns, fitting) in [
            ("attempt 1", 9, "attempt 1"),
            ("attempt 1", 8, "attempt "),
            ("aé漢字", 5, "aé漢"),
            ("aé漢字", 4, "aé"),
            ("a", 0, ""),
        ] {
            assert_eq!(fit(line, columns), fitting);
        }
    }
}
