//! `tls` in a build without that feature: there is no client, and so no stream.

use std::sync::Arc;

use super::context::Context;
use super::socket::Socket;
use crate::request::url::Url;
use crate::request::{Request, Via};
use crate::response::FetchError;

#[derive(Debug, Clone)]
pub(super) enum Client {}

#[derive(Debug)]
pub(super) enum TlsStream {}

impl TlsStream {
    pub(super) fn read(&mut self, _: &mut [u8]) -> Result<usize, FetchError> {
        match *self {}
    }

    pub(super) fn write_all(&mut self, _: &[u8]) -> Result<(), FetchError> {
        match *self {}
    }
}

#[expect(clippy::unnecessary_wraps, reason = "with TLS, it may fail")]
pub(super) fn client(_: &Request, _: &Context) -> Result<Option<Client>, FetchError> {
    Ok(None)
}

pub(super) fn open(
    client: &Client,
    _: Socket,
    _: &Url,
    _: &Via,
    _: &Arc<Context>,
) -> Result<TlsStream, FetchError> {
    match *client {}
}

pub(super) fn diagnose_close(
    error: FetchError,
    _: Option<&Client>,
    _: &Request,
    _: &Context,
) -> FetchError {
    error
}
