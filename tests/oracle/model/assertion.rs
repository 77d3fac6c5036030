//! Random assertions, and the many ways to write each of them.

use super::document::{Json, NAMES, TEXTS, number, quoted, scalar};
use super::rng::Dice;

#[derive(Debug, Clone)]
pub struct Assertion {
    pub function: Option<&'static str>,
    pub query: Vec<Segment>,
    pub test: Test,
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
    /// The node itself where the name is `None`.
    Compares(Option<&'static str>, Operator, Json),
    Longer(&'static str, usize),
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
pub enum Test {
    Holds,
    Absent,
    Compares(Operator, Expected),
    /// Whether it must match, and the expression.
    Matches(bool, Pattern),
}

#[derive(Debug, Clone)]
pub enum Expected {
    Value(Json),
    Within {
        number: &'static str,
        tolerance: &'static str,
        percent: bool,
    },
}

/// An expression so plain that it can be told without one: a text with or without its anchors.
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

pub fn assertion(dice: &mut Dice) -> Assertion {
    let function = dice
        .percent(45)
        .then(|| dice.pick(&["length", "count", "type", "sum", "min", "max", "avg"]));
    Assertion {
        function,
        query: query(dice),
        test: test(dice, function),
    }
}

pub fn query(dice: &mut Dice) -> Vec<Segment> {
    (0..dice.below(4)).map(|_| segment(dice)).collect()
}

fn segment(dice: &mut Dice) -> Segment {
    let count = if dice.percent(90) { 1 } else { 2 };
    Segment {
        descends: dice.percent(20),
        selectors: (0..count).map(|_| selector(dice)).collect(),
    }
}

fn selector(dice: &mut Dice) -> Selector {
    let some = |dice: &mut Dice, from: &[i64]| dice.percent(60).then(|| dice.pick(from));
    match dice.below(10) {
        0..=3 => Selector::Name(name(dice)),
        4 => Selector::Index(dice.pick(&[0, 1, 2, -1, -2, -5])),
        5 | 6 => Selector::Wildcard,
        7 => Selector::Slice(
            some(dice, &[0, 1, -2, 3]),
            some(dice, &[0, 1, 2, -1, 9]),
            some(dice, &[1, 2, -1, -2, 0]),
        ),
        _ => Selector::Filter(filter(dice)),
    }
}

fn name(dice: &mut Dice) -> &'static str {
    dice.mostly(80, 3, &NAMES)
}

fn filter(dice: &mut Dice) -> Filter {
    match dice.below(12) {
        0 | 1 => Filter::Exists(name(dice)),
        2 => Filter::Lacks(name(dice)),
        3 => Filter::Longer(name(dice), dice.below(4)),
        4 => Filter::And(Box::new(filter(dice)), Box::new(filter(dice))),
        5 => Filter::Or(Box::new(filter(dice)), Box::new(filter(dice))),
        _ => {
            let (operator, literal) = match dice.below(4) {
                0 => (
                    dice.pick(&[Operator::Equal, Operator::Unequal]),
                    filter_literal(dice),
                ),
                1 => (dice.pick(&ORDERS), Json::Text(dice.pick(&TEXTS))),
                _ => (any_operator(dice), Json::Number(number(dice))),
            };
            let name = dice.percent(70).then(|| name(dice));
            Filter::Compares(name, operator, literal)
        }
    }
}

fn any_operator(dice: &mut Dice) -> Operator {
    match dice.below(3) {
        0 => Operator::Equal,
        1 => Operator::Unequal,
        _ => dice.pick(&ORDERS),
    }
}

fn filter_literal(dice: &mut Dice) -> Json {
    match scalar(dice) {
        Json::NotFinite(_) => Json::Null,
        other => other,
    }
}

fn test(dice: &mut Dice, function: Option<&'static str>) -> Test {
    if function == Some("type") && dice.percent(80) {
        let operator = dice.pick(&[Operator::Equal, Operator::Unequal]);
        return Test::Compares(operator, Expected::Value(Json::Text(dice.pick(&TYPES))));
    }
    match dice.below(14) {
        0 | 1 => Test::Holds,
        2 => Test::Absent,
        3 => Test::Matches(
            dice.percent(60),
            Pattern {
                starts: dice.percent(50),
                text: dice.pick(&["ok", "a", "é", "1", "load", "n"]),
                ends: dice.percent(50),
            },
        ),
        4..=6 if function != Some("type") => {
            let operator = dice.pick(&[Operator::Equal, Operator::Unequal]);
            let expected = Expected::Within {
                number: number(dice),
                tolerance: unsigned(dice),
                percent: dice.percent(50),
            };
            Test::Compares(operator, expected)
        }
        7..=9 if function != Some("type") => {
            let operator = dice.pick(&[Operator::Equal, Operator::Unequal]);
            Test::Compares(operator, Expected::Value(value(dice)))
        }
        _ => Test::Compares(
            dice.pick(&ORDERS),
            Expected::Value(Json::Number(number(dice))),
        ),
    }
}

fn unsigned(dice: &mut Dice) -> &'static str {
    let text = number(dice);
    text.strip_prefix('-').unwrap_or(text)
}

/// A literal of an assertion: mostly a scalar, and never a number that JSON cannot hold.
fn value(dice: &mut Dice) -> Json {
    match dice.below(12) {
        0 => Json::List(vec![filter_literal(dice)]),
        1 => Json::Members(vec![(name(dice), filter_literal(dice))]),
        2 => Json::List(Vec::new()),
        _ => filter_literal(dice),
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

/// One of the texts that say this.
pub fn written(assertion: &Assertion, dice: &mut Dice) -> String {
    let space = |dice: &mut Dice| dice.pick(&["", "", " "]);
    let query = query_text(&assertion.query, dice);
    let operand = match assertion.function {
        Some(function) => format!("{function}({query})"),
        None => query,
    };
    let (operator, value) = match &assertion.test {
        Test::Holds => return operand,
        Test::Absent => return format!("!{operand}"),
        Test::Compares(operator, expected) => {
            let symbol = match operator {
                Operator::Equal => dice.pick(&["=", "=="]),
                other => other.symbol(),
            };
            (symbol, expected_text(expected, dice))
        }
        Test::Matches(wanted, pattern) => {
            let symbol = if *wanted {
                dice.pick(&["~", "=~"])
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
    format!("{operand}{}{operator}{}{value}", space(dice), space(dice))
}

fn expected_text(expected: &Expected, dice: &mut Dice) -> String {
    match expected {
        Expected::Value(Json::Text(text)) if is_bare(text) && dice.percent(70) => {
            (*text).to_owned()
        }
        Expected::Value(value) => value.to_string(),
        Expected::Within {
            number,
            tolerance,
            percent,
        } => format!("{number}+-{tolerance}{}", if *percent { "%" } else { "" }),
    }
}

/// A word that JSON does not know stands for itself.
fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic) && text != "true"
}

/// A query as text, the `$` mostly left out.
pub fn query_text(query: &[Segment], dice: &mut Dice) -> String {
    let mut text = String::new();
    for segment in query {
        text.push_str(&segment_text(segment, dice));
    }
    match dice.below(3) {
        0 => format!("${text}"),
        _ if text.is_empty() => "$".to_owned(),
        1 if !text.starts_with("..") => text.strip_prefix('.').unwrap_or(&text).to_owned(),
        _ => text,
    }
}

fn segment_text(segment: &Segment, dice: &mut Dice) -> String {
    let dots = if segment.descends { ".." } else { "." };
    match segment.selectors.as_slice() {
        [Selector::Name(name)] if is_short(name) && dice.percent(70) => format!("{dots}{name}"),
        [Selector::Wildcard] if dice.percent(50) => format!("{dots}*"),
        selectors => {
            let texts: Vec<String> = selectors
                .iter()
                .map(|selector| selector_text(selector, dice))
                .collect();
            let dots = if segment.descends { ".." } else { "" };
            format!("{dots}[{}]", texts.join(","))
        }
    }
}

fn is_short(name: &str) -> bool {
    !name.is_empty() && name.chars().all(char::is_alphabetic)
}

fn selector_text(selector: &Selector, dice: &mut Dice) -> String {
    let bound = |bound: &Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    match selector {
        Selector::Name(name) => name_text(name, dice),
        Selector::Index(index) => index.to_string(),
        Selector::Wildcard => "*".to_owned(),
        Selector::Slice(start, end, None) => format!("{}:{}", bound(start), bound(end)),
        Selector::Slice(start, end, step) => {
            format!("{}:{}:{}", bound(start), bound(end), bound(step))
        }
        Selector::Filter(filter) => format!("?{}", filter_text(filter, dice)),
    }
}

fn name_text(name: &str, dice: &mut Dice) -> String {
    if dice.percent(50) {
        quoted(name)
    } else {
        format!("'{}'", name.replace('\'', "\\'"))
    }
}

fn filter_text(filter: &Filter, dice: &mut Dice) -> String {
    let mut member = |name: &str| format!("@[{}]", name_text(name, dice));
    match filter {
        Filter::Exists(name) => member(name),
        Filter::Lacks(name) => format!("!{}", member(name)),
        Filter::Compares(name, operator, literal) => {
            let left = name.map_or_else(|| "@".to_owned(), member);
            format!("{left}{}{literal}", operator.symbol())
        }
        Filter::Longer(name, length) => format!("length({})>{length}", member(name)),
        Filter::And(left, right) => format!(
            "({})&&({})",
            filter_text(left, dice),
            filter_text(right, dice)
        ),
        Filter::Or(left, right) => format!(
            "({})||({})",
            filter_text(left, dice),
            filter_text(right, dice)
        ),
    }
}
