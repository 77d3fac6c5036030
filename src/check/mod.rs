//! What a response means: each kind of check beside its own grammar, and the
//! outcomes of all of them.
//!
//! Pure functions of plain data: no flag, no socket, no clock, no file.

use std::fmt;

use crate::request::BodyPolicy;
use crate::response::{FetchError, Response};

pub mod body;
pub mod certificate;
pub mod header;
pub mod json;
pub mod latency;
mod operator;
mod pattern;
mod result;
pub mod status;

pub use result::Failure;

use body::BodyCheck;
use certificate::MinValidity;
use header::HeaderAssertion;
use json::document::Document;
use json::{Assertion, Baseline};
use latency::MaxLatency;
use result::CheckResult;
use status::StatusSet;

/// One condition on a response. Its `Display` is what the user wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// The status code is in a set.
    Status(StatusSet),
    /// A condition on one header.
    Header(HeaderAssertion),
    /// A condition on the body as text.
    Body(BodyCheck),
    /// An assertion holds on the JSON body.
    Json(Assertion),
    /// The JSON body matches a recorded one.
    Baseline(Baseline),
    /// The response arrives in time.
    Latency(MaxLatency),
    /// The server's certificate stays valid for long enough.
    Certificate(MinValidity),
}

/// The subject of an outcome. Its `Display` is what the user wrote.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'c> {
    /// A check of the response.
    Check(&'c Check),
    /// Recording the response, in the file with this name.
    Recording(&'c str),
}

/// The outcome of one check.
#[derive(Debug, Clone)]
pub struct Outcome<'c> {
    /// The check. Formatting it costs 4 % of a probe, and most probes do not print it.
    pub subject: Subject<'c>,
    /// The actual value, if there is one.
    pub actual: Option<String>,
    /// Why the check fails, if it does.
    pub failure: Option<Failure>,
}

impl Outcome<'_> {
    /// Whether the check fails and the body is likely to explain it.
    #[must_use]
    pub fn is_explained_by_body(&self) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|failure| failure.body_explains)
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
            subject: Subject::Check(self),
            actual: result.actual,
            failure: result.failure,
        }
    }

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
            Self::Status(set) => set.fmt(f),
            Self::Header(assertion) => assertion.fmt(f),
            Self::Body(check) => check.fmt(f),
            Self::Json(assertion) => assertion.fmt(f),
            Self::Baseline(baseline) => baseline.fmt(f),
            Self::Latency(limit) => limit.fmt(f),
            Self::Certificate(limit) => limit.fmt(f),
        }
    }
}

impl Subject<'_> {
    /// What passes, as a noun: `200-399`, `at most 2s`.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Check(check) => check.expected(),
            Self::Recording(_) => "a response that can be recorded".to_owned(),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(check) => check.fmt(f),
            Self::Recording(file) => f.write_str(file),
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

/// Evaluates every check, also after one has failed.
#[must_use]
pub fn evaluate<'c>(checks: &'c [Check], response: &Response) -> Vec<Outcome<'c>> {
    let document = Document::lazy(&response.body);
    checks
        .iter()
        .map(|check| check.outcome(check.evaluate(response, &document)))
        .collect()
}

/// The outcomes without a response: every check fails for the same reason.
#[must_use]
pub fn without_response<'c>(checks: &'c [Check], error: &FetchError) -> Vec<Outcome<'c>> {
    let failure = Failure {
        advice: error.advice(),
        ..Failure::new(error.to_string())
    };
    checks
        .iter()
        .map(|check| check.outcome(CheckResult::failed(failure.clone())))
        .collect()
}
