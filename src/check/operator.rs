//! Which values an operator takes without white space before them, in `--expect` and
//! `--expect-header` alike.

/// Rejects an operator that continues after its end, such as `!==` or `!~=`: read as `!=`
/// with the value `=error`, the check would hold whatever the server answers.
///
/// # Errors
/// What was expected directly after the operator.
pub(super) fn check_end(operator: &str, after: &str) -> Result<(), String> {
    let Some(first) = after.chars().next() else {
        return Ok(());
    };
    match first {
        '=' | '~' => Err(format!(
            "expected a value after {operator}; write a space before one that begins with {first}"
        )),
        // `=>0.5` is a slip for `>=0.5`, but `=<unk>` is a label of many tokenizers.
        '<' | '>' if operator.ends_with('=') && is_number(&after[1..]) => Err(format!(
            "expected a value after {operator}, or {first}=; write a space before a value that begins with {first}"
        )),
        _ => Ok(()),
    }
}

fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('=').unwrap_or(text).trim();
    text.parse::<f64>().is_ok()
}

/// Whether the text is in quotes that are not quotes here, as a shell or a word processor
/// writes them: they would belong to the value, and `!='error'` would hold whatever the
/// server answers.
pub(super) fn is_quoted(text: &str) -> bool {
    const QUOTES: [(char, char); 4] = [('\'', '\''), ('`', '`'), ('‘', '’'), ('“', '”')];
    QUOTES.into_iter().any(|(open, close)| {
        text.strip_prefix(open)
            .is_some_and(|rest| rest.ends_with(close))
    })
}

#[cfg(test)]
mod tests {
    use super::{check_end, is_quoted};

    #[test]
    fn an_operator_ends_before_its_value() {
        for (operator, after) in [
            ("=", ""),
            ("=", " =x"),
            ("=", "!x"),
            ("!=", "<unk>"),
            ("=", "<"),
            ("=", "<="),
            ("~", "<5"),
            ("<", ">5"),
            ("=", "é"),
        ] {
            assert_eq!(check_end(operator, after), Ok(()), "{operator}{after}");
        }
        for (operator, after, expected) in [
            (
                "!=",
                "=x",
                "expected a value after !=; write a space before one that begins with =",
            ),
            (
                "!~",
                "~",
                "expected a value after !~; write a space before one that begins with ~",
            ),
            (
                "=",
                "> 0.5",
                "expected a value after =, or >=; write a space before a value that begins with >",
            ),
            (
                "!=",
                "<=-1e3",
                "expected a value after !=, or <=; write a space before a value that begins with <",
            ),
        ] {
            assert_eq!(
                check_end(operator, after).unwrap_err(),
                expected,
                "{operator}{after}"
            );
        }
    }

    #[test]
    fn quotes_are_around_the_whole_text() {
        for (text, quoted) in [
            ("'a'", true),
            ("''", true),
            ("`a`", true),
            ("‘a’", true),
            ("“a”", true),
            ("”a“", false),
            ("'", false),
            ("'tis", false),
            ("dogs'", false),
            ("\"a\"", false),
        ] {
            assert_eq!(is_quoted(text), quoted, "{text}");
        }
    }
}
