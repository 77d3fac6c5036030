//! What the parts of one probe share: its deadline, its timeline, and what is known of
//! the connection.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::deadline::Deadline;
use super::timeline::Timeline;
use crate::response::{Address, Ending, FetchError, ProxyError, Session, Stage};

pub(super) struct Context {
    pub(super) deadline: Deadline,
    pub(super) timeline: Timeline,
    connection: Mutex<Connection>,
}

/// What is known of the current connection. Locked for the reason that `Timeline` is.
#[derive(Default)]
pub(super) struct Connection {
    pub(super) address: Option<Address>,
    /// What TLS agreed on.
    pub(super) session: Option<Session>,
    /// The number of bytes of the response that were received.
    received: usize,
    /// A head that ureq refused, to find what is wrong with it. A body may follow.
    pub(super) head: Vec<u8>,
}

impl Context {
    pub(super) fn start(timeout: Duration) -> Self {
        Self {
            deadline: Deadline::start(timeout),
            timeline: Timeline::start(),
            connection: Mutex::default(),
        }
    }

    /// Counts this time against the timeout, as if the probe had started that much earlier.
    pub(super) fn started_earlier_by(mut self, spent: Duration) -> Self {
        self.deadline = self.deadline.started_earlier_by(spent);
        self
    }

    pub(super) fn connected(&self, address: Address) {
        self.timeline.connected();
        self.lock_connection().address = Some(address);
    }

    /// Another request follows a redirect.
    pub(super) fn redirected(&self) {
        self.timeline.redirected();
        *self.lock_connection() = Connection::default();
    }

    /// So many bytes of the response were received; none at its end.
    pub(super) fn receive(&self, bytes: usize) {
        if bytes > 0 {
            self.timeline.received();
            self.lock_connection().received += bytes;
        }
    }

    /// The error of a connection that ended too early.
    pub(super) fn ended(&self, ending: Ending) -> FetchError {
        match self.timeline.pending() {
            Some(Stage::Handshake) => FetchError::ClosedInHandshake(ending),
            Some(_) => FetchError::Proxy(ProxyError::Ended(ending)),
            None => FetchError::Closed {
                received: self.lock_connection().received,
                ending,
            },
        }
    }

    /// Locks until the guard is dropped; locking twice in one expression would never end.
    pub(super) fn lock_connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// ureq requires it, and nothing prints it.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context")
    }
}
