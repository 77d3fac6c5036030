//! One value against what was expected of it: does it hold, and if not, in which words.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::document::{self, find_non_finite, non_finite, type_name};
use super::number::{self, Decimal};
use super::{Assertion, Comparison, Expected, Predicate, Tolerance};

/// How much of a value is shown, in bytes.
pub(super) const MAX_VALUE: usize = 120;

/// Why one node fails: what is wrong, and what it is (`is 0.4, expected >= 0.5`).
pub(super) struct Mismatch {
    pub(super) subject: Subject,
    pub(super) is: String,
}

pub(super) enum Subject {
    /// What the operand makes of the node: `length(predictions)`.
    Operand,
    /// The node itself, or what stands at this path below it.
    Node(String),
}

impl Mismatch {
    pub(super) fn operand(is: String) -> Self {
        Self {
            subject: Subject::Operand,
            is,
        }
    }

    pub(super) fn node(is: String) -> Self {
        Self {
            subject: Subject::Node(String::new()),
            is,
        }
    }
}

impl Assertion {
    /// What was expected of a node that is no value to compare: of a function, the
    /// whole assertion.
    pub(super) fn expectation(&self) -> String {
        match (&self.predicate, self.operand.function) {
            (_, Some(_)) => self.to_string(),
            (Predicate::Compares(..), None) => format!("a number {}", self.expected()),
            _ => self.expected(),
        }
    }

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
}

impl Predicate {
    pub(super) fn judge(&self, assertion: &Assertion, node: &Value) -> Result<(), Mismatch> {
        if let Some(number) = non_finite(node) {
            return Err(assertion.is_not_finite("", number));
        }
        let holds = match self {
            Self::Truthy => !is_falsy(node),
            Self::Falsy => is_falsy(node),
            Self::Equals(expected) | Self::Differs(expected) => {
                // A number that is none cannot be equal, nor honestly different.
                if let Some((below, number)) = find_non_finite("", node) {
                    return Err(assertion.is_not_finite(&below, number));
                }
                expected.equals(node) == matches!(self, Self::Equals(_))
            }
            Self::Compares(comparison, limit) => match node {
                Value::Number(number) => {
                    comparison.holds(Decimal::from(number), Decimal::from(limit))
                }
                other => {
                    return Err(Mismatch::operand(format!(
                        "is {}, expected {}",
                        with_type(other),
                        assertion.expectation()
                    )));
                }
            },
            Self::Matches(pattern) | Self::MatchesNot(pattern) => match node {
                Value::String(text) => pattern.is_match(text) == matches!(self, Self::Matches(_)),
                other => {
                    return Err(Mismatch::operand(format!(
                        "is {}, expected {}",
                        with_type(other),
                        assertion.expected()
                    )));
                }
            },
        };
        if holds {
            return Ok(());
        }
        Err(Mismatch::operand(self.explain(assertion, node)))
    }

    /// As `judge`, for a number that was computed and may be exact beyond a double.
    pub(super) fn judge_number(
        &self,
        assertion: &Assertion,
        number: Decimal,
    ) -> Result<(), Mismatch> {
        let holds = match self {
            Self::Truthy => true,
            Self::Falsy => false,
            Self::Equals(expected) => expected.equals_number(number),
            Self::Differs(expected) => !expected.equals_number(number),
            Self::Compares(comparison, limit) => comparison.holds(number, Decimal::from(limit)),
            Self::Matches(_) | Self::MatchesNot(_) => {
                return Err(Mismatch::operand(format!(
                    "is {number}, a number, expected {}",
                    assertion.expected()
                )));
            }
        };
        if holds {
            return Ok(());
        }
        let off = match self {
            Self::Equals(expected) => expected.distance(number),
            _ => None,
        };
        Err(Mismatch::operand(format!(
            "is {number}, expected {}{}",
            assertion.expected(),
            off_by(off)
        )))
    }

    fn explain(&self, assertion: &Assertion, node: &Value) -> String {
        if let Self::Equals(expected) = self {
            if let Some(hint) = expected.type_mismatch_hint(assertion, node) {
                return hint;
            }
            if let Value::Number(number) = node {
                return format!(
                    "is {number}, expected {}{}",
                    assertion.expected(),
                    off_by(expected.distance(Decimal::from(number)))
                );
            }
        }
        format!("is {}, expected {}", shown(node), assertion.expected())
    }
}

fn off_by(distance: Option<Decimal>) -> String {
    distance.map_or_else(String::new, |distance| format!(" (off by {distance})"))
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
    fn equals(&self, node: &Value) -> bool {
        match (self, node) {
            (Self::Value(expected), _) => equal(expected, node),
            (
                Self::Within {
                    number: expected,
                    tolerance,
                },
                Value::Number(number),
            ) => tolerance.holds(number, expected),
            _ => false,
        }
    }

    fn equals_number(&self, number: Decimal) -> bool {
        match self {
            Self::Value(Value::Number(expected)) => number == Decimal::from(expected),
            Self::Within {
                number: expected,
                tolerance,
            } => tolerance.allows(number, Decimal::from(expected)),
            Self::Value(_) => false,
        }
    }

    /// How far a number is off, where a tolerance says that distance matters.
    fn distance(&self, number: Decimal) -> Option<Decimal> {
        match self {
            Self::Within {
                number: expected, ..
            } => number.minus(Decimal::from(expected)).map(Decimal::abs),
            Self::Value(_) => None,
        }
    }

    /// What to say where `"1"` met `1`: what to write to compare with what is there.
    fn type_mismatch_hint(&self, assertion: &Assertion, node: &Value) -> Option<String> {
        let Self::Value(wanted) = self else {
            return None;
        };
        let bare = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let scalar = |value: &Value| !value.is_array() && !value.is_object();
        if type_name(wanted) == type_name(node)
            || !(scalar(wanted) && scalar(node))
            || bare(wanted) != bare(node)
        {
            return None;
        }
        Some(format!(
            "is {}, expected the {} {wanted}; to expect what is there, write {}={}",
            with_type(node),
            type_name(wanted),
            assertion.operand,
            shown(node)
        ))
    }
}

