//! What a check is called in the JSON output and the metrics: flag and value, as in
//! `expect status=ok`. Users filter by these names, so they must not change.

use crate::check::body::BodyCheck;
use crate::check::{Check, Subject};

/// The long flag without its dashes, and the value that the user wrote. For what no flag
/// asks for, a name.
pub(super) fn label(subject: Subject) -> String {
    match subject {
        Subject::CompleteResponse => flag(subject).to_owned(),
        Subject::Check(_) | Subject::Recording(_) => format!("{} {subject}", flag(subject)),
    }
}

fn flag(subject: Subject) -> &'static str {
    match subject {
        Subject::Check(check) => match check {
            Check::Status(_) => "expect-status",
            Check::Header(_) => "expect-header",
            Check::Body(BodyCheck::Contains(_)) => "expect-body",
            Check::Body(BodyCheck::Matches(_)) => "expect-body-regex",
            Check::Body(BodyCheck::Rejects(_)) => "reject-body-regex",
            Check::Json(_) => "expect",
            Check::Baseline(_) => "baseline",
            Check::Latency(_) => "max-latency",
            Check::Certificate(_) => "min-cert-validity",
        },
        Subject::CompleteResponse => "complete-response",
        Subject::Recording(_) => "write-baseline",
    }
}

#[cfg(test)]
mod tests {
    use super::label;
    use crate::check::body::BodyCheck;
    use crate::check::certificate::MinValidity;
    use crate::check::json::{Baseline, Ignored, Tolerance};
    use crate::check::latency::MaxLatency;
    use crate::check::{Check, Subject};
    use crate::status::StatusSet;
    use serde_json::Value;
    use std::time::Duration;

    #[test]
    fn a_label_is_flag_and_value() {
        let baseline = Baseline {
            name: "b.json".into(),
            recorded: Value::Null,
            tolerance: Tolerance::default(),
            min_cosine: None,
            ignored: Ignored::default(),
        };
        let statuses: StatusSet = "2xx".parse().unwrap();
        let (second, minute) = (Duration::from_secs(1), Duration::from_mins(1));
        for (check, expected) in [
            (Check::Status(statuses.into()), "expect-status 2xx"),
            (Check::Header("!X".parse().unwrap()), "expect-header !X"),
            (
                Check::Body(BodyCheck::Contains("a".into())),
                "expect-body a",
            ),
            (
                Check::Body(BodyCheck::Matches("a".parse().unwrap())),
                "expect-body-regex a",
            ),
            (
                Check::Body(BodyCheck::Rejects("a".parse().unwrap())),
                "reject-body-regex a",
            ),
            (Check::Json("a=1".parse().unwrap()), "expect a=1"),
            (Check::Baseline(baseline), "baseline b.json"),
            (Check::Latency(MaxLatency(second)), "max-latency 1s"),
            (
                Check::Certificate(MinValidity(minute)),
                "min-cert-validity 1m",
            ),
        ] {
            assert_eq!(label(Subject::Check(&check)), expected);
        }
        assert_eq!(label(Subject::Recording("b.json")), "write-baseline b.json");
        assert_eq!(label(Subject::CompleteResponse), "complete-response");
    }
}
