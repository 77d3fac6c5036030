//! `match()` and `search()`: random patterns, near and beyond the grammar of RFC 9485, compared with another implementation.

use healthprobe::check::json;
use serde_json::{Value, json};

use super::Script;
use super::jsonpath::paths;
use crate::oracle::generate::document::quoted;
use crate::oracle::generate::rng::Rng;
use crate::oracle::generate::seed;

const RANDOM: u64 = 2_000;

/// Texts of few characters, so that they often match.
const CHARACTERS: [&str; 16] = [
    "a",
    "b",
    "A",
    "1",
    "-",
    "^",
    ".",
    "]",
    "\\",
    "é",
    "Ж",
    "\u{1d11e}",
    "\n",
    "\r",
    "\u{2028}",
    " ",
];

const ATOMS: [&str; 30] = [
    "a",
    "b",
    "A",
    "1",
    "-",
    "é",
    "Ж",
    "\u{1d11e}",
    " ",
    ",",
    ".",
    ".",
    "\\.",
    "\\\\",
    "\\]",
    "\\n",
    "\\r",
    "\\-",
    "\\^",
    "\\p{L}",
    "\\p{Lu}",
    "\\P{Ll}",
    "\\p{N}",
    "\\p{Zs}",
    "\\P{L}",
    "\\p{Sm}",
    "a",
    "b",
    "/",
    "\n",
];

const ITEMS: [&str; 20] = [
    "a", "b", "1", "a-b", "A-Z", "0-9", "\\p{L}", "\\P{Lu}", "\\p{Nd}", "\\]", "\\\\", "\\-",
    "\\^", "\\n", "é", "Ж", ".", "*", "$", " -/",
];

const QUANTIFIERS: [&str; 12] = [
    "*", "+", "?", "{2}", "{0,1}", "{1,}", "{0}", "{1,3}", "", "", "", "",
];

/// What makes a pattern invalid, or means something else in other syntaxes.
const BREAKING: [&str; 24] = [
    "\\d", "\\w", "\\b", "\\x41", "\\1", "(?:a)", "(?i)a", "*", "+?", "a**", "{", "}", "[", "]",
    "(", ")", "[]", "[^]", "[b-a]", "[[a]]", "{,2}", "{2,1}", "\\p{X}", "\\pL",
];

fn pattern(rng: &mut Rng, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..=rng.below(3) {
        let atom = match rng.below(10) {
            0 | 1 if depth > 0 => format!("({})", pattern(rng, depth - 1)),
            2..=4 => class(rng),
            _ => rng.pick(&ATOMS).to_owned(),
        };
        text.push_str(&atom);
        text.push_str(rng.pick(&QUANTIFIERS));
    }
    if rng.percent(15) {
        text = format!(
            "{text}|{}",
            if depth > 0 {
                pattern(rng, depth - 1)
            } else {
                String::new()
            }
        );
    }
    if rng.percent(12) {
        let broken = rng.pick(&BREAKING);
        text = if rng.percent(50) {
            format!("{text}{broken}")
        } else {
            format!("{broken}{text}")
        };
    }
    text
}

fn class(rng: &mut Rng) -> String {
    let mut text = String::from(if rng.percent(30) { "[^" } else { "[" });
    if rng.percent(15) {
        text.push('-');
    }
    for _ in 0..=rng.below(3) {
        text.push_str(rng.pick(&ITEMS));
    }
    if rng.percent(15) {
        text.push('-');
    }
    text.push(']');
    text
}

fn text(rng: &mut Rng) -> String {
    (0..rng.below(4)).map(|_| rng.pick(&CHARACTERS)).collect()
}

#[test]
fn random_patterns_match_the_same_texts_as_another_implementation() {
    let Some(mut script) = Script::start("jsonpath.py") else {
        return;
    };
    let seed = seed();
    let (mut matched, mut invalid) = (0, 0);
    for case in 0..RANDOM {
        let mut rng = Rng::new(seed.rotate_left(32), case);
        let pattern = pattern(&mut rng, 2);
        let texts: Vec<String> = (0..8).map(|_| text(&mut rng)).collect();
        let document = json!({"pattern": pattern, "texts": texts});
        let function = rng.pick(&["match", "search"]);
        let query = format!("$.texts[?{function}(@,$.pattern)]");
        let question = format!("{{\"query\":{},\"document\":{document}}}", quoted(&query));
        let other = script.ask(&question);
        let mut expected: Vec<String> = serde_json::from_value(other).unwrap();
        expected.sort();
        let seen = paths(&query, &document).unwrap();
        assert_eq!(seen, expected, "seed {seed}, case {case}: {document}");
        matched += seen.len();

        // The same pattern in the query is refused or selects the same.
        let literal = format!("$.texts[?{function}(@,{})]", Value::from(pattern.as_str()));
        if let Err(error) = json::query(&literal) {
            assert_eq!(seen, [""; 0], "seed {seed}, case {case}: {literal}");
            let error = error.to_string();
            assert!(error.contains("expected an I-Regexp"), "{literal}: {error}");
            invalid += 1;
        } else {
            let found = paths(&literal, &document).unwrap();
            assert_eq!(found, seen, "seed {seed}, case {case}: {literal}");
        }
    }
    assert!(
        matched > 1_000 && invalid > 100,
        "{matched} matched, {invalid} invalid"
    );
}
