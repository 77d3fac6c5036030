//! Random `JSONPath` queries, compared with an independent implementation of RFC 9535.

use std::fmt::Write as _;

use healthprobe::check::json;
use serde_json::Value;
use serde_json_path::{NormalizedPath, PathElement};

use super::Script;
use crate::oracle::generate::assertion::{query, query_text};
use crate::oracle::generate::document::{document, finite, quoted};
use crate::oracle::generate::rng::Rng;
use crate::oracle::generate::seed;

const RANDOM: u64 = 4_000;

/// The normalized paths of the selected nodes, sorted; `None` if the query is invalid.
pub fn paths(query: &str, document: &Value) -> Option<Vec<String>> {
    let query = json::query(query).ok()?;
    let located = query.query_located(document);
    let mut paths: Vec<String> = located.locations().map(normalized).collect();
    paths.sort();
    Some(paths)
}

/// Escaped as in section 2.7; the crate's own `Display` escapes nothing.
pub fn normalized(path: &NormalizedPath) -> String {
    let mut text = String::from("$");
    for element in path.iter() {
        match element {
            PathElement::Name(name) => {
                text.push_str("['");
                for character in name.chars() {
                    match character {
                        '\'' | '\\' => text.extend(['\\', character]),
                        '\n' => text.push_str("\\n"),
                        control if control < ' ' => {
                            write!(text, "\\u{:04x}", u32::from(control)).unwrap();
                        }
                        plain => text.push(plain),
                    }
                }
                text.push_str("']");
            }
            PathElement::Index(index) => write!(text, "[{index}]").unwrap(),
        }
    }
    text
}

#[test]
fn random_queries_select_the_same_as_another_implementation() {
    let Some(mut script) = Script::start("jsonpath.py") else {
        return;
    };
    let seed = seed();
    let (mut selected, mut refused) = (0, 0);
    for case in 0..RANDOM {
        let mut rng = Rng::new(seed.rotate_left(32), case);
        let document = finite(document(&mut rng));
        let query = query(&mut rng);
        let mut text = with_root(&query_text(&query, &mut rng));
        let broken = rng.percent(30);
        if broken {
            text = spoiled(&text, &mut rng);
        }
        let question = format!("{{\"query\":{},\"document\":{document}}}", quoted(&text));
        let other = script.ask(&question);
        let mut expected: Option<Vec<String>> = serde_json::from_value(other).unwrap();
        if let Some(paths) = &mut expected {
            paths.sort();
            selected += usize::from(!paths.is_empty());
        }
        refused += usize::from(expected.is_none());
        let seen = paths(&text, &serde_json::from_str(&document.to_string()).unwrap());
        let explained = seen.is_some() != expected.is_some() && is_explained(&text, seen.is_some());
        assert!(
            seen == expected || explained,
            "seed {seed}, case {case}: {text} of {document}: {seen:?}, the other {expected:?}"
        );
    }
    assert!(
        selected > 500 && refused > 200,
        "{selected} selected, {refused} refused"
    );
}

/// Queries that only one implementation accepts, explained by RFC 9535's grammar (appendix A).
const ACCEPTED_BY_ONE: [(bool, &str); 6] = [
    // `segments = *(S segment)`: the other is right. healthprobe's parser rejects a space before `..` with an error.
    (false, r"\s\.\."),
    // `!` precedes a query, a function or parentheses: healthprobe is right to reject it before a comparison or
    // another `!`.
    (false, r"!@.*[<>=]|!!|!\s*!"),
    // `comparison-expr` has one operator: healthprobe is right.
    (false, r"[<>=].*[<>=]"),
    // `int = "0" / (["-"] DIGIT1 *DIGIT)`, and `-0` alone: healthprobe is right to reject `-00`.
    (false, r"-0\d"),
    // A slice has one number between its colons: healthprobe is right.
    (false, r"\d[-\s]+\d"),
    // `number = (int / "-0") [ frac ] [ exp ]`: healthprobe is right to accept `0e-1`.
    (true, r"\b0e"),
];

fn is_explained(query: &str, accepted: bool) -> bool {
    ACCEPTED_BY_ONE.iter().any(|(ours, expression)| {
        *ours == accepted && regex_lite::Regex::new(expression).unwrap().is_match(query)
    })
}

/// The query with its root, which healthprobe lets users omit.
fn with_root(text: &str) -> String {
    match text.chars().next() {
        Some('$') => text.to_owned(),
        Some('.' | '[') => format!("${text}"),
        _ => format!("$.{text}"),
    }
}

/// Removes, inserts or replaces one character, which usually makes the query invalid. Keeps the `$` and adds no
/// trailing space, because healthprobe accepts queries without the one and with the other.
fn spoiled(text: &str, rng: &mut Rng) -> String {
    const OTHERS: [char; 22] = [
        '.', '[', ']', '\'', '"', '*', ':', ',', '?', '@', '$', '-', '0', '1', 'a', ' ', '(', ')',
        '=', '!', '<', '&',
    ];
    let mut characters: Vec<char> = text.chars().collect();
    let place = rng.below(characters.len());
    let other = rng.pick(&OTHERS);
    match rng.below(3) {
        _ if place == 0 => characters.push(if other == ' ' { '.' } else { other }),
        0 => {
            characters.remove(place);
        }
        1 => characters.insert(place, other),
        _ => characters[place] = other,
    }
    characters
        .into_iter()
        .collect::<String>()
        .trim_end()
        .to_owned()
}
