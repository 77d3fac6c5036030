//! Part of a text that knows its column in the whole.

use crate::syntax::SyntaxError;

#[derive(Clone, Copy)]
pub(super) struct Span<'a> {
    whole: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Span<'a> {
    pub(super) fn of(whole: &'a str) -> Self {
        Self {
            whole,
            start: 0,
            end: whole.len(),
        }
    }

    pub(super) fn text(self) -> &'a str {
        &self.whole[self.start..self.end]
    }

    pub(super) fn trimmed(self) -> Self {
        let text = self.text();
        let start = match text.trim_start().len() {
            0 => self.start,
            length => self.end - length,
        };
        Self {
            start,
            end: start + text.trim().len(),
            ..self
        }
    }

    pub(super) fn split_at(self, offset: usize) -> (Self, Self) {
        let middle = self.start + offset;
        (
            Self {
                end: middle,
                ..self
            },
            Self {
                start: middle,
                ..self
            },
        )
    }

    pub(super) fn skip(self, bytes: usize) -> Self {
        Self {
            start: self.start + bytes,
            ..self
        }
    }

    pub(super) fn error(self, offset: usize, expected: impl Into<String>) -> SyntaxError {
        SyntaxError::at(self.whole, self.start + offset, expected)
    }
}
