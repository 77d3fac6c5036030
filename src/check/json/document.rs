//! Bytes → JSON: strict but for the numbers that Python, Triton and TorchServe
//! write and RFC 8259 does not have: NaN and the infinities.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::io;

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

use super::path;
use crate::check::{CheckResult, Failure};
use crate::response::{Body, BodyEnd};
use crate::text::truncate;

/// Marks a string that stands for a number JSON cannot hold. A noncharacter,
/// which Unicode keeps out of interchange, so that no honest string begins so.
const NOT_FINITE: &str = "\u{fdd0}";

/// `serde_json`'s limit, which guards the stack.
const MAX_DEPTH: usize = 128;

/// A body as JSON, parsed when the first assertion asks for it.
#[derive(Debug)]
pub struct Document<'a> {
    body: &'a Body,
    parsed: OnceCell<Result<Value, String>>,
}

impl<'a> Document<'a> {
    /// Parses nothing yet.
    #[must_use]
    pub fn lazy(body: &'a Body) -> Self {
        Self {
            body,
            parsed: OnceCell::new(),
        }
    }

    /// The document, or the result of every check that needs it.
    pub(in crate::check) fn value(&self) -> Result<&Value, CheckResult> {
        if let BodyEnd::Failed(error) = &self.body.end {
            return Err(error.into());
        }
        self.parsed
            .get_or_init(|| parse(&self.body.bytes))
            .as_ref()
            .map_err(|reason| CheckResult {
                actual: None,
                failure: Some(Failure::explained_by_body(reason.clone())),
            })
    }
}

/// Reads a body; the error is the reason as a clause, with line and column.
///
/// # Errors
/// Bytes that are no JSON text (RFC 8259) but for numbers that are not finite.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    // RFC 8259, section 8.1, lets a reader ignore a byte order mark.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let strict = match serde_json::from_slice(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let (lenient, insertions) = quote_non_finite(text);
    if insertions.is_empty() {
        return Err(reason(text, &strict, strict.column().max(1)));
    }
    serde_json::from_slice(&lenient).map_err(|error| {
        let column = column_before_quoting(&lenient, &insertions, &error);
        reason(text, &error, column)
    })
}

/// A number that a double cannot hold, quoted: where its quoted form begins and
/// by how many bytes it grew.
struct Insertion {
    offset: usize,
    bytes: usize,
}

/// Turns each number that is not finite into a marked string.
fn quote_non_finite(text: &[u8]) -> (Vec<u8>, Vec<Insertion>) {
    let mut quoted = Vec::with_capacity(text.len() + 64);
    let mut insertions = Vec::new();
    let mut rest = text;
    while let [first, ..] = rest {
        let length = match first {
            b'"' => string_length(rest),
            b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z' => word_length(rest),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        // Before a colon it would be a member's name, which has to be a string.
        if is_non_finite(token) && !after.trim_ascii_start().starts_with(b":") {
            insertions.push(Insertion {
                offset: quoted.len(),
                bytes: NOT_FINITE.len() + 2,
            });
            quoted.push(b'"');
            quoted.extend_from_slice(NOT_FINITE.as_bytes());
            quoted.extend_from_slice(token);
            quoted.push(b'"');
        } else {
            quoted.extend_from_slice(token);
        }
        rest = after;
    }
    (quoted, insertions)
}

fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (offset, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

fn word_length(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_'))
        })
        .unwrap_or(text.len())
}

/// `NaN`, `Infinity`, `-Infinity`, and a number too large for a double.
fn is_non_finite(token: &[u8]) -> bool {
    match token {
        b"NaN" | b"Infinity" | b"-Infinity" => true,
        // Rust reads `-inf`, `01` and `1.` too, which JSON does not have.
        [b'0'..=b'9' | b'-', ..] if serde_json::from_slice::<IgnoredAny>(token).is_ok() => {
            std::str::from_utf8(token)
                .ok()
                .and_then(|text| text.parse().ok())
                .is_some_and(f64::is_infinite)
        }
        _ => false,
    }
}

