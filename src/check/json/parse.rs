//! Text → assertion. Each error names the column and what was expected there.

use std::str::FromStr;

use serde_json_path::JsonPath;

use super::assertion::{Assertion, Comparison, Function, JsonPredicate, Operand, Query};
use super::filter_functions::take_pattern_error;
use super::iregexp::PatternError;
use super::literal::number;
use super::span::Span;
use super::value::{expected, pattern, type_name};
use crate::check::operator::check_end;
use crate::syntax::SyntaxError;

/// Limit the time and the stack that parsing a query takes.
const MAX_QUERY: usize = 4096;
const MAX_QUERY_DEPTH: usize = 16;

/// Longer operators first, so that `<` does not hide `<=`.
const OPERATORS: [&str; 11] = ["==", "=~", "!=", "!~", "<=", ">=", "=", "<", ">", "~", "!"];

impl FromStr for Assertion {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let whole = Span::of(text).trimmed();
        let (negated, rest) = match whole.text().strip_prefix('!') {
            Some(_) => (true, whole.skip(1)),
            None => (false, whole),
        };
        let (left, right) = rest.split_at(operand_length(rest)?);
        let operand = operand(left.trimmed())?;
        let predicate = match (right.text().is_empty(), negated) {
            (true, false) => JsonPredicate::Truthy,
            (true, true) => JsonPredicate::Falsy,
            (false, false) => predicate(right, operand.function)?,
            (false, true) => {
                return Err(right.error(
                    0,
                    format!(
                        "expected nothing after !{operand}; to reject a value, write {operand}!=value"
                    ),
                ));
            }
        };
        Ok(Self { operand, predicate })
    }
}

/// Parses a query alone, as in `--expect`: the leading `$` and the first `.` may be
/// left out.
///
/// # Errors
/// Text that is not a `JSONPath` query (RFC 9535).
pub fn query(text: &str) -> Result<JsonPath, SyntaxError> {
    let span = Span::of(text).trimmed();
    match operand_length(span)? {
        length if length < span.text().len() => Err(span.error(length, "expected only a query")),
        _ => parse_query(span).map(|query| query.path),
    }
}

/// The length of the operand in bytes. The operator is the first one outside brackets
/// and parentheses.
fn operand_length(span: Span) -> Result<usize, SyntaxError> {
    let text = span.text();
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut escaped = false;
    for (offset, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some((_, mark)), _) if character == mark => quote = None,
            (None, '\'' | '"') if !open.is_empty() => quote = Some((offset, character)),
            (None, '[') => open.push((offset, ']')),
            (None, '(') => open.push((offset, ')')),
            (None, ']' | ')') => match open.pop() {
                Some((_, closing)) if closing == character => {}
                Some((_, closing)) => {
                    return Err(span.error(offset, format!("expected {closing}")));
                }
                None => {
                    return Err(span.error(offset, format!("expected no {character} here")));
                }
            },
            (None, '=' | '!' | '<' | '>' | '~') if open.is_empty() => return Ok(offset),
            _ => {}
        }
        if open.len() > MAX_QUERY_DEPTH {
            return Err(span.error(offset, "expected fewer nested brackets"));
        }
    }
    match (quote, open.pop()) {
        (Some((offset, mark)), _) => Err(span.error(offset, format!("expected a closing {mark}"))),
        (None, Some((offset, closing))) => {
            Err(span.error(offset, format!("expected a closing {closing}")))
        }
        (None, None) => Ok(text.len()),
    }
}

