//! A connection over TLS: through a proxy's tunnel if there is one, with its handshake,
//! and with an explanation if the server ends it. `no_tls` replaces this folder in a
//! build without TLS.

use std::sync::Arc;

use super::context::Context;
use super::socket::Socket;
use crate::request::url::{Scheme, Url};
use crate::request::{Request, Via};
use crate::response::FetchError;

mod diagnose;
mod sniffer;
mod stream;
mod tunnel;

pub(super) use crate::tls::Client;
pub(super) use diagnose::diagnose_close;
pub(super) use stream::TlsStream;

/// The client for an https URL; `None` for http.
pub(super) fn client(request: &Request, context: &Context) -> Result<Option<Client>, FetchError> {
    match request.url.scheme {
        Scheme::Https => {
            let client = Client::new(&request.tls).map_err(FetchError::Tls)?;
            context.timeline.restart();
            Ok(Some(client))
        }
        Scheme::Http => Ok(None),
    }
}

/// Takes a socket to TLS.
pub(super) fn open(
    client: &Client,
    mut socket: Socket,
    url: &Url,
    via: &Via,
    context: &Arc<Context>,
) -> Result<TlsStream, FetchError> {
    if let Via::Proxy(proxy) = via {
        context.timeline.tunnel_requested();
        tunnel::open(&mut socket, proxy, url)?;
        context.timeline.tunnel_established();
    }
    TlsStream::new(client, socket, url, context)
}
