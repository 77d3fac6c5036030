//! Random JSON documents whose numbers keep their notation.

use std::fmt;

use super::rng::Rng;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// A number that fits a double or 64 bits.
    Number(&'static str),
    /// `NaN`, an infinity, or a number too large for a double.
    NotFinite(&'static str),
    Text(&'static str),
    List(Vec<Json>),
    Members(Vec<(&'static str, Json)>),
}

pub const NAMES: [&str; 8] = ["a", "b", "c", "d e", "größe", "", "it's", "0"];

pub const TEXTS: [&str; 10] = [
    "ok",
    "loading",
    "a",
    "é",
    "",
    "it's \"q\"",
    "1",
    "true",
    "NaN",
    "x\ny",
];

/// Few, so that equal ones meet often; each is at some limit.
pub const NUMBERS: [&str; 44] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.0",
    "10e-1",
    "0.5",
    "0.1",
    "0.2",
    "0.3",
    "0.4",
    "-0",
    "-0.0",
    "1e2",
    "100",
    "99",
    "0.87",
    "0.8526",
    "0.30000000000000004",
    "0.1000000000000000055511151231257827",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551614",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "5e-324",
    "-5e-324",
    "1e-323",
    "2.2250738585072014e-308",
    "1e-38",
    "1e20",
    "1e22",
    "7",
    "0.7",
];

pub const NOT_FINITE: [&str; 5] = ["NaN", "Infinity", "-Infinity", "1e999", "-1E+999"];

pub fn document(rng: &mut Rng) -> Json {
    nested(rng, 4)
}

fn nested(rng: &mut Rng, deepest: usize) -> Json {
    let kind = if deepest == 0 { 0 } else { rng.below(5) };
    match kind {
        0 | 1 => scalar(rng),
        2 => Json::List(
            (0..rng.below(5))
                .map(|_| nested(rng, deepest - 1))
                .collect(),
        ),
        _ => {
            let mut members: Vec<(&str, Json)> = Vec::new();
            for _ in 0..rng.below(6) {
                let name = rng.mostly(70, 3, &NAMES);
                if members.iter().all(|(other, _)| *other != name) {
                    members.push((name, nested(rng, deepest - 1)));
                }
            }
            Json::Members(members)
        }
    }
}

pub fn scalar(rng: &mut Rng) -> Json {
    match rng.below(20) {
        0 => Json::Null,
        1..=3 => Json::Bool(rng.percent(50)),
        4..=8 => Json::Text(rng.pick(&TEXTS)),
        9 => Json::NotFinite(rng.pick(&NOT_FINITE)),
        _ => Json::Number(number(rng)),
    }
}

/// Usually one of the first 20, so that equal ones meet often.
pub fn number(rng: &mut Rng) -> &'static str {
    rng.mostly(70, 20, &NUMBERS)
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(text) | Self::NotFinite(text) => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(elements) => {
                let texts: Vec<String> = elements.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", texts.join(","))
            }
            Self::Members(members) => {
                let texts: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", quoted(name)))
                    .collect();
                write!(f, "{{{}}}", texts.join(","))
            }
        }
    }
}

/// The document with `null` in place of `NaN` and infinities.
pub fn finite(document: Json) -> Json {
    match document {
        Json::NotFinite(_) => Json::Null,
        Json::List(elements) => Json::List(elements.into_iter().map(finite).collect()),
        Json::Members(members) => Json::Members(
            members
                .into_iter()
                .map(|(name, value)| (name, finite(value)))
                .collect(),
        ),
        other => other,
    }
}

/// In JSON notation. The generated texts need no other escapes.
pub fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// Every document with one part removed, to minimize a failing case.
pub fn smaller(document: &Json) -> Vec<Json> {
    let mut found = Vec::new();
    match document {
        Json::List(elements) => {
            found.extend(elements.iter().cloned());
            for index in 0..elements.len() {
                let mut rest = elements.clone();
                rest.remove(index);
                found.push(Json::List(rest));
                for less in smaller(&elements[index]) {
                    let mut changed = elements.clone();
                    changed[index] = less;
                    found.push(Json::List(changed));
                }
            }
        }
        Json::Members(members) => {
            found.extend(members.iter().map(|(_, value)| value.clone()));
            for index in 0..members.len() {
                let mut rest = members.clone();
                rest.remove(index);
                found.push(Json::Members(rest));
                for less in smaller(&members[index].1) {
                    let mut changed = members.clone();
                    changed[index].1 = less;
                    found.push(Json::Members(changed));
                }
            }
        }
        _ => {}
    }
    found
}
