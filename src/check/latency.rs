//! `--max-latency`: how long the response may take.

use std::fmt;
use std::time::Duration;

use super::result::{CheckResult, Failure};
use crate::duration;
use crate::response::Response;

/// The maximum time from the name lookup to the last byte that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLatency(pub Duration);

impl MaxLatency {
    pub(super) fn evaluate(self, response: &Response) -> CheckResult {
        let elapsed = response.phases.total();
        CheckResult {
            actual: Some(duration::format_elapsed(elapsed)),
            failure: (elapsed > self.0).then(|| {
                Failure::new(format!(
                    "took {}, expected at most {self}",
                    duration::format_elapsed(elapsed)
                ))
            }),
        }
    }
}

impl fmt::Display for MaxLatency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::format_exact(self.0))
    }
}
