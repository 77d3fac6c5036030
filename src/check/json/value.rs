//! Text → the value of an assertion: JSON, bare text, a tolerance, an expression.

use std::str::FromStr;

use serde_json::{Number, Value};

use super::span::Span;
use super::{Expected, Tolerance};
use crate::check::pattern::Pattern;
use crate::syntax::SyntaxError;

impl FromStr for Tolerance {
    type Err = SyntaxError;

    /// Reads `0.02` or `2%`.
    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        tolerance(Span::of(text).trimmed()).map_err(|error| match error.expected.as_str() {
            TOLERANCE => SyntaxError {
                expected: "expected a tolerance such as 0.02 or 2%".to_owned(),
                ..error
            },
            _ => error,
        })
    }
}

/// The value of `=` and `!=`: with a tolerance, JSON, or bare text.
pub(super) fn expected(span: Span) -> Result<Expected, SyntaxError> {
    let text = span.text();
    if let Some(offset) = text.find("+-")
        && text[..offset].trim_end().parse::<f64>().is_ok()
    {
        let (left, right) = span.split_at(offset);
        return Ok(Expected::Within {
            number: number(left.trimmed())?,
            tolerance: tolerance(right.skip(2).trimmed())?,
        });
    }
    match json(text) {
        Some(value) => Ok(Expected::Value(value)),
        None if text.starts_with('"') => Err(span.error(
            0,
            "expected a JSON string; text without quotes stands for itself",
        )),
        None if is_json_number(text) => Err(span.error(0, OUT_OF_RANGE)),
        None => Ok(Expected::Value(Value::from(text))),
    }
}

/// Whether a string may stand without quotes, and still be read as itself.
pub(super) fn is_bare(text: &str) -> bool {
    let span = Span::of(text);
    let reads_as_itself = matches!(
        expected(span),
        Ok(Expected::Value(Value::String(string))) if string == text
    );
    // After `=`, these would be read as the end of the operator.
    reads_as_itself && !text.is_empty() && text.trim() == text && !text.starts_with(['=', '~'])
}

/// The value of a JSON text. Bare words are told apart by their first character:
/// `serde_json`'s errors count lines with vector instructions, and to ask which
/// ones there are takes a virtual machine longer than the rest of a plan.
fn json(text: &str) -> Option<Value> {
    let starts_json = text.starts_with(|c: char| c.is_ascii_digit() || "-\"[{".contains(c));
    if starts_json || matches!(text, "true" | "false" | "null") {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

/// The value of `type`, which is always a name, `null` too. A name that no value
/// has would make `!=` hold for ever.
pub(super) fn type_name(span: Span) -> Result<Expected, SyntaxError> {
    let text = span.text();
    let name = unquoted(text);
    match name.as_str() {
        "null" | "boolean" | "number" | "string" | "array" | "object" => {
            Ok(Expected::Value(Value::from(name)))
        }
        _ => Err(span.error(
            0,
            "expected a type: null, boolean, number, string, array or object",
        )),
    }
}

pub(super) const TOLERANCE: &str = "expected a tolerance, as in 0.87+-0.02 or 0.87+-2%";
const OUT_OF_RANGE: &str = "expected a number that fits a 64-bit float";

/// Whether the text is a JSON number, even one out of range.
fn is_json_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.parse::<f64>().is_ok_and(f64::is_infinite)
        && !text.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E')
}

fn tolerance(span: Span) -> Result<Tolerance, SyntaxError> {
    let text = span.text();
    let (amount, relative) = match text.strip_suffix('%') {
        Some(amount) => (span.split_at(amount.len()).0.trimmed(), true),
        None => (span, false),
    };
    if amount.text().starts_with('-') {
        return Err(amount.error(0, "expected a tolerance that is not negative"));
    }
    Ok(Tolerance {
        amount: number(amount).map_err(|error| SyntaxError {
            expected: TOLERANCE.to_owned(),
            ..error
        })?,
        relative,
    })
}

pub(super) fn number(span: Span) -> Result<Number, SyntaxError> {
    let text = span.text();
    serde_json::from_str(text).map_err(|_| {
        let expected = if is_json_number(text) {
            OUT_OF_RANGE
        } else if text.contains("+-") {
            "expected a number; a tolerance goes with = and != only"
        } else {
            "expected a number as JSON writes it, such as 0.5 or -1e3"
        };
        span.error(0, expected)
    })
}

/// The expression of `~`: a JSON string, or bare text.
pub(super) fn pattern(span: Span) -> Result<Pattern, SyntaxError> {
    unquoted(span.text())
        .parse()
        .map_err(|error: SyntaxError| span.error(0, error.expected))
}

/// The content of a JSON string; any other text as it stands.
fn unquoted(text: &str) -> String {
    match json(text) {
        Some(Value::String(content)) => content,
        _ => text.to_owned(),
    }
}
