//! `${NAME}` and `${NAME:-default}`: a HEALTHCHECK in exec form has no shell that
//! would expand them.

use std::ops::Range;

use crate::args::env::Environment;
use crate::syntax::SyntaxError;

/// A text with its variables' values.
#[derive(Debug, Default)]
pub struct Expanded<'t> {
    /// The text.
    pub text: String,
    values: Vec<(Range<usize>, Reference<'t>)>,
}

/// A `${NAME}` in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The variable.
    pub name: &'t str,
    /// The byte offset of the `$`.
    pub offset: usize,
}

impl<'t> Expanded<'t> {
    /// The variable whose value has this column of the text, counted in characters from 1,
    /// and the value.
    #[must_use]
    pub fn variable_at(&self, column: usize) -> Option<(Reference<'t>, &str)> {
        let (offset, _) = self.text.char_indices().nth(column.checked_sub(1)?)?;
        let mut values = self.values.iter();
        let (range, reference) = values.find(|(range, _)| range.contains(&offset))?;
        Some((*reference, &self.text[range.clone()]))
    }
}

/// Replaces each `${NAME}` in `text`; `$$` is a `$`. As in a shell, the default
/// of `${NAME:-default}` also stands in for a variable that is empty.
///
/// # Errors
/// A variable without a default that is unset, empty or not UTF-8; a `$` that starts
/// neither form. The column is that of the `$`.
pub fn expand<'t>(text: &'t str, environment: &Environment) -> Result<Expanded<'t>, SyntaxError> {
    let mut expanded = String::with_capacity(text.len());
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((before, from_dollar)) = rest.split_once('$') {
        let offset = text.len() - from_dollar.len() - 1;
        expanded.push_str(before);
        if let Some(after) = from_dollar.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let Some((reference, after)) = from_dollar
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        else {
            return Err(SyntaxError::at(
                text,
                offset,
                "expected ${NAME} or ${NAME:-default}; a plain $ is written $$",
            ));
        };
        let (name, default) = match reference.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        if !is_name(name) {
            return Err(SyntaxError::at(
                text,
                offset + 2,
                "expected the name of a variable: letters, digits and _",
            ));
        }
        let value = environment
            .get(name)
            .map_err(|error| SyntaxError::at(text, offset, error.to_string()))?;
        match (value, default) {
            (Some(value), _) => {
                let start = expanded.len();
                expanded.push_str(value);
                values.push((start..expanded.len(), Reference { name, offset }));
            }
            (None, Some(default)) => expanded.push_str(default),
            (None, None) => {
                return Err(SyntaxError::at(
                    text,
                    offset,
                    format!(
                        "the variable {name} is not set; set it, or write ${{{name}:-default}}"
                    ),
                ));
            }
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(Expanded {
        text: expanded,
        values,
    })
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Reference, expand};
    use crate::args::env::Environment;

    fn environment() -> Environment {
        [("PORT", "8000"), ("EMPTY", "")].into_iter().collect()
    }

    #[test]
    fn replaces_variables_and_defaults() {
        for (text, expanded) in [
            ("plain", "plain"),
            (":${PORT}/health", ":8000/health"),
            (":${PORT:-9000}/", ":8000/"),
            (":${NONE:-9000}/", ":9000/"),
            (":${EMPTY:-9000}/", ":9000/"),
            ("a${NONE:-}b", "ab"),
            ("$$${PORT}$$", "$8000$"),
            ("${NONE:-a:-b}", "a:-b"),
        ] {
            assert_eq!(
                expand(text, &environment()).unwrap().text,
                expanded,
                "{text}"
            );
        }
    }

    #[test]
    fn tells_which_variable_a_column_is_from() {
        let expanded = expand("é:${PORT}/${NONE:-8000}", &environment()).unwrap();
        assert_eq!(expanded.text, "é:8000/8000");
        let reference = Reference {
            name: "PORT",
            offset: 3,
        };
        for (column, found) in [
            (0, None),
            (2, None),
            (3, Some((reference, "8000"))),
            (6, Some((reference, "8000"))),
            (7, None),
            (8, None),
            (20, None),
        ] {
            assert_eq!(expanded.variable_at(column), found, "{column}");
        }
    }

    #[test]
    fn rejects_unset_variables_and_malformed_references() {
        for (text, message) in [
            (
                "é${NONE}",
                "column 2: the variable NONE is not set; set it, or write ${NONE:-default}",
            ),
            (
                "${EMPTY}",
                "column 1: the variable EMPTY is not set; set it, or write ${EMPTY:-default}",
            ),
            (
                "a$PORT",
                "column 2: expected ${NAME} or ${NAME:-default}; a plain $ is written $$",
            ),
            (
                "a${PORT",
                "column 2: expected ${NAME} or ${NAME:-default}; a plain $ is written $$",
            ),
            (
                "${}",
                "column 3: expected the name of a variable: letters, digits and _",
            ),
            (
                "${1A}",
                "column 3: expected the name of a variable: letters, digits and _",
            ),
        ] {
            assert_eq!(
                expand(text, &environment()).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }
}
