//! A socket → TLS over it.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConnection, ProtocolVersion, StreamOwned};

use super::connect;
use super::progress::Progress;
use super::socket::{Socket, into_fetch_error};
use crate::request::url::Url;
use crate::response::{Address, Ending, FetchError, Session};
use crate::tls::{self, Client, Verifier};

/// The most time that is spent on finding out why a server said nothing.
const MAX_SEARCH: Duration = Duration::from_millis(500);

/// A connection over TLS.
#[derive(Debug)]
pub(super) struct TlsStream {
    stream: StreamOwned<ClientConnection, Socket>,
    verifier: Arc<Verifier>,
    progress: Arc<Progress>,
}

impl TlsStream {
    /// Makes the handshake.
    pub(super) fn new(
        client: &Client,
        socket: Socket,
        url: &Url,
        progress: &Arc<Progress>,
    ) -> Result<Self, FetchError> {
        progress.shake_hands();
        let connection = client.connect(&url.host).map_err(FetchError::Tls)?;
        let mut secured = Self {
            stream: StreamOwned::new(connection, socket),
            verifier: client.verifier(),
            progress: Arc::clone(progress),
        };
        while secured.stream.conn.is_handshaking() {
            let StreamOwned { conn, sock } = &mut secured.stream;
            if let Err(error) = conn.complete_io(sock) {
                return Err(secured.explain(error));
            }
        }
        if let Some(seen) = secured.verifier.seen() {
            progress.secured(Session {
                version: match secured.stream.conn.protocol_version() {
                    Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                    _ => "TLS 1.3",
                },
                certificate: seen.validity,
                earliest_not_after: seen.earliest_not_after,
            });
        }
        Ok(secured)
    }

    pub(super) fn read(&mut self, room: &mut [u8]) -> Result<usize, FetchError> {
        self.stream.read(room).map_err(|error| self.explain(error))
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.stream
            .write_all(bytes)
            .and_then(|()| self.stream.flush())
            .map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> FetchError {
        let broken = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match broken {
            Some(_) if self.stream.sock.saw_plain_http() => FetchError::SpeaksHttp,
            Some(rustls::Error::InvalidMessage(_)) if !self.stream.sock.saw_tls() => {
                FetchError::Tls("the server does not speak TLS on this port".to_owned())
            }
            Some(error) => FetchError::Tls(tls::explain(error, self.verifier.seen().as_ref())),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.progress.ended(Ending::MissingCloseNotify)
            }
            None => into_fetch_error(error),
        }
    }
}

/// Whether TLS is spoken at an address where a plain request got no answer:
/// many a server, those of Python among them, hangs up on one without a word.
/// No request is sent.
pub(super) fn is_spoken(address: &Address, url: &Url, left: Duration) -> bool {
    let progress = Arc::new(Progress::start(left.min(MAX_SEARCH)));
    let hello = || -> Result<bool, FetchError> {
        let mut socket = match address {
            Address::Tcp(address) => connect::tcp(&[*address], true, &progress)?,
            Address::Unix(path) => connect::unix(path, &progress)?,
        };
        let mut connection = Client::insecure()
            .and_then(|client| client.connect(&url.host))
            .map_err(FetchError::Tls)?;
        // Whether it comes to terms does not matter.
        let _ = connection.complete_io(&mut socket);
        Ok(socket.saw_tls())
    };
    hello().unwrap_or(false)
}
