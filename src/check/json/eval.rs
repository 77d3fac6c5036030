//! Assertion × document → result: which nodes are meant, and what became of them.

use std::borrow::Cow;

use serde_json::Value;

use super::document::{Document, find_non_finite, non_finite, type_name, with_finite};
use super::number::Decimal;
use super::predicate::{MAX_VALUE, Mismatch, Subject, shown, with_type};
use super::{Assertion, Function, Predicate, path};
use crate::check::{CheckResult, Failure};
use crate::text::truncate;

impl Assertion {
    pub(in crate::check) fn evaluate(&self, document: &Document) -> CheckResult {
        let root = match document.value() {
            Ok(root) => root,
            Err(result) => return result,
        };
        if let Some((place, number)) = self.filters_non_finite(root) {
            return CheckResult {
                actual: None,
                failure: Some(Failure::new(format!(
                    "{place} is {number}, expected {self}"
                ))),
            };
        }
        let nodes = self.operand.query.path.query(root).all();
        match self.operand.function {
            None => self.evaluate_each(root, &nodes, |node| Ok(Cow::Borrowed(node))),
            Some(Function::Length) => {
                self.evaluate_each(root, &nodes, |node| length(node).map(Cow::Owned))
            }
            Some(Function::Type) => {
                self.evaluate_each(root, &nodes, |node| match non_finite(node) {
                    Some(number) => Err(self.is_not_finite("", number)),
                    None => Ok(Cow::Owned(Value::from(type_name(node).as_ref()))),
                })
            }
            Some(Function::Count) => self.evaluate_count(nodes.len()),
            Some(function) => match self.reduce(function, root, &nodes) {
                Ok(value) => self.evaluate_number(value),
                Err(reason) => CheckResult {
                    actual: None,
                    failure: Some(Failure::explained_by_body(reason)),
                },
            },
        }
    }

    /// The first number that JSON cannot hold, where a filter compares such numbers:
    /// where it would select other nodes if they were large or small ones.
    fn filters_non_finite<'v>(&self, root: &'v Value) -> Option<(String, &'v str)> {
        let query = &self.operand.query;
        if !query.text.contains('?') {
            return None;
        }
        let found = find_non_finite("$", root)?;
        let locations = |document: &Value| -> Vec<String> {
            let located = query.path.query_located(document);
            located.locations().map(ToString::to_string).collect()
        };
        let selected = locations(root);
        [f64::MAX, f64::MIN]
            .iter()
            .any(|stand_in| locations(&with_finite(root, *stand_in)) != selected)
            .then_some(found)
    }

    /// What the operand makes of every node must pass, and there must be one.
    fn evaluate_each<'v>(
        &self,
        root: &Value,
        nodes: &[&'v Value],
        operand: impl Fn(&'v Value) -> Result<Cow<'v, Value>, Mismatch>,
    ) -> CheckResult {
        let absent_is_fine =
            matches!(self.predicate, Predicate::Falsy) && self.operand.function.is_none();
        if nodes.is_empty() && !absent_is_fine {
            return self.missing();
        }
        let mut failed = nodes.iter().enumerate().filter_map(|(index, node)| {
            let judged = operand(node).and_then(|value| self.predicate.judge(self, &value));
            judged.err().map(|mismatch| (index, mismatch))
        });
        // Where the operand makes nothing of a node, the node itself is what was found.
        let actual = |nodes: &[&'v Value]| {
            let values = nodes
                .iter()
                .map(|node| operand(node).unwrap_or(Cow::Borrowed(*node)));
            actual(&values.collect::<Vec<_>>())
        };
        let Some((index, mismatch)) = failed.next() else {
            return CheckResult {
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
        CheckResult {
            actual: actual(&nodes[index..=index]),
            failure: Some(Failure::new(format!("{subject} {}{more}", mismatch.is))),
        }
    }

    fn missing(&self) -> CheckResult {
        CheckResult {
            actual: None,
            failure: Some(Failure::explained_by_body(format!(
                "{} is missing, expected {}",
                self.operand.query.text,
                self.expectation()
            ))),
        }
    }

    /// Without a value to compare with, a count asks whether there is a node, or none.
    fn evaluate_count(&self, count: usize) -> CheckResult {
        match (&self.predicate, count) {
            (Predicate::Truthy, 0) => self.missing(),
            (Predicate::Falsy, 0) => CheckResult {
                actual: Some(count.to_string()),
                failure: None,
            },
            _ => self.evaluate_number(Decimal::from(count)),
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
                |node| truncate(&path::shown(node.location()), MAX_VALUE).into_owned(),
            )
    }

    /// One number, computed from all nodes.
    fn evaluate_number(&self, number: Decimal) -> CheckResult {
        let failure = self
            .predicate
            .judge_number(self, number)
            .err()
            .map(|mismatch| Failure::new(format!("{} {}", self.operand, mismatch.is)));
        CheckResult {
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
}

fn join(place: &str, below: &str) -> String {
    match (place, below.starts_with('[')) {
        (_, _) if below.is_empty() => place.to_owned(),
        ("$", _) => below.to_owned(),
        (_, true) => format!("{place}{below}"),
        (_, false) => format!("{place}.{below}"),
    }
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

/// What was selected, as JSON: one value, or a list of several.
fn actual(values: &[Cow<Value>]) -> Option<String> {
    match values {
        [] => None,
        [value] => Some(shown(value)),
        several => {
            let mut list = String::from("[");
            for (index, value) in several.iter().enumerate() {
                if index > 0 {
                    list.push(',');
                }
                list.push_str(&shown(value));
                if list.len() > MAX_VALUE {
                    break;
                }
            }
            list.push(']');
            Some(truncate(&list, MAX_VALUE).into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use serde_json_path::JsonPath;

    /// `location` relies on it.
    #[test]
    fn nodes_and_their_locations_come_in_the_same_order() {
        let document = json!({"b": [{"x": 1}, {"x": [2, {"x": 3}]}], "a": {"x": 4, "c": [5, 6]}});
        for query in [
            "$..*",
            "$..x",
            "$.*",
            "$.b[::-1]..x",
            "$['b','a']..*",
            "$..[?@.x>0]",
            "$..[1,0]",
        ] {
            let path = JsonPath::parse(query).unwrap();
            let located = path.query_located(&document);
            let nodes: Vec<&Value> = located.nodes().collect();
            assert_eq!(path.query(&document).all(), nodes, "{query}");
        }
    }
}
