//! The nodes that a query selects, after RFC 9535.

use std::cmp::Ordering;

use super::length_of;
use crate::oracle::generate::assertion::{Filter, Operator, Segment, Selector};
use crate::oracle::generate::document::Json;

/// The nodes of a query. Filters see a non-finite number as `stand_in`, or as no number if that is `None`.
pub fn select<'d>(document: &'d Json, query: &[Segment], stand_in: Option<f64>) -> Vec<&'d Json> {
    let mut nodes = vec![document];
    for segment in query {
        let mut next = Vec::new();
        for node in nodes {
            let visited = if segment.descends {
                with_descendants(node)
            } else {
                vec![node]
            };
            for node in visited {
                for selector in &segment.selectors {
                    next.extend(selected(node, selector, stand_in));
                }
            }
        }
        nodes = next;
    }
    nodes
}

fn with_descendants(node: &Json) -> Vec<&Json> {
    let mut nodes = vec![node];
    nodes.extend(children(node).into_iter().flat_map(with_descendants));
    nodes
}

fn children(node: &Json) -> Vec<&Json> {
    match node {
        Json::List(elements) => elements.iter().collect(),
        Json::Members(members) => members.iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    }
}

fn member<'d>(node: &'d Json, name: &str) -> Option<&'d Json> {
    match node {
        Json::Members(members) => members
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

fn selected<'d>(node: &'d Json, selector: &Selector, stand_in: Option<f64>) -> Vec<&'d Json> {
    match (selector, node) {
        (Selector::Name(name), _) => member(node, name).into_iter().collect(),
        (Selector::Wildcard, _) => children(node),
        (Selector::Index(index), Json::List(elements)) => {
            let place = if *index < 0 {
                *index + size(elements)
            } else {
                *index
            };
            usize::try_from(place)
                .ok()
                .and_then(|place| elements.get(place))
                .into_iter()
                .collect()
        }
        (Selector::Slice(start, end, step), Json::List(elements)) => {
            slice(elements, *start, *end, step.unwrap_or(1))
        }
        (Selector::Filter(filter), _) => children(node)
            .into_iter()
            .filter(|child| passes(child, filter, stand_in))
            .collect(),
        _ => Vec::new(),
    }
}

fn size(elements: &[Json]) -> i64 {
    i64::try_from(elements.len()).unwrap()
}

/// RFC 9535, section 2.3.4.2.2.
fn slice(elements: &[Json], start: Option<i64>, end: Option<i64>, step: i64) -> Vec<&Json> {
    let size = size(elements);
    let normal = |bound: i64| if bound >= 0 { bound } else { size + bound };
    let mut found = Vec::new();
    let mut visit = |index: i64| found.push(&elements[usize::try_from(index).unwrap()]);
    if step > 0 {
        let lower = normal(start.unwrap_or(0)).clamp(0, size);
        let upper = normal(end.unwrap_or(size)).clamp(0, size);
        let mut index = lower;
        while index < upper {
            visit(index);
            index += step;
        }
    } else if step < 0 {
        let upper = normal(start.unwrap_or(size - 1)).clamp(-1, size - 1);
        let lower = normal(end.unwrap_or(-size - 1)).clamp(-1, size - 1);
        let mut index = upper;
        while lower < index {
            visit(index);
            index += step;
        }
    }
    found
}

fn passes(node: &Json, filter: &Filter, stand_in: Option<f64>) -> bool {
    match filter {
        Filter::Exists(name) => member(node, name).is_some(),
        Filter::Lacks(name) => member(node, name).is_none(),
        Filter::Longer(name, length) => match member(node, name) {
            // healthprobe stores a non-finite number as text with a one-character prefix.
            Some(Json::NotFinite(text)) => stand_in.is_none() && text.len() + 1 > *length,
            found => found
                .and_then(length_of)
                .is_some_and(|found| found > *length),
        },
        // A non-finite number is a number, whatever the text that stands for it.
        Filter::Matches(whole, name, text) => {
            let found = match name {
                Some(name) => member(node, name),
                None => Some(node),
            };
            match found {
                Some(Json::Text(found)) if *whole => found == text,
                Some(Json::Text(found)) => found.contains(text),
                _ => false,
            }
        }
        Filter::And(left, right) => passes(node, left, stand_in) && passes(node, right, stand_in),
        Filter::Or(left, right) => passes(node, left, stand_in) || passes(node, right, stand_in),
        Filter::Compares(name, operator, literal) => {
            let found = match name {
                Some(name) => member(node, name),
                None => Some(node),
            };
            compares(found, *operator, literal, stand_in)
        }
    }
}

/// RFC 9535, section 2.3.5.2.2. Numbers are compared as doubles, which RFC 7493 permits.
fn compares(
    found: Option<&Json>,
    operator: Operator,
    literal: &Json,
    stand_in: Option<f64>,
) -> bool {
    let double = |text: &str| text.parse::<f64>().unwrap();
    let order = match (found, literal) {
        (Some(Json::NotFinite(_)), Json::Number(b)) => {
            stand_in.and_then(|a| a.partial_cmp(&double(b)))
        }
        // healthprobe stores a non-finite number as a text that sorts after all others.
        (Some(Json::NotFinite(_)), Json::Text(_)) if stand_in.is_none() => Some(Ordering::Greater),
        (Some(Json::Number(a)), Json::Number(b)) => double(a).partial_cmp(&double(b)),
        (Some(Json::Text(a)), Json::Text(b)) => Some(a.cmp(b)),
        (Some(other), literal) if other == literal => Some(Ordering::Equal),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::Unequal => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}
