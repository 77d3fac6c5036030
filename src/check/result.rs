//! The result of one check: the actual value, and why the check fails.

use crate::response::{Advice, BodyError};

/// Why a check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The reason, as a clause: `status 503, expected 200-399`.
    pub reason: String,
    /// Whether the body is likely to explain it.
    pub body_explains: bool,
    /// What the user can do about it.
    pub advice: Option<Advice>,
}

impl Failure {
    pub(super) fn new(reason: String) -> Self {
        Self {
            reason,
            body_explains: false,
            advice: None,
        }
    }

    pub(super) fn explained_by_body(reason: String) -> Self {
        Self {
            reason,
            body_explains: true,
            advice: None,
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
        Self::failed(Failure {
            advice: error.advice(),
            ..Failure::explained_by_body(error.to_string())
        })
    }
}
