//! `--expect-header`: assertions on a header of the response.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::operator;
use super::pattern::Pattern;
use super::result::{CheckResult, Failure};
use crate::response::Response;
use crate::syntax::SyntaxError;

/// Headers whose values may be credentials (RFC 6265; RFC 9110, section 11).
const SECRET_HEADERS: [&str; 4] = [
    "set-cookie",
    "authorization",
    "proxy-authorization",
    "www-authenticate",
];

/// Whether the values of this header must not be printed. `name` is in lower case.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.contains(&name)
}

/// A condition on one header. If the header has several values, one that matches is
/// enough; for the negations none may match.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderAssertion {
    name: String,
    predicate: HeaderPredicate,
}

#[derive(Debug, Clone, PartialEq)]
enum HeaderPredicate {
    Present,
    Absent,
    Equals(String),
    Differs(String),
    Matches(Pattern),
    MatchesNot(Pattern),
}

impl HeaderAssertion {
    pub(super) fn evaluate(&self, response: &Response) -> CheckResult {
        let name = self.name.to_ascii_lowercase();
        let values: Vec<Cow<str>> = response
            .headers
            .iter()
            .filter(|(other, _)| *other == name)
            .map(|(_, value)| String::from_utf8_lossy(value))
            .collect();
        let holds = match &self.predicate {
            HeaderPredicate::Present => !values.is_empty(),
            HeaderPredicate::Absent => values.is_empty(),
            HeaderPredicate::Equals(text) => values.iter().any(|value| value == text),
            HeaderPredicate::Differs(text) => !values.iter().any(|value| value == text),
            HeaderPredicate::Matches(pattern) => values.iter().any(|value| pattern.is_match(value)),
            HeaderPredicate::MatchesNot(pattern) => {
                !values.iter().any(|value| pattern.is_match(value))
            }
        };
        let actual = (!values.is_empty()).then(|| {
            if is_secret(&name) {
                "set (value not shown)".to_owned()
            } else {
                let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                shown.join(" and ")
            }
        });
        CheckResult {
            failure: (!holds).then(|| {
                let is = actual.as_deref().unwrap_or("missing");
                Failure::new(format!(
                    "header {} is {is}, expected {}",
                    self.name,
                    self.expected()
                ))
            }),
            actual,
        }
    }

    /// What passes, as a noun.
    pub(super) fn expected(&self) -> String {
        match &self.predicate {
            HeaderPredicate::Present => "any value".to_owned(),
            HeaderPredicate::Absent => "no such header".to_owned(),
            HeaderPredicate::Equals(text) => format!("{text:?}"),
            HeaderPredicate::Differs(text) => format!("anything but {text:?}"),
            HeaderPredicate::Matches(pattern) => format!("text matching {pattern}"),
            HeaderPredicate::MatchesNot(pattern) => format!("text not matching {pattern}"),
        }
    }
}

impl FromStr for HeaderAssertion {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let body = text.trim_start();
        let start = text.len() - body.len();
        let (negated, body) = match body.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, body),
        };
        let name_length = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(body.len());
        let name = &body[..name_length];
        if name.is_empty() {
            let offset = start + usize::from(negated);
            return Err(SyntaxError::at(text, offset, "expected a header name"));
        }
        let rest = body[name_length..].trim_start();
        let operator_at = text.len() - rest.len();
        let predicate = if rest.is_empty() {
            if negated {
                HeaderPredicate::Absent
            } else {
                HeaderPredicate::Present
            }
        } else if negated {
            return Err(SyntaxError::at(
                text,
                operator_at,
                "expected nothing after !NAME; to reject a value, write NAME != value",
            ));
        } else {
            predicate(text, rest, operator_at)?
        };
        Ok(Self {
            name: name.to_owned(),
            predicate,
        })
    }
}

