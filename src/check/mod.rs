//! What an response means: each kind of check beside its own grammar, and the
//! outcomes of all of them.
//!
//! Pure functions of plain data: no flag, no socket, no clock, no file.

use std::fmt;

use crate::request::BodyPolicy;
use crate::response::{BodyError, Response};

pub mod body;
pub mod certificate;
pub mod header;
pub mod json;
pub mod latency;
pub mod pattern;
pub mod status;

use body::BodyCheck;
use certificate::MinValidity;
use header::HeaderAssertion;
use json::Assertion;
use json::baseline::Baseline;
use json::document::Document;
use latency::MaxLatency;
use status::StatusSet;

/// One thing that must hold of an response. Its `Display` is what the user wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// `--expect-status`
    Status(StatusSet),
    /// `--expect-header`
    Header(HeaderAssertion),
    /// `--expect-body` and the two regular expressions
    Body(BodyCheck),
    /// `--expect`
    Json(Assertion),
    /// `--baseline`
    Baseline(Baseline),
    /// `--max-latency`
    Latency(MaxLatency),
    /// `--min-cert-validity`
    Certificate(MinValidity),
}

/// A check as it is told: its `Display` is flag and value, `expect status=ok`.
pub trait Describe: fmt::Display + fmt::Debug {
    /// What would have held.
    fn expected(&self) -> String;
}

/// What became of one check.
#[derive(Debug, Clone)]
pub struct Outcome<'c> {
    /// The check. To tell it costs 4 % of a probe, and most probes need not.
    pub check: &'c dyn Describe,
    /// What was found, where it can be named.
    pub actual: Option<String>,
    /// Why the check fails, if it does.
    pub failure: Option<Failure>,
}

impl Outcome<'_> {
    /// Whether the check fails and the body is likely to say more.
    #[must_use]
    pub fn is_explained_by_body(&self) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|failure| failure.body_explains)
    }
}

/// Why a check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The reason, as a clause: `status 503, expected 200-399`.
    pub reason: String,
    /// Whether the body is likely to say more.
    pub body_explains: bool,
}

/// What one check found, before it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CheckResult {
    actual: Option<String>,
    failure: Option<Failure>,
}

impl Failure {
    fn new(reason: String) -> Self {
        Self {
            reason,
            body_explains: false,
        }
    }

    fn explained_by_body(reason: String) -> Self {
        Self {
            reason,
            body_explains: true,
        }
    }
}

impl From<&BodyError> for CheckResult {
    fn from(error: &BodyError) -> Self {
        Self {
            actual: None,
            failure: Some(Failure::explained_by_body(error.to_string())),
        }
    }
}

impl Check {
    fn evaluate(&self, response: &Response, document: &Document) -> CheckResult {
        match self {
            Self::Status(set) => set.evaluate(response),
            Self::Header(assertion) => assertion.evaluate(response),
            Self::Body(check) => check.evaluate(&response.body),
            Self::Json(assertion) => assertion.evaluate(document),
            Self::Baseline(baseline) => baseline.evaluate(document),
            Self::Latency(limit) => limit.evaluate(response),
            Self::Certificate(limit) => limit.evaluate(response),
        }
    }

    fn outcome(&self, result: CheckResult) -> Outcome<'_> {
        Outcome {
            check: self,
            actual: result.actual,
            failure: result.failure,
        }
    }
}

impl Describe for Check {
    fn expected(&self) -> String {
        match self {
            Self::Status(set) => set.to_string(),
            Self::Header(assertion) => assertion.expected(),
            Self::Body(check) => check.expected(),
            Self::Json(assertion) => assertion.expected(),
            Self::Baseline(baseline) => baseline.expected(),
            Self::Latency(limit) => format!("at most {limit}"),
            Self::Certificate(limit) => format!("at least {limit}"),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(set) => write!(f, "expect-status {set}"),
            Self::Header(assertion) => write!(f, "expect-header {assertion}"),
            Self::Body(check @ BodyCheck::Contains(_)) => write!(f, "expect-body {check}"),
            Self::Body(check @ BodyCheck::Matches(_)) => write!(f, "expect-body-regex {check}"),
            Self::Body(check @ BodyCheck::Rejects(_)) => write!(f, "reject-body-regex {check}"),
            Self::Json(assertion) => write!(f, "expect {assertion}"),
            Self::Baseline(baseline) => write!(f, "baseline {baseline}"),
            Self::Latency(limit) => write!(f, "max-latency {limit}"),
            Self::Certificate(limit) => write!(f, "min-cert-validity {limit}"),
        }
    }
}

/// How much of the body these checks need.
#[must_use]
pub fn body_policy(checks: &[Check]) -> BodyPolicy {
    let mut texts = Vec::new();
    for check in checks {
        match check {
            Check::Body(BodyCheck::Contains(text)) => texts.push(text.clone()),
            Check::Body(_) | Check::Json(_) | Check::Baseline(_) => return BodyPolicy::Full,
            Check::Status(_) | Check::Header(_) | Check::Latency(_) | Check::Certificate(_) => {}
        }
    }
    if texts.is_empty() {
        BodyPolicy::Skip
    } else {
        BodyPolicy::UntilFound(texts)
    }
}

/// Evaluates every check; none stops at another's failure.
#[must_use]
pub fn evaluate<'c>(checks: &'c [Check], response: &Response) -> Vec<Outcome<'c>> {
    let document = Document::lazy(&response.body);
    checks
        .iter()
        .map(|check| check.outcome(check.evaluate(response, &document)))
        .collect()
}

/// The outcomes where there is no response: nothing found, all failed alike.
#[must_use]
pub fn without_response<'c>(checks: &'c [Check], reason: &str) -> Vec<Outcome<'c>> {
    checks
        .iter()
        .map(|check| {
            check.outcome(CheckResult {
                actual: None,
                failure: Some(Failure::new(reason.to_owned())),
            })
        })
        .collect()
}
