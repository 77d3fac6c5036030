//! A connection as ureq wants it: the url's, by whichever road it is reached.

use std::io::{Read, Write};
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::GrowingBuffers;
use super::connect;
use super::progress::Progress;
use super::socket::{Socket, into_fetch_error};
#[cfg(feature = "tls")]
use super::tls::TlsStream;
#[cfg(feature = "tls")]
use super::tunnel;
use crate::request::Via;
use crate::request::url::Url;
use crate::response::FetchError;

/// Makes the connection.
#[derive(Debug)]
pub(super) struct ProbeConnector {
    pub(super) url: Url,
    pub(super) via: Via,
    /// Whether a proxy forwards the request, and so has to read the whole URL.
    pub(super) is_forwarded: bool,
    #[cfg(feature = "tls")]
    pub(super) client: Option<crate::tls::Client>,
    pub(super) progress: Arc<Progress>,
    /// The size of the output buffer, which has to hold the longest header.
    pub(super) output: usize,
}

impl Connector for ProbeConnector {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        self.open(details)
            .map(Some)
            .map_err(|error| ureq::Error::Other(error.into()))
    }
}

impl ProbeConnector {
    fn open(&self, details: &ConnectionDetails) -> Result<Connection, FetchError> {
        let no_delay = details.config.no_delay();
        let tcp = || connect::tcp(&details.addrs, no_delay, &self.progress);
        let socket = match &self.via {
            Via::Unix(path) => connect::unix(path, &self.progress)?,
            Via::Direct | Via::Endpoint(_) => tcp()?,
            Via::Proxy(_) => tcp().map_err(FetchError::of_proxy)?,
        };
        Ok(Connection {
            stream: self.stream(socket)?,
            buffers: GrowingBuffers::new(self.output),
            progress: Arc::clone(&self.progress),
            forwarded_to: self
                .is_forwarded
                .then(|| format!("http://{}", self.url.authority)),
        })
    }

    #[cfg(feature = "tls")]
    fn stream(&self, mut socket: Socket) -> Result<Stream, FetchError> {
        match &self.client {
            Some(client) => {
                if let Via::Proxy(proxy) = &self.via {
                    self.progress.dig();
                    tunnel::open(&mut socket, proxy, &self.url)?;
                    self.progress.dug();
                }
                let secured = TlsStream::new(client, socket, &self.url, &self.progress)?;
                Ok(Stream::Tls(Box::new(secured)))
            }
            None => Ok(Stream::Plain(socket)),
        }
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unnecessary_wraps, reason = "with TLS, it may fail")]
    #[expect(clippy::unused_self, reason = "with TLS, it needs the url")]
    fn stream(&self, socket: Socket) -> Result<Stream, FetchError> {
        Ok(Stream::Plain(socket))
    }
}

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

impl Stream {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, FetchError> {
        match self {
            Self::Plain(socket) => socket.read(room).map_err(into_fetch_error),
            #[cfg(feature = "tls")]
            Self::Tls(secured) => secured.read(room),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).map_err(into_fetch_error),
            #[cfg(feature = "tls")]
            Self::Tls(secured) => secured.write_all(bytes),
        }
    }

    fn is_secured(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }
}

/// The url's end of a connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    buffers: GrowingBuffers,
    progress: Arc<Progress>,
    /// What a forwarding proxy has to read before the path, until it is sent.
    forwarded_to: Option<String>,
}

impl Connection {
    fn send(&mut self, amount: usize) -> Result<(), FetchError> {
        let unsent = &self.buffers.output()[..amount];
        // A proxy wants the whole URL (RFC 9112, section 3.2.2), of which ureq writes the path.
        let method = unsent.iter().position(|byte| *byte == b' ');
        match (self.forwarded_to.take(), method) {
            (Some(origin), Some(end)) => {
                let (method, path) = unsent.split_at(end + 1);
                self.stream
                    .write_all(&[method, origin.as_bytes(), path].concat())
            }
            _ => self.stream.write_all(unsent),
        }
    }

    fn receive(&mut self) -> Result<usize, FetchError> {
        let room = self.buffers.input_append_buf();
        if room.is_empty() {
            return Err(FetchError::Io("a line without end".to_owned()));
        }
        let read = self.stream.read(room)?;
        self.progress.receive(&room[..read]);
        Ok(read)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.send(amount)
            .map_err(|error| ureq::Error::Other(error.into()))
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let read = self
            .receive()
            .map_err(|error| ureq::Error::Other(error.into()))?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // Each probe has a connection of its own.
        false
    }

    fn is_tls(&self) -> bool {
        self.stream.is_secured()
    }
}
