//! What a response means: each kind of check beside its own grammar, and the
//! outcomes of all of them.
//!
//! Pure functions of plain data: no flag, no socket, no clock, no file.

use std::fmt;

use crate::request::BodyPolicy;
use crate::response::{BodyEnd, FetchError, Response};
use crate::status::StatusSet;

pub mod body;
pub mod certificate;
mod encoding;
pub mod header;
pub mod json;
pub mod latency;
mod operator;
mod pattern;
mod result;
pub mod status;

pub use result::{ExplainedBy, Failure};

use body::BodyCheck;
use certificate::MinValidity;
use header::HeaderAssertion;
use json::document::Document;
use json::{Assertion, Baseline};
use latency::MaxLatency;
use result::CheckResult;
use status::StatusCheck;

/// One condition on a response. Its `Display` is what the user wrote.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// The status code is in a set.
    Status(StatusCheck),
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
    /// That the response is complete, where no check needs its body.
    CompleteResponse,
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
        self.explained_by() > Some(ExplainedBy::Reason)
    }

    /// What of the body is likely to explain why the check fails, if it does.
    #[must_use]
    pub fn explained_by(&self) -> Option<ExplainedBy> {
        self.failure.as_ref().map(|failure| failure.explained_by)
    }
}

impl Check {
    fn evaluate(&self, response: &Response, document: &Document) -> CheckResult {
        match self {
            Self::Status(check) => check.evaluate(response),
            Self::Header(assertion) => assertion.evaluate(response),
            Self::Body(check) => check.evaluate(&response.body),
            Self::Json(assertion) => assertion.evaluate(document),
            Self::Baseline(baseline) => baseline.evaluate(document),
            Self::Latency(limit) => limit.evaluate(response),
            Self::Certificate(limit) => limit.evaluate(response),
        }
    }

    /// Whether this status means that the server is busy.
    fn is_busy(&self, status: u16) -> bool {
        matches!(self, Self::Status(check) if check.is_busy(status))
    }

