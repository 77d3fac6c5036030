//! The verdict: healthy if there is a response and every check holds.

use crate::check::Outcome;

/// The result of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check holds.
    Healthy,
    /// There is no response, or a check fails.
    Unhealthy,
}

impl Verdict {
    /// Healthy if every check holds. There is always one: the status check.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        if !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.failure.is_none()) {
            Self::Healthy
        } else {
            Self::Unhealthy
        }
    }

    /// The exit code for Docker: 0 if healthy, 1 if not.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Unhealthy => 1,
        }
    }
}
