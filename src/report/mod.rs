//! Verdict → text: one line for people, one JSON object, or Prometheus text.
//!
//! Whatever came from the network passes through `excerpt` on its way out.

use std::time::Duration;

use crate::check::Outcome;
use crate::request::secret::Secret;
use crate::response::{FetchFailure, Phases, Redirect, Response};
use crate::verdict::Verdict;

mod excerpt;
pub mod json;
pub mod prometheus;
pub mod terminal;
pub mod text;
pub mod verbose;

/// How many bytes of a body are worth reading to explain a failure: what is
/// shown, and enough beyond it to recognise a secret at the edge.
pub const EXCERPT_READ: usize = 1024;

/// How long it was waited for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitStats {
    /// The number of attempts until then.
    pub attempts: u32,
    /// The time since the first began.
    pub time: Duration,
}

/// Everything there is to say about one probe.
#[derive(Debug)]
pub struct Report<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The request's method.
    pub method: &'a str,
    /// The URL without credentials and query.
    pub url: String,
    /// The answer, or why there is none.
    pub result: Result<&'a Response, &'a FetchFailure>,
    /// What became of each check.
    pub outcomes: &'a [Outcome<'a>],
    /// Texts that must not appear.
    pub secrets: &'a [Secret],
    /// How long it was waited; `None` of a single probe.
    pub waited: Option<WaitStats>,
}

impl Report<'_> {
    fn phases(&self) -> Phases {
        match self.result {
            Ok(response) => response.phases,
            Err(none) => none.phases,
        }
    }

    fn redirects(&self) -> &[Redirect] {
        match self.result {
            Ok(response) => &response.redirects,
            Err(none) => &none.redirects,
        }
    }

    /// Where each redirect led.
    fn redirected_to(&self) -> Vec<String> {
        self.redirects()
            .iter()
            .map(|redirect| excerpt::sanitize(&redirect.to, self.secrets))
            .collect()
    }

    /// The reasons as one text; empty where all holds.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reasons().join("; ")
    }

    /// Each reason once, in the order of the checks.
    fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for outcome in self.outcomes {
            if let Some(failure) = &outcome.failure {
                let reason = excerpt::sanitize(&failure.reason, self.secrets);
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        reasons
    }

    /// The beginning of the body, where a failure is likely to be explained by it.
    fn body(&self) -> Option<String> {
        match self.result {
            Ok(response) if self.outcomes.iter().any(Outcome::is_explained_by_body) => {
                excerpt::body_excerpt(&response.body, self.secrets)
            }
            _ => None,
        }
    }
}
