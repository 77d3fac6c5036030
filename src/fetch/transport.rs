//! A connection in the form that ureq needs.

use std::io::{Read, Write};
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::buffers::GrowingBuffers;
use super::chunks::{Chunks, Moved};
use super::context::Context;
use super::error::{into_fetch_error, into_ureq_error};
use super::head::{self, Scan};
use super::socket::Socket;
use super::tls::TlsStream;
use crate::response::{ChunkError, Ending, FetchError};

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

/// Which part of the response the pending bytes are.
#[derive(Debug)]
enum Part {
    /// The head, which is held back until it is complete.
    Head,
    /// Chunks.
    Chunks(Chunks),
    /// Chunks after this error.
    Malformed(ChunkError),
    /// Another body, or what is not a response.
    Rest,
}

#[derive(Debug)]
pub(super) struct ProbeTransport {
    stream: Stream,
    buffers: GrowingBuffers,
    part: Part,
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
            part: Part::Head,
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

    /// Receives until there is something for ureq to read. Returns whether there is, or
    /// false at the end of the connection.
    fn receive(&mut self) -> Result<bool, FetchError> {
        loop {
            if let Part::Malformed(error) = &self.part {
                return Err(FetchError::Chunk(error.clone()));
            }
            let room = self.buffers.input_append_buf();
            let read = self.stream.read(room)?;
            self.context.receive(read);
            self.buffers.input_appended(read);
            if read == 0 {
                return self.end();
            }
            self.release();
            if !self.buffers.input().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The connection has ended.
    fn end(&mut self) -> Result<bool, FetchError> {
        let pending = self.buffers.pending().len();
        match self.part {
            // ureq takes the zero chunk for the end.
            Part::Chunks(Chunks::Trailers(_)) if pending > 0 => {
                Err(self.context.ended(Ending::Closed))
            }
            // Half a line, about which ureq would say that the body stalled.
            Part::Chunks(_) => {
                self.buffers.release(0, pending);
                Ok(false)
            }
            Part::Head | Part::Malformed(_) | Part::Rest => {
                self.buffers.release(pending, pending);
                Ok(false)
            }
        }
    }

    /// Releases what ureq can read.
    fn release(&mut self) {
        while let Part::Head = self.part {
            match self.release_head() {
                Some(next) => self.part = next,
                None => return,
            }
        }
        let pending = self.buffers.pending();
        match &mut self.part {
            Part::Head | Part::Malformed(_) => {}
            Part::Rest => {
                let len = pending.len();
                self.buffers.release(len, len);
            }
            Part::Chunks(chunks) => {
                let mut moved = Moved::default();
                let filtered = chunks.filter(pending, &mut moved);
                self.buffers.release(moved.written, moved.read);
                if let Err(error) = filtered {
                    self.part = Part::Malformed(error);
                }
            }
        }
    }

    /// Releases the head that the pending bytes begin with, and tells what follows it.
    /// `None` if it is not complete.
    fn release_head(&mut self) -> Option<Part> {
        let pending = self.buffers.pending();
        let head = match head::scan(pending) {
            Scan::Incomplete => return None,
            Scan::Invalid => return Some(Part::Rest),
            Scan::Complete(head) => head,
        };
        if head.is_interim {
            self.buffers.release(0, head.len);
            return Some(Part::Head);
        }
        let (mut kept, mut is_chunked) = (head.len, head.is_chunked);
        if head.is_irregular {
            let rewritten = head::rewrite(&pending[..head.len]);
            kept = rewritten.len();
            pending[..kept].copy_from_slice(&rewritten);
            // Its value may have been in a folded line.
            is_chunked = head::is_chunked(&rewritten);
        }
        let next = if is_chunked {
            // ureq reads chunks in HTTP/1.1 only, curl in HTTP/1.0 too.
            if let Some(version) = head::find_minor_version_0(pending) {
                pending[version] = b'1';
            }
            Part::Chunks(Chunks::Size)
        } else {
            Part::Rest
        };
        self.buffers.release(kept, head.len);
        Some(next)
    }
}

/// ureq drops the transport if it refuses the head.
impl Drop for ProbeTransport {
    fn drop(&mut self) {
        if let Some(head) = self.buffers.refused() {
            self.context.lock_connection().head = head.to_vec();
        }
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
        self.receive().map_err(into_ureq_error)
    }

    fn is_open(&mut self) -> bool {
        // Each probe has a connection of its own.
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}