impl Tolerance {
    /// How far a number may be from the expected one; `None` where that is beyond every double.
    pub(super) fn around(&self, expected: Decimal) -> Option<Decimal> {
        let amount = Decimal::from(&self.amount);
        if self.relative {
            expected.abs().times(amount.percent())
        } else {
            Some(amount)
        }
    }

    /// Whether a number is within the tolerance. Binary arithmetic decides where
    /// its error cannot matter, which is nearly always; decimals decide the rest.
    pub(super) fn holds(&self, number: &Number, expected: &Number) -> bool {
        let (Some(a), Some(b), Some(amount)) =
            (number.as_f64(), expected.as_f64(), self.amount.as_f64())
        else {
            return false;
        };
        let allowed = if self.relative {
            b.abs() * amount / 100.0
        } else {
            amount
        };
        let distance = (a - b).abs();
        // Some roundings of a 2^-53 each, but for what has less than 53 bits.
        let error = (a.abs() + b.abs() + allowed) * 1e-15;
        if a.is_subnormal() || b.is_subnormal() {
            self.allows(Decimal::from(number), Decimal::from(expected))
        } else if distance > allowed + error {
            false
        } else if distance < allowed - error {
            true
        } else {
            self.allows(Decimal::from(number), Decimal::from(expected))
        }
    }

    /// Whether number - expected and expected - number are at most what is allowed,
    /// however far apart the three are.
    fn allows(&self, number: Decimal, expected: Decimal) -> bool {
        let amount = Decimal::from(&self.amount);
        let allowed = if self.relative {
            expected.abs().parts_of_product(amount.percent())
        } else {
            [amount, Decimal::ZERO]
        };
        let [a, b] = allowed.map(Decimal::negated);
        [
            [number, expected.negated(), a, b],
            [number.negated(), expected, a, b],
        ]
        .iter()
        .all(|terms| number::sign_of_sum(terms) != Ordering::Greater)
    }
}

/// Equality as JSON has it: numbers by value, members in any order.
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

fn is_falsy(node: &Value) -> bool {
    matches!(node, Value::Null | Value::Bool(false))
}

/// A value as JSON, bounded.
pub(super) fn shown(value: &Value) -> String {
    document::shown(value, MAX_VALUE)
}

/// A value beside the name of its type: `"0.9", a string`.
pub(super) fn with_type(value: &Value) -> String {
    let shown = shown(value);
    match value {
        Value::Null => shown,
        _ if non_finite(value).is_some() => shown,
        Value::Array(_) | Value::Object(_) => format!("{shown}, an {}", type_name(value)),
        _ => format!("{shown}, a {}", type_name(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tolerance;
    use super::super::number::Decimal;
    use proptest::prelude::*;
    use serde_json::Number;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    proptest! {
        /// The quick way and the exact one agree, at the very edge too.
        #[test]
        fn binary_and_decimal_agree(
            expected in -100_000_i64..100_000,
            amount in 0_i64..10_000,
            off in -2_i64..=2,
            up in any::<bool>(),
            scale in 0_u32..6,
            relative in any::<bool>(),
        ) {
            let shown = |digits: i64| format!("{digits}e-{scale}");
            let allowed = if relative { expected.abs() * amount / 100 } else { amount };
            let edge = expected + if up { allowed } else { -allowed } + off;
            let percent = if relative { "%" } else { "" };
            let text = if relative { format!("{amount}{percent}") } else { shown(amount) };
            let tolerance: Tolerance = text.parse().unwrap();
            let (edge, expected) = (number(&shown(edge)), number(&shown(expected)));
            prop_assert_eq!(
                tolerance.holds(&edge, &expected),
                tolerance.allows(Decimal::from(&edge), Decimal::from(&expected)),
                "{} against {} within {}", edge, expected, tolerance
            );
        }
    }

    #[test]
    fn the_edge_itself_is_within() {
        for (number_text, expected, tolerance, holds) in [
            ("0.4", "0.3", "0.1", true),
            ("0.8526", "0.87", "2%", true),
            ("0.85259", "0.87", "2%", false),
            ("1.1e308", "1e308", "10%", true),
            ("9007199254740993", "9007199254740992", "0", false),
            ("9007199254740993", "9007199254740992", "1", true),
            ("-1.7e308", "1.7e308", "1e308", false),
            ("1e308", "-5e-324", "1e308", false),
            ("1e308", "5e-324", "1e308", true),
            ("-5e-324", "1", "1", false),
            (
                "2.2250738585071974e-308",
                "5e-324",
                "4.450147717014394e17%",
                true,
            ),
            ("0", "18446744073709551615", "100%", true),
            (
                "-1e-30",
                "18446744073709551615",
                "100.00000000000001%",
                true,
            ),
            ("-1e-300", "18446744073709551615", "100%", false),
        ] {
            let tolerance: Tolerance = tolerance.parse().unwrap();
            assert_eq!(
                tolerance.holds(&number(number_text), &number(expected)),
                holds,
                "{number_text}"
            );
        }
    }
}
