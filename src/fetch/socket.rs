//! A connected socket whose every read and write ends with the deadline.
//!
//! Its errors are `FetchError`s inside of `io::Error`s, so that they pass through
//! ureq and rustls and come out as they went in.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use super::progress::Progress;
use crate::response::{Ending, FetchError, Stage};

#[derive(Debug)]
pub(super) struct Socket {
    system: socket2::Socket,
    progress: Arc<Progress>,
    /// The server reads no more of the request; it may have said why.
    peer_stopped_reading: bool,
    /// The first bytes that came.
    start: [u8; 5],
    received: usize,
}

impl Socket {
    pub(super) fn new(system: socket2::Socket, progress: Arc<Progress>) -> Self {
        Self {
            system,
            progress,
            peer_stopped_reading: false,
            start: [0; 5],
            received: 0,
        }
    }

    #[cfg(feature = "tls")]
    /// Whether what came begins as plain HTTP does.
    pub(super) fn saw_plain_http(&self) -> bool {
        self.received >= self.start.len() && self.start == *b"HTTP/"
    }

    #[cfg(feature = "tls")]
    /// Whether what came begins as TLS does: a handshake or an alert (RFC 8446, section 5.1).
    pub(super) fn saw_tls(&self) -> bool {
        self.received >= 2 && matches!(self.start, [0x15 | 0x16, 0x03, ..])
    }

    fn receive(&mut self, bytes: &[u8]) {
        let known = self.received.min(self.start.len());
        for (place, byte) in self.start[known..].iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.received += bytes.len();
    }

    /// An interrupted call, and a timeout that came a moment early, are tried again;
    /// the deadline has the last word.
    fn retry_or_fail(&self, error: &io::Error, stage: impl FnOnce() -> Stage) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.left(stage).map(|_| ()),
            _ if is_reset(error) => Err(io::Error::other(self.progress.ended(Ending::Reset))),
            _ => Err(io::Error::other(FetchError::Io(error.to_string()))),
        }
    }

    fn left(&self, stage: impl FnOnce() -> Stage) -> io::Result<Duration> {
        self.progress.left(stage).map_err(io::Error::other)
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.left(|| self.progress.awaited())?;
            let read = self
                .system
                .set_read_timeout(Some(nonzero_timeout(left)))
                .and_then(|()| self.system.read(room));
            match read {
                // After a reset that a write met, the end of what came is no end of an answer.
                Ok(0) if self.peer_stopped_reading && !room.is_empty() => {
                    return Err(io::Error::other(self.progress.ended(Ending::Reset)));
                }
                Ok(read) => {
                    self.receive(&room[..read]);
                    return Ok(read);
                }
                Err(error) => self.retry_or_fail(&error, || self.progress.awaited())?,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while !self.peer_stopped_reading {
            let left = self.left(|| self.progress.sending())?;
            let written = self
                .system
                .set_write_timeout(Some(nonzero_timeout(left)))
                .and_then(|()| self.system.write(bytes));
            match written {
                Ok(sent) => return Ok(sent),
                Err(error) if is_reset(&error) => self.peer_stopped_reading = true,
                Err(error) => self.retry_or_fail(&error, || self.progress.sending())?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error as it went in.
pub(super) fn into_fetch_error(error: io::Error) -> FetchError {
    error
        .downcast::<FetchError>()
        .unwrap_or_else(|error| FetchError::Io(error.to_string()))
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

/// A duration that a socket takes: never zero, which would mean no limit.
pub(super) fn nonzero_timeout(left: Duration) -> Duration {
    left.max(Duration::from_millis(1))
}
