//! Bare text that is likely to be meant as something else. As text, it would make `!=` and
//! `!~` hold whatever the server answers.

use super::literal::{self, OUT_OF_RANGE};
use super::span::Span;
use crate::check::operator::is_quoted;
use crate::syntax::SyntaxError;

/// What people write for `+-`.
const PLUS_MINUS: [&str; 4] = ["±", "+/-", "-+", "+ -"];

/// What joins two conditions in other languages.
const CONJUNCTIONS: [&str; 2] = ["&&", "||"];

/// Checks a value that is not JSON.
///
/// # Errors
/// A slip of a number, of quotes or of a second condition.
pub(super) fn check(span: Span) -> Result<(), SyntaxError> {
    // Most values are words, and searching them costs a plain probe 1,000 instructions.
    let text = span.text();
    if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        check_number(span)?;
    }
    check_pattern(span)
}

/// Checks a pattern that is not a JSON string.
///
/// # Errors
/// A slip of quotes or of a second condition.
pub(super) fn check_pattern(span: Span) -> Result<(), SyntaxError> {
    let text = span.text();
    if is_quoted(text) {
        return Err(span.error(
            0,
            "expected a value without such quotes around it; JSON's double quotes are possible",
        ));
    }
    if !text.contains(['&', '|']) {
        return Ok(());
    }
    match CONJUNCTIONS.into_iter().find_map(|symbol| text.find(symbol)) {
        Some(offset) => Err(span.error(
            offset,
            "expected one condition; another is an assertion of its own, and text takes double quotes",
        )),
        None => Ok(()),
    }
}

fn check_number(span: Span) -> Result<(), SyntaxError> {
    let text = span.text();
    if literal::is_out_of_range(text) {
        return Err(span.error(0, OUT_OF_RANGE));
    }
    let plus_minus = PLUS_MINUS
        .into_iter()
        .filter_map(|sign| text.find(sign))
        .find(|offset| text[..*offset].trim_end().parse::<f64>().is_ok());
    match plus_minus {
        Some(offset) => Err(span.error(offset, "expected +- before the tolerance")),
        None => Ok(()),
    }
}
