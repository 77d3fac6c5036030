//! What was read of a response's body, and why the rest was not.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::advice::Advice;
use super::chunk::ChunkError;
use super::error::FetchError;
use crate::{duration, size};

/// What was read of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The bytes, from the first.
    pub bytes: Vec<u8>,
    /// What follows the last of `bytes`.
    pub end: BodyEnd,
}

/// Where reading a body ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BodyEnd {
    /// Where enough was read; more may follow.
    #[default]
    Partial,
    /// At the end of the body.
    Complete,
    /// Where the rest could not be read.
    Failed(BodyError),
}

/// Why the body could not be read as far as a check needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// The deadline passed.
    TimedOut {
        /// The deadline of the whole probe.
        after: Duration,
        /// The number of bytes received.
        received: usize,
    },
    /// The connection ended before the body did.
    Truncated {
        /// The number of bytes received.
        received: usize,
        /// The number of bytes announced.
        content_length: Option<u64>,
    },
    /// TLS ended without `close_notify`, and nothing else marks the end of the body.
    MissingCloseNotify {
        /// The number of bytes received.
        received: usize,
    },
    /// The body is longer than allowed.
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body is encoded, although only `identity` was asked for.
    Encoded {
        /// The names of the codings.
        codings: String,
    },
    /// The body is text in another encoding than UTF-8.
    NotUtf8 {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// The chunks of the body are malformed.
    Malformed(ChunkError),
    /// Anything else.
    Other(Box<FetchError>),
}

impl BodyError {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        matches!(self, Self::TooLong { .. }).then_some(Advice::RaiseBodyLimit)
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { after, received } => write!(
                f,
                "timed out after {} reading the body, {received} bytes so far",
                duration::format_exact(*after)
            ),
            Self::Truncated {
                received,
                content_length: Some(content_length),
            } => write!(
                f,
                "body cut short after {received} of {content_length} bytes"
            ),
            Self::Truncated { received, .. } => {
                write!(f, "body cut short after {received} bytes")
            }
            Self::MissingCloseNotify { received } => write!(
                f,
                "body cut short after {received} bytes, or the server closed TLS without its close_notify"
            ),
            Self::TooLong { limit } => {
                write!(f, "body is longer than {}", size::format_exact(*limit))
            }
            Self::Encoded { codings } => {
                write!(f, "body is {codings}-encoded, which was not asked for")
            }
            Self::NotUtf8 { encoding } => write!(f, "body is {encoding}, expected UTF-8"),
            Self::Malformed(error) => write!(f, "body cannot be read: {error}"),
            Self::Other(error) => write!(f, "body cannot be read: {error}"),
        }
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Other(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}
