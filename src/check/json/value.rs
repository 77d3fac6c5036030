//! Text → the right side of an assertion: JSON, bare text, a tolerance, a pattern.

use serde_json::Value;

use super::assertion::Expected;
use super::bare;
use super::literal::{self, json, unquote};
use super::span::Span;
use super::tolerance;
use crate::check::operator::check_end;
use crate::check::pattern::Pattern;
use crate::syntax::SyntaxError;

pub(super) const TOLERANCE: &str =
    "expected a tolerance, as in 0.87+-0.02, 0.87+-2% or 0.87+-0.001+0.1%";

/// The value of `=` and `!=`: a number with a tolerance, JSON, or bare text.
pub(super) fn expected(span: Span) -> Result<Expected, SyntaxError> {
    let text = span.text();
    if let Some(offset) = text.find("+-")
        && text[..offset].trim_end().parse::<f64>().is_ok()
    {
        let (left, right) = span.split_at(offset);
        return Ok(Expected::Within {
            number: literal::number(left.trimmed())?,
            tolerance: tolerance::parse(right.skip(2).trimmed(), TOLERANCE)?,
        });
    }
    match json(text) {
        Some(value) => Ok(Expected::Value(value)),
        None if text.starts_with('"') => {
            Err(span.error(0, "expected a valid JSON string; bare text needs no quotes"))
        }
        None => {
            bare::check(span)?;
            Ok(Expected::Value(Value::from(text)))
        }
    }
}

/// Whether a string can be written without quotes and is read back as itself.
pub(super) fn is_bare(text: &str) -> bool {
    let span = Span::of(text);
    let reads_as_itself = matches!(
        expected(span),
        Ok(Expected::Value(Value::String(string))) if string == text
    );
    reads_as_itself && !text.is_empty() && text.trim() == text && check_end("=", text).is_ok()
}

/// The value of `type()`, which is always a name, also `null`. With an unknown name
/// `!=` would always hold.
pub(super) fn type_name(span: Span) -> Result<Expected, SyntaxError> {
    let name = unquote(span.text());
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

/// Whether a pattern can be written without quotes and is read back as itself.
pub(super) fn is_bare_pattern(text: &str) -> bool {
    text.trim() == text
        && !text.starts_with('"')
        && bare::check_pattern(Span::of(text)).is_ok()
        && check_end("~", text).is_ok()
}

/// The pattern of `~`: a JSON string, or bare text.
pub(super) fn pattern(span: Span) -> Result<Pattern, SyntaxError> {
    let text = span.text();
    if !text.starts_with('"') {
        bare::check_pattern(span)?;
    }
    unquote(text)
        .parse()
        .map_err(|error: SyntaxError| span.error(0, error.expected))
}
