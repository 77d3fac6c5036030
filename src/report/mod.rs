//! Verdict → text: one line for people, one JSON object, or Prometheus text.
//!
//! Everything that came from the network is sanitized by `excerpt` before it is printed.

use crate::check::{self, ExplainedBy, Outcome};
use crate::request::secret::Secret;
use crate::response::{FetchError, FetchFailure, Phases, Redirect, RedirectError, Response};
use crate::verdict::Verdict;
use crate::wait::WaitStats;

mod advice;
mod excerpt;
pub mod json;
mod label;
pub mod prometheus;
pub mod terminal;
pub mod text;
pub mod verbose;

pub use excerpt::EXCERPT_READ;

/// Everything to report about one probe.
#[derive(Debug)]
pub struct Report<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The request's method.
    pub method: &'a str,
    /// The URL without credentials and query.
    pub url: String,
    /// The response, or why there is none.
    pub result: Result<&'a Response, &'a FetchFailure>,
    /// The outcome of each check.
    pub outcomes: &'a [Outcome<'a>],
    /// Texts that must not be printed.
    pub secrets: &'a [Secret],
    /// The attempts so far; `None` without `--wait`.
    pub wait_stats: Option<WaitStats>,
}

impl Report<'_> {
    fn phases(&self) -> Phases {
        match self.result {
            Ok(response) => response.phases,
            Err(failure) => failure.phases,
        }
    }

    /// The status code of the last response, also if that was one redirect too many.
    fn status(&self) -> Option<u16> {
        match self.result {
            Ok(response) => Some(response.status),
            Err(failure) => match failure.error {
                FetchError::Redirect(RedirectError::TooMany { status, .. }) => Some(status),
                _ => None,
            },
        }
    }

    /// Whether that status means that the server is busy.
    fn is_busy(&self) -> bool {
        self.result
            .is_ok_and(|response| check::is_busy(self.outcomes, response))
    }

    /// The redirects that were followed.
    fn redirects(&self) -> &[Redirect] {
        match self.result {
            Ok(response) => &response.redirects,
            Err(failure) => &failure.redirects,
        }
    }

    /// The target of each redirect.
    fn redirected_to(&self) -> Vec<String> {
        self.redirects()
            .iter()
            .map(|redirect| excerpt::sanitize(&redirect.to, self.secrets))
            .collect()
    }

    /// The reasons as one text; empty if every check holds.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reasons().join("; ")
    }

    /// The reasons in the order of the checks, without duplicates.
    fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for outcome in self.outcomes {
            if let Some(failure) = &outcome.failure {
                let mut reason = excerpt::sanitize(&failure.reason, self.secrets);
                if let Some(advice) = failure.advice {
                    reason.push_str(advice::flags(advice));
                }
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        reasons
    }

    /// The beginning of the body, if it is likely to explain a failure.
    fn body(&self) -> Option<String> {
        let body = &self.result.ok()?.body;
        let explained_by = self.outcomes.iter().filter_map(Outcome::explained_by).max();
        match explained_by? {
            ExplainedBy::Reason => None,
            ExplainedBy::Body => excerpt::body_excerpt(body, self.secrets),
            ExplainedBy::WhiteSpace => excerpt::exact_body_excerpt(body, self.secrets),
        }
    }
}
