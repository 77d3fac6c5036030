//! Why bytes are not JSON.

use std::fmt;

use serde_json::error::Category;

use super::lookalike::Lookalike;
use crate::check::encoding::Encoding;
use crate::response::Advice;
use crate::upstream;

/// `serde_json`'s limit, which protects the stack.
const MAX_DEPTH: usize = 128;

/// Bytes that are not one JSON text (RFC 8259). The `Display` is a clause without its
/// subject, `is not JSON: trailing comma at line 1 column 8`; the caller says whether
/// that is the body or the baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// The line of the error, from 1; 0 if it is none in particular.
    pub line: usize,
    /// Its column in bytes, from 1.
    pub column: usize,
    /// The number of the document in a stream, from 1; 0 if it is not in one.
    pub document: usize,
}

/// What is wrong with a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// There are no bytes.
    Empty,
    /// There is only white space.
    Blank,
    /// It starts as HTML or XML does.
    Markup,
    /// It is compressed (RFC 1952).
    Gzip,
    /// It is in UTF-16.
    Utf16,
    /// It ends too early.
    Truncated,
    /// It is nested too deep.
    TooDeep,
    /// More follows the JSON text.
    Trailing,
    /// It is in another format.
    Lookalike(Lookalike),
    /// The framing of the stream is broken: a clause.
    Framing(&'static str),
    /// Any other syntax error, in `serde_json`'s words.
    Syntax(String),
}

impl JsonError {
    /// `column` is the one of the error in `text`, which `serde_json` may have read in
    /// another form.
    pub(super) fn new(text: &[u8], error: &serde_json::Error, column: usize) -> Self {
        Self {
            kind: JsonErrorKind::new(text, error),
            line: error.line(),
            column,
            document: 0,
        }
    }

    /// An error at the beginning of this line; 0 is the whole document.
    pub(super) fn at_line(line: usize, kind: JsonErrorKind) -> Self {
        Self {
            kind,
            line,
            column: 1,
            document: 0,
        }
    }

    /// What the user can do about it.
    pub(super) fn advice(&self) -> Option<Advice> {
        match self.kind {
            JsonErrorKind::Lookalike(format) => Some(format.advice()),
            _ => None,
        }
    }
}

impl JsonErrorKind {
    fn new(text: &[u8], error: &serde_json::Error) -> Self {
        if let Some(encoding) = Encoding::of(text) {
            return encoding.into();
        }
        let start = text.trim_ascii_start();
        if let Some(format) = Lookalike::of(start) {
            return Self::Lookalike(format);
        }
        match start {
            [] if text.is_empty() => Self::Empty,
            [] => Self::Blank,
            [b'<', ..] => Self::Markup,
            _ if error.classify() == Category::Eof => Self::Truncated,
            _ if upstream::is_too_deep(error) => Self::TooDeep,
            _ if upstream::has_trailing_characters(error) => {
                if Lookalike::is_lines(text) {
                    Self::Lookalike(Lookalike::Lines)
                } else {
                    Self::Trailing
                }
            }
            _ => Self::Syntax(upstream::strip_position(error)),
        }
    }
}

impl From<Encoding> for JsonErrorKind {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Gzip => Self::Gzip,
            Encoding::Utf16 => Self::Utf16,
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            JsonErrorKind::Empty => return f.write_str("is empty, expected JSON"),
            JsonErrorKind::Blank => return f.write_str("is blank, expected JSON"),
            JsonErrorKind::Markup => f.write_str("is not JSON: it looks like HTML or XML")?,
            JsonErrorKind::Gzip => {
                f.write_str("is not JSON: it is gzip, which was not asked for,")?;
            }
            JsonErrorKind::Utf16 => {
                f.write_str("is not JSON: it looks like UTF-16, expected UTF-8,")?;
            }
            JsonErrorKind::Truncated => f.write_str("is not JSON: it is cut short")?,
            JsonErrorKind::TooDeep => write!(f, "is nested deeper than {MAX_DEPTH} levels")?,
            JsonErrorKind::Lookalike(format) => {
                write!(f, "is not JSON: it looks like {}", format.name())?;
            }
            JsonErrorKind::Framing(clause) => f.write_str(clause)?,
            JsonErrorKind::Trailing => f.write_str("is not one JSON document: more follows")?,
            JsonErrorKind::Syntax(error) => write!(f, "is not JSON: {error}")?,
        }
        if self.line > 0 {
            write!(f, " at line {} column {}", self.line, self.column)?;
        }
        match self.document {
            0 => Ok(()),
            number => write!(f, " in document {number}"),
        }
    }
}

impl std::error::Error for JsonError {}
