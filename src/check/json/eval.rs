//! Assertion and document → result: selects the nodes, applies the operand's function
//! and checks what it returns.

use std::borrow::Cow;

use serde_json::Value;

use super::assertion::{Assertion, Function, JsonPredicate};
use super::decimal::Decimal;
use super::document::Document;
use super::filter_functions::within_budget;
use super::non_finite::{find_non_finite, non_finite, replace_non_finite};
use super::path;
use super::predicate::{Actual, Mismatch, Subject};
use super::render::{MAX_VALUE, render_with_type, type_name};
use crate::check::result::{CheckResult, Failure};
use crate::text::truncate;

impl Assertion {
    pub(in crate::check) fn evaluate(&self, document: &Document) -> CheckResult {
        let root = match document.value() {
            Ok(root) => root,
            Err(result) => return result,
        };
        let selected = within_budget(|| match self.filters_non_finite(root) {
            Some(non_finite) => Err(non_finite),
            None => Ok(self.operand.query.path.query(root).all()),
        });
        let nodes = match selected {
            Ok(Ok(nodes)) => nodes,
            Ok(Err((place, number))) => {
                return CheckResult::failed(Failure::new(format!(
                    "{place} is {number}, expected {self}"
                )));
            }
            Err(error) => {
                return CheckResult::failed(Failure::new(format!("{error}, expected {self}")));
            }
        };
        match self.operand.function {
            None => self.evaluate_each(root, &nodes, |node| Ok(Actual::Json(Cow::Borrowed(node)))),
            Some(Function::Length) => self.evaluate_each(root, &nodes, length),
            Some(Function::Type) => {
                self.evaluate_each(root, &nodes, |node| match non_finite(node) {
                    Some(number) => Err(self.is_not_finite("", number)),
                    None => Ok(Actual::Json(Cow::Owned(Value::from(type_name(node))))),
                })
            }
            Some(Function::Count) => self.evaluate_count(nodes.len()),
            Some(function) => match self.reduce(function, root, &nodes) {
                Ok(value) => self.evaluate_number(value),
                Err(failure) => CheckResult::failed(failure),
            },
        }
    }

    /// The first non-finite number, if a filter depends on such numbers: if it selects
    /// other nodes once they are very large or very small.
    fn filters_non_finite<'v>(&self, root: &'v Value) -> Option<(String, &'v str)> {
        let query = &self.operand.query;
        if !query.text.contains('?') {
            return None;
        }
        let non_finite = find_non_finite("$", root)?;
        let locations = |document: &Value| -> Vec<String> {
            let located = query.path.query_located(document);
            located.locations().map(ToString::to_string).collect()
        };
        let selected = locations(root);
        [f64::MAX, f64::MIN]
            .iter()
            .any(|replacement| locations(&replace_non_finite(root, *replacement)) != selected)
            .then_some(non_finite)
    }

    /// The operand of every node must pass, and there must be at least one node.
    fn evaluate_each<'v>(
        &self,
        root: &Value,
        nodes: &[&'v Value],
        operand: impl Fn(&'v Value) -> Result<Actual<'v>, Mismatch>,
    ) -> CheckResult {
        let may_be_missing =
            matches!(self.predicate, JsonPredicate::Falsy) && self.operand.function.is_none();
        if nodes.is_empty() && !may_be_missing {
            return self.missing();
        }
        let mut failed = nodes.iter().enumerate().filter_map(|(index, node)| {
            let result = operand(node).and_then(|actual| self.check_value(&actual));
            result.err().map(|mismatch| (index, mismatch))
        });
        // A node that the function does not take is reported itself.
        let actual = |nodes: &[&'v Value]| {
            list(
                nodes
                    .iter()
                    .map(|node| operand(node).unwrap_or(Actual::Json(Cow::Borrowed(*node)))),
            )
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
        CheckResult::failed(Failure::explained_by_body(format!(
            "{} is missing, expected {}",
            self.operand.query.text,
            self.expectation()
        )))
    }

    /// Without an operator, `count` asks whether there is a node.
    fn evaluate_count(&self, count: usize) -> CheckResult {
        match (&self.predicate, count) {
            (JsonPredicate::Truthy, 0) => self.missing(),
            (JsonPredicate::Falsy, 0) => CheckResult {
                actual: Some(count.to_string()),
                failure: None,
            },
            _ => self.evaluate_number(Decimal::from(count)),
        }
    }

    /// The path of the node with this index. Paths are costly, so only failures ask for them.
    fn location(&self, root: &Value, index: usize) -> String {
        let query = &self.operand.query;
        within_budget(|| query.path.query_located(root))
            .ok()
            .and_then(|nodes| {
                nodes
                    .iter()
                    .nth(index)
                    .map(|node| path::format(node.location()))
            })
            .map_or_else(
                || query.text.clone(),
                |path| truncate(&path, MAX_VALUE).into_owned(),
            )
    }

    /// Checks one number that was computed from all nodes.
    fn evaluate_number(&self, number: Decimal) -> CheckResult {
        let failure = self
            .check_value(&Actual::Number(number))
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
    ) -> Result<Decimal, Failure> {
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
                    return Err(Failure::explained_by_body(match non_finite(element) {
                        Some(number) => format!("{place} is {number}, expected {self}"),
                        None => format!(
                            "{place} is {}; {name} takes numbers",
                            render_with_type(element)
                        ),
                    }));
                };
                numbers.push(Decimal::from(number));
            }
        }
        let Some((first, rest)) = numbers.split_first() else {
            let is = if nodes.is_empty() { "missing" } else { "empty" };
            return Err(Failure::explained_by_body(format!(
                "{} is {is}, expected {self}",
                self.operand.query.text
            )));
        };
        let overflow = || {
            Failure::explained_by_body(format!(
                "{} is beyond a 64-bit float, expected {self}",
                self.operand
            ))
        };
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
fn length(node: &Value) -> Result<Actual<'_>, Mismatch> {
    let length = match node {
        Value::String(text) if non_finite(node).is_none() => text.chars().count(),
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        other => {
            return Err(Mismatch::node(format!(
                "is {}; length takes a string, an array or an object",
                render_with_type(other)
            )));
        }
    };
    Ok(Actual::Number(Decimal::from(length)))
}

/// The values as JSON: one value, or an array of several.
fn list<'v>(mut values: impl ExactSizeIterator<Item = Actual<'v>>) -> Option<String> {
    if values.len() < 2 {
        return values.next().map(|value| value.render());
    }
    let mut list = String::from("[");
    for (index, value) in values.enumerate() {
        if index > 0 {
            list.push(',');
        }
        list.push_str(&value.render());
        if list.len() > MAX_VALUE {
            break;
        }
    }
    list.push(']');
    Some(truncate(&list, MAX_VALUE).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use serde_json_path::JsonPath;

    /// `location` relies on this.
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
