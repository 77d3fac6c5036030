//! The path of a node in a document, as people write it: `predictions[0].score`.

use std::fmt::Write as _;

use serde_json_path::{NormalizedPath, PathElement};

/// The path without the leading `$.`; `$` for the whole document.
pub(super) fn format(path: &NormalizedPath) -> String {
    let mut text = String::new();
    for element in path.iter() {
        match element {
            PathElement::Name(name) => push_name(&mut text, name),
            PathElement::Index(index) => push_index(&mut text, *index),
        }
    }
    if text.is_empty() {
        "$".to_owned()
    } else {
        text
    }
}

/// Appends a member's name: `.name`, or `['a.b']` for a name that needs quoting
/// (RFC 9535, section 2.5.1).
pub(super) fn push_name(path: &mut String, name: &str) {
    let needs_no_quotes = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
    if name.is_empty()
        || name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(needs_no_quotes)
    {
        let escaped = name.replace('\\', "\\\\").replace('\'', "\\'");
        // Writing to a String cannot fail.
        let _ = write!(path, "['{escaped}']");
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    }
}

/// Appends an element's index: `[0]`.
pub(super) fn push_index(path: &mut String, index: usize) {
    // Writing to a String cannot fail.
    let _ = write!(path, "[{index}]");
}

#[cfg(test)]
mod tests {
    use super::format;
    use serde_json::json;
    use serde_json_path::JsonPath;

    #[test]
    fn paths_are_short() {
        let document = json!({"a": [{"b": 1, "c.d": {"it's": 2}}], "ü": 3, "1": 4, "": 5});
        let everything = JsonPath::parse("$..*").unwrap();
        let located = everything.query_located(&document);
        let mut paths: Vec<String> = located.iter().map(|node| format(node.location())).collect();
        paths.sort();
        assert_eq!(
            paths,
            [
                "['']",
                "['1']",
                "a",
                "a[0]",
                "a[0].b",
                "a[0]['c.d']",
                "a[0]['c.d']['it\\'s']",
                "ü"
            ]
        );
        let root = JsonPath::parse("$").unwrap();
        assert_eq!(
            format(
                root.query_located(&document)
                    .iter()
                    .next()
                    .unwrap()
                    .location()
            ),
            "$"
        );
    }
}
