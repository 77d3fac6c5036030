//! The config file: a JSON object whose keys are the long names of the flags.
//!
//! Its members are borrowed from the text, so that an error has a line and a column,
//! and a large body is copied once, into the request.

use std::error::Error;
use std::fmt;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use crate::upstream::strip_position;

/// One member of the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'t> {
    /// The key.
    pub key: String,
    /// The position of the key.
    pub key_at: Place,
    /// The JSON text of the value.
    pub value: &'t str,
    /// The position of the value.
    pub value_at: Place,
}

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    line: usize,
    column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at line {} column {}", self.line, self.column)
    }
}

/// Why a config file cannot be used. No variant holds a value, which may be a secret.
#[derive(Debug)]
pub enum ConfigError {
    /// Not the structure of one JSON object.
    Structure {
        /// What was expected.
        expected: &'static str,
        /// Where.
        at: Place,
    },
    /// A key or a value that is not valid JSON.
    Json {
        /// `serde_json`'s error, whose own position counts from the value.
        error: serde_json::Error,
        /// Where.
        at: Place,
    },
    /// A key that is there twice.
    DuplicateKey {
        /// The key.
        key: String,
        /// The position of the second one.
        at: Place,
    },
    /// A key that is not the name of a flag.
    UnknownKey {
        /// The key.
        key: String,
        /// Its position.
        at: Place,
        /// The known key with the fewest edits.
        nearest: String,
    },
    /// A value of another type.
    Type {
        /// The key.
        key: String,
        /// What was expected.
        expected: &'static str,
        /// The type found.
        found: &'static str,
        /// The position of the value.
        at: Place,
    },
    /// An element that is neither a string nor a number.
    Element {
        /// Its path, such as `expect[1]` or `headers.X`.
        path: String,
        /// `list` or `object`.
        container: &'static str,
        /// The position of the container.
        at: Place,
    },
    /// A header that is there twice.
    DuplicateHeader {
        /// The position of the object.
        at: Place,
    },
    /// Bytes that are not UTF-8, from this one on, counted from 1.
    NotUtf8(usize),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure { expected, at } => write!(f, "expected {expected} {at}"),
            Self::Json { error, at } => write!(f, "{} {at}", strip_position(error)),
            Self::DuplicateKey { key, at } => write!(f, "duplicate key {key:?} {at}"),
            Self::UnknownKey { key, at, nearest } => {
                write!(f, "unknown key {key:?} {at}; did you mean {nearest:?}?")
            }
            Self::Type {
                key,
                expected,
                found,
                at,
            } => write!(f, "{key}: expected {expected}, found {found} {at}"),
            Self::Element {
                path,
                container,
                at,
            } => write!(f, "{path}: expected a string, in the {container} {at}"),
            Self::DuplicateHeader { at } => {
                write!(f, "headers: duplicate name, in the object {at}")
            }
            Self::NotUtf8(byte) => write!(f, "not UTF-8 at byte {byte}"),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Json { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The members of the object, in their order.
///
/// # Errors
/// Text that is not one JSON object (RFC 8259), or a duplicate key.
pub fn members(text: &str) -> Result<Vec<Member<'_>>, ConfigError> {
    let mut members: Vec<Member> = Vec::new();
    // RFC 8259, section 8.1, lets a reader ignore a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut cursor = Cursor { text, at: 0 };
    cursor.token('{', "{ and a JSON object")?;
    if cursor.peek() == Some('}') {
        cursor.token('}', "}")?;
    } else {
        loop {
            members.push(cursor.member(&members)?);
            if cursor.peek() != Some(',') {
                break;
            }
            cursor.token(',', ",")?;
        }
        cursor.token('}', ", or }")?;
    }
    match cursor.peek() {
        None => Ok(members),
        Some(_) => Err(cursor.structure("nothing after the object")),
    }
}

/// The text, and how far it has been read.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The next character that is not white space.
    fn peek(&mut self) -> Option<char> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(blank).len();
        self.text[self.at..].chars().next()
    }

    /// The position of that character.
    fn place(&mut self) -> Place {
        self.peek();
        place(self.text, self.at)
    }

    fn structure(&mut self, expected: &'static str) -> ConfigError {
        ConfigError::Structure {
            expected,
            at: self.place(),
        }
    }

    fn token(&mut self, token: char, expected: &'static str) -> Result<(), ConfigError> {
        if self.peek() == Some(token) {
            self.at += token.len_utf8();
            return Ok(());
        }
        Err(self.structure(expected))
    }

    fn member(&mut self, earlier: &[Member]) -> Result<Member<'t>, ConfigError> {
        let key_at = self.place();
        if self.peek() != Some('"') {
            return Err(self.structure("a key in double quotes"));
        }
        let key: String = serde_json::from_str(self.value()?)
            .map_err(|error| ConfigError::Json { error, at: key_at })?;
        if earlier.iter().any(|member| member.key == key) {
            return Err(ConfigError::DuplicateKey { key, at: key_at });
        }
        self.token(':', ": and a value")?;
        let value_at = self.place();
        Ok(Member {
            key,
            key_at,
            value: self.value()?,
            value_at,
        })
    }

    /// The text of the next value.
    fn value(&mut self) -> Result<&'t str, ConfigError> {
        self.peek();
        let start = self.at;
        let mut values = Deserializer::from_str(&self.text[start..]).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                self.at = start + values.byte_offset();
                Ok(&self.text[start..self.at])
            }
            Some(Err(error)) => {
                let base = place(self.text, start);
                let column = match error.line() {
                    1 => base.column + error.column().saturating_sub(1),
                    _ => error.column(),
                };
                let line = base.line + error.line().saturating_sub(1);
                Err(ConfigError::Json {
                    error,
                    at: Place { line, column },
                })
            }
            None => Err(self.structure("a value")),
        }
    }
}

