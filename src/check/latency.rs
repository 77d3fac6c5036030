//! `--max-latency`: how long the answer may take.

use std::fmt;
use std::time::Duration;

use super::{Failure, Finding};
use crate::duration;
use crate::exchange::Exchange;

/// The longest time from the name lookup to the last byte that the checks needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLatency(pub Duration);

impl MaxLatency {
    pub(super) fn find(self, exchange: &Exchange) -> Finding {
        let took = exchange.phases.total();
        Finding {
            actual: Some(duration::measured(took)),
            failure: (took > self.0).then(|| {
                Failure::new(format!(
                    "took {}, expected at most {self}",
                    duration::measured(took)
                ))
            }),
        }
    }
}

impl fmt::Display for MaxLatency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::typed(self.0))
    }
}
