//! One deadline for a whole probe.

use std::time::{Duration, Instant};

use crate::response::{FetchError, Stage};

#[derive(Clone, Copy)]
pub(super) struct Deadline {
    started: Instant,
    timeout: Duration,
}

impl Deadline {
    /// The timeout runs from now.
    pub(super) fn start(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
        }
    }

    /// Counts this time against the timeout, as if the probe had started that much earlier.
    pub(super) fn started_earlier_by(self, spent: Duration) -> Self {
        let started = self.started.checked_sub(spent).unwrap_or(self.started);
        Self { started, ..self }
    }

    /// The time left; an error that names the stage if there is none.
    pub(super) fn remaining(&self, stage: impl FnOnce() -> Stage) -> Result<Duration, FetchError> {
        match self.timeout.checked_sub(self.started.elapsed()) {
            Some(remaining) if !remaining.is_zero() => Ok(remaining),
            _ => Err(self.timed_out(stage())),
        }
    }

    pub(super) fn timed_out(&self, stage: Stage) -> FetchError {
        FetchError::TimedOut {
            after: self.timeout,
            stage,
        }
    }
}