fn predicate(text: &str, rest: &str, offset: usize) -> Result<HeaderPredicate, SyntaxError> {
    let operator = ["==", "=~", "!=", "!~", "=", "~"]
        .into_iter()
        .find(|operator| rest.starts_with(operator))
        .ok_or_else(|| SyntaxError::at(text, offset, "expected =, !=, ~ or !~"))?;
    let untrimmed = &rest[operator.len()..];
    operator::check_end(operator, untrimmed)
        .map_err(|expected| SyntaxError::at(text, text.len() - untrimmed.len(), expected))?;
    let value = untrimmed.trim();
    let value_at = text.len() - untrimmed.trim_start().len();
    if value.is_empty() {
        return Err(SyntaxError::at(text, value_at, "expected a value"));
    }
    // `~ 'self'` looks for a source of Content-Security-Policy, quotes and all.
    if !operator.ends_with('~') && operator::is_quoted(value) {
        return Err(SyntaxError::at(
            text,
            value_at,
            "expected a value without such quotes around it",
        ));
    }
    let pattern = || {
        value
            .parse::<Pattern>()
            .map_err(|error| error.after(&text[..value_at]))
    };
    Ok(match operator {
        "!=" => HeaderPredicate::Differs(value.to_owned()),
        "~" | "=~" => HeaderPredicate::Matches(pattern()?),
        "!~" => HeaderPredicate::MatchesNot(pattern()?),
        _ => HeaderPredicate::Equals(value.to_owned()),
    })
}

impl fmt::Display for HeaderAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.predicate {
            HeaderPredicate::Present => f.write_str(name),
            HeaderPredicate::Absent => write!(f, "!{name}"),
            HeaderPredicate::Equals(text) => write!(f, "{name} = {text}"),
            HeaderPredicate::Differs(text) => write!(f, "{name} != {text}"),
            HeaderPredicate::Matches(pattern) => write!(f, "{name} ~ {pattern}"),
            HeaderPredicate::MatchesNot(pattern) => write!(f, "{name} !~ {pattern}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderAssertion;
    use crate::response::Response;

    fn reason(assertion: &str, headers: &[(&str, &str)]) -> Option<String> {
        let response = Response {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect(),
            ..Response::example()
        };
        let assertion: HeaderAssertion = assertion.parse().unwrap();
        assert_eq!(assertion.to_string().parse(), Ok(assertion.clone()));
        assertion
            .evaluate(&response)
            .failure
            .map(|failure| failure.reason)
    }

    #[test]
    fn one_matching_value_is_enough_and_negations_allow_none() {
        let headers = &[
            ("x-model", "resnet"),
            ("x-model", "bert"),
            ("server", "uvicorn"),
        ];
        for holds in [
            "X-Model",
            "!X-Error",
            "X-Model = bert",
            "x-model==resnet",
            "X-Model ~ ^b",
            "X-Model =~ t$",
            "X-Model != gpt",
            "X-Model !~ ^g",
            "X-Error != boom",
            "X-Error !~ .",
        ] {
            assert_eq!(reason(holds, headers), None, "{holds}");
        }
        for (fails, message) in [
            ("X-Error", "header X-Error is missing, expected any value"),
            (
                "!Server",
                "header Server is \"uvicorn\", expected no such header",
            ),
            (
                "Server = nginx",
                "header Server is \"uvicorn\", expected \"nginx\"",
            ),
            (
                "X-Model != bert",
                "header X-Model is \"resnet\" and \"bert\", expected anything but \"bert\"",
            ),
            (
                "Server ~ ^ng",
                "header Server is \"uvicorn\", expected text matching ^ng",
            ),
            (
                "X-Model !~ ^b",
                "header X-Model is \"resnet\" and \"bert\", expected text not matching ^b",
            ),
            (
                "X-Error = boom",
                "header X-Error is missing, expected \"boom\"",
            ),
            (
                "X-Error ~ .",
                "header X-Error is missing, expected text matching .",
            ),
        ] {
            assert_eq!(reason(fails, headers).as_deref(), Some(message), "{fails}");
        }
    }

    #[test]
    fn credentials_are_not_printed() {
        assert_eq!(
            reason("!Set-Cookie", &[("set-cookie", "session=s3cr3t")]).as_deref(),
            Some("header Set-Cookie is set (value not shown), expected no such header")
        );
    }

    #[test]
    fn rejects_anything_else_with_its_column() {
        for (text, message) in [
            ("", "column 1: expected a header name"),
            ("!", "column 2: expected a header name"),
            ("= x", "column 1: expected a header name"),
            ("Server: x", "column 7: expected =, !=, ~ or !~"),
            ("Server <= x", "column 8: expected =, !=, ~ or !~"),
            ("Server =", "column 9: expected a value"),
            (
                "!Server = x",
                "column 9: expected nothing after !NAME; to reject a value, write NAME != value",
            ),
            (
                "Server ~ a(",
                "column 10: expected a regular expression: found open group without closing ')'",
            ),
        ] {
            assert_eq!(
                text.parse::<HeaderAssertion>().unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }
}
