//! The arguments, and what reading their values takes.

use std::error::Error;

use super::error::{Mismatch, PlanError};
use crate::args::Args;
use crate::args::env::Environment;
use crate::args::flags::{Content, Flag, Value, Values};
use crate::inputs::{Input, ReadInput};
use crate::request::url::redact;
use crate::syntax::SyntaxError;

/// Makes the parts of a plan.
pub(super) struct Planner<'a> {
    pub(super) args: &'a Args,
    pub(super) environment: &'a Environment,
    pub(super) read: &'a ReadInput<'a>,
}

impl Planner<'_> {
    /// Parses the value of a flag, if it has one.
    pub(super) fn parse<T>(
        &self,
        flag: Flag<Value>,
        parse: impl FnOnce(&str) -> Result<T, SyntaxError>,
    ) -> Result<Option<T>, PlanError> {
        let parsed = |text| parse(text).map_err(|error| self.syntax_error(flag, text, error));
        self.args.value(flag).map(parsed).transpose()
    }

    /// Parses each value of a repeatable flag.
    pub(super) fn parse_all<T>(
        &self,
        flag: Flag<Values>,
        parse: impl Fn(&str) -> Result<T, SyntaxError>,
    ) -> impl Iterator<Item = Result<T, PlanError>> {
        self.args
            .values(flag)
            .map(move |text| parse(text).map_err(|error| self.syntax_error(flag, text, error)))
    }

    /// The path of a file to write, if the flag has one.
    pub(super) fn output_path(&self, flag: Flag<Value>) -> Result<Option<String>, PlanError> {
        self.parse(flag, path)
    }

    /// Reads the file that a flag names.
    pub(super) fn read_file<A>(&self, flag: Flag<A>, path: &str) -> Result<Vec<u8>, PlanError> {
        self.read_input(flag, Input::File(path))
    }

    /// Reads the file that a flag names, or standard input.
    pub(super) fn read_input<A>(&self, flag: Flag<A>, input: Input) -> Result<Vec<u8>, PlanError> {
        if input == Input::File("") {
            return Err(PlanError::MissingPath(self.args.origin(flag)));
        }
        (self.read)(input, self.args.input_timeout()).map_err(|error| PlanError::Unreadable {
            origin: self.args.origin(flag),
            input: input.to_string(),
            error,
        })
    }

    /// Reads a file that has to be text.
    pub(super) fn read_text<A>(&self, flag: Flag<A>, path: &str) -> Result<String, PlanError> {
        let bytes = self.read_file(flag, path)?;
        // Editors on Windows begin a file with a byte order mark.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        String::from_utf8(text.to_vec())
            .map_err(|_| self.content_error(flag, path, "expected text in UTF-8"))
    }

    /// An error that shows as much of a value as its flag allows.
    pub(super) fn syntax_error<A>(
        &self,
        flag: Flag<A>,
        text: &str,
        error: SyntaxError,
    ) -> PlanError {
        PlanError::Syntax {
            origin: self.args.origin(flag),
            shown: match flag.content {
                Content::Text | Content::Path => Some(text.to_owned()),
                Content::Url => Some(redact(text)),
                Content::Secret => None,
            },
            error,
        }
    }

    /// An error about what a file or the config holds.
    pub(super) fn content_error<A>(
        &self,
        flag: Flag<A>,
        name: &str,
        error: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> PlanError {
        PlanError::Content {
            origin: self.args.origin(flag),
            name: name.to_owned(),
            error: error.into(),
        }
    }

    /// An error about a flag that does not go with the others.
    pub(super) fn mismatch<A>(&self, flag: Flag<A>, mismatch: Mismatch) -> PlanError {
        PlanError::Mismatch(self.args.origin(flag), mismatch)
    }
}

/// The path of a file.
///
/// # Errors
/// An empty one.
pub(super) fn path(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected the name of a file"));
    }
    Ok(text.to_owned())
}
