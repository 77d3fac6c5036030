//! Assertion × document → finding.

use serde_json::Value;

use super::document::{self, Document, find_non_finite, non_finite, type_name};
use super::number::Decimal;
use super::{Assertion, Comparison, Expected, Function, Test, Tolerance, path};
use crate::check::{Failure, Finding};
use crate::text::truncate;

/// How much of a value is shown, in bytes.
const LONGEST_VALUE: usize = 120;

/// Why one node fails: what is wrong, and what it is (`is 0.4, expected >= 0.5`).
struct Mismatch {
    subject: Subject,
    is: String,
}

enum Subject {
    /// What the operand makes of the node: `length(predictions)`.
    Operand,
    /// The node itself, or what stands at this path below it.
    Node(String),
}

impl Mismatch {
    fn operand(is: String) -> Self {
        Self {
            subject: Subject::Operand,
            is,
        }
    }

    fn node(is: String) -> Self {
        Self {
            subject: Subject::Node(String::new()),
            is,
        }
    }
}

impl Assertion {
    pub(in crate::check) fn find(&self, document: &Document) -> Finding {
        let root = match document.value() {
            Ok(root) => root,
            Err(finding) => return finding,
        };
        let nodes = self.operand.query.path.query(root).all();
        match self.operand.function {
            None => self.find_each(root, &nodes, |node| self.test.judge(self, node)),
            Some(Function::Length) => {
                self.find_each(root, &nodes, |node| self.test.judge(self, &length(node)?))
            }
            Some(Function::Type) => self.find_each(root, &nodes, |node| {
                if let Some(number) = non_finite(node) {
                    return Err(self.is_not_finite("", number));
                }
                self.test
                    .judge(self, &Value::from(type_name(node).as_ref()))
            }),
            Some(Function::Count) => self.find_one(Decimal::from(nodes.len())),
            Some(function) => match self.reduce(function, root, &nodes) {
                Ok(value) => self.find_one(value),
                Err(reason) => Finding {
                    actual: None,
                    failure: Some(Failure::explained_by_body(reason)),
                },
            },
        }
    }

    /// Every node must pass, and there must be one.
    fn find_each(
        &self,
        root: &Value,
        nodes: &[&Value],
        judge: impl Fn(&Value) -> Result<(), Mismatch>,
    ) -> Finding {
        let absent_is_fine = matches!(self.test, Test::Absent) && self.operand.function.is_none();
        if nodes.is_empty() && !absent_is_fine {
            return Finding {
                actual: None,
                failure: Some(Failure::explained_by_body(format!(
                    "{} is missing, expected {}",
                    self.operand.query.text,
                    self.expectation()
                ))),
            };
        }
        let mut failed = nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| judge(node).err().map(|mismatch| (index, mismatch)));
        let Some((index, mismatch)) = failed.next() else {
            return Finding {
                actual: actual(nodes),
                failure: None,
            };
        };
        let place = self.location(root, index);
        let subject = match (mismatch.subject, self.operand.function) {
            (Subject::Node(below), _) => join(&place, &below),
            (Subject::Operand, Some(function)) => format!("{}({place})", function.name()),
            (Subject::Operand, None) => place,
        };
        let more = match failed.count() {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        Finding {
            actual: actual(&nodes[index..=index]),
            failure: Some(Failure::new(format!("{subject} {}{more}", mismatch.is))),
        }
    }

    /// The path of the node with this index. Paths are costly and asked for only here.
    fn location(&self, root: &Value, index: usize) -> String {
        self.operand
            .query
            .path
            .query_located(root)
            .iter()
            .nth(index)
            .map_or_else(
                || self.operand.query.text.clone(),
                |node| truncate(&path::shown(node.location()), LONGEST_VALUE).into_owned(),
            )
    }

    /// One number, computed from all nodes.
    fn find_one(&self, number: Decimal) -> Finding {
        let failure = self
            .test
            .judge_number(self, number)
            .err()
            .map(|mismatch| Failure::new(format!("{} {}", self.operand, mismatch.is)));
        Finding {
            actual: Some(number.to_string()),
            failure,
        }
    }

