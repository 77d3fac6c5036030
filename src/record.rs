//! `--write-baseline`: records the response of a probe whose checks all hold.

use std::{fmt, io};

use crate::check::json::{Ignored, RecordingError};
use crate::check::{ExplainedBy, Failure, Outcome, Subject};
use crate::files;
use crate::response::{Advice, BodyEnd, BodyError, Response};
use crate::upstream;

/// Where to record a response.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The file.
    pub path: String,
    /// The nodes that are not recorded.
    pub ignored: Ignored,
}

/// Why a response was not recorded.
#[derive(Debug)]
enum WriteError<'r> {
    Busy(u16),
    Body(&'r BodyError),
    Recording(RecordingError),
    Serialize(serde_json::Error),
    File { path: &'r str, error: io::Error },
}

impl Recording {
    /// Replaces the file by the body as indented JSON, atomically.
    #[must_use]
    pub fn write(&self, response: &Response) -> Outcome<'_> {
        let advice = match &response.body.end {
            BodyEnd::Failed(error) => error.advice(),
            _ => None,
        };
        self.outcome(self.try_write(response).err(), advice)
    }

    /// The outcome when a busy server refuses the request: a failure, because the user needs
    /// the file, and so that `--wait` goes on until there is a response to record.
    #[must_use]
    pub fn refuse_busy(&self, status: u16) -> Outcome<'_> {
        self.outcome(Some(WriteError::Busy(status)), None)
    }

    fn outcome(&self, error: Option<WriteError>, advice: Option<Advice>) -> Outcome<'_> {
        Outcome {
            subject: Subject::Recording(&self.path),
            actual: None,
            failure: error.map(|error| Failure {
                reason: error.to_string(),
                explained_by: ExplainedBy::Reason,
                advice,
            }),
        }
    }

    fn try_write<'r>(&'r self, response: &'r Response) -> Result<(), WriteError<'r>> {
        if let BodyEnd::Failed(error) = &response.body.end {
            return Err(WriteError::Body(error));
        }
        let recording = self
            .ignored
            .recording(response)
            .map_err(WriteError::Recording)?;
        let mut text = serde_json::to_string_pretty(&recording).map_err(WriteError::Serialize)?;
        text.push('\n');
        files::replace(&self.path, text.as_bytes()).map_err(|error| WriteError::File {
            path: &self.path,
            error,
        })
    }
}

impl fmt::Display for WriteError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(status) => write!(
                f,
                "status {status} means busy, so there is no response to record"
            ),
            Self::Body(error) => error.fmt(f),
            Self::Recording(error @ RecordingError::NonFinite { .. }) => {
                write!(f, "{error} (--ignore leaves it out)")
            }
            Self::Recording(error) => error.fmt(f),
            Self::Serialize(error) => error.fmt(f),
            Self::File { path, error } => {
                write!(
                    f,
                    "cannot write {path}: {}",
                    upstream::strip_os_error(error)
                )
            }
        }
    }
}

impl std::error::Error for WriteError<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Busy(_) => None,
            Self::Body(error) => Some(*error),
            Self::Recording(error) => Some(error),
            Self::Serialize(error) => Some(error),
            Self::File { error, .. } => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Recording, WriteError};
    use crate::check::json::Ignored;
    use crate::response::{Advice, Body, BodyEnd, BodyError, Response};
    use std::error::Error;

    #[test]
    fn an_error_says_why_and_has_its_source() {
        let recording = Recording {
            path: "/no/such/folder/b.json".into(),
            ignored: Ignored::default(),
        };
        let truncated = BodyEnd::Failed(BodyError::Truncated {
            received: 1,
            content_length: Some(2),
        });
        for (bytes, end, reason) in [
            ("{", truncated, "body cut short after 1 of 2 bytes"),
            (
                "<p>",
                BodyEnd::Complete,
                "body is not JSON: it looks like HTML or XML at line 1 column 1",
            ),
            (
                "[NaN]",
                BodyEnd::Complete,
                "[0] is NaN; only finite numbers can be recorded (--ignore leaves it out)",
            ),
            (
                "{}",
                BodyEnd::Complete,
                "cannot write /no/such/folder/b.json: No such file or directory",
            ),
        ] {
            let body = Body {
                bytes: bytes.into(),
                end,
            };
            let response = Response {
                body,
                ..Response::example()
            };
            let error: WriteError = recording.try_write(&response).unwrap_err();
            assert_eq!(error.to_string(), reason);
            assert!(error.source().is_some());
        }
    }

    #[test]
    fn a_body_that_is_too_long_comes_with_advice() {
        let recording = Recording {
            path: "/no/such/folder/b.json".into(),
            ignored: Ignored::default(),
        };
        let body = Body {
            bytes: b"{".to_vec(),
            end: BodyEnd::Failed(BodyError::TooLong { limit: 1000 }),
        };
        let response = Response {
            body,
            ..Response::example()
        };
        let failure = recording.write(&response).failure.unwrap();
        assert_eq!(failure.reason, "body is longer than 1000 bytes");
        assert_eq!(failure.advice, Some(Advice::RaiseBodyLimit));
    }
}
