//! JSON literals in an assertion's text.

use serde_json::{Number, Value};

use super::span::Span;
use crate::syntax::SyntaxError;

pub(super) const OUT_OF_RANGE: &str = "expected a number that fits a 64-bit float";

/// Parses JSON. Bare words are recognised by their first character: `serde_json`'s
/// errors count lines with vector instructions, and detecting which of these a virtual
/// machine has takes longer than the rest of a plan.
pub(super) fn json(text: &str) -> Option<Value> {
    let starts_json = text.starts_with(|c: char| c.is_ascii_digit() || "-\"[{".contains(c));
    if starts_json || matches!(text, "true" | "false" | "null") {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

/// The content of a JSON string; any other text unchanged.
pub(super) fn unquote(text: &str) -> String {
    match json(text) {
        Some(Value::String(content)) => content,
        _ => text.to_owned(),
    }
}

/// Whether the text is a JSON number beyond a 64-bit float.
pub(super) fn is_out_of_range(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.parse::<f64>().is_ok_and(f64::is_infinite)
        && !text.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E')
}

pub(super) fn number(span: Span) -> Result<Number, SyntaxError> {
    let text = span.text();
    serde_json::from_str(text).map_err(|_| {
        let expected = if is_out_of_range(text) {
            OUT_OF_RANGE
        } else if text.contains("+-") {
            "expected a number; +- works only with = and !="
        } else {
            "expected a JSON number such as 0.5 or -1e3"
        };
        span.error(0, expected)
    })
}
