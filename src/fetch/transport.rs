//! A connection in the form that ureq needs.

use std::io::{Read, Write};
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::buffers::{GrowingBuffers, MAX_INPUT};
use super::context::Context;
use super::error::{into_fetch_error, into_ureq_error};
use super::socket::Socket;
use super::tls::TlsStream;
use crate::response::FetchError;

#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream>),
}

impl Stream {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, FetchError> {
        match self {
            Self::Plain(socket) => socket.read(room).map_err(into_fetch_error),
            Self::Tls(stream) => stream.read(room),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).map_err(into_fetch_error),
            Self::Tls(stream) => stream.write_all(bytes),
        }
    }
}

#[derive(Debug)]
pub(super) struct ProbeTransport {
    stream: Stream,
    buffers: GrowingBuffers,
    /// Scheme and authority, which a forwarding proxy needs before the path, until they
    /// are sent.
    forwarded_to: Option<String>,
    context: Arc<Context>,
}

impl ProbeTransport {
    pub(super) fn new(
        stream: Stream,
        output_size: usize,
        forwarded_to: Option<String>,
        context: Arc<Context>,
    ) -> Self {
        Self {
            stream,
            buffers: GrowingBuffers::new(output_size),
            forwarded_to,
            context,
        }
    }

    fn send(&mut self, amount: usize) -> Result<(), FetchError> {
        let unsent = &self.buffers.output()[..amount];
        // A proxy needs the whole URL (RFC 9112, section 3.2.2); ureq writes its path only.
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
            return Err(FetchError::LineTooLong { limit: MAX_INPUT });
        }
        let read = self.stream.read(room)?;
        self.context.receive(&room[..read]);
        Ok(read)
    }
}

impl Transport for ProbeTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.send(amount).map_err(into_ureq_error)
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let read = self.receive().map_err(into_ureq_error)?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // Each probe has a connection of its own.
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}
