//! `--expect-body`, `--expect-body-regex`, `--reject-body-regex`: checks of the
//! body as text.

use std::fmt;

use super::encoding::Encoding;
use super::pattern::Pattern;
use super::result::{CheckResult, ExplainedBy, Failure};
use crate::response::{Body, BodyEnd};
use crate::text::truncate;

/// The maximum length of a body whose white space is looked at, in bytes.
const MAX_EXAMINED: usize = 16 << 10;

/// The maximum length of white space in a reason, in bytes.
const MAX_WHITE_SPACE: usize = 8;

/// What the body must or must not contain. Bytes that are not UTF-8 are read as U+FFFD.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyCheck {
    /// The body contains this text.
    Contains(String),
    /// The expression matches anywhere in the body.
    Matches(Pattern),
    /// The expression does not match anywhere in the body.
    Rejects(Pattern),
}

impl BodyCheck {
    pub(super) fn evaluate(&self, body: &Body) -> CheckResult {
        // In bytes that are not its text, what is rejected is never found.
        if let Some(encoding) = Encoding::of(&body.bytes) {
            let reason = format!("body {encoding}");
            return CheckResult::failed(Failure::explained_by_body(reason));
        }
        let text = String::from_utf8_lossy(&body.bytes);
        let holds = match (self, &body.end) {
            // The text may be in what was read before the error.
            (Self::Contains(expected), end) => {
                let contains = text.contains(expected.as_str());
                match end {
                    BodyEnd::Failed(error) if !contains => return error.into(),
                    _ => contains,
                }
            }
            (_, BodyEnd::Failed(error)) => return error.into(),
            (Self::Matches(pattern), _) => pattern.is_match(&text),
            (Self::Rejects(pattern), _) => !pattern.is_match(&text),
        };
        CheckResult {
            actual: None,
            failure: (!holds).then(|| {
                let failure = Failure::explained_by_body(self.reason(&text));
                match self.differing_white_space(&text) {
                    Some(difference) => Failure {
                        reason: format!("{}: {difference}", failure.reason),
                        explained_by: ExplainedBy::WhiteSpace,
                        ..failure
                    },
                    None => failure,
                }
            }),
        }
    }

    /// What is different if the check would hold but for white space: `$` does not match
    /// before a final line feed, as it does in grep.
    fn differing_white_space(&self, text: &str) -> Option<String> {
        if text.is_empty() || text.len() > MAX_EXAMINED {
            return None;
        }
        match self {
            Self::Contains(expected) => words(text)
                .contains(&words(expected))
                .then(|| "its white space differs".to_owned()),
            Self::Matches(pattern) if pattern.is_match(text.trim()) => Some(ends(text)),
            Self::Matches(pattern) => pattern
                .is_match(&words(text))
                .then(|| "its white space differs".to_owned()),
            Self::Rejects(_) => None,
        }
    }

    /// What passes, as a noun.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Contains(text) => format!("text containing {text:?}"),
            Self::Matches(pattern) => format!("text matching {pattern}"),
            Self::Rejects(pattern) => format!("text not matching {pattern}"),
        }
    }

    fn reason(&self, text: &str) -> String {
        if text.is_empty() {
            return format!("body is empty, expected {}", self.expected());
        }
        match self {
            Self::Contains(expected) => format!("body does not contain {expected:?}"),
            Self::Matches(pattern) => format!("body does not match {pattern}"),
            Self::Rejects(pattern) => {
                let matched = pattern.first_match(text).unwrap_or_default();
                format!("body contains {matched:?}, rejected by {pattern}")
            }
        }
    }
}

/// The words of a text, with single spaces between them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The white space at both ends of a text: `it ends with "\n"`.
fn ends(text: &str) -> String {
    let start = &text[..text.len() - text.trim_start().len()];
    let end = &text[text.trim_end().len()..];
    let quoted = |text| format!("{:?}", truncate(text, MAX_WHITE_SPACE));
    match (start, end) {
        ("", end) => format!("it ends with {}", quoted(end)),
        (start, "") => format!("it begins with {}", quoted(start)),
        (start, end) if start.len() + end.len() <= text.len() => {
            format!(
                "it begins with {} and ends with {}",
                quoted(start),
                quoted(end)
            )
        }
        _ => format!("it is {}", quoted(text)),
    }
}

impl fmt::Display for BodyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => f.write_str(text),
            Self::Matches(pattern) | Self::Rejects(pattern) => pattern.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BodyCheck;
    use crate::response::{Body, BodyEnd, BodyError};

    fn reason(check: &BodyCheck, bytes: &[u8], end: BodyEnd) -> Option<String> {
        let body = Body {
            bytes: bytes.to_vec(),
            end,
        };
        check.evaluate(&body).failure.map(|failure| failure.reason)
    }

    #[test]
    fn text_and_expressions_are_searched() {
        let contains = BodyCheck::Contains("ready".into());
        let matches = BodyCheck::Matches("^rea.y$".parse().unwrap());
        let rejects = BodyCheck::Rejects("err(or)?".parse().unwrap());
        for check in [&contains, &matches, &rejects] {
            assert_eq!(reason(check, b"ready", BodyEnd::Complete), None);
        }
        assert_eq!(
            reason(&contains, b"loading", BodyEnd::Complete).as_deref(),
            Some("body does not contain \"ready\"")
        );
        assert_eq!(
            reason(&matches, b"loading", BodyEnd::Complete).as_deref(),
            Some("body does not match ^rea.y$")
        );
        assert_eq!(
            reason(&rejects, b"an error", BodyEnd::Complete).as_deref(),
            Some("body contains \"error\", rejected by err(or)?")
        );
        assert_eq!(
            reason(&matches, b"", BodyEnd::Complete).as_deref(),
            Some("body is empty, expected text matching ^rea.y$")
        );
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_searched_too() {
        let contains = BodyCheck::Contains("ready".into());
        assert_eq!(
            reason(&contains, b"\xff\xfe ready", BodyEnd::Complete),
            None
        );
    }

    #[test]
    fn a_truncated_body_fails_unless_it_contains_the_text() {
        let truncated = BodyEnd::Failed(BodyError::Truncated {
            received: 5,
            content_length: Some(9),
        });
        let contains = BodyCheck::Contains("rea".into());
        assert_eq!(reason(&contains, b"ready", truncated.clone()), None);
        let rejects = BodyCheck::Rejects("error".parse().unwrap());
        assert_eq!(
            reason(&rejects, b"ready", truncated).as_deref(),
            Some("body cut short after 5 of 9 bytes")
        );
    }
}
