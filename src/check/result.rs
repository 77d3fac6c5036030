//! The result of one check: the actual value, and why the check fails.

use crate::response::{Advice, BodyError};

/// Why a check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The reason, as a clause: `status 503, expected 200-399`.
    pub reason: String,
    /// What of the body is likely to explain it.
    pub explained_by: ExplainedBy,
    /// What the user can do about it.
    pub advice: Option<Advice>,
}

/// What of the body is likely to explain a failure, beyond its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExplainedBy {
    /// Nothing.
    Reason,
    /// Its words.
    Body,
    /// Its white space too.
    WhiteSpace,
}

impl Failure {
    pub(super) fn new(reason: String) -> Self {
        Self {
            reason,
            explained_by: ExplainedBy::Reason,
            advice: None,
        }
    }

    pub(super) fn explained_by_body(reason: String) -> Self {
        Self {
            explained_by: ExplainedBy::Body,
            ..Self::new(reason)
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
