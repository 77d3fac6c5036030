//! The body of a response, read as far as it is needed.

use std::io::{self, Read};

use ureq::BodyReader;
use ureq::http::HeaderMap;

use super::content;
use super::context::Context;
use super::error;
use crate::request::{BodyPolicy, Request};
use crate::response::{Body, BodyEnd, BodyError, Response};

/// How much is read at once, and how much is kept of a body that no check needs, to
/// explain a failure: in bytes.
const PART: usize = 4096;

/// A response, and the rest of its body.
pub struct PendingResponse {
    /// What was read so far.
    pub response: Response,
    unread: UnreadBody,
}

/// The part of a body that was not needed.
pub(super) struct UnreadBody {
    reader: BodyReader<'static>,
    content_length: Option<u64>,
    /// Whether what is read next follows the last of `Body::bytes`, and may be shown.
    is_continued: bool,
}

impl PendingResponse {
    pub(super) fn new(response: Response, unread: UnreadBody) -> Self {
        Self { response, unread }
    }

    /// Reads the body to at least `bytes` bytes, or as far as it goes within the
    /// deadline. This is for an explanation only; a failure here does not change the verdict.
    /// Of a body that no check needed, there may be no more than 4 KiB, and nothing if it
    /// is compressed.
    pub fn read_excerpt(&mut self, bytes: usize) {
        let body = &mut self.response.body;
        if matches!(body.end, BodyEnd::Partial) && self.unread.is_continued {
            let is_enough = |body: &Body| body.bytes.len() >= bytes;
            let _ = self.unread.read_until(body, is_enough);
        }
    }
}

impl UnreadBody {
    pub(super) fn new(body: ureq::Body) -> Self {
        Self {
            content_length: body.content_length(),
            reader: body.into_reader(),
            is_continued: true,
        }
    }

    /// Reads what the request's checks need. A body that they do not need is read to its
    /// end too, because a response counts when it is complete.
    pub(super) fn read_needed(
        &mut self,
        request: &Request,
        headers: &HeaderMap,
        context: &Context,
    ) -> Body {
        let mut body = Body::default();
        let limit = request.max_body;
        if request.body_policy == BodyPolicy::Skip {
            let has_end = self.content_length.is_some() || content::is_chunked(headers);
            if has_end && !content::is_event_stream(headers) && limit > 0 {
                self.read_to_end(&mut body, limit, context);
                context.timeline.finished();
            }
            if limit == 0 || content::codings(headers).is_some() {
                body.bytes.clear();
                self.is_continued = false;
            }
            return body;
        }
        let codings = content::codings(headers);
        let read = match &request.body_policy {
            _ if codings.is_some() => self.read_until(&mut body, |body| !body.bytes.is_empty()),
            BodyPolicy::Skip | BodyPolicy::Full => {
                self.read_until(&mut body, |body| body.bytes.len() > limit)
            }
            BodyPolicy::UntilFound(texts) => {
                let mut missing: Vec<(&[u8], usize)> =
                    texts.iter().map(|text| (text.as_bytes(), 0)).collect();
                self.read_until(&mut body, |body| {
                    missing
                        .retain_mut(|(text, searched)| !contains_from(&body.bytes, text, searched));
                    missing.is_empty() || body.bytes.len() > limit
                })
            }
        };
        let received = body.bytes.len();
        if let Some(codings) = codings.filter(|_| received > 0) {
            body.bytes.clear();
            body.end = BodyEnd::Failed(BodyError::Encoded { codings });
        } else if let Some(encoding) = content::unicode_encoding(headers, &body.bytes) {
            body.bytes.clear();
            body.end = BodyEnd::Failed(BodyError::NotUtf8 { encoding });
        } else if let Err(error) = read {
            body.end = self.failed(error, received, context);
        } else if received > limit {
            body.bytes.truncate(limit);
            body.end = BodyEnd::Failed(BodyError::TooLong { limit });
        }
        context.timeline.finished();
        body
    }

    /// Reads to the end, or `limit` bytes if that is less, and keeps the first `PART`.
    fn read_to_end(&mut self, body: &mut Body, limit: usize, context: &Context) {
        let mut part = [0; PART];
        let mut received = 0;
        while received < limit {
            match self.reader.read(&mut part) {
                Ok(0) => {
                    if self.is_continued {
                        body.end = BodyEnd::Complete;
                    }
                    return;
                }
                Ok(read) => {
                    received += read;
                    let kept = read.min(PART - body.bytes.len());
                    body.bytes.extend_from_slice(&part[..kept]);
                    self.is_continued &= kept == read;
                }
                Err(error) => {
                    body.end = self.failed(error, received, context);
                    return;
                }
            }
        }
    }

    fn failed(&self, error: io::Error, received: usize, context: &Context) -> BodyEnd {
        let error = error::from_body(error, received, self.content_length, context);
        BodyEnd::Failed(error)
    }

    /// Reads until there is enough or nothing more.
    fn read_until(
        &mut self,
        body: &mut Body,
        mut is_enough: impl FnMut(&Body) -> bool,
    ) -> io::Result<()> {
        // Of a short body no more than it can have is zeroed, and one byte for its end.
        let length = self.content_length.and_then(|it| usize::try_from(it).ok());
        let mut part = vec![0; length.map_or(PART, |length| length.min(PART - 1) + 1)];
        while !is_enough(body) {
            match self.reader.read(&mut part)? {
                0 => {
                    body.end = BodyEnd::Complete;
                    break;
                }
                read => body.bytes.extend_from_slice(&part[..read]),
            }
        }
        Ok(())
    }
}

/// Whether `bytes` contain `text`. The first `searched` bytes were searched before.
fn contains_from(bytes: &[u8], text: &[u8], searched: &mut usize) -> bool {
    let from = searched.saturating_sub(text.len());
    *searched = bytes.len();
    bytes[from..]
        .windows(text.len())
        .any(|window| window == text)
}
