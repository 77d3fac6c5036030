//! When each phase of a probe ended, and which stage is under way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::response::{Phases, Stage};

/// ureq requires `Sync`, hence the lock. No second thread ever waits for it.
pub(super) struct Timeline(Mutex<Timestamps>);

/// The timestamps of the current request.
struct Timestamps {
    /// The phases of earlier requests, which were redirected.
    earlier: Phases,
    started: Instant,
    resolved: Option<Instant>,
    connected: Option<Instant>,
    handshake_started: bool,
    handshake: Option<Instant>,
    first_byte: Option<Instant>,
    last_byte: Option<Instant>,
    /// The stage between connecting and sending the request, while it lasts.
    pending: Option<Stage>,
}

impl Timestamps {
    fn new(earlier: Phases) -> Self {
        Self {
            earlier,
            started: Instant::now(),
            resolved: None,
            connected: None,
            handshake_started: false,
            handshake: None,
            first_byte: None,
            last_byte: None,
            pending: None,
        }
    }
}

impl Timeline {
    pub(super) fn start() -> Self {
        Self(Mutex::new(Timestamps::new(Phases::default())))
    }

    /// There are addresses to connect to. What comes later counts as connecting.
    pub(super) fn resolved(&self) {
        self.lock().resolved.get_or_insert_with(Instant::now);
    }

    pub(super) fn connected(&self) {
        self.lock().connected = Some(Instant::now());
    }

    /// Bytes of the response were received.
    pub(super) fn received(&self) {
        let now = Instant::now();
        let mut timestamps = self.lock();
        timestamps.first_byte.get_or_insert(now);
        timestamps.last_byte = Some(now);
    }

    /// No more of the body is read.
    pub(super) fn finished(&self) {
        self.lock().last_byte = Some(Instant::now());
    }

    /// Another request follows a redirect.
    pub(super) fn redirected(&self) {
        let earlier = self.phases();
        *self.lock() = Timestamps::new(earlier);
    }

    /// The stage between connecting and sending the request, while it lasts.
    pub(super) fn pending(&self) -> Option<Stage> {
        self.lock().pending.clone()
    }

    /// What a read waits for.
    pub(super) fn read_stage(&self) -> Stage {
        let timestamps = self.lock();
        match (&timestamps.pending, timestamps.first_byte) {
            (Some(pending), _) => pending.clone(),
            (None, Some(_)) => Stage::Head,
            (None, None) => Stage::Wait,
        }
    }

    /// What a write is for.
    pub(super) fn write_stage(&self) -> Stage {
        self.pending().unwrap_or(Stage::Send)
    }

    /// How long each phase took. One that has not ended lasts until now.
    pub(super) fn phases(&self) -> Phases {
        let timestamps = self.lock();
        let now = Instant::now();
        let mut from = timestamps.started;
        let mut until = |end: Option<Instant>| {
            let end = end.unwrap_or(now);
            let phase = end.saturating_duration_since(from);
            from = end.max(from);
            phase
        };
        let earlier = timestamps.earlier;
        Phases {
            resolve: earlier.resolve + until(timestamps.resolved),
            connect: earlier.connect + until(timestamps.connected),
            tls: earlier.tls
                + if timestamps.handshake_started {
                    until(timestamps.handshake)
                } else {
                    Duration::ZERO
                },
            processing: earlier.processing + until(timestamps.first_byte),
            transfer: earlier.transfer + until(timestamps.last_byte),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Timestamps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens only on the way to an https URL.
#[cfg(feature = "tls")]
impl Timeline {
    /// The first phase starts now; the time before was not the server's.
    pub(super) fn restart(&self) {
        self.lock().started = Instant::now();
    }

    pub(super) fn tunnel_requested(&self) {
        self.lock().pending = Some(Stage::Tunnel);
    }

    pub(super) fn tunnel_established(&self) {
        let mut timestamps = self.lock();
        timestamps.pending = None;
        timestamps.connected = Some(Instant::now());
    }

    pub(super) fn handshake_started(&self) {
        let mut timestamps = self.lock();
        timestamps.pending = Some(Stage::Handshake);
        timestamps.handshake_started = true;
    }

    /// The handshake is complete.
    pub(super) fn handshake(&self) {
        let mut timestamps = self.lock();
        timestamps.pending = None;
        timestamps.handshake = Some(Instant::now());
    }
}