    /// `sum`, `min`, `max` or `avg` of the selected numbers, or of the elements
    /// of the selected arrays.
    fn reduce(
        &self,
        function: Function,
        root: &Value,
        nodes: &[&Value],
    ) -> Result<Decimal, String> {
        let name = function.name();
        let mut numbers = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let elements = match node {
                Value::Array(elements) => elements.as_slice(),
                single => std::slice::from_ref(*single),
            };
            for (position, element) in elements.iter().enumerate() {
                let Value::Number(number) = element else {
                    let mut place = self.location(root, index);
                    if node.is_array() {
                        let mut below = String::new();
                        path::push_index(&mut below, position);
                        place = join(&place, &below);
                    }
                    return Err(match non_finite(element) {
                        Some(number) => format!("{place} is {number}, expected {self}"),
                        None => format!("{place} is {}; {name} takes numbers", with_type(element)),
                    });
                };
                numbers.push(Decimal::from(number));
            }
        }
        let Some((first, rest)) = numbers.split_first() else {
            return Err(if nodes.is_empty() {
                format!("{} is missing, expected {self}", self.operand.query.text)
            } else {
                format!("{} is empty, expected {self}", self.operand.query.text)
            });
        };
        let overflow = || format!("{} is beyond a 64-bit float, expected {self}", self.operand);
        let sum = || {
            rest.iter()
                .try_fold(*first, |sum, number| sum.plus(*number))
                .ok_or_else(overflow)
        };
        match function {
            Function::Min => Ok(rest.iter().fold(*first, |least, number| least.min(*number))),
            Function::Max => Ok(rest.iter().fold(*first, |most, number| most.max(*number))),
            Function::Avg => sum()?.divided_by(numbers.len()).ok_or_else(overflow),
            _ => sum(),
        }
    }

    /// What was expected of a node that is not there: of a function, the whole assertion.
    fn expectation(&self) -> String {
        match self.operand.function {
            Some(_) => self.to_string(),
            None => self.expected(),
        }
    }

    fn is_not_finite(&self, below: &str, number: &str) -> Mismatch {
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

fn join(place: &str, below: &str) -> String {
    match (place, below.starts_with('[')) {
        (_, _) if below.is_empty() => place.to_owned(),
        ("$", _) => below.to_owned(),
        (_, true) => format!("{place}{below}"),
        (_, false) => format!("{place}.{below}"),
    }
}

impl Test {
    fn judge(&self, assertion: &Assertion, node: &Value) -> Result<(), Mismatch> {
        if let Some(number) = non_finite(node) {
            return Err(assertion.is_not_finite("", number));
        }
        let holds = match self {
            Self::Holds => !is_nothing(node),
            Self::Absent => is_nothing(node),
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
                        "is {}, expected a number {}",
                        with_type(other),
                        assertion.expected()
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
    fn judge_number(&self, assertion: &Assertion, number: Decimal) -> Result<(), Mismatch> {
        let holds = match self {
            Self::Holds => true,
            Self::Absent => false,
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
            if let Some(hint) = expected.same_but_for_the_type(assertion, node) {
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
            (Self::Text(expected), Value::String(text)) => expected == text,
            (Self::Within { .. }, Value::Number(number)) => {
                self.equals_number(Decimal::from(number))
            }
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
            _ => false,
        }
    }

    /// How far a number is off, where a tolerance says that distance matters.
    fn distance(&self, number: Decimal) -> Option<Decimal> {
        match self {
            Self::Within {
                number: expected, ..
            } => number.minus(Decimal::from(expected)).map(Decimal::abs),
            _ => None,
        }
    }

    /// What to say where `"1"` met `1`: what to write to compare with what is there.
    fn same_but_for_the_type(&self, assertion: &Assertion, node: &Value) -> Option<String> {
        let wanted = match self {
            Self::Value(wanted) => wanted.clone(),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Within { .. } => return None,
        };
        let bare = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let scalar = |value: &Value| !value.is_array() && !value.is_object();
        if type_name(&wanted) == type_name(node)
            || !(scalar(&wanted) && scalar(node))
            || bare(&wanted) != bare(node)
        {
            return None;
        }
        Some(format!(
            "is {}, expected the {} {wanted}; to expect what is there, write {}={}",
            with_type(node),
            type_name(&wanted),
            assertion.operand,
            shown(node)
        ))
    }
}

impl Tolerance {
    fn allows(&self, number: Decimal, expected: Decimal) -> bool {
        let amount = Decimal::from(&self.amount);
        let allowed = if self.relative {
            expected.abs().times(amount.percent())
        } else {
            Some(amount)
        };
        match (number.minus(expected).map(Decimal::abs), allowed) {
            (Some(distance), Some(allowed)) => distance <= allowed,
            // An allowance beyond every double allows any distance that is a double.
            (Some(_), None) => true,
            (None, _) => false,
        }
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

fn is_nothing(node: &Value) -> bool {
    matches!(node, Value::Null | Value::Bool(false))
}

/// The length of a string in characters, an array in elements, an object in members.
fn length(node: &Value) -> Result<Value, Mismatch> {
    match node {
        Value::String(text) if non_finite(node).is_none() => Ok(Value::from(text.chars().count())),
        Value::Array(elements) => Ok(Value::from(elements.len())),
        Value::Object(members) => Ok(Value::from(members.len())),
        other => Err(Mismatch::node(format!(
            "is {}; length takes a string, an array or an object",
            with_type(other)
        ))),
    }
}

fn shown(value: &Value) -> String {
    truncate(&document::shown(value), LONGEST_VALUE).into_owned()
}

/// A value beside the name of its type: `"0.9", a string`.
fn with_type(value: &Value) -> String {
    let shown = shown(value);
    match value {
        Value::Null => shown,
        _ if non_finite(value).is_some() => shown,
        Value::Array(_) | Value::Object(_) => format!("{shown}, an {}", type_name(value)),
        _ => format!("{shown}, a {}", type_name(value)),
    }
}

/// What was selected, as JSON: one value, or a list of several.
fn actual(nodes: &[&Value]) -> Option<String> {
    match nodes {
        [] => None,
        [node] => Some(shown(node)),
        several => {
            let mut list = String::from("[");
            for (index, node) in several.iter().enumerate() {
                if index > 0 {
                    list.push(',');
                }
                list.push_str(&shown(node));
                if list.len() > LONGEST_VALUE {
                    break;
                }
            }
            list.push(']');
            Some(truncate(&list, LONGEST_VALUE).into_owned())
        }
    }
}
