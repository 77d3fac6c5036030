//! Arguments → checks.

use std::error::Error;
use std::str::FromStr;
use std::{fmt, mem};

use super::error::{Mismatch, PlanError};
use super::planner::Planner;
use crate::args::flags::{
    BASELINE, BUSY_STATUS, EXPECT, EXPECT_BODY, EXPECT_BODY_REGEX, EXPECT_HEADER, EXPECT_STATUS,
    Flag, IGNORE, LOCATION, MAX_LATENCY, MIN_CERT_VALIDITY, MIN_COSINE, REJECT_BODY_REGEX,
    TOLERANCE, Values, WRITE_BASELINE,
};
use crate::check::Check;
use crate::check::body::BodyCheck;
use crate::check::certificate::MinValidity;
use crate::check::json::{self, Baseline, Ignored, JsonError, document};
use crate::check::latency::MaxLatency;
use crate::check::status::StatusCheck;
use crate::duration;
use crate::request::url::{Scheme, Url};
use crate::status::StatusSet;
use crate::syntax::SyntaxError;

/// Why a file or a part of the config is not a baseline.
#[derive(Debug)]
enum BaselineError {
    NotJson(JsonError),
    NotFinite { path: String, number: String },
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "the baseline {error}"),
            Self::NotFinite { path, number } => write!(
                f,
                "baseline has {number} at {path}; only finite numbers are allowed"
            ),
        }
    }
}

impl Error for BaselineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotJson(error) => Some(error),
            Self::NotFinite { .. } => None,
        }
    }
}

impl Planner<'_> {
    /// Every check, in the order of the help. A baseline takes `ignored`; otherwise it
    /// is left for a recording, which excludes a baseline.
    pub(super) fn checks(
        &self,
        url: &Url,
        ignored: &mut Ignored,
        inline_baseline: Option<String>,
    ) -> Result<Vec<Check>, PlanError> {
        let expected = self.parse(EXPECT_STATUS, FromStr::from_str)?;
        let busy = self.parse(BUSY_STATUS, busy_statuses)?;
        let mut checks = vec![Check::Status(StatusCheck {
            expected: expected.unwrap_or_default(),
            busy: busy.unwrap_or(StatusSet::EMPTY),
        })];
        self.push_all(&mut checks, EXPECT_HEADER, FromStr::from_str, Check::Header)?;
        self.push_all(&mut checks, EXPECT_BODY, text, |text| {
            Check::Body(BodyCheck::Contains(text))
        })?;
        self.push_all(&mut checks, EXPECT_BODY_REGEX, FromStr::from_str, |regex| {
            Check::Body(BodyCheck::Matches(regex))
        })?;
        self.push_all(&mut checks, REJECT_BODY_REGEX, FromStr::from_str, |regex| {
            Check::Body(BodyCheck::Rejects(regex))
        })?;
        self.push_all(&mut checks, EXPECT, FromStr::from_str, Check::Json)?;
        if let Some(baseline) = self.baseline(ignored, inline_baseline)? {
            checks.push(Check::Baseline(baseline));
        }
        if let Some(limit) = self.parse(MAX_LATENCY, duration::parse)? {
            checks.push(Check::Latency(MaxLatency(limit)));
        }
        if let Some(validity) = self.parse(MIN_CERT_VALIDITY, duration::parse)? {
            // A redirect may still lead to https.
            if url.scheme == Scheme::Http && !self.args.is_set(LOCATION) {
                return Err(self.mismatch(MIN_CERT_VALIDITY, Mismatch::PlainHttp));
            }
            checks.push(Check::Certificate(MinValidity(validity)));
        }
        Ok(checks)
    }

    /// Adds a check for each value of a repeatable flag.
    fn push_all<T>(
        &self,
        checks: &mut Vec<Check>,
        flag: Flag<Values>,
        parse: impl Fn(&str) -> Result<T, SyntaxError>,
        check: impl Fn(T) -> Check,
    ) -> Result<(), PlanError> {
        for parsed in self.parse_all(flag, parse) {
            checks.push(check(parsed?));
        }
        Ok(())
    }

    /// The recorded response, inline in the config or in a file.
    fn baseline(
        &self,
        ignored: &mut Ignored,
        inline: Option<String>,
    ) -> Result<Option<Baseline>, PlanError> {
        let tolerance = self.parse(TOLERANCE, FromStr::from_str)?;
        let min_cosine = self.parse(MIN_COSINE, FromStr::from_str)?;
        let (name, bytes) = match (inline, self.args.value(BASELINE)) {
            (Some(text), _) => ("in the config".to_owned(), text.into_bytes()),
            (None, Some(path)) => (path.to_owned(), self.read_file(BASELINE, path)?),
            // Recording takes the flags of the comparison.
            (None, None) if min_cosine.is_some() && self.args.value(WRITE_BASELINE).is_none() => {
                return Err(self.mismatch(MIN_COSINE, Mismatch::NoBaseline));
            }
            (None, None) => return Ok(None),
        };
        let refuse = |error| self.content_error(BASELINE, &name, error);
        let recorded =
            document::parse(&bytes).map_err(|error| refuse(BaselineError::NotJson(error)))?;
        if let Some((path, number)) = json::find_non_finite("$", &recorded) {
            let number = number.to_owned();
            return Err(refuse(BaselineError::NotFinite { path, number }));
        }
        Ok(Some(Baseline {
            name,
            recorded,
            tolerance: tolerance.unwrap_or_default(),
            min_cosine,
            ignored: mem::take(ignored),
        }))
    }

    /// What is left out of comparing and of recording.
    pub(super) fn ignored(&self) -> Result<Ignored, PlanError> {
        self.parse_all(IGNORE, json::query)
            .collect::<Result<_, _>>()
            .map(Ignored)
    }
}

/// A 2xx status would pass without the checks that apply to it.
fn busy_statuses(text: &str) -> Result<StatusSet, SyntaxError> {
    let set: StatusSet = text.parse()?;
    if (200..=299).any(|status| set.contains(status)) {
        return Err(SyntaxError::at(
            text,
            0,
            "expected no 2xx status: a busy response passes without checks of its headers and body",
        ));
    }
    Ok(set)
}

fn text(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected a text to look for"));
    }
    Ok(text.to_owned())
}
