//! A connected socket whose reads and writes all end with the deadline.
//!
//! Its errors are `FetchError`s inside of `io::Error`s, so that they pass through
//! rustls and ureq unchanged.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::error::into_io_error;
use crate::response::{Ending, FetchError, Stage};

#[derive(Debug)]
pub(super) struct Socket {
    system: socket2::Socket,
    context: Arc<Context>,
    /// The server reads no more of the request; its response may say why.
    peer_stopped_reading: bool,
}

impl Socket {
    pub(super) fn new(system: socket2::Socket, context: Arc<Context>) -> Self {
        Self {
            system,
            context,
            peer_stopped_reading: false,
        }
    }

    /// An interrupted call is retried, and so is a timeout that the system reports before
    /// the deadline has passed.
    fn check_retryable(&self, error: io::Error) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Ok(())
            }
            _ if is_reset(&error) => Err(into_io_error(self.context.ended(Ending::Reset))),
            _ => Err(into_io_error(FetchError::Io(error.into()))),
        }
    }

    fn remaining(&self, stage: impl FnOnce() -> Stage) -> io::Result<Duration> {
        self.context
            .deadline
            .remaining(stage)
            .map_err(into_io_error)
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let stage = || self.context.timeline.read_stage();
        let mut remaining = self.remaining(stage)?;
        loop {
            let read = self
                .system
                .set_read_timeout(Some(nonzero_timeout(remaining)))
                .and_then(|()| self.system.read(room));
            // A socket's timeout may end some milliseconds late, with data that is late too.
            remaining = self.remaining(stage)?;
            match read {
                // After a reset during a write, an end of the data is not the end of a response.
                Ok(0) if self.peer_stopped_reading && !room.is_empty() => {
                    return Err(into_io_error(self.context.ended(Ending::Reset)));
                }
                Ok(read) => return Ok(read),
                Err(error) => self.check_retryable(error)?,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while !self.peer_stopped_reading {
            let remaining = self.remaining(|| self.context.timeline.write_stage())?;
            let written = self
                .system
                .set_write_timeout(Some(nonzero_timeout(remaining)))
                .and_then(|()| self.system.write(bytes));
            match written {
                Ok(sent) => return Ok(sent),
                Err(error) if is_reset(&error) => self.peer_stopped_reading = true,
                Err(error) => self.check_retryable(error)?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

/// A timeout for a socket: never zero, which would mean no limit.
pub(super) fn nonzero_timeout(remaining: Duration) -> Duration {
    remaining.max(Duration::from_millis(1))
}
