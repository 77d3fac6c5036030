//! Why a server closed the connection without a word.

use std::sync::Arc;
use std::time::Duration;

use super::sniffer::Sniffer;
use super::stream::server_name;
use crate::fetch::connect;
use crate::fetch::context::Context;
use crate::fetch::resolve::HostAddresses;
use crate::request::Request;
use crate::request::url::Url;
use crate::response::{Address, FetchError, Stage};
use crate::tls::Client;

/// Maximum time spent on finding out.
const MAX_TIME: Duration = Duration::from_millis(500);

/// The same error, or what caused it.
///
/// Over TLS, the server often wanted a client certificate that was not sent. Over plain
/// HTTP, it may be waiting for TLS.
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
        _ => error,
    }
}

/// Whether the server speaks TLS. Many, Python's among them, close a plain connection
/// without a word. No request is sent.
fn is_tls_spoken(url: &Url, context: &Context) -> bool {
    let address = context.connection().address.clone();
    match (address, context.deadline.remaining(|| Stage::Wait)) {
        (Some(address), Ok(remaining)) => {
            greets_with_tls(&address, url, remaining.min(MAX_TIME)).unwrap_or(false)
        }
        _ => false,
    }
}

fn greets_with_tls(address: &Address, url: &Url, timeout: Duration) -> Result<bool, FetchError> {
    let context = Arc::new(Context::start(timeout));
    let socket = match address {
        Address::Tcp(address) => {
            connect::tcp(&mut HostAddresses::Known(vec![*address]), true, &context)?
        }
        Address::Unix(path) => connect::unix(path, &context)?,
    };
    let mut sniffer = Sniffer::new(socket);
    let mut connection = server_name(&url.host)
        .and_then(|name| Client::insecure()?.connect(name))
        .map_err(FetchError::Tls)?;
    // Whether the handshake succeeds does not matter.
    let _ = connection.complete_io(&mut sniffer);
    Ok(sniffer.saw_tls())
}
