//! The config file: a JSON object whose keys are the long names of the flags.
//!
//! Its members are taken apart where they stand, so that a mistake has a line
//! and a column, and a large body is copied once, into the request.

use std::fmt;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use crate::upstream::strip_position;

/// One member of the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'t> {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_at: Place,
    /// The JSON text of the value.
    pub value: &'t str,
    /// Where the value stands.
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

/// Takes the object apart.
///
/// # Errors
/// Text that is no JSON object (RFC 8259), or a key that comes twice; as a clause
/// with its place.
pub fn members(text: &str) -> Result<Vec<Member<'_>>, String> {
    let mut members: Vec<Member> = Vec::new();
    // RFC 8259, section 8.1, lets a reader ignore a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = Rest { text, at: 0 };
    rest.token('{', "expected { and a JSON object")?;
    if rest.peek() == Some('}') {
        rest.token('}', "")?;
    } else {
        loop {
            let key_at = rest.place();
            if rest.peek() != Some('"') {
                return Err(format!("expected a key in double quotes {key_at}"));
            }
            let key = match serde_json::from_str::<String>(rest.value()?) {
                Ok(key) => key,
                Err(error) => return Err(format!("{} {key_at}", strip_position(&error))),
            };
            if members.iter().any(|member| member.key == key) {
                return Err(format!("the key {key:?} comes a second time {key_at}"));
            }
            rest.token(':', "expected : and a value")?;
            let value_at = rest.place();
            members.push(Member {
                key,
                key_at,
                value: rest.value()?,
                value_at,
            });
            if rest.peek() != Some(',') {
                break;
            }
            rest.token(',', "")?;
        }
        rest.token('}', "expected , or }")?;
    }
    match rest.peek() {
        None => Ok(members),
        Some(_) => Err(format!(
            "expected nothing after the object {}",
            rest.place()
        )),
    }
}

/// The part of the text that has not been read.
struct Rest<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Rest<'t> {
    fn peek(&mut self) -> Option<char> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(blank).len();
        self.text[self.at..].chars().next()
    }

    fn place(&mut self) -> Place {
        self.peek();
        place(self.text, self.at)
    }

    fn token(&mut self, token: char, expected: &str) -> Result<(), String> {
        if self.peek() == Some(token) {
            self.at += token.len_utf8();
            return Ok(());
        }
        Err(format!("{expected} {}", self.place()))
    }

    /// The text of the next value.
    fn value(&mut self) -> Result<&'t str, String> {
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
                Err(format!(
                    "{} {}",
                    strip_position(&error),
                    Place { line, column }
                ))
            }
            None => Err(format!("expected a value {}", self.place())),
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
    /// The value of a flag that takes one text: a string or a number.
    ///
    /// # Errors
    /// Another type; as a clause with path and place.
    pub fn one(&self) -> Result<String, String> {
        scalar(&self.parsed(), "").ok_or_else(|| self.wrong("a string or a number"))
    }

    /// The values of a repeatable flag: a list, or one of its elements alone.
    ///
    /// # Errors
    /// Another type; as a clause with path and place.
    pub fn many(&self) -> Result<Vec<String>, String> {
        let parsed = self.parsed();
        let Value::Array(elements) = &parsed else {
            return scalar(&parsed, "")
                .map(|text| vec![text])
                .ok_or_else(|| self.wrong("a list of strings"));
        };
        elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                scalar(element, "").ok_or_else(|| {
                    format!(
                        "{}[{index}]: expected a string, in the list {}",
                        self.key, self.value_at
                    )
                })
            })
            .collect()
    }

    /// The value of a switch.
    ///
    /// # Errors
    /// Another type; as a clause with path and place.
    pub fn switch(&self) -> Result<bool, String> {
        self.parsed()
            .as_bool()
            .ok_or_else(|| self.wrong("true or false"))
    }

    /// The lines of `headers`: an object of name and value.
    ///
    /// # Errors
    /// Another type; as a clause with path and place.
    pub fn header_lines(&self) -> Result<Vec<String>, String> {
        if !self.parsed().is_object() {
            return Err(self.wrong("an object of names and values"));
        }
        // Its text was read once already: all that can be wrong is a name that comes twice.
        members(self.value)
            .map_err(|_| {
                format!(
                    "headers: a name comes twice, in the object {}",
                    self.value_at
                )
            })?
            .iter()
            .map(|header| {
                scalar(&header.parsed(), &format!("{}: ", header.key)).ok_or_else(|| {
                    format!(
                        "headers.{}: expected a string, in the object {}",
                        header.key, self.value_at
                    )
                })
            })
            .collect()
    }

    /// The value's text was read once already, so there is always a value.
    fn parsed(&self) -> Value {
        serde_json::from_str(self.value).unwrap_or_default()
    }

    fn wrong(&self, expected: &str) -> String {
        // Not the text itself, which may be a secret.
        let found = match self.parsed() {
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
            Value::String(_) => "a string",
            Value::Number(_) => "a number",
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Null => "null",
        };
        format!(
            "{}: expected {expected}, found {found} {}",
            self.key, self.value_at
        )
    }
}