    /// Whether the check applies to the response of a busy server too: its latency and its
    /// certificate do not depend on the request, unlike headers and body.
    fn applies_to_busy(&self) -> bool {
        match self {
            Self::Status(_) | Self::Latency(_) | Self::Certificate(_) => true,
            Self::Header(_) | Self::Body(_) | Self::Json(_) | Self::Baseline(_) => false,
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
            Self::Status(check) => check.expected(),
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
            Self::Status(check) => check.fmt(f),
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
            Self::CompleteResponse => "a complete response".to_owned(),
            Self::Recording(_) => "a response that can be recorded".to_owned(),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(check) => check.fmt(f),
            Self::CompleteResponse => Ok(()),
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

/// The statuses that mean that the server is busy. No check needs the body of such a
/// response.
#[must_use]
pub fn busy_statuses(checks: &[Check]) -> StatusSet {
    let busy = checks.iter().find_map(|check| match check {
        Check::Status(check) => Some(check.busy.clone()),
        _ => None,
    });
    busy.unwrap_or(StatusSet::EMPTY)
}

/// Evaluates every check, also after one has failed; on a busy server's response, only those
/// that apply to it.
///
/// A response counts when it is complete: if no check needs its body, so that none can
/// report that the body failed, there is one more outcome that does.
#[must_use]
pub fn evaluate<'c>(checks: &'c [Check], response: &Response) -> Vec<Outcome<'c>> {
    let document = Document::lazy(response);
    let is_busy = checks.iter().any(|check| check.is_busy(response.status));
    let mut outcomes: Vec<Outcome> = checks
        .iter()
        .filter(|check| !is_busy || check.applies_to_busy())
        .map(|check| check.outcome(check.evaluate(response, &document)))
        .collect();
    if let BodyEnd::Failed(error) = &response.body.end
        && body_policy(checks) == BodyPolicy::Skip
    {
        outcomes.push(Outcome {
            subject: Subject::CompleteResponse,
            actual: None,
            failure: CheckResult::from(error).failure,
        });
    }
    outcomes
}

/// Whether the status of the response means that the server is busy.
#[must_use]
pub fn is_busy(outcomes: &[Outcome], response: &Response) -> bool {
    outcomes.iter().any(|outcome| {
        matches!(outcome.subject, Subject::Check(check) if check.is_busy(response.status))
    })
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

#[cfg(test)]
mod tests {
    use super::{Check, Outcome, evaluate, is_busy};
    use crate::check::body::BodyCheck;
    use crate::check::certificate::MinValidity;
    use crate::check::latency::MaxLatency;
    use crate::check::status::StatusCheck;
    use crate::response::{Body, BodyEnd, BodyError, Response};
    use crate::status::StatusSet;
    use std::time::Duration;

    #[test]
    fn of_a_busy_response_only_time_and_certificate_are_checked() {
        let busy = Check::Status(StatusCheck {
            expected: "200,429".parse().unwrap(),
            busy: "429".parse().unwrap(),
        });
        let zero = Duration::ZERO;
        let checks = [
            busy,
            Check::Header("x".parse().unwrap()),
            Check::Body(BodyCheck::Contains("a".into())),
            Check::Json("a=1".parse().unwrap()),
            Check::Latency(MaxLatency(zero)),
            Check::Certificate(MinValidity(zero)),
        ];
        for (status, evaluated) in [(429, &[0, 4, 5][..]), (200, &[0, 1, 2, 3, 4, 5])] {
            let response = Response {
                status,
                ..Response::example()
            };
            let outcomes = evaluate(&checks, &response);
            let subjects: Vec<String> = outcomes
                .iter()
                .map(|outcome| outcome.subject.to_string())
                .collect();
            let expected: Vec<String> = evaluated
                .iter()
                .map(|index| checks[*index].to_string())
                .collect();
            assert_eq!(subjects, expected);
            assert_eq!(is_busy(&outcomes, &response), status == 429);
            // Without TLS there is no certificate.
            assert!(outcomes.last().unwrap().failure.is_some());
        }
    }

    fn reasons(outcomes: &[Outcome]) -> Vec<String> {
        outcomes
            .iter()
            .filter_map(|outcome| outcome.failure.as_ref())
            .map(|failure| failure.reason.clone())
            .collect()
    }

    #[test]
    fn a_body_that_failed_is_reported_once_also_if_no_check_needs_it() {
        let error = BodyError::Truncated {
            received: 5,
            content_length: Some(100),
        };
        let response = |end| Response {
            body: Body {
                bytes: b"hello".to_vec(),
                end,
            },
            ..Response::example()
        };
        let failed = response(BodyEnd::Failed(error));
        let reason = "body cut short after 5 of 100 bytes";
        let status = Check::Status(StatusSet::default().into());
        let no_content = Check::Status("204".parse::<StatusSet>().unwrap().into());
        let header = Check::Header("!x".parse().unwrap());
        let json = Check::Json("a=1".parse().unwrap());
        let found = Check::Body(BodyCheck::Contains("hello".into()));
        let missing = Check::Body(BodyCheck::Contains("world".into()));
        for (checks, expected) in [
            (vec![status.clone(), header], vec![reason]),
            (vec![no_content], vec!["status 200, expected 204", reason]),
            (vec![status.clone(), json], vec![reason]),
            (vec![status.clone(), missing], vec![reason]),
            // Its text came before the error, and it does not need the rest.
            (vec![status.clone(), found], vec![]),
        ] {
            let outcomes = evaluate(&checks, &failed);
            assert_eq!(reasons(&outcomes), expected, "{checks:?}");
        }
        for end in [BodyEnd::Complete, BodyEnd::Partial] {
            assert_eq!(
                evaluate(std::slice::from_ref(&status), &response(end)).len(),
                1
            );
        }
    }
}
