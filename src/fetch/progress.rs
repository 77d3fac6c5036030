//! One deadline over a whole probe, and how far the probe has come.
//!
//! ureq wants its parts to be `Sync`, hence the lock; no second thread ever waits for it.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::exchange::{FetchError, Phases, Stage};

/// How much of an answer is kept to show what it was if it was not HTTP.
const KEPT: usize = 32;

#[derive(Debug)]
pub(super) struct Progress {
    started: Instant,
    timeout: Duration,
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    address: Option<SocketAddr>,
    resolved: Option<Instant>,
    connected: Option<Instant>,
    first_byte: Option<Instant>,
    last_byte: Option<Instant>,
    received: usize,
    start: Vec<u8>,
}

impl Progress {
    pub(super) fn start(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
            marks: Mutex::default(),
        }
    }

    /// The time left; an error when there is none.
    pub(super) fn left(&self, stage: impl FnOnce() -> Stage) -> Result<Duration, FetchError> {
        match self.timeout.checked_sub(self.started.elapsed()) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(self.timed_out(stage())),
        }
    }

    pub(super) fn timed_out(&self, stage: Stage) -> FetchError {
        FetchError::TimedOut {
            after: self.timeout,
            stage,
        }
    }

    pub(super) fn resolved(&self) {
        self.marks().resolved = Some(Instant::now());
    }

    pub(super) fn connected(&self, address: SocketAddr) {
        let mut marks = self.marks();
        marks.address = Some(address);
        marks.connected = Some(Instant::now());
    }

    /// Bytes of the answer have come; none at its end.
    pub(super) fn receive(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut marks = self.marks();
        let now = Instant::now();
        marks.first_byte.get_or_insert(now);
        marks.last_byte = Some(now);
        marks.received += bytes.len();
        let room = KEPT - marks.start.len();
        marks
            .start
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The checks have what they need, or will not get it.
    pub(super) fn finished(&self) {
        self.marks().last_byte = Some(Instant::now());
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.marks().address
    }

    pub(super) fn received(&self) -> usize {
        self.marks().received
    }

    pub(super) fn start_of_answer(&self) -> Vec<u8> {
        self.marks().start.clone()
    }

    /// What is awaited, before and after the first byte of the answer.
    pub(super) fn awaited(&self) -> Stage {
        if self.marks().first_byte.is_some() {
            Stage::Head
        } else {
            Stage::Wait
        }
    }

    /// How long each phase took. One that has not ended lasts until now.
    pub(super) fn phases(&self) -> Phases {
        let marks = self.marks();
        let now = Instant::now();
        let mut from = self.started;
        let mut until = |mark: Option<Instant>| {
            let to = mark.unwrap_or(now);
            let phase = to.saturating_duration_since(from);
            from = to.max(from);
            phase
        };
        Phases {
            resolve: until(marks.resolved),
            connect: until(marks.connected),
            processing: until(marks.first_byte),
            transfer: until(marks.last_byte),
        }
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