/// A string's or a number's text behind a prefix.
fn scalar(value: &Value, prefix: &str) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("{prefix}{text}")),
        Value::Number(number) => Some(format!("{prefix}{number}")),
        _ => None,
    }
}

/// The known key that is nearest to an unknown one.
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
        assert_eq!(super::members("\u{feff} {} "), Ok(vec![]));
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
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
                "the key \"a\" comes a second time at line 1 column 9",
            ),
            (
                "{\"a\":1} x",
                "expected nothing after the object at line 1 column 9",
            ),
            ("{\"a\":\"\\x\"}", "invalid escape at line 1 column 8"),
        ] {
            assert_eq!(members(text).unwrap_err(), message, "{text}");
        }
    }

    #[test]
    fn values_have_types() {
        let text = r#"{"one":"2s","number":0.5,"many":["a",1],"on":true,"headers":{"X-A":"b"},"bad":{"x":1},"list":["a",null],"null":null,"h":{"X":[]}}"#;
        let members = members(text).unwrap();
        let member = |key: &str| members.iter().find(|m| m.key == key).unwrap();
        assert_eq!(member("one").one(), Ok("2s".into()));
        assert_eq!(member("number").one(), Ok("0.5".into()));
        assert_eq!(member("many").many(), Ok(vec!["a".into(), "1".into()]));
        assert_eq!(member("one").many(), Ok(vec!["2s".into()]));
        assert_eq!(member("on").switch(), Ok(true));
        assert_eq!(member("headers").header_lines(), Ok(vec!["X-A: b".into()]));
        for (found, message) in [
            (
                member("bad").one().map(|_| ()),
                "bad: expected a string or a number, found an object at line 1 column 79",
            ),
            (
                member("on").one().map(|_| ()),
                "on: expected a string or a number, found true at line 1 column 46",
            ),
            (
                member("many").one().map(|_| ()),
                "many: expected a string or a number, found a list at line 1 column 33",
            ),
            (
                member("null").many().map(|_| ()),
                "null: expected a list of strings, found null at line 1 column 112",
            ),
            (
                member("list").many().map(|_| ()),
                "list[1]: expected a string, in the list at line 1 column 94",
            ),
            (
                member("one").switch().map(|_| ()),
                "one: expected true or false, found a string at line 1 column 8",
            ),
            (
                member("one").header_lines().map(|_| ()),
                "one: expected an object of names and values, found a string at line 1 column 8",
            ),
            (
                member("h").header_lines().map(|_| ()),
                "headers.X: expected a string, in the object at line 1 column 121",
            ),
        ] {
            assert_eq!(found.unwrap_err(), message);
        }
    }

    #[test]
    fn the_nearest_key_is_found() {
        let known = [
            "timeout".to_owned(),
            "tolerance".to_owned(),
            "expect".to_owned(),
        ];
        assert_eq!(nearest("timeot", &known), Some("timeout"));
        assert_eq!(nearest("expects", &known), Some("expect"));
    }
}
