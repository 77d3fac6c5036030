//! Errors of ureq and the standard library → `FetchError`.
//!
//! A `FetchError` passes through both unchanged, as the inner error of theirs.

use std::{fmt, io};

use super::context::Context;
use super::head::find_invalid_line;
use crate::response::{BodyError, Ending, FetchError, MAX_SHOWN};
use crate::upstream::{is_about_content_length, strip_parser_name};

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
        ureq::Error::Protocol(error) => {
            let reason = strip_parser_name(&error.to_string()).to_owned();
            invalid_head(reason, &context.lock_connection().head)
        }
        ureq::Error::LargeResponseHeader(..) => FetchError::NotHttp {
            reason: "headers longer than 64 KiB".to_owned(),
            start: shown(&context.lock_connection().head),
        },
        other => FetchError::Other(other.to_string()),
    }
}

/// Why this head of a response cannot be read.
fn invalid_head(reason: String, head: &[u8]) -> FetchError {
    if is_tls_alert(head) {
        return FetchError::SpeaksTls;
    }
    if is_http2_settings(head) {
        return FetchError::SpeaksHttp2;
    }
    match find_invalid_line(head, is_about_content_length(&reason)) {
        Some(line) => FetchError::InvalidLine {
            reason,
            line: shown(line),
        },
        None => FetchError::NotHttp {
            reason,
            start: shown(head),
        },
    }
}

fn shown(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(MAX_SHOWN)].to_vec()
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
        FetchError::Chunk(error) => BodyError::Malformed(error),
        other => BodyError::Other(Box::new(other)),
    }
}

/// Whether a response begins with a SETTINGS frame of the connection, as every one of HTTP/2
/// does: the length in three bytes, the type, flags, and the stream 0 (RFC 9113, section 3.4).
fn is_http2_settings(start: &[u8]) -> bool {
    matches!(start, [0, _, _, 4, 0, 0, 0, 0, 0, ..])
}

/// Whether a response begins as a TLS alert does (RFC 8446, section 5.1).
fn is_tls_alert(start: &[u8]) -> bool {
    start.starts_with(&[0x15, 0x03])
}
