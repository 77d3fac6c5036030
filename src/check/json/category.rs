//! The general categories of Unicode 16, which `regex-lite` does not know.
//!
//! `general_category.bin` is derived from the Unicode Character Database, © 1991-2024
//! Unicode, Inc., under the Unicode License V3 (<https://www.unicode.org/license.txt>).

use std::ops::RangeInclusive;

/// Runs of characters of one category, from U+0000 on. The high five bits of a byte are
/// the category's number; the low three are the length of the run, less 1. 6: the length,
/// less 7, is in the next byte; 7: it is in the next three, the least significant first.
static RUNS: &[u8] = include_bytes!("general_category.bin");

/// The categories by their number.
const NAMES: &str = "CcCfCnCoCsLlLmLoLtLuMcMeMnNdNlNoPcPdPePfPiPoPsScSkSmSoZlZpZs";

/// The characters of a category (`Lu`) or of a group of them (`L`), or all others; `None`
/// if RFC 9485 has no such category.
pub(super) fn ranges(name: &str, complement: bool) -> Option<Vec<RangeInclusive<char>>> {
    // Surrogates are not characters.
    if name.is_empty() || name == "Cs" || !names().any(|category| category.starts_with(name)) {
        return None;
    }
    let mut ranges: Vec<RangeInclusive<char>> = Vec::new();
    let mut follows = false;
    for (category, first, last) in runs() {
        let category = names().nth(category).unwrap_or_default();
        let is_selected = category.starts_with(name) != complement;
        if is_selected && let (Some(first), Some(last)) = (first, last) {
            let start = match ranges.pop_if(|_| follows) {
                Some(previous) => *previous.start(),
                None => first,
            };
            ranges.push(start..=last);
        }
        follows = is_selected && last.is_some();
    }
    Some(ranges)
}

fn names() -> impl Iterator<Item = &'static str> {
    (0..NAMES.len())
        .step_by(2)
        .filter_map(|start| NAMES.get(start..start + 2))
}

/// Each run: its category's number, its first and its last character.
fn runs() -> impl Iterator<Item = (usize, Option<char>, Option<char>)> {
    let mut bytes = RUNS.iter().copied();
    let mut start = 0;
    std::iter::from_fn(move || {
        let head = bytes.next()?;
        let mut next = || bytes.next().map(u32::from);
        let length = match head & 7 {
            7 => next()? | next()? << 8 | next()? << 16,
            6 => next()? + 7,
            short => u32::from(short) + 1,
        };
        let first = start;
        start += length;
        Some((
            usize::from(head >> 3),
            char::from_u32(first),
            char::from_u32(start - 1),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, RUNS, names, ranges};
    use regex_syntax::hir::{Class, HirKind};
    use std::ops::RangeInclusive;

    /// The same from another crate, whose table is generated from Unicode's.
    fn expected(property: &str) -> Vec<RangeInclusive<char>> {
        let hir = regex_syntax::parse(property).unwrap();
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => class
                .ranges()
                .iter()
                .map(|range| range.start()..=range.end())
                .collect(),
            // A class of one character.
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).unwrap();
                text.chars().map(|only| only..=only).collect()
            }
            other => panic!("{property}: {other:?}"),
        }
    }

    fn flat(ranges: Vec<RangeInclusive<char>>) -> Vec<char> {
        ranges.into_iter().flatten().collect()
    }

    #[test]
    fn each_category_has_the_characters_that_unicode_has_it() {
        let mut all: Vec<&str> = names().filter(|name| *name != "Cs").collect();
        all.extend(["L", "M", "N", "P", "Z", "S", "C"]);
        assert_eq!(all.len(), 36);
        for name in all {
            for (escape, complement) in [('p', false), ('P', true)] {
                let property = format!("\\{escape}{{{name}}}");
                let found = ranges(name, complement).unwrap();
                assert!(
                    found.windows(2).all(|pair| pair[0].end() < pair[1].start()),
                    "{property}"
                );
                assert!(flat(found) == flat(expected(&property)), "{property}");
            }
        }
    }

    #[test]
    fn rejects_other_names() {
        for name in ["", "Cs", "l", "lu", "Lux", "LC", "uL", "fC", "LlLm"] {
            assert_eq!(ranges(name, false), None, "{name}");
        }
    }

    /// Renew the table with `HP_TEST_RENEW=1 cargo test --lib category` when the crate
    /// has a newer Unicode.
    #[test]
    fn the_table_is_up_to_date() {
        let mut by_character = vec![names().position(|name| name == "Cs").unwrap(); 0x11_0000];
        for (number, name) in names().enumerate().filter(|(_, name)| *name != "Cs") {
            for character in flat(expected(&format!("\\p{{{name}}}"))) {
                by_character[character as usize] = number;
            }
        }
        let mut table = Vec::new();
        for run in by_character.chunk_by(|one, other| one == other) {
            let head = u8::try_from(run[0] << 3).unwrap();
            match run.len() {
                length @ 1..=6 => table.push(head | u8::try_from(length - 1).unwrap()),
                length @ 7..=262 => table.extend([head | 6, u8::try_from(length - 7).unwrap()]),
                length => {
                    table.push(head | 7);
                    table.extend(&u32::try_from(length).unwrap().to_le_bytes()[..3]);
                }
            }
        }
        if std::env::var_os("HP_TEST_RENEW").is_some() {
            let path = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/src/check/json/general_category.bin"
            );
            std::fs::write(path, &table).unwrap();
        }
        assert!(table == RUNS, "the table has an older Unicode");
        assert_eq!(NAMES.len(), 60);
    }
}