/// The column of an error as it is in the text that was received.
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

fn reason(text: &[u8], error: &serde_json::Error, column: usize) -> String {
    let place = format!("line {} column {column}", error.line());
    let Some(first) = text.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return if text.is_empty() {
            "body is empty, expected JSON".to_owned()
        } else {
            "body is blank, expected JSON".to_owned()
        };
    };
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    match (first, error.classify(), what) {
        (b'<', ..) => format!("body is not JSON: it looks like HTML or XML at {place}"),
        (0x1f, ..) if text.starts_with(b"\x1f\x8b") => {
            format!("body is not JSON: it is gzip, which was not asked for, at {place}")
        }
        (_, Category::Eof, _) => format!("body is not JSON: it is cut short at {place}"),
        (_, _, "recursion limit exceeded") => {
            format!("body is nested deeper than {MAX_DEPTH} levels at {place}")
        }
        (_, _, "trailing characters") => {
            format!("body is not one JSON document: more follows at {place}")
        }
        _ => format!("body is not JSON: {what} at {place}"),
    }
}

/// The number that this value stands for, if JSON cannot hold it: `NaN`.
#[must_use]
pub fn non_finite(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(NOT_FINITE)
}

/// The first such number in a value: its path, which continues `path`, and itself.
#[must_use]
pub fn find_non_finite<'v>(path: &str, value: &'v Value) -> Option<(String, &'v str)> {
    if let Some(number) = non_finite(value) {
        return Some((path.to_owned(), number));
    }
    let below = if path == "$" { "" } else { path };
    match value {
        Value::Array(elements) => elements.iter().enumerate().find_map(|(index, element)| {
            // Most elements are plain: spell a path only for what may hold one.
            may_hold(element).then_some(())?;
            let mut path = below.to_owned();
            path::push_index(&mut path, index);
            find_non_finite(&path, element)
        }),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            may_hold(member).then_some(())?;
            let mut path = below.to_owned();
            path::push_name(&mut path, name);
            find_non_finite(&path, member)
        }),
        _ => None,
    }
}

/// A copy in which each such number is this one.
#[must_use]
pub fn with_finite(value: &Value, stand_in: f64) -> Value {
    match value {
        Value::Array(elements) => elements
            .iter()
            .map(|element| with_finite(element, stand_in))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), with_finite(member, stand_in)))
            .collect(),
        other if non_finite(other).is_some() => Value::from(stand_in),
        other => other.clone(),
    }
}

fn may_hold(value: &Value) -> bool {
    value.is_array() || value.is_object() || non_finite(value).is_some()
}

/// The value as JSON in at most `max` bytes, with the numbers that JSON cannot
/// hold as they came. Of a long value no more is written than is shown.
#[must_use]
pub fn shown(value: &Value, max: usize) -> String {
    // A marked number shrinks, at most from `"\u{fdd0}NaN"` to `NaN`.
    let mut start = PrefixWriter {
        bytes: Vec::new(),
        most: 4 * max,
    };
    // What does not fit is not wanted.
    let _ = serde_json::to_writer(&mut start, value);
    let text = String::from_utf8_lossy(&start.bytes);
    let marked = format!("\"{NOT_FINITE}");
    let mut parts = text.split(marked.as_str());
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('"').unwrap_or((part, ""));
        shown.push_str(number);
        shown.push_str(rest);
    }
    truncate(&shown, max).into_owned()
}

