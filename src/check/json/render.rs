//! JSON value → text of bounded length, for reasons and reports.

use std::io;

use serde_json::Value;

use super::non_finite::{self, non_finite};
use crate::text::truncate;

/// The maximum length of a value in a reason, in bytes.
pub(super) const MAX_VALUE: usize = 120;

/// The value as JSON, cut after [`MAX_VALUE`] bytes. Non-finite numbers are as received.
pub(super) fn render(value: &Value) -> String {
    render_within(value, MAX_VALUE)
}

/// Writes no more of a long value than it returns.
fn render_within(value: &Value, max: usize) -> String {
    // Without its quotes and prefix a number is shorter: `"\u{fdd0}NaN"` becomes `NaN`.
    let mut prefix = PrefixWriter {
        bytes: Vec::new(),
        max: 4 * max,
    };
    // It fails once the prefix is complete.
    let _ = serde_json::to_writer(&mut prefix, value);
    // Most values are short, and have no number that is not finite.
    if prefix.bytes.len() <= max && prefix.bytes.is_ascii() {
        return String::from_utf8(prefix.bytes).unwrap_or_default();
    }
    let text = String::from_utf8_lossy(&prefix.bytes);
    let non_finite = format!("\"{}", non_finite::PREFIX);
    let mut parts = text.split(non_finite.as_str());
    let mut rendered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('"').unwrap_or((part, ""));
        rendered.push_str(number);
        rendered.push_str(rest);
    }
    truncate(&rendered, max).into_owned()
}

/// Keeps the first `max` bytes written to it, and fails at the next.
struct PrefixWriter {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for PrefixWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.max - self.bytes.len();
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

/// The name of a value's type (RFC 8259, section 3).
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The value and its type: `"0.9", a string`.
pub(super) fn render_with_type(value: &Value) -> String {
    let rendered = render(value);
    match value {
        Value::Null => rendered,
        _ if non_finite(value).is_some() => rendered,
        Value::Array(_) | Value::Object(_) => format!("{rendered}, an {}", type_name(value)),
        _ => format!("{rendered}, a {}", type_name(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::{non_finite, render_within, truncate};
    use serde_json::Value;

    fn parse(text: &str) -> Value {
        let (quoted, _) = non_finite::quote(text.as_bytes());
        serde_json::from_slice(&quoted).unwrap()
    }

    #[test]
    fn non_finite_numbers_are_rendered_as_received() {
        for text in [
            r#"{"a":[1,NaN,-Infinity],"b":"NaN","c\"NaN":Infinity,"d":1e999,"e":-1E+999}"#,
            "NaN",
        ] {
            assert_eq!(render_within(&parse(text), 500), text);
        }
    }

    #[test]
    fn a_long_value_is_cut_like_its_whole_text() {
        let numbers = parse(&format!("[{}NaN]", "NaN,".repeat(100_000)));
        let wide = parse(&format!("[\"{}\"]", "é".repeat(100_000)));
        for max in [9, 10, 11, 120, 121] {
            let cut = render_within(&numbers, max);
            let whole = format!("[{}", "NaN,".repeat(100));
            assert_eq!(cut, truncate(&whole, max));
            assert_eq!(
                render_within(&wide, max),
                truncate(&format!("[\"{}", "é".repeat(100)), max)
            );
        }
    }
}