fn place(text: &str, at: usize) -> Place {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |offset| offset + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

impl Member<'_> {
    /// The value of a flag with one value: a string or a number.
    ///
    /// # Errors
    /// Another type.
    pub fn as_text(&self) -> Result<String, ConfigError> {
        scalar(&self.parsed(), "").ok_or_else(|| self.wrong_type("a string or a number"))
    }

    /// The values of a repeatable flag: a list, or a single element without one.
    ///
    /// # Errors
    /// Another type.
    pub fn as_texts(&self) -> Result<Vec<String>, ConfigError> {
        let parsed = self.parsed();
        let Value::Array(elements) = &parsed else {
            return scalar(&parsed, "")
                .map(|text| vec![text])
                .ok_or_else(|| self.wrong_type("a list of strings"));
        };
        elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                scalar(element, "").ok_or_else(|| ConfigError::Element {
                    path: format!("{}[{index}]", self.key),
                    container: "list",
                    at: self.value_at,
                })
            })
            .collect()
    }

    /// The value of a switch.
    ///
    /// # Errors
    /// Another type.
    pub fn as_switch(&self) -> Result<bool, ConfigError> {
        self.parsed()
            .as_bool()
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    /// The lines of `headers`, an object of names and values.
    ///
    /// # Errors
    /// Another type, or a duplicate name.
    pub fn as_header_lines(&self) -> Result<Vec<String>, ConfigError> {
        if !self.parsed().is_object() {
            return Err(self.wrong_type("an object of names and values"));
        }
        // The text was read once already: all that can be wrong is a duplicate key.
        members(self.value)
            .map_err(|_| ConfigError::DuplicateHeader { at: self.value_at })?
            .iter()
            .map(|header| {
                scalar(&header.parsed(), &format!("{}: ", header.key)).ok_or_else(|| {
                    ConfigError::Element {
                        path: format!("headers.{}", header.key),
                        container: "object",
                        at: self.value_at,
                    }
                })
            })
            .collect()
    }

    /// The text was read once already, so this cannot fail.
    fn parsed(&self) -> Value {
        serde_json::from_str(self.value).unwrap_or_default()
    }

    fn wrong_type(&self, expected: &'static str) -> ConfigError {
        ConfigError::Type {
            key: self.key.clone(),
            expected,
            found: match self.parsed() {
                Value::Array(_) => "a list",
                Value::Object(_) => "an object",
                Value::String(_) => "a string",
                Value::Number(_) => "a number",
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                Value::Null => "null",
            },
            at: self.value_at,
        }
    }
}

/// A string's or a number's text after a prefix.
fn scalar(value: &Value, prefix: &str) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("{prefix}{text}")),
        Value::Number(number) => Some(format!("{prefix}{number}")),
        _ => None,
    }
}

