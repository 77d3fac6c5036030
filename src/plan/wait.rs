//! Arguments → how long to wait for a healthy answer.

use std::time::Duration;

use super::{UsageError, parsed};
use crate::duration;
use crate::environment::Environment;
use crate::given::Given;
use crate::wait::Waiting;

/// The width of a terminal that does not tell.
const COLUMNS: usize = 80;

pub(super) fn waiting(
    given: &Given,
    environment: &Environment,
) -> Result<Option<Waiting>, UsageError> {
    let interval = match given.one("interval") {
        Some(text) => Some(parsed(given, "interval", text, duration::parse)?),
        None => None,
    };
    let Some(limit) = given.one("wait") else {
        return match interval {
            Some(_) => Err(UsageError(format!(
                "{}: expected --wait DURATION as well, the time to wait for",
                given.source("interval")
            ))),
            None => Ok(None),
        };
    };
    Ok(Some(Waiting {
        limit: parsed(given, "wait", limit, duration::parse)?,
        interval: interval.unwrap_or(Duration::from_secs(1)),
        columns: columns(environment).unwrap_or(COLUMNS),
    }))
}

fn columns(environment: &Environment) -> Option<usize> {
    let text = environment.get("COLUMNS").ok().flatten()?;
    text.parse().ok().filter(|columns| *columns > 0)
}
