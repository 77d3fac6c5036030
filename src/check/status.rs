//! `--expect-status` and `--busy-status`: the status codes that are healthy.

use std::fmt;

use super::result::{CheckResult, Failure};
use crate::response::Response;
use crate::status::StatusSet;

/// The status code is in one of two sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCheck {
    /// The statuses of a response that the other checks apply to.
    pub expected: StatusSet,
    /// The statuses with which a busy server refuses a request.
    pub busy: StatusSet,
}

impl StatusCheck {
    /// Whether this status means that the server is busy, even if it is expected too.
    pub(super) fn is_busy(&self, status: u16) -> bool {
        self.busy.contains(status)
    }

    pub(super) fn evaluate(&self, response: &Response) -> CheckResult {
        let status = response.status;
        if self.is_busy(status) {
            return CheckResult {
                actual: Some(format!("{status} (busy)")),
                failure: None,
            };
        }
        let expected = &self.expected;
        CheckResult {
            actual: Some(status.to_string()),
            failure: (!expected.contains(status)).then(|| {
                let location = match response.location() {
                    Some(location) => format!(" → {location}"),
                    None => String::new(),
                };
                Failure::explained_by_body(format!(
                    "status {status}{location}, expected {expected}"
                ))
            }),
        }
    }

    /// What passes, as a noun.
    pub(super) fn expected(&self) -> String {
        let (expected, busy) = (&self.expected, &self.busy);
        if self.busy == StatusSet::EMPTY {
            expected.to_string()
        } else {
            format!("{expected}, or {busy} (busy)")
        }
    }
}

impl From<StatusSet> for StatusCheck {
    /// Without statuses of a busy server.
    fn from(expected: StatusSet) -> Self {
        Self {
            expected,
            busy: StatusSet::EMPTY,
        }
    }
}

impl fmt::Display for StatusCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expected.fmt(f)
    }
}
