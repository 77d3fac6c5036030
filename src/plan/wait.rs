//! Arguments → how long to wait for a healthy response.

use std::time::Duration;

use super::error::{Mismatch, PlanError};
use super::planner::Planner;
use crate::args::flags::{INTERVAL, WAIT};
use crate::duration;
use crate::wait::WaitPolicy;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

impl Planner<'_> {
    pub(super) fn wait_policy(&self) -> Result<Option<WaitPolicy>, PlanError> {
        let interval = self.parse(INTERVAL, duration::parse)?;
        match (self.parse(WAIT, duration::parse)?, interval) {
            (Some(limit), interval) => Ok(Some(WaitPolicy {
                limit,
                interval: interval.unwrap_or(DEFAULT_INTERVAL),
            })),
            (None, Some(_)) => Err(self.mismatch(INTERVAL, Mismatch::NoWait)),
            (None, None) => Ok(None),
        }
    }
}
