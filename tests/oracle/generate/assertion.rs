//! Random assertions, and the ways to write each of them.

use super::document::{Json, NAMES, TEXTS, number, quoted, scalar};
use super::rng::Rng;

#[derive(Debug, Clone)]
pub struct Assertion {
    pub function: Option<&'static str>,
    pub query: Vec<Segment>,
    pub test: Predicate,
}

/// One step of a query (RFC 9535, section 2.5).
#[derive(Debug, Clone)]
pub struct Segment {
    pub descends: bool,
    pub selectors: Vec<Selector>,
}

#[derive(Debug, Clone)]
pub enum Selector {
    Name(&'static str),
    Index(i64),
    Wildcard,
    Slice(Option<i64>, Option<i64>, Option<i64>),
    Filter(Filter),
}

#[derive(Debug, Clone)]
pub enum Filter {
    Exists(&'static str),
    Lacks(&'static str),
    /// Compares the node itself if the name is `None`.
    Compares(Option<&'static str>, Operator, Json),
    Longer(&'static str, usize),
    /// `match()`, or `search()` if the flag is not set, for a pattern that is plain text.
    Matches(bool, Option<&'static str>, &'static str),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Debug, Clone)]
pub enum Predicate {
    Truthy,
    Falsy,
    Compares(Operator, Expected),
    /// Whether the expression must match, and the expression.
    Matches(bool, Pattern),
}

#[derive(Debug, Clone)]
pub enum Expected {
    Value(Json),
    Within {
        number: &'static str,
        tolerance: Tolerance,
    },
}

/// The sum of both parts, one of which may be missing.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub absolute: Option<&'static str>,
    pub percentage: Option<&'static str>,
}

/// An expression that can be evaluated without a regex engine: a text, optionally anchored.
#[derive(Debug, Clone, Copy)]
pub struct Pattern {
    pub starts: bool,
    pub text: &'static str,
    pub ends: bool,
}

const ORDERS: [Operator; 4] = [
    Operator::Less,
    Operator::AtMost,
    Operator::Greater,
    Operator::AtLeast,
];
const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

pub fn assertion(rng: &mut Rng) -> Assertion {
    let function = rng
        .percent(45)
        .then(|| rng.pick(&["length", "count", "type", "sum", "min", "max", "avg"]));
    Assertion {
        function,
        query: query(rng),
        test: test(rng, function),
    }
}

pub fn query(rng: &mut Rng) -> Vec<Segment> {
    (0..rng.below(4)).map(|_| segment(rng)).collect()
}

fn segment(rng: &mut Rng) -> Segment {
    let count = if rng.percent(90) { 1 } else { 2 };
    Segment {
        descends: rng.percent(20),
        selectors: (0..count).map(|_| selector(rng)).collect(),
    }
}

fn selector(rng: &mut Rng) -> Selector {
    let some = |rng: &mut Rng, from: &[i64]| rng.percent(60).then(|| rng.pick(from));
    match rng.below(10) {
        0..=3 => Selector::Name(name(rng)),
        4 => Selector::Index(rng.pick(&[0, 1, 2, -1, -2, -5])),
        5 | 6 => Selector::Wildcard,
        7 => Selector::Slice(
            some(rng, &[0, 1, -2, 3]),
            some(rng, &[0, 1, 2, -1, 9]),
            some(rng, &[1, 2, -1, -2, 0]),
        ),
        _ => Selector::Filter(filter(rng)),
    }
}

fn name(rng: &mut Rng) -> &'static str {
    rng.mostly(80, 3, &NAMES)
}

fn filter(rng: &mut Rng) -> Filter {
    match rng.below(13) {
        12 => {
            let name = rng.percent(50).then(|| name(rng));
            let text = rng.pick(&["ok", "a", "é", "", "1", "o", "a", "NaN"]);
            Filter::Matches(rng.percent(50), name, text)
        }
        0 | 1 => Filter::Exists(name(rng)),
        2 => Filter::Lacks(name(rng)),
        3 => Filter::Longer(name(rng), rng.below(4)),
        4 => Filter::And(Box::new(filter(rng)), Box::new(filter(rng))),
        5 => Filter::Or(Box::new(filter(rng)), Box::new(filter(rng))),
        _ => {
            let (operator, literal) = match rng.below(4) {
                0 => (
                    rng.pick(&[Operator::Equal, Operator::Unequal]),
                    filter_literal(rng),
                ),
                1 => (rng.pick(&ORDERS), Json::Text(rng.pick(&TEXTS))),
                _ => (any_operator(rng), Json::Number(number(rng))),
            };
            let name = rng.percent(70).then(|| name(rng));
            Filter::Compares(name, operator, literal)
        }
    }
}

fn any_operator(rng: &mut Rng) -> Operator {
    match rng.below(3) {
        0 => Operator::Equal,
        1 => Operator::Unequal,
        _ => rng.pick(&ORDERS),
    }
}

fn filter_literal(rng: &mut Rng) -> Json {
    match scalar(rng) {
        Json::NotFinite(_) => Json::Null,
        other => other,
    }
}

fn test(rng: &mut Rng, function: Option<&'static str>) -> Predicate {
    if function == Some("type") && rng.percent(80) {
        let operator = rng.pick(&[Operator::Equal, Operator::Unequal]);
        return Predicate::Compares(operator, Expected::Value(Json::Text(rng.pick(&TYPES))));
    }
    match rng.below(14) {
        0 | 1 => Predicate::Truthy,
        2 => Predicate::Falsy,
        3 => Predicate::Matches(
            rng.percent(60),
            Pattern {
                starts: rng.percent(50),
                text: rng.pick(&["ok", "a", "é", "1", "load", "n"]),
                ends: rng.percent(50),
            },
        ),
        4..=6 if function != Some("type") => {
            let operator = rng.pick(&[Operator::Equal, Operator::Unequal]);
            let expected = Expected::Within {
                number: number(rng),
                tolerance: tolerance(rng),
            };
            Predicate::Compares(operator, expected)
        }
        7..=9 if function != Some("type") => {
            let operator = rng.pick(&[Operator::Equal, Operator::Unequal]);
            Predicate::Compares(operator, Expected::Value(value(rng)))
        }
        _ => Predicate::Compares(
            rng.pick(&ORDERS),
            Expected::Value(Json::Number(number(rng))),
        ),
    }
}

pub fn tolerance(rng: &mut Rng) -> Tolerance {
    let (absolute, percentage) = match rng.below(3) {
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    Tolerance {
        absolute: absolute.then(|| unsigned(rng)),
        percentage: percentage.then(|| unsigned(rng)),
    }
}

fn unsigned(rng: &mut Rng) -> &'static str {
    let text = number(rng);
    text.strip_prefix('-').unwrap_or(text)
}

/// The value of an assertion: usually a scalar, never a number that JSON cannot represent.
fn value(rng: &mut Rng) -> Json {
    match rng.below(12) {
        0 => Json::List(vec![filter_literal(rng)]),
        1 => Json::Members(vec![(name(rng), filter_literal(rng))]),
        2 => Json::List(Vec::new()),
        _ => filter_literal(rng),
    }
}

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// One of the ways to write the assertion.
pub fn written(assertion: &Assertion, rng: &mut Rng) -> String {
    let space = |rng: &mut Rng| rng.pick(&["", "", " "]);
    let query = query_text(&assertion.query, rng);
    let operand = match assertion.function {
        Some(function) => format!("{function}({query})"),
        None => query,
    };
    let (operator, value) = match &assertion.test {
        Predicate::Truthy => return operand,
        Predicate::Falsy => return format!("!{operand}"),
        Predicate::Compares(operator, expected) => {
            let symbol = match operator {
                Operator::Equal => rng.pick(&["=", "=="]),
                other => other.symbol(),
            };
            (symbol, expected_text(expected, rng))
        }
        Predicate::Matches(wanted, pattern) => {
            let symbol = if *wanted {
                rng.pick(&["~", "=~"])
            } else {
                "!~"
            };
            let (start, end) = (
                if pattern.starts { "^" } else { "" },
                if pattern.ends { "$" } else { "" },
            );
            (symbol, format!("{start}{}{end}", pattern.text))
        }
    };
    format!("{operand}{}{operator}{}{value}", space(rng), space(rng))
}

fn expected_text(expected: &Expected, rng: &mut Rng) -> String {
    match expected {
        Expected::Value(Json::Text(text)) if is_bare(text) && rng.percent(70) => (*text).to_owned(),
        Expected::Value(value) => value.to_string(),
        Expected::Within { number, tolerance } => {
            format!("{number}+-{}", tolerance_text(*tolerance, rng))
        }
    }
}

/// One of the ways to write the tolerance.
pub fn tolerance_text(tolerance: Tolerance, rng: &mut Rng) -> String {
    let space = rng.pick(&["", "", " "]);
    match (tolerance.absolute, tolerance.percentage) {
        (Some(absolute), Some(percentage)) => format!("{absolute}{space}+{space}{percentage}%"),
        (None, Some(percentage)) => format!("{percentage}{space}%"),
        (absolute, None) => absolute.unwrap_or("0").to_owned(),
    }
}

/// Whether a text needs no quotes: a word that is not JSON.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic) && text != "true"
}

/// One of the ways to write the query, usually without `$`.
pub fn query_text(query: &[Segment], rng: &mut Rng) -> String {
    let mut text = String::new();
    for segment in query {
        text.push_str(&segment_text(segment, rng));
    }
    match rng.below(3) {
        0 => format!("${text}"),
        _ if text.is_empty() => "$".to_owned(),
        1 if !text.starts_with("..") => text.strip_prefix('.').unwrap_or(&text).to_owned(),
        _ => text,
    }
}

fn segment_text(segment: &Segment, rng: &mut Rng) -> String {
    let dots = if segment.descends { ".." } else { "." };
    match segment.selectors.as_slice() {
        [Selector::Name(name)] if is_short(name) && rng.percent(70) => format!("{dots}{name}"),
        [Selector::Wildcard] if rng.percent(50) => format!("{dots}*"),
        selectors => {
            let texts: Vec<String> = selectors
                .iter()
                .map(|selector| selector_text(selector, rng))
                .collect();
            let dots = if segment.descends { ".." } else { "" };
            format!("{dots}[{}]", texts.join(","))
        }
    }
}

fn is_short(name: &str) -> bool {
    !name.is_empty() && name.chars().all(char::is_alphabetic)
}

fn selector_text(selector: &Selector, rng: &mut Rng) -> String {
    let bound = |bound: &Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    match selector {
        Selector::Name(name) => name_text(name, rng),
        Selector::Index(index) => index.to_string(),
        Selector::Wildcard => "*".to_owned(),
        Selector::Slice(start, end, None) => format!("{}:{}", bound(start), bound(end)),
        Selector::Slice(start, end, step) => {
            format!("{}:{}:{}", bound(start), bound(end), bound(step))
        }
        Selector::Filter(filter) => format!("?{}", filter_text(filter, rng)),
    }
}

fn name_text(name: &str, rng: &mut Rng) -> String {
    if rng.percent(50) {
        quoted(name)
    } else {
        format!("'{}'", name.replace('\'', "\\'"))
    }
}

fn filter_text(filter: &Filter, rng: &mut Rng) -> String {
    let mut member = |name: &str| format!("@[{}]", name_text(name, rng));
    match filter {
        Filter::Exists(name) => member(name),
        Filter::Lacks(name) => format!("!{}", member(name)),
        Filter::Compares(name, operator, literal) => {
            let left = name.map_or_else(|| "@".to_owned(), member);
            format!("{left}{}{literal}", operator.symbol())
        }
        Filter::Matches(whole, name, text) => {
            let searched = name.map_or_else(|| "@".to_owned(), member);
            let function = if *whole { "match" } else { "search" };
            format!("{function}({searched},'{text}')")
        }
        Filter::Longer(name, length) => format!("length({})>{length}", member(name)),
        Filter::And(left, right) => format!(
            "({})&&({})",
            filter_text(left, rng),
            filter_text(right, rng)
        ),
        Filter::Or(left, right) => format!(
            "({})||({})",
            filter_text(left, rng),
            filter_text(right, rng)
        ),
    }
}
