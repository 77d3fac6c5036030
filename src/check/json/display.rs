//! Assertion → text: as the user wrote it, and what it expects.

use std::fmt;

use serde_json::Value;

use super::assertion::{Assertion, Expected, JsonPredicate, Operand};
use super::value;
use crate::check::pattern::Pattern;

impl Assertion {
    /// What passes, as a noun: `"ok"`, `>= 0.5`.
    pub(in crate::check) fn expected(&self) -> String {
        match &self.predicate {
            JsonPredicate::Truthy => "anything but null or false".to_owned(),
            JsonPredicate::Falsy => "nothing, null or false".to_owned(),
            JsonPredicate::Equals(expected) => expected.as_json(),
            JsonPredicate::Differs(expected) => format!("anything but {}", expected.as_json()),
            JsonPredicate::Compares(comparison, number) => {
                format!("{} {number}", comparison.symbol())
            }
            JsonPredicate::Matches(pattern) => format!("text matching {pattern}"),
            JsonPredicate::MatchesNot(pattern) => format!("text not matching {pattern}"),
        }
    }

    /// As [`expected`](Self::expected), for a node that has no value to compare: with a
    /// function, the whole assertion.
    pub(super) fn expectation(&self) -> String {
        match (&self.predicate, self.operand.function) {
            (_, Some(_)) => self.to_string(),
            (JsonPredicate::Compares(..), None) => format!("a number {}", self.expected()),
            _ => self.expected(),
        }
    }
}

impl Expected {
    /// The value as JSON, also where the user wrote bare text.
    fn as_json(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Within { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = &self.operand;
        match &self.predicate {
            JsonPredicate::Truthy => operand.fmt(f),
            JsonPredicate::Falsy => write!(f, "!{operand}"),
            JsonPredicate::Equals(expected) => write!(f, "{operand}={expected}"),
            JsonPredicate::Differs(expected) => write!(f, "{operand}!={expected}"),
            JsonPredicate::Compares(comparison, number) => {
                write!(f, "{operand}{}{number}", comparison.symbol())
            }
            JsonPredicate::Matches(pattern) => write!(f, "{operand}~{}", quote(pattern)),
            JsonPredicate::MatchesNot(pattern) => write!(f, "{operand}!~{}", quote(pattern)),
        }
    }
}

/// The pattern, as a JSON string if it could not be read back as bare text.
fn quote(pattern: &Pattern) -> String {
    let text = pattern.to_string();
    if value::is_bare_pattern(&text) {
        text
    } else {
        Value::from(text).to_string()
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Some(function) => write!(f, "{}({})", function.name(), self.query.text),
            None => f.write_str(&self.query.text),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(Value::String(text)) if value::is_bare(text) => f.write_str(text),
            Self::Value(value) => value.fmt(f),
            Self::Within { number, tolerance } => write!(f, "{number}+-{tolerance}"),
        }
    }
}
