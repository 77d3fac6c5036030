//! Why a server closed the connection without a word, or with a vague one.

use std::sync::Arc;
use std::time::Duration;

use super::sniffer::Sniffer;
use super::stream::server_name;
use crate::fetch::connect;
use crate::fetch::context::Context;
use crate::fetch::resolve::HostAddresses;
use crate::request::url::Url;
use crate::request::{Request, Via};
use crate::response::{Address, CertificateError, FetchError, Holder, Refusal, Stage, TlsError};
use crate::tls::Client;

/// Maximum time spent on finding out.
const MAX_TIME: Duration = Duration::from_millis(500);

/// The same error, or what caused it.
///
/// Over TLS, the server often wanted a client certificate that was not sent. Over plain
/// HTTP, it may be waiting for TLS. A server that refuses every parameter may have a
/// certificate of a key type that was not offered.
pub(in crate::fetch) fn diagnose_close(
    error: FetchError,
    client: Option<&Client>,
    request: &Request,
    context: &Context,
) -> FetchError {
    match (&error, client) {
        (
            FetchError::Closed { received: 0, .. } | FetchError::ClosedInHandshake(_),
            Some(client),
        ) if client.lacks_certificate() => FetchError::NoClientCertificate(Box::new(error)),
        (FetchError::Closed { received: 0, .. }, None)
            if request.forwarding_proxy().is_none() && is_tls_spoken(&request.url, context) =>
        {
            FetchError::SpeaksTls
        }
        (
            FetchError::Tls(TlsError::Alert {
                refusal: Some(Refusal::Parameters),
                ..
            }),
            Some(client),
        ) if !matches!(request.via, Via::Proxy(_)) => {
            match unsupported_key(client, &request.url, context) {
                Some(key) => {
                    FetchError::Tls(TlsError::Certificate(CertificateError::UnsupportedKey {
                        holder: Holder::Server,
                        key,
                    }))
                }
                None => error,
            }
        }
        _ => error,
    }
}

/// Whether the server speaks TLS. Many, Python's among them, close a plain connection
/// without a word. No request is sent.
fn is_tls_spoken(url: &Url, context: &Context) -> bool {
    let Some(client) = Client::insecure().ok() else {
        return false;
    };
    greet(&client, url, context).is_some_and(|sniffer| sniffer.saw_tls())
}

/// The key type of the server's certificate, if that is not supported. No request is sent.
fn unsupported_key(client: &Client, url: &Url, context: &Context) -> Option<String> {
    // One that verifies nothing has already offered every key type.
    if !client.verifies() {
        return None;
    }
    let client = Client::insecure().ok()?;
    greet(&client, url, context)?;
    client.verifier().peer_certificate()?.unsupported_key
}

/// Makes a handshake with the server on a connection of its own.
fn greet(client: &Client, url: &Url, context: &Context) -> Option<Sniffer> {
    let address = context.lock_connection().address.clone()?;
    let remaining = context.deadline.remaining(|| Stage::Wait).ok()?;
    let context = Arc::new(Context::start(remaining.min(MAX_TIME)));
    let socket = match &address {
        Address::Tcp(address) => {
            connect::tcp(&mut HostAddresses::Known(vec![*address]), true, &context)
        }
        Address::Unix(path) => connect::unix(path, &context),
    };
    let mut sniffer = Sniffer::new(socket.ok()?);
    let mut connection = server_name(&url.host)
        .and_then(|name| client.connect(name))
        .ok()?;
    // Whether the handshake succeeds does not matter.
    let _ = connection.complete_io(&mut sniffer);
    Some(sniffer)
}
