//! The error of every grammar of the command line.

use std::fmt;

/// A value that does not follow its grammar: the column, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The column, in characters, from 1.
    pub column: usize,
    /// What was expected, as a clause: `expected a number`.
    pub expected: String,
}

impl SyntaxError {
    /// An error at a byte offset of `text`.
    #[must_use]
    pub fn at(text: &str, offset: usize, expected: impl Into<String>) -> Self {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        Self {
            column: text[..offset].chars().count() + 1,
            expected: expected.into(),
        }
    }

    /// The same error in a text that begins with `prefix`.
    #[must_use]
    pub fn after(mut self, prefix: &str) -> Self {
        self.column += prefix.chars().count();
        self
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.expected)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests {
    use super::SyntaxError;

    #[test]
    fn columns_count_characters() {
        let error = SyntaxError::at("é=x", 3, "expected y");
        assert_eq!(error.to_string(), "column 3: expected y");
        assert_eq!(error.after("ab").column, 5);
    }
}