fn operand(span: Span) -> Result<Operand, SyntaxError> {
    let text = span.text();
    let name_length = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, after) = text.split_at(name_length);
    let Some(inner) = after.trim_start().strip_prefix('(') else {
        return Ok(Operand {
            function: None,
            query: parse_query(span)?,
        });
    };
    let function = Function::ALL
        .into_iter()
        .find(|function| function.name() == name)
        .ok_or_else(|| {
            let expected = match name {
                "match" | "search" => {
                    "expected match() and search() inside a filter, as in [?search(@.id,'a')]"
                }
                _ => "expected a function: length, count, type, sum, min, max or avg",
            };
            span.error(0, expected)
        })?;
    // Brackets and parentheses are balanced here.
    let inner = span.skip(text.len() - inner.len());
    let Some(length) = inner.text().strip_suffix(')').map(str::len) else {
        let after = inner.text().rfind(')').map_or(0, |offset| offset + 1);
        return Err(inner.error(after, "expected an operator after the function"));
    };
    Ok(Operand {
        function: Some(function),
        query: parse_query(inner.split_at(length).0.trimmed())?,
    })
}

fn parse_query(span: Span) -> Result<Query, SyntaxError> {
    let text = span.text();
    let prefix = match text.chars().next() {
        None => {
            return Err(span.error(
                0,
                "expected a JSONPath query such as status or models[0].name",
            ));
        }
        Some('$') => "",
        Some('.' | '[') => "$",
        Some(_) => "$.",
    };
    if text.len() > MAX_QUERY {
        return Err(span.error(MAX_QUERY, "expected a shorter query"));
    }
    let path = JsonPath::parse(&[prefix, text].concat()).map_err(|error| {
        let offset = error.position().saturating_sub(prefix.len());
        let (read, rest) = text.split_at(text.floor_char_boundary(offset.min(text.len())));
        if let Some(error) = take_pattern_error() {
            return span.error(offset, pattern_error(&error));
        }
        let expected = match rest.chars().next() {
            Some('\\') => "expected an escape such as \\n or \\u00e9; write \\\\ for a backslash",
            Some(_) if read.contains('?') => {
                "expected a JSONPath filter (RFC 9535) such as [?@.ready==false]"
            }
            Some('-' | '/' | '0'..='9') => {
                "expected a name of letters, digits and _; quote other names, as in ['a-b']"
            }
            Some(' ' | ':' | '|') => "expected an operator: =, !=, <, <=, >, >=, ~ or !~",
            _ => "expected JSONPath (RFC 9535) such as status, models[0].name or ['a.b']",
        };
        span.error(offset, expected)
    })?;
    Ok(Query {
        text: text.to_owned(),
        path,
    })
}

#[cold]
fn pattern_error(error: &PatternError) -> String {
    format!("expected an I-Regexp (RFC 9485) as the pattern of match() or search(): {error}")
}

fn predicate(span: Span, function: Option<Function>) -> Result<JsonPredicate, SyntaxError> {
    let operator = OPERATORS
        .into_iter()
        .find(|operator| span.text().starts_with(operator))
        .unwrap_or_default();
    if operator == "!" {
        return Err(span.error(0, "expected != or !~"));
    }
    let after = span.skip(operator.len());
    check_end(operator, after.text()).map_err(|expected| after.error(0, expected))?;
    let value = after.trimmed();
    if value.text().is_empty() {
        return Err(value.error(0, "expected a value; the empty string is written \"\""));
    }
    let expected = match function {
        Some(Function::Type) => type_name,
        _ => expected,
    };
    Ok(match operator {
        "!=" => JsonPredicate::Differs(expected(value)?),
        "<" => JsonPredicate::Compares(Comparison::Less, number(value)?),
        "<=" => JsonPredicate::Compares(Comparison::AtMost, number(value)?),
        ">" => JsonPredicate::Compares(Comparison::Greater, number(value)?),
        ">=" => JsonPredicate::Compares(Comparison::AtLeast, number(value)?),
        "~" | "=~" => JsonPredicate::Matches(pattern(value)?),
        "!~" => JsonPredicate::MatchesNot(pattern(value)?),
        _ => JsonPredicate::Equals(expected(value)?),
    })
}

#[cfg(test)]
mod tests {
    use super::{Assertion, query};
    use crate::check::json::value::TOLERANCE;
    use proptest::prelude::*;

    #[track_caller]
    fn error(text: &str) -> String {
        text.parse::<Assertion>().expect_err("an error").to_string()
    }

