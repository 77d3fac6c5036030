//! Untrusted text → one line of a log: escaped and truncated.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Replaces every character that could break, hide or reorder a line with its
/// JSON escape (`\n`, `\u001b`): controls, line separators and bidirectional
/// marks (Unicode Technical Report 36).
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if is_unsafe(character) => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
}

/// The longest prefix of `text` that fits in `max` bytes, ending in `…` if
/// something was cut.
#[must_use]
pub fn truncate(text: &str, max: usize) -> Cow<'_, str> {
    const ELLIPSIS: &str = "…";
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(max.saturating_sub(ELLIPSIS.len()));
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::{escape, truncate};

    #[test]
    fn leaves_plain_text_as_it_is() {
        assert_eq!(escape("status ☃ \"ok\""), "status ☃ \"ok\"");
    }

    #[test]
    fn escapes_controls_and_direction_marks() {
        assert_eq!(
            escape("a\nb\r\t\u{1b}[31m\u{7f}\u{9b}\u{202e}x\u{2028}"),
            "a\\nb\\r\\t\\u001b[31m\\u007f\\u009b\\u202ex\\u2028"
        );
    }

    #[test]
    fn truncates_at_a_character_and_adds_an_ellipsis() {
        assert_eq!(truncate("short", 5), "short");
        assert_eq!(truncate("shorter", 6), "sho…");
        assert_eq!(truncate("ééééé", 8), "éé…");
        assert_eq!(truncate("abc", 1), "…");
    }
}
