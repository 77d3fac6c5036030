//! The TLS handshake, and the stream that it opens.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ProtocolVersion, StreamOwned};

use super::sniffer::Sniffer;
use crate::fetch::context::Context;
use crate::fetch::error::into_fetch_error;
use crate::fetch::socket::Socket;
use crate::request::endpoint::Host;
use crate::request::url::Url;
use crate::response::{Ending, FetchError, Session, TlsError, TlsVersion};
use crate::tls::{self, Client, Verifier};

#[derive(Debug)]
pub(in crate::fetch) struct TlsStream {
    stream: StreamOwned<ClientConnection, Sniffer>,
    verifier: Arc<Verifier>,
    context: Arc<Context>,
}

impl TlsStream {
    /// Makes the handshake.
    pub(super) fn new(
        client: &Client,
        socket: Socket,
        url: &Url,
        context: &Arc<Context>,
    ) -> Result<Self, FetchError> {
        context.timeline.handshake_started();
        let connection = server_name(&url.host)
            .and_then(|name| client.connect(name))
            .map_err(FetchError::Tls)?;
        let mut stream = Self {
            stream: StreamOwned::new(connection, Sniffer::new(socket)),
            verifier: client.verifier(),
            context: Arc::clone(context),
        };
        stream.complete_handshake()?;
        context.timeline.handshake();
        context.lock_connection().session = stream.session();
        Ok(stream)
    }

    fn complete_handshake(&mut self) -> Result<(), FetchError> {
        let StreamOwned { conn, sock } = &mut self.stream;
        while conn.is_handshaking() {
            if let Err(error) = conn.complete_io(sock) {
                return Err(self.explain(error));
            }
        }
        Ok(())
    }

    fn session(&self) -> Option<Session> {
        let certificate = self.verifier.peer_certificate()?;
        Some(Session {
            version: match self.stream.conn.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => TlsVersion::Tls12,
                _ => TlsVersion::Tls13,
            },
            certificate: certificate.validity,
            earliest_not_after: certificate.earliest_not_after,
            expiring: certificate.expiring,
        })
    }

    pub(in crate::fetch) fn read(&mut self, room: &mut [u8]) -> Result<usize, FetchError> {
        self.stream.read(room).map_err(|error| self.explain(error))
    }

    pub(in crate::fetch) fn write_all(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.stream
            .write_all(bytes)
            .and_then(|()| self.stream.flush())
            .map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> FetchError {
        let tls_error = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls_error {
            Some(_) if self.stream.sock.saw_plain_http() => FetchError::SpeaksHttp,
            Some(rustls::Error::InvalidMessage(_)) if !self.stream.sock.saw_tls() => {
                FetchError::Tls(TlsError::NotTls)
            }
            Some(error) => FetchError::Tls(tls::explain(error, self.verifier.peer_certificate())),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.context.ended(Ending::MissingCloseNotify)
            }
            None => into_fetch_error(error),
        }
    }
}

/// The host as it appears in a certificate.
pub(super) fn server_name(host: &Host) -> Result<ServerName<'static>, TlsError> {
    match host {
        Host::Ip(ip) => Ok(ServerName::IpAddress((*ip).into())),
        Host::Localhost(name) | Host::Name(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            ServerName::try_from(name.to_owned())
                .map_err(|_| TlsError::InvalidHost(name.to_owned()))
        }
    }
}
