//! Arguments → how long to wait for a healthy answer.

use std::time::Duration;

use super::{UsageError, parsed};
use crate::args::Args;
use crate::args::env::Environment;
use crate::duration;
use crate::wait::WaitPolicy;

/// The width of a terminal that does not tell.
const COLUMNS: usize = 80;

pub(super) fn waiting(args: &Args) -> Result<Option<WaitPolicy>, UsageError> {
    let interval = match args.value("interval") {
        Some(text) => Some(parsed(args, "interval", text, duration::parse)?),
        None => None,
    };
    let Some(limit) = args.value("wait") else {
        return match interval {
            Some(_) => Err(UsageError(format!(
                "{}: expected --wait DURATION as well, the time to wait for",
                args.origin("interval")
            ))),
            None => Ok(None),
        };
    };
    Ok(Some(WaitPolicy {
        limit: parsed(args, "wait", limit, duration::parse)?,
        interval: interval.unwrap_or(Duration::from_secs(1)),
    }))
}

/// The terminal's width.
pub(super) fn columns(environment: &Environment) -> usize {
    let text = environment.get("COLUMNS").ok().flatten();
    text.and_then(|text| text.parse().ok())
        .filter(|columns| *columns > 0)
        .unwrap_or(COLUMNS)
}
