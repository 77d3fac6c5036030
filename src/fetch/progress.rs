//! One deadline over a whole probe, and how far the probe has come.
//!
//! ureq wants its parts to be `Sync`, hence the lock; no second thread ever waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::response::{Address, Ending, FetchError, Phases, Session, Stage};

#[derive(Debug)]
pub(super) struct Progress {
    started: Instant,
    timeout: Duration,
    marks: Mutex<Marks>,
}

/// How far the request has come that is under way.
#[derive(Debug, Default)]
struct Marks {
    /// The phases of those before it, which were answered with a redirect.
    earlier: Phases,
    /// When it began, if not at once.
    began: Option<Instant>,
    address: Option<Address>,
    tls: Option<Session>,
    /// What stands between a connection and the request.
    hurdle: Option<Stage>,
    resolved: Option<Instant>,
    connected: Option<Instant>,
    /// Whether there is a handshake, and its end.
    shaking: bool,
    secured: Option<Instant>,
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

    /// The first phase begins: what was read before it is none of the server's.
    #[cfg(feature = "tls")]
    pub(super) fn begin(&self) {
        self.marks().began = Some(Instant::now());
    }

    pub(super) fn resolved(&self) {
        self.marks().resolved = Some(Instant::now());
    }

    pub(super) fn connected(&self, address: Address) {
        let mut marks = self.marks();
        marks.address = Some(address);
        marks.connected = Some(Instant::now());
    }

    #[cfg(feature = "tls")]
    /// The proxy is asked for a tunnel to the server.
    pub(super) fn dig(&self) {
        self.marks().hurdle = Some(Stage::Tunnel);
    }

    #[cfg(feature = "tls")]
    /// The tunnel stands.
    pub(super) fn dug(&self) {
        let mut marks = self.marks();
        marks.hurdle = None;
        marks.connected = Some(Instant::now());
    }

    #[cfg(feature = "tls")]
    pub(super) fn shake_hands(&self) {
        let mut marks = self.marks();
        marks.hurdle = Some(Stage::Handshake);
        marks.shaking = true;
    }

    #[cfg(feature = "tls")]
    pub(super) fn secured(&self, session: Session) {
        let mut marks = self.marks();
        marks.hurdle = None;
        marks.tls = Some(session);
        marks.secured = Some(Instant::now());
    }

    /// Another request follows, to where this one was redirected.
    pub(super) fn redirected(&self) {
        let earlier = self.phases();
        *self.marks() = Marks {
            earlier,
            began: Some(Instant::now()),
            ..Marks::default()
        };
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
        let room = FetchError::START - marks.start.len();
        marks
            .start
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The checks have what they need, or will not get it.
    pub(super) fn finished(&self) {
        self.marks().last_byte = Some(Instant::now());
    }

    pub(super) fn address(&self) -> Option<Address> {
        self.marks().address.clone()
    }

    pub(super) fn tls(&self) -> Option<Session> {
        self.marks().tls.clone()
    }

    /// The connection has ended too early.
    pub(super) fn ended(&self, ending: Ending) -> FetchError {
        let marks = self.marks();
        match &marks.hurdle {
            Some(Stage::Handshake) => FetchError::ClosedInHandshake(ending),
            Some(_) => FetchError::Proxy(format!("it {ending} the connection")),
            None => FetchError::Closed {
                received: marks.received,
                ending,
            },
        }
    }

    pub(super) fn received(&self) -> usize {
        self.marks().received
    }

    pub(super) fn start_of_answer(&self) -> Vec<u8> {
        self.marks().start.clone()
    }

    /// What is awaited, before and after the first byte of the answer.
    pub(super) fn awaited(&self) -> Stage {
        let marks = self.marks();
        match (&marks.hurdle, marks.first_byte) {
            (Some(hurdle), _) => hurdle.clone(),
            (None, Some(_)) => Stage::Head,
            (None, None) => Stage::Wait,
        }
    }

    /// What is being written.
    pub(super) fn sending(&self) -> Stage {
        self.marks().hurdle.clone().unwrap_or(Stage::Send)
    }

    /// How long each phase took. One that has not ended lasts until now.
    pub(super) fn phases(&self) -> Phases {
        let marks = self.marks();
        let now = Instant::now();
        let mut from = marks.began.unwrap_or(self.started);
        let mut until = |mark: Option<Instant>| {
            let to = mark.unwrap_or(now);
            let phase = to.saturating_duration_since(from);
            from = to.max(from);
            phase
        };
        let earlier = marks.earlier;
        Phases {
            resolve: earlier.resolve + until(marks.resolved),
            connect: earlier.connect + until(marks.connected),
            tls: earlier.tls
                + if marks.shaking {
                    until(marks.secured)
                } else {
                    Duration::ZERO
                },
            processing: earlier.processing + until(marks.first_byte),
            transfer: earlier.transfer + until(marks.last_byte),
        }
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
