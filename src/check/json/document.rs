//! Bytes → JSON, as RFC 8259 has it, plus NaN and the infinities. Escapes of lone
//! surrogates are read as U+FFFD. A stream of documents is read as one array.

use std::cell::OnceCell;

use serde_json::Value;

use super::error::{JsonError, JsonErrorKind};
use super::lookalike::Lookalike;
use super::non_finite::{self, Insertion};
use super::stream::Framing;
use super::surrogate;
use crate::check::encoding::Encoding;
use crate::check::result::{CheckResult, Failure};
use crate::response::{BodyEnd, BodyError, Response};

/// A body as JSON, parsed when the first check needs it.
#[derive(Debug)]
pub struct Document<'a> {
    response: &'a Response,
    parsed: OnceCell<Result<Value, JsonError>>,
}

impl<'a> Document<'a> {
    /// Parses nothing yet.
    #[must_use]
    pub fn lazy(response: &'a Response) -> Self {
        Self {
            response,
            parsed: OnceCell::new(),
        }
    }

    /// The document, or the result of every check that needs it.
    pub(in crate::check) fn value(&self) -> Result<&Value, CheckResult> {
        if let BodyEnd::Failed(error) = &self.response.body.end {
            return Err(self.failed(error));
        }
        self.parsed
            .get_or_init(|| read(self.response))
            .as_ref()
            .map_err(|error| {
                CheckResult::failed(Failure {
                    advice: error.advice(),
                    ..Failure::explained_by_body(format!("body {error}"))
                })
            })
    }

    /// For a stream that does not end in time, the number of documents that came.
    #[cold]
    fn failed(&self, error: &BodyError) -> CheckResult {
        let mut result = CheckResult::from(error);
        if let BodyError::TimedOut { .. } = error
            && let Some(framing) = Framing::of(self.response)
            && let Some(failure) = &mut result.failure
        {
            let count = framing.count(without_mark(&self.response.body.bytes));
            let plural = if count == 1 { "" } else { "s" };
            failure.reason = format!("{}, {count} document{plural}", failure.reason);
        }
        result
    }
}

/// Reads the body of a response: one document, or an array of those in a stream.
///
/// # Errors
/// As those of [`parse`], also of one document in a stream.
pub(super) fn read(response: &Response) -> Result<Value, JsonError> {
    match Framing::of(response) {
        None => parse(&response.body.bytes),
        Some(framing) => read_stream(framing, &response.body.bytes),
    }
}

fn read_stream(framing: Framing, bytes: &[u8]) -> Result<Value, JsonError> {
    // Otherwise, it may look like a stream without a document.
    if let Some(encoding) = Encoding::of(bytes) {
        return Err(JsonError::at_line(1, encoding.into()));
    }
    let mut documents = Vec::new();
    let split = framing.split(without_mark(bytes), &mut |text| {
        documents.push(parse(text)?);
        Ok(())
    });
    match split {
        Ok(()) => Ok(Value::Array(documents)),
        // In a line of the whole body.
        Err(
            error @ JsonError {
                kind: JsonErrorKind::Framing(_),
                line: 1..,
                ..
            },
        ) => Err(error),
        Err(error) => Err(JsonError {
            kind: kind_in_stream(framing, error.kind),
            document: documents.len() + 1,
            ..error
        }),
    }
}

/// Without the advice to name a type that the stream has, or that would not help.
#[cold]
fn kind_in_stream(framing: Framing, kind: JsonErrorKind) -> JsonErrorKind {
    match (framing, kind) {
        (_, JsonErrorKind::Lookalike(Lookalike::Lines)) => JsonErrorKind::Trailing,
        (Framing::Events, JsonErrorKind::Lookalike(format @ Lookalike::Events)) => {
            JsonErrorKind::Syntax(format!("it looks like {}", format.name()))
        }
        (_, kind) => kind,
    }
}

/// RFC 8259, section 8.1, lets a parser ignore a byte order mark; events require it.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Parses a body or a recorded one.
///
/// # Errors
/// Bytes that are not a JSON text (RFC 8259); numbers that are not finite are allowed.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = without_mark(bytes);
    let strict = match serde_json::from_slice(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let replaced = surrogate::replace_lone(text);
    let (quoted, insertions) = non_finite::quote(replaced.as_deref().unwrap_or(text));
    if replaced.is_none() && insertions.is_empty() {
        return Err(JsonError::new(text, &strict, strict.column().max(1)));
    }
    serde_json::from_slice(&quoted).map_err(|error| {
        let column = column_before_quoting(&quoted, &insertions, &error);
        JsonError::new(text, &error, column)
    })
}

/// The column of an error in the text as received, before quoting.
fn column_before_quoting(
    quoted: &[u8],
    insertions: &[Insertion],
    error: &serde_json::Error,
) -> usize {
    let line_start: usize = quoted
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let error_at = line_start + error.column();
    let added: usize = insertions
        .iter()
        .filter(|insertion| insertion.offset >= line_start && insertion.offset < error_at)
        .map(|insertion| insertion.bytes)
        .sum();
    error.column().saturating_sub(added).max(1)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn error(text: &[u8]) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn an_error_says_what_is_wrong_and_where() {
        let deep = "[".repeat(200);
        for (text, reason) in [
            ("", "is empty, expected JSON"),
            (" \r\n", "is blank, expected JSON"),
            (
                "<html>",
                "is not JSON: it looks like HTML or XML at line 1 column 1",
            ),
            (
                "\u{1f}\u{8b}",
                "is not JSON: expected value at line 1 column 1",
            ),
            (
                "{\"a\":1,\n\"b\":[1,2",
                "is not JSON: it is cut short at line 2 column 8",
            ),
            ("ok", "is not JSON: expected value at line 1 column 1"),
            (
                "{\"a\":1,}",
                "is not JSON: trailing comma at line 1 column 8",
            ),
            (
                "{'a':1}",
                "is not JSON: key must be a string at line 1 column 2",
            ),
            ("[1,\n", "is not JSON: it is cut short at line 2 column 1"),
            (
                "{}\n{}",
                "is not JSON: it looks like NDJSON at line 2 column 1",
            ),
            (
                "{}\n{} {}",
                "is not one JSON document: more follows at line 2 column 1",
            ),
            (
                "{NaN:1}",
                "is not JSON: key must be a string at line 1 column 2",
            ),
            (
                "{\"a\":NaN,Infinity :1}",
                "is not JSON: key must be a string at line 1 column 10",
            ),
            ("[nan]", "is not JSON: expected ident at line 1 column 3"),
            ("[+NaN]", "is not JSON: expected value at line 1 column 2"),
            ("[01]", "is not JSON: invalid number at line 1 column 3"),
            ("[-inf]", "is not JSON: invalid number at line 1 column 3"),
            ("[01e999]", "is not JSON: invalid number at line 1 column 3"),
            ("[1.e999]", "is not JSON: invalid number at line 1 column 4"),
            (
                "[NaN,-.5e999]",
                "is not JSON: invalid number at line 1 column 7",
            ),
            (
                deep.as_str(),
                "is nested deeper than 128 levels at line 1 column 128",
            ),
            (
                "[NaN,\nNaN,NaN x]",
                "is not JSON: expected `,` or `]` at line 2 column 9",
            ),
        ] {
            assert_eq!(error(text.as_bytes()), reason, "{text}");
        }
        assert_eq!(
            error(b"\x1f\x8b\x08"),
            "is not JSON: it is gzip, which was not asked for, at line 1 column 1"
        );
        assert_eq!(
            error(b"\"\xff\""),
            "is not JSON: invalid unicode code point at line 1 column 2"
        );
    }
}
