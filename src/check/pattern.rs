//! Regular expressions, as all checks use them: matching takes linear time, and
//! classes such as `\d` are ASCII.

use std::fmt;
use std::str::FromStr;

use regex_lite::Regex;

use crate::syntax::SyntaxError;

/// A regular expression that matches anywhere in a text unless it is anchored.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Whether it matches anywhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The first match.
    #[must_use]
    pub fn first_match<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.find(text).map(|matched| matched.as_str())
    }
}

impl FromStr for Pattern {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        if text.is_empty() {
            return Err(SyntaxError::at(text, 0, "expected a regular expression"));
        }
        // The crate says what is wrong, but not where.
        Regex::new(text).map(Self).map_err(|error| {
            SyntaxError::at(text, 0, format!("expected a regular expression: {error}"))
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn an_invalid_expression_is_an_error_with_its_reason() {
        assert_eq!(
            "a(".parse::<Pattern>().unwrap_err().to_string(),
            "column 1: expected a regular expression: found open group without closing ')'"
        );
        assert_eq!(
            "".parse::<Pattern>().unwrap_err().to_string(),
            "column 1: expected a regular expression"
        );
    }
}