/// Keeps the start of what is written to it, and fails once it has enough.
struct PrefixWriter {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for PrefixWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of a value's type (RFC 8259, section 3), with its article where one is natural.
#[must_use]
pub fn type_name(value: &Value) -> Cow<'static, str> {
    Cow::Borrowed(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

#[cfg(test)]
mod tests {
    use super::{find_non_finite, parse, shown, truncate};

    #[test]
    fn numbers_that_are_not_finite_are_read_as_themselves() {
        let text = br#"{"a":[1,NaN,-Infinity],"b":"NaN","c\"NaN":Infinity,"d":1e999,"e":-1E+999}"#;
        let value = parse(text).unwrap();
        assert_eq!(shown(&value, 500).as_bytes(), text);
        assert_eq!(find_non_finite("$", &value), Some(("a[1]".into(), "NaN")));
        assert_eq!(find_non_finite("$", &value["b"]), None);
        assert_eq!(
            parse(b"NaN").map(|value| shown(&value, 500)),
            Ok("NaN".into())
        );
    }

    #[test]
    fn a_long_value_is_cut_as_its_whole_text_would_be() {
        let numbers = parse(format!("[{}NaN]", "NaN,".repeat(100_000)).as_bytes()).unwrap();
        let wide = parse(format!("[\"{}\"]", "é".repeat(100_000)).as_bytes()).unwrap();
        for max in [9, 10, 11, 120, 121] {
            let cut = shown(&numbers, max);
            let whole = format!("[{}", "NaN,".repeat(100));
            assert_eq!(cut, truncate(&whole, max));
            assert_eq!(
                shown(&wide, max),
                truncate(&format!("[\"{}", "é".repeat(100)), max)
            );
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn what_is_not_json_says_what_and_where() {
        let deep = "[".repeat(200);
        for (text, reason) in [
            ("", "body is empty, expected JSON"),
            (" \r\n", "body is blank, expected JSON"),
            (
                "<html>",
                "body is not JSON: it looks like HTML or XML at line 1 column 1",
            ),
            (
                "\u{1f}\u{8b}",
                "body is not JSON: expected value at line 1 column 1",
            ),
            (
                "{\"a\":1,\n\"b\":[1,2",
                "body is not JSON: it is cut short at line 2 column 8",
            ),
            ("ok", "body is not JSON: expected value at line 1 column 1"),
            (
                "{\"a\":1,}",
                "body is not JSON: trailing comma at line 1 column 8",
            ),
            (
                "{'a':1}",
                "body is not JSON: key must be a string at line 1 column 2",
            ),
            (
                "[1,\n",
                "body is not JSON: it is cut short at line 2 column 1",
            ),
            (
                "{}\n{}",
                "body is not one JSON document: more follows at line 2 column 1",
            ),
            (
                "{NaN:1}",
                "body is not JSON: key must be a string at line 1 column 2",
            ),
            (
                "{\"a\":NaN,Infinity :1}",
                "body is not JSON: key must be a string at line 1 column 10",
            ),
            (
                "[nan]",
                "body is not JSON: expected ident at line 1 column 3",
            ),
            (
                "[+NaN]",
                "body is not JSON: expected value at line 1 column 2",
            ),
            (
                "[01]",
                "body is not JSON: invalid number at line 1 column 3",
            ),
            (
                "[-inf]",
                "body is not JSON: invalid number at line 1 column 3",
            ),
            (
                "[01e999]",
                "body is not JSON: invalid number at line 1 column 3",
            ),
            (
                "[1.e999]",
                "body is not JSON: invalid number at line 1 column 4",
            ),
            (
                "[NaN,-.5e999]",
                "body is not JSON: invalid number at line 1 column 7",
            ),
            (
                deep.as_str(),
                "body is nested deeper than 128 levels at line 1 column 128",
            ),
            (
                "[NaN,\nNaN,NaN x]",
                "body is not JSON: expected `,` or `]` at line 2 column 9",
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(reason.to_owned()), "{text}");
        }
        assert_eq!(
            parse(b"\x1f\x8b\x08"),
            Err("body is not JSON: it is gzip, which was not asked for, at line 1 column 1".into())
        );
        assert_eq!(
            parse(b"\"\xff\""),
            Err("body is not JSON: invalid unicode code point at line 1 column 2".into())
        );
    }
}
