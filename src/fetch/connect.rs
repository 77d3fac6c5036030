//! Addresses → a connection, and bytes over it, all within the deadline.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::GrowingBuffers;
use super::progress::Progress;
use super::socket_timeout;
use crate::exchange::{FetchError, Stage};

/// Dials TCP.
#[derive(Debug)]
pub(super) struct TcpConnector {
    pub(super) progress: Arc<Progress>,
    /// The size of the output buffer, which has to hold the longest header.
    pub(super) output: usize,
}

impl Connector for TcpConnector {
    type Out = TcpTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<TcpTransport>, ureq::Error> {
        let (stream, address) = self
            .dial(&details.addrs)
            .map_err(|error| ureq::Error::Other(error.into()))?;
        if details.config.no_delay() {
            stream.set_nodelay(true)?;
        }
        self.progress.connected(address);
        Ok(Some(TcpTransport {
            stream,
            buffers: GrowingBuffers::new(self.output),
            progress: Arc::clone(&self.progress),
            refused: false,
        }))
    }
}

impl TcpConnector {
    /// Tries each address in turn. One that does not answer gets its share of
    /// the time left, so that it cannot use up that of the others.
    fn dial(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), FetchError> {
        let mut failures: Vec<(SocketAddr, String)> = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let untried = u32::try_from(addresses.len() - index).unwrap_or(1);
            let left = self
                .progress
                .left(|| Stage::Connect(addresses[..=index].to_vec()))?;
            match TcpStream::connect_timeout(address, socket_timeout(left / untried)) {
                Ok(stream) => return Ok((stream, *address)),
                Err(error) => failures.push((*address, plain(&error))),
            }
        }
        // The deadline is the reason if it has passed meanwhile.
        self.progress.left(|| Stage::Connect(addresses.to_vec()))?;
        Err(FetchError::Connect(failures))
    }
}

/// The operating system's words in a person's: `connection refused`.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        io::ErrorKind::AddrNotAvailable => "address not available".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// A TCP connection whose every read and write ends with the deadline.
#[derive(Debug)]
pub(super) struct TcpTransport {
    stream: TcpStream,
    buffers: GrowingBuffers,
    progress: Arc<Progress>,
    /// The server reads no more of the request; it may have said why.
    refused: bool,
}

impl TcpTransport {
    fn write_all(&mut self, amount: usize) -> Result<(), FetchError> {
        let mut unsent = &self.buffers.output()[..amount];
        while !unsent.is_empty() && !self.refused {
            let left = self.progress.left(|| Stage::Send)?;
            let written = self
                .stream
                .set_write_timeout(Some(socket_timeout(left)))
                .and_then(|()| self.stream.write(unsent));
            match written {
                Ok(sent) => unsent = &unsent[sent..],
                Err(error) if is_reset(&error) => self.refused = true,
                Err(error) => forgive(&self.progress, &error, || Stage::Send)?,
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<usize, FetchError> {
        let room = self.buffers.input_append_buf();
        if room.is_empty() {
            return Err(FetchError::Io("a line without end".to_owned()));
        }
        loop {
            let left = self.progress.left(|| self.progress.awaited())?;
            let read = self
                .stream
                .set_read_timeout(Some(socket_timeout(left)))
                .and_then(|()| self.stream.read(room));
            match read {
                Ok(read) => {
                    self.progress.receive(&room[..read]);
                    return Ok(read);
                }
                Err(error) => forgive(&self.progress, &error, || self.progress.awaited())?,
            }
        }
    }
}

/// An interrupted call, and a timeout that came a moment early, are tried again;
/// the deadline has the last word.
fn forgive(
    progress: &Progress,
    error: &io::Error,
    stage: impl FnOnce() -> Stage,
) -> Result<(), FetchError> {
    match error.kind() {
        io::ErrorKind::Interrupted => Ok(()),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => progress.left(stage).map(|_| ()),
        _ if is_reset(error) => Err(FetchError::Closed {
            received: progress.received(),
            reset: true,
        }),
        _ => Err(FetchError::Io(error.to_string())),
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.write_all(amount)
            .map_err(|error| ureq::Error::Other(error.into()))
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let read = self
            .read()
            .map_err(|error| ureq::Error::Other(error.into()))?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // Each probe has a connection of its own.
        false
    }
}
