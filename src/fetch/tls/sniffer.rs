//! Recognises a server that speaks plain HTTP, or TLS, by its first bytes.

use std::io::{self, Read, Write};

use crate::fetch::socket::Socket;

/// A socket whose first bytes are kept.
#[derive(Debug)]
pub(super) struct Sniffer {
    socket: Socket,
    start: [u8; 5],
    received: usize,
}

impl Sniffer {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            start: [0; 5],
            received: 0,
        }
    }

    /// Whether the first bytes are those of an HTTP response.
    pub(super) fn saw_plain_http(&self) -> bool {
        self.received >= self.start.len() && self.start == *b"HTTP/"
    }

    /// Whether the first bytes are those of TLS: a handshake or an alert (RFC 8446, section 5.1).
    pub(super) fn saw_tls(&self) -> bool {
        self.received >= 2 && matches!(self.start, [0x15 | 0x16, 0x03, ..])
    }
}

impl Read for Sniffer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.read(room)?;
        let known = self.received.min(self.start.len());
        for (place, byte) in self.start[known..].iter_mut().zip(&room[..read]) {
            *place = *byte;
        }
        self.received += read;
        Ok(read)
    }
}

impl Write for Sniffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
