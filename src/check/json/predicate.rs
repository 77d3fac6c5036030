//! One value against an assertion's predicate: whether it holds, and if not, why.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::assertion::{Assertion, Comparison, Expected, JsonPredicate};
use super::decimal::Decimal;
use super::non_finite::{find_non_finite, non_finite};
use super::render::{render, render_with_type, type_name};

/// The value that an operand makes of one node, or of all of them.
pub(super) enum Actual<'v> {
    Json(Cow<'v, Value>),
    /// A computed number, which may be more exact than a double.
    Number(Decimal),
}

impl Actual<'_> {
    fn number(&self) -> Option<Decimal> {
        match self {
            Self::Json(value) => match value.as_ref() {
                Value::Number(number) => Some(Decimal::from(number)),
                _ => None,
            },
            Self::Number(number) => Some(*number),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Number(_) => None,
        }
    }

    fn is_falsy(&self) -> bool {
        matches!(self, Self::Json(value) if matches!(**value, Value::Null | Value::Bool(false)))
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Json(value) => type_name(value),
            Self::Number(_) => "number",
        }
    }

    /// The text without its quotes, or the literal; `None` for arrays and objects.
    fn bare(&self) -> Option<String> {
        match self {
            Self::Json(value) => match value.as_ref() {
                Value::Array(_) | Value::Object(_) => None,
                Value::String(text) => Some(text.clone()),
                literal => Some(literal.to_string()),
            },
            Self::Number(number) => Some(number.to_string()),
        }
    }

    /// The value as JSON, not too long.
    pub(super) fn render(&self) -> String {
        match self {
            Self::Json(value) => render(value),
            Self::Number(number) => number.to_string(),
        }
    }

    fn with_type(&self) -> String {
        match self {
            Self::Json(value) => render_with_type(value),
            Self::Number(number) => format!("{number}, a number"),
        }
    }
}

impl fmt::Display for Actual<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

/// Why one node fails: the subject, and what it is (`is 0.4, expected >= 0.5`).
pub(super) struct Mismatch {
    pub(super) subject: Subject,
    pub(super) is: String,
}

pub(super) enum Subject {
    /// What the operand makes of the node: `length(predictions)`.
    Operand,
    /// The node, or the value at this path below it.
    Node(String),
}

impl Mismatch {
    fn operand(is: String) -> Self {
        Self {
            subject: Subject::Operand,
            is,
        }
    }

    fn wrong_type(actual: &Actual, expected: &str) -> Self {
        Self::operand(format!("is {}, expected {expected}", actual.with_type()))
    }

    pub(super) fn node(is: String) -> Self {
        Self {
            subject: Subject::Node(String::new()),
            is,
        }
    }
}

impl Assertion {
    pub(super) fn is_not_finite(&self, below: &str, number: &str) -> Mismatch {
        let expected = if below.is_empty() {
            self.expectation()
        } else {
            self.to_string()
        };
        Mismatch {
            subject: Subject::Node(below.to_owned()),
            is: format!("is {number}, expected {expected}"),
        }
    }

    /// Whether the predicate holds for one value.
    pub(super) fn check_value(&self, actual: &Actual) -> Result<(), Mismatch> {
        if let Actual::Json(value) = actual
            && let Some(number) = non_finite(value)
        {
            return Err(self.is_not_finite("", number));
        }
        let holds = match &self.predicate {
            JsonPredicate::Truthy => !actual.is_falsy(),
            JsonPredicate::Falsy => actual.is_falsy(),
            JsonPredicate::Equals(expected) => self.equals(expected, actual)?,
            JsonPredicate::Differs(expected) => !self.equals(expected, actual)?,
            JsonPredicate::Compares(comparison, limit) => match actual.number() {
                Some(number) => comparison.holds(number, Decimal::from(limit)),
                None => return Err(Mismatch::wrong_type(actual, &self.expectation())),
            },
            JsonPredicate::Matches(pattern) => match actual.text() {
                Some(text) => pattern.is_match(text),
                None => return Err(Mismatch::wrong_type(actual, &self.expected())),
            },
            JsonPredicate::MatchesNot(pattern) => match actual.text() {
                Some(text) => !pattern.is_match(text),
                None => return Err(Mismatch::wrong_type(actual, &self.expected())),
            },
        };
        if holds {
            Ok(())
        } else {
            Err(Mismatch::operand(self.explain(actual)))
        }
    }

    fn equals(&self, expected: &Expected, actual: &Actual) -> Result<bool, Mismatch> {
        // A non-finite number is not equal to anything, and not honestly different.
        if let Actual::Json(value) = actual
            && let Some((below, number)) = find_non_finite("", value)
        {
            return Err(self.is_not_finite(&below, number));
        }
        Ok(expected.equals(actual))
    }

    fn explain(&self, actual: &Actual) -> String {
        let mut off_by = String::new();
        if let JsonPredicate::Equals(expected) = &self.predicate {
            if let Some(hint) = self.type_hint(expected, actual) {
                return hint;
            }
            if let Some(distance) = expected.distance(actual) {
                off_by = format!(" (off by {distance})");
            }
        }
        format!("is {actual}, expected {}{off_by}", self.expected())
    }

    /// What to write instead where only the type differs: where `1` met `"1"`.
    fn type_hint(&self, expected: &Expected, actual: &Actual) -> Option<String> {
        let Expected::Value(value) = expected else {
            return None;
        };
        let expected = Actual::Json(Cow::Borrowed(value));
        if expected.type_name() == actual.type_name() || expected.bare()? != actual.bare()? {
            return None;
        }
        Some(format!(
            "is {}, expected the {} {value}; for the {}, write {}={actual}",
            actual.with_type(),
            expected.type_name(),
            actual.type_name(),
            self.operand,
        ))
    }
}

impl Comparison {
    fn holds(self, number: Decimal, limit: Decimal) -> bool {
        match self {
            Self::Less => number < limit,
            Self::AtMost => number <= limit,
            Self::Greater => number > limit,
            Self::AtLeast => number >= limit,
        }
    }
}

impl Expected {
    fn equals(&self, actual: &Actual) -> bool {
        match (self, actual) {
            (Self::Value(expected), Actual::Json(value)) => equal(expected, value),
            (Self::Value(Value::Number(expected)), Actual::Number(number)) => {
                *number == Decimal::from(expected)
            }
            (Self::Value(_), Actual::Number(_)) => false,
            (
                Self::Within {
                    number: expected,
                    tolerance,
                },
                actual,
            ) => match actual {
                Actual::Json(value) => matches!(
                    value.as_ref(),
                    Value::Number(number) if tolerance.holds(number, expected)
                ),
                Actual::Number(number) => tolerance.allows(*number, Decimal::from(expected)),
            },
        }
    }

    /// How far a number is off, if a tolerance makes that matter.
    fn distance(&self, actual: &Actual) -> Option<Decimal> {
        match self {
            Self::Within { number, .. } => actual
                .number()?
                .minus(Decimal::from(number))
                .map(Decimal::abs),
            Self::Value(_) => None,
        }
    }
}

/// Equality of JSON values: numbers by value, members in any order.
fn equal(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(a), Value::Number(b)) => Decimal::from(a) == Decimal::from(b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => expected == actual,
    }
}
