//! The verdict: healthy when there is an answer and every check holds.

use crate::check::Outcome;

/// What a probe comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every check holds.
    Healthy,
    /// There is no answer, or a check fails.
    Unhealthy,
}

impl Verdict {
    /// Judges the outcomes of all checks. There is always one, the status's.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        if !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.failure.is_none()) {
            Self::Healthy
        } else {
            Self::Unhealthy
        }
    }

    /// Docker's exit code: 0 is healthy, 1 unhealthy, and 2 reserved.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Unhealthy => 1,
        }
    }
}