/// The known key with the fewest edits from an unknown one.
#[must_use]
pub fn nearest<'k>(key: &str, known: &'k [String]) -> Option<&'k str> {
    known
        .iter()
        .min_by_key(|other| strsim::osa_distance(key, other))
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::{members, nearest};

    #[test]
    fn members_keep_their_text_and_place() {
        let text = "{\n  \"url\": \":80\",\n  \"data\": {\"x\": [1, 2.50]} , \"ü\":-1e3}\n";
        let members = members(text).unwrap();
        let shown: Vec<String> = members
            .iter()
            .map(|m| format!("{} {} = {} {}", m.key, m.key_at, m.value, m.value_at))
            .collect();
        assert_eq!(
            shown,
            [
                "url at line 2 column 3 = \":80\" at line 2 column 10",
                "data at line 3 column 3 = {\"x\": [1, 2.50]} at line 3 column 11",
                "ü at line 3 column 30 = -1e3 at line 3 column 34",
            ]
        );
        assert!(super::members("\u{feff} {} ").unwrap().is_empty());
    }

    #[test]
    fn rejects_text_that_is_not_one_object_and_names_the_place() {
        for (text, message) in [
            ("", "expected { and a JSON object at line 1 column 1"),
            ("[]", "expected { and a JSON object at line 1 column 1"),
            ("url: x", "expected { and a JSON object at line 1 column 1"),
            (
                "{\n // note\n}",
                "expected a key in double quotes at line 2 column 2",
            ),
            ("{\"a\":1 // note\n}", "expected , or } at line 1 column 8"),
            (
                "{\"a\":1,}",
                "expected a key in double quotes at line 1 column 8",
            ),
            ("{\"a\" 1}", "expected : and a value at line 1 column 6"),
            ("{\"a\":}", "expected value at line 1 column 6"),
            ("{\"a\":", "expected a value at line 1 column 6"),
            ("{\"a\":1", "expected , or } at line 1 column 7"),
            ("{\"a\":{\n\"b\":nul}}", "expected ident at line 2 column 8"),
            (
                "{\"a\":1, \"a\":2}",
                "duplicate key \"a\" at line 1 column 9",
            ),
            (
                "{\"a\":1} x",
                "expected nothing after the object at line 1 column 9",
            ),
            ("{\"a\":\"\\x\"}", "invalid escape at line 1 column 8"),
        ] {
            assert_eq!(members(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn values_have_types() {
        let text = r#"{"one":"2s","number":0.5,"many":["a",1],"on":true,"headers":{"X-A":"b"},"bad":{"x":1},"list":["a",null],"null":null,"h":{"X":[]}}"#;
        let members = members(text).unwrap();
        let member = |key: &str| members.iter().find(|m| m.key == key).unwrap();
        assert_eq!(member("one").as_text().unwrap(), "2s");
        assert_eq!(member("number").as_text().unwrap(), "0.5");
        assert_eq!(member("many").as_texts().unwrap(), ["a", "1"]);
        assert_eq!(member("one").as_texts().unwrap(), ["2s"]);
        assert!(member("on").as_switch().unwrap());
        assert_eq!(member("headers").as_header_lines().unwrap(), ["X-A: b"]);
        for (found, message) in [
            (
                member("bad").as_text().map(|_| ()),
                "bad: expected a string or a number, found an object at line 1 column 79",
            ),
            (
                member("on").as_text().map(|_| ()),
                "on: expected a string or a number, found true at line 1 column 46",
            ),
            (
                member("many").as_text().map(|_| ()),
                "many: expected a string or a number, found a list at line 1 column 33",
            ),
            (
                member("null").as_texts().map(|_| ()),
                "null: expected a list of strings, found null at line 1 column 112",
            ),
            (
                member("list").as_texts().map(|_| ()),
                "list[1]: expected a string, in the list at line 1 column 94",
            ),
            (
                member("one").as_switch().map(|_| ()),
                "one: expected true or false, found a string at line 1 column 8",
            ),
            (
                member("one").as_header_lines().map(|_| ()),
                "one: expected an object of names and values, found a string at line 1 column 8",
            ),
            (
                member("h").as_header_lines().map(|_| ()),
                "headers.X: expected a string, in the object at line 1 column 121",
            ),
        ] {
            assert_eq!(found.unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn finds_the_nearest_key() {
        let known = [
            "timeout".to_owned(),
            "tolerance".to_owned(),
            "expect".to_owned(),
        ];
        assert_eq!(nearest("timeot", &known), Some("timeout"));
        assert_eq!(nearest("expects", &known), Some("expect"));
    }
}
