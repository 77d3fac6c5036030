//! Numbers that RFC 8259 does not have, but that Python, Triton and `TorchServe` write:
//! NaN and the infinities. `serde_json` cannot hold them, so they are read as strings
//! with a prefix.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::path;

/// Begins a string that represents a non-finite number. It is a noncharacter, which
/// Unicode keeps out of interchange, so no server's own string begins with it.
pub(super) const PREFIX: &str = "\u{fdd0}";

/// The bytes that quoting added to one number.
pub(super) struct Insertion {
    /// Where the quoted number begins, in the quoted text.
    pub(super) offset: usize,
    pub(super) bytes: usize,
}

/// Turns each non-finite number into a string with [`PREFIX`].
pub(super) fn quote(text: &[u8]) -> (Vec<u8>, Vec<Insertion>) {
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
        // Before a colon it would be a member's name, which must already be a string.
        if is_token(token) && !after.trim_ascii_start().starts_with(b":") {
            insertions.push(Insertion {
                offset: quoted.len(),
                bytes: PREFIX.len() + 2,
            });
            quoted.push(b'"');
            quoted.extend_from_slice(PREFIX.as_bytes());
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

/// Whether this is `NaN`, `Infinity`, `-Infinity` or a number too large for a double.
fn is_token(token: &[u8]) -> bool {
    match token {
        b"NaN" | b"Infinity" | b"-Infinity" => true,
        // Rust also parses `-inf`, `01` and `1.`, which JSON does not have.
        [b'0'..=b'9' | b'-', ..] if serde_json::from_slice::<IgnoredAny>(token).is_ok() => {
            std::str::from_utf8(token)
                .ok()
                .and_then(|text| text.parse().ok())
                .is_some_and(f64::is_infinite)
        }
        _ => false,
    }
}

/// The number that this value represents, if it is not finite: `NaN`.
pub(super) fn non_finite(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(PREFIX)
}

/// The first non-finite number in a value: its path, which continues `path`, and the
/// number as it was written.
#[must_use]
pub fn find_non_finite<'v>(path: &str, value: &'v Value) -> Option<(String, &'v str)> {
    if let Some(number) = non_finite(value) {
        return Some((path.to_owned(), number));
    }
    let below = if path == "$" { "" } else { path };
    match value {
        Value::Array(elements) => elements.iter().enumerate().find_map(|(index, element)| {
            // Building a path is costly, and most elements cannot contain such a number.
            may_contain(element).then_some(())?;
            let mut path = below.to_owned();
            path::push_index(&mut path, index);
            find_non_finite(&path, element)
        }),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            may_contain(member).then_some(())?;
            let mut path = below.to_owned();
            path::push_name(&mut path, name);
            find_non_finite(&path, member)
        }),
        _ => None,
    }
}

/// A copy with this number in the place of each non-finite one.
pub(super) fn replace_non_finite(value: &Value, replacement: f64) -> Value {
    match value {
        Value::Array(elements) => elements
            .iter()
            .map(|element| replace_non_finite(element, replacement))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), replace_non_finite(member, replacement)))
            .collect(),
        other if non_finite(other).is_some() => Value::from(replacement),
        other => other.clone(),
    }
}

fn may_contain(value: &Value) -> bool {
    value.is_array() || value.is_object() || non_finite(value).is_some()
}

#[cfg(test)]
mod tests {
    use super::{find_non_finite, quote};
    use serde_json::json;

    #[test]
    fn finds_the_first_number_with_its_path() {
        let value = json!({"a": [1, "\u{fdd0}NaN", "\u{fdd0}-Infinity"], "b": "NaN"});
        assert_eq!(find_non_finite("$", &value), Some(("a[1]".into(), "NaN")));
        assert_eq!(find_non_finite("$", &value["b"]), None);
    }

    #[test]
    fn quotes_numbers_but_no_names_and_no_strings() {
        let (quoted, insertions) = quote(b"{\"NaN\":NaN,NaN :\"NaN\"}");
        let quoted = String::from_utf8(quoted).unwrap();
        assert_eq!(quoted, "{\"NaN\":\"\u{fdd0}NaN\",NaN :\"NaN\"}");
        assert_eq!(insertions.len(), 1);
    }
}
