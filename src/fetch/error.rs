//! Errors of ureq and the standard library → `FetchError`.
//!
//! A `FetchError` passes through both unchanged, as the inner error of theirs.

use std::{fmt, io};

use super::context::Context;
use crate::response::{BodyError, Ending, FetchError};
use crate::upstream::strip_parser_name;

/// What is inside their errors. As `FetchError` itself it would need its derived `Debug`,
/// and that of everything in it, in the executable: 6 kB.
struct Carried(FetchError);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Carried {}

pub(super) fn into_ureq_error(error: FetchError) -> ureq::Error {
    ureq::Error::Other(Box::new(Carried(error)))
}

pub(super) fn into_io_error(error: FetchError) -> io::Error {
    io::Error::other(Carried(error))
}

pub(super) fn into_fetch_error(error: io::Error) -> FetchError {
    match error.downcast::<Carried>() {
        Ok(Carried(error)) => error,
        Err(error) => FetchError::Io(error.into()),
    }
}

/// Why ureq has no response.
pub(super) fn from_ureq(error: ureq::Error, context: &Context) -> FetchError {
    let start = || context.connection().start.clone();
    match error {
        ureq::Error::Other(other) => match other.downcast::<Carried>() {
            Ok(carried) => carried.0,
            Err(other) => FetchError::Other(other.to_string()),
        },
        // ureq's own; a reset is reported by our transport, as a `FetchError`.
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            context.ended(Ending::Closed)
        }
        ureq::Error::Io(error) => FetchError::Io(error.into()),
        ureq::Error::Protocol(_) if is_tls_alert(&start()) => FetchError::SpeaksTls,
        ureq::Error::Protocol(_) if is_http2(&start()) => FetchError::SpeaksHttp2,
        ureq::Error::Protocol(error) => FetchError::NotHttp {
            reason: strip_parser_name(&error.to_string()).to_owned(),
            start: start(),
        },
        ureq::Error::LargeResponseHeader(..) => FetchError::NotHttp {
            reason: "headers longer than 64 KiB".to_owned(),
            start: start(),
        },
        other => FetchError::Other(other.to_string()),
    }
}

/// Why the rest of a body could not be read.
pub(super) fn from_body(
    error: io::Error,
    received: usize,
    content_length: Option<u64>,
    context: &Context,
) -> BodyError {
    match from_ureq(error.into(), context) {
        FetchError::TimedOut { after, .. } => BodyError::TimedOut { after, received },
        FetchError::Closed {
            ending: Ending::MissingCloseNotify,
            ..
        } if content_length.is_none() => BodyError::MissingCloseNotify { received },
        FetchError::Closed { .. } => BodyError::Truncated {
            received,
            content_length,
        },
        FetchError::NotHttp { reason, .. } => BodyError::Malformed(reason),
        other => BodyError::Other(Box::new(other)),
    }
}

/// Whether a response begins as a TLS alert does (RFC 8446, section 5.1).
fn is_tls_alert(start: &[u8]) -> bool {
    start.starts_with(&[0x15, 0x03])
}

/// Whether a response begins as HTTP/2 does, with a SETTINGS frame: its length, type 4, no
/// flags, stream 0 (RFC 9113, sections 3.4, 4.1 and 6.5).
fn is_http2(start: &[u8]) -> bool {
    matches!(start, [0, _, _, 4, 0, 0, 0, 0, 0, ..])
}
