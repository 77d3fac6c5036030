//! The body of a response, read as far as the checks need it.

use std::io::{self, Read};

use ureq::BodyReader;

use super::context::Context;
use super::error;
use crate::request::{BodyPolicy, Request};
use crate::response::{Body, BodyEnd, BodyError, Response};

/// A response, and the rest of its body.
pub struct PendingResponse {
    /// What was read so far.
    pub response: Response,
    unread: UnreadBody,
}

/// The part of a body that the checks did not need.
pub(super) struct UnreadBody(BodyReader<'static>);

impl PendingResponse {
    pub(super) fn new(response: Response, unread: UnreadBody) -> Self {
        Self { response, unread }
    }

    /// Reads the body to at least `bytes` bytes, or as far as it goes within the
    /// deadline. This is for an explanation only; a failure here does not change the verdict.
    pub fn read_excerpt(&mut self, bytes: usize) {
        let body = &mut self.response.body;
        if matches!(body.end, BodyEnd::Partial) {
            let is_enough = |body: &Body| body.bytes.len() >= bytes;
            let _ = self.unread.read_until(body, is_enough);
        }
    }
}

impl UnreadBody {
    pub(super) fn new(body: ureq::Body) -> Self {
        Self(body.into_reader())
    }

    /// Reads what the request's checks need.
    pub(super) fn read_needed(
        &mut self,
        request: &Request,
        content_length: Option<u64>,
        context: &Context,
    ) -> Body {
        let mut body = Body::default();
        let limit = request.max_body;
        let read = match &request.body_policy {
            BodyPolicy::Skip => return body,
            BodyPolicy::Full => self.read_until(&mut body, |body| body.bytes.len() > limit),
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
        if let Err(error) = read {
            let error = error::from_body(error, received, content_length, context);
            body.end = BodyEnd::Failed(error);
        } else if received > limit {
            body.bytes.truncate(limit);
            body.end = BodyEnd::Failed(BodyError::TooLong { limit });
        }
        context.timeline.finished();
        body
    }

    /// Reads until there is enough or nothing more.
    fn read_until(
        &mut self,
        body: &mut Body,
        mut is_enough: impl FnMut(&Body) -> bool,
    ) -> io::Result<()> {
        let mut chunk = [0; 4096];
        while !is_enough(body) {
            match self.0.read(&mut chunk)? {
                0 => {
                    body.end = BodyEnd::Complete;
                    break;
                }
                read => body.bytes.extend_from_slice(&chunk[..read]),
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
