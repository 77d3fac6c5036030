//! The result of one check: the actual value, and why the check fails.

use crate::response::BodyError;

/// Why a check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The reason, as a clause: `status 503, expected 200-399`.
    pub reason: String,
    /// Whether the body is likely to explain it.
    pub body_explains: bool,
}

impl Failure {
    pub(super) fn new(reason: String) -> Self {
        Self {
            reason,
            body_explains: false,
        }
    }

    pub(super) fn explained_by_body(reason: String) -> Self {
        Self {
            reason,
            body_explains: true,
        }
    }
}

/// An outcome that does not name its check yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckResult {
    /// The actual value, if there is one.
    pub(super) actual: Option<String>,
    pub(super) failure: Option<Failure>,
}

impl CheckResult {
    /// A check that fails before it sees a value.
    pub(super) fn failed(failure: Failure) -> Self {
        Self {
            actual: None,
            failure: Some(failure),
        }
    }
}

impl From<&BodyError> for CheckResult {
    fn from(error: &BodyError) -> Self {
        Self::failed(Failure::explained_by_body(error.to_string()))
    }
}