    #[test]
    fn displays_what_was_written() {
        for text in [
            "status=ok",
            "model.loaded=true",
            "outputs[0].data[-1]>=0.5",
            "['a.b']=1",
            "models[*].state=READY",
            "length(predictions)>0",
            "type(score)=number",
            "sum(probabilities)=1+-0.001",
            "score=0.87+-2%",
            "score=0.87+-0.001+0.1%",
            "score!=1e+300+-0+2%",
            "count(models[?@.ready==false])=0",
            "label!=Unknown",
            "!error",
            "$",
            "$.a=\"1\"",
            "[0].x<-1",
            "..created",
            "*~^a b$",
            "label!~\" x\"",
            "label=[UNK]",
            "label=<unk>",
            "a=1+x",
            "a={\"b\":[1,2]}",
            "[?length(@.a)>2 && @['x=y']!='=']",
            "length=3",
            "größe=1",
        ] {
            let assertion: Assertion = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(assertion.to_string(), text);
        }
    }

    #[test]
    fn white_space_and_doubled_operators_are_accepted() {
        for (text, shown) in [
            ("  status  =  ok  ", "status=ok"),
            ("status==ok", "status=ok"),
            ("label =~ ^a", "label~^a"),
            (" ! error ", "!error"),
            ("length ( a ) > 0", "length(a)>0"),
            ("a = 1 +- 2 %", "a=1+-2%"),
            ("a = 1 +- 0.5 + 2 %", "a=1+-0.5+2%"),
            ("a ~ \"b\"", "a~b"),
            ("a = \"b\"", "a=b"),
            ("type(a)=null", "type(a)=\"null\""),
            ("a = =b", "a=\"=b\""),
            ("a = ~b", "a=\"~b\""),
            ("a = <5", "a=\"<5\""),
            ("a~ =b", "a~\"=b\""),
            ("a = \"'b'\"", "a=\"'b'\""),
            ("a ~ \"'b'\"", "a~\"'b'\""),
            ("a = \"1±2\"", "a=\"1±2\""),
        ] {
            assert_eq!(text.parse::<Assertion>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn rejects_anything_else_with_its_column() {
        const QUERY: &str = "expected a JSONPath query such as status or models[0].name";
        const JSONPATH: &str =
            "expected JSONPath (RFC 9535) such as status, models[0].name or ['a.b']";
        const NAME: &str =
            "expected a name of letters, digits and _; quote other names, as in ['a-b']";
        const FILTER: &str = "expected a JSONPath filter (RFC 9535) such as [?@.ready==false]";
        const OPERATOR: &str = "expected an operator: =, !=, <, <=, >, >=, ~ or !~";
        const NUMBER: &str = "expected a JSON number such as 0.5 or -1e3";
        for (text, column, expected) in [
            ("", 1, QUERY),
            ("  ", 1, QUERY),
            ("!", 2, QUERY),
            ("=ok", 1, QUERY),
            ("length()>0", 8, QUERY),
            (
                "size(a)>0",
                1,
                "expected a function: length, count, type, sum, min, max or avg",
            ),
            (
                "search(a,'b')",
                1,
                "expected match() and search() inside a filter, as in [?search(@.id,'a')]",
            ),
            (
                "length(a).b>0",
                10,
                "expected an operator after the function",
            ),
            (
                "status=",
                8,
                "expected a value; the empty string is written \"\"",
            ),
            ("status!ok", 7, "expected != or !~"),
            (
                "!status=ok",
                8,
                "expected nothing after !status; to reject a value, write status!=value",
            ),
            ("model-name=a", 6, NAME),
            ("model name=a", 6, OPERATOR),
            ("status: ok", 7, OPERATOR),
            (".predictions | length > 0", 13, OPERATOR),
            ("1st=a", 1, NAME),
            ("a[0", 2, "expected a closing ]"),
            ("a['b]=1", 3, "expected a closing '"),
            ("a]=1", 2, "expected no ] here"),
            ("a[(])", 4, "expected )"),
            ("a[0=1]=2", 4, JSONPATH),
            ("@.a=1", 1, JSONPATH),
            ("a..=1", 4, JSONPATH),
            ("score<high", 7, NUMBER),
            (
                "score<",
                7,
                "expected a value; the empty string is written \"\"",
            ),
            (
                "score>1+-2",
                7,
                "expected a number; +- works only with = and !=",
            ),
            ("score=1+-", 10, TOLERANCE),
            ("score=1+-x", 10, TOLERANCE),
            ("score=1+-5%%", 10, TOLERANCE),
            ("score=1+-nan", 10, TOLERANCE),
            ("score=1+-0.1+", 10, TOLERANCE),
            ("score=1+-0.1+2", 10, TOLERANCE),
            ("score=1+-0.1+%", 14, TOLERANCE),
            ("score=1+-2%+0.1", 10, TOLERANCE),
            (
                "score=1+-0.1+-2%",
                14,
                "expected a tolerance that is not negative",
            ),
            (
                "score=1+--1",
                10,
                "expected a tolerance that is not negative",
            ),
            ("score=.5+-1", 7, NUMBER),
            ("score=nan+-1", 7, NUMBER),
            (
                "score=1e999",
                7,
                "expected a number that fits a 64-bit float",
            ),
            (
                "label=\"a",
                7,
                "expected a valid JSON string; bare text needs no quotes",
            ),
            (
                "label~a(",
                7,
                "expected a regular expression: found open group without closing ')'",
            ),
            (
                "type(a)!=integer",
                10,
                "expected a type: null, boolean, number, string, array or object",
            ),
            ("label~\"\"", 7, "expected a regular expression"),
            (
                "a[?match(@.b,'\\\\d+')]=1",
                4,
                "expected an I-Regexp (RFC 9485) as the pattern of match() or search(): \\d is not part of it; write [0-9]",
            ),
            (
                "count(a[?@.x==1 || !search(@.b, \"a{99999}\")])=0",
                21,
                "expected an I-Regexp (RFC 9485) as the pattern of match() or search(): it is too large",
            ),
            (
                "a[?match(@.b,'\\d+')]=1",
                15,
                "expected an escape such as \\n or \\u00e9; write \\\\ for a backslash",
            ),
            ("a[?match(@.b)]=1", 4, FILTER),
            ("a[?match(@.b,'a')==true]=1", 18, FILTER),
        ] {
            assert_eq!(
                error(text),
                format!("column {column}: {expected}"),
                "{text}"
            );
        }
        assert_eq!(
            error(&format!("a{}", "[?(".repeat(20))),
            "column 26: expected fewer nested brackets"
        );
        assert_eq!(
            error(&"a".repeat(5000)),
            "column 4097: expected a shorter query"
        );
    }

    #[test]
    fn parses_a_query_alone() {
        assert!(query("$..created").is_ok() && query("id").is_ok());
        assert_eq!(
            query("id=1").unwrap_err().to_string(),
            "column 3: expected only a query"
        );
        assert_eq!(query("a b").unwrap_err().column, 2);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Assertion>();
        }

        #[test]
        fn display_parses_back(
            text in "[ !]{0,2}(length|count|sum|foo)?\\(?[$]?[.]?[a-c*]{0,2}(\\[[-0-9:*']{0,3}\\]|\\[\\?@\\.a(==|<)1\\])?\\)?[ ]?[=!<>~]{0,2}[ ]?[\"a-c0-9.+% e^$\\[\\]{}-]{0,8}"
        ) {
            if let Ok(assertion) = text.parse::<Assertion>() {
                let shown = assertion.to_string();
                prop_assert_eq!(shown.parse::<Assertion>(), Ok(assertion), "{} shown as {}", text, shown);
            }
        }

        #[test]
        fn displays_any_value_as_written(value in "[^\\x00-\\x20][^\\x00-\\x1f]*[^\\x00-\\x20]") {
            if let Ok(assertion) = format!("a={value}").parse::<Assertion>() {
                prop_assert_eq!(assertion.to_string().parse::<Assertion>(), Ok(assertion));
            }
        }
    }
}
