//! `--baseline`: whether the body has drifted from a recorded one.

use std::fmt;

use serde_json::Value;

use super::comparison::Comparison;
use super::cosine::MinCosine;
use super::document::Document;
use super::ignored::Ignored;
use super::tolerance::Tolerance;
use crate::check::result::{CheckResult, Failure};

/// A recorded body, and how far another may be from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The file's name, as the user wrote it.
    pub name: String,
    /// The recorded body.
    pub recorded: Value,
    /// How far a number may drift.
    pub tolerance: Tolerance,
    /// How similar vectors must be; without it, their numbers are compared one by one.
    pub min_cosine: Option<MinCosine>,
    /// The nodes that are not compared.
    pub ignored: Ignored,
}

impl Baseline {
    pub(in crate::check) fn evaluate(&self, document: &Document) -> CheckResult {
        let actual = match document.value() {
            Ok(actual) => actual,
            Err(result) => return result,
        };
        let ignored = self.ignored.nodes(&[&self.recorded, actual]);
        let differences = Comparison::new(&self.tolerance, self.min_cosine.as_ref(), ignored)
            .differences(&self.recorded, actual);
        let count = differences.count();
        CheckResult {
            actual: Some(match count {
                0 => "no drift".to_owned(),
                1 => "1 difference".to_owned(),
                _ => format!("{count} differences"),
            }),
            failure: (count > 0).then(|| Failure::new(differences.describe(&self.tolerance))),
        }
    }

    /// What passes, as a noun.
    pub(in crate::check) fn expected(&self) -> String {
        let numbers = format!("the recorded response within {}", self.tolerance);
        match &self.min_cosine {
            Some(minimum) => format!("{numbers}, vectors with a cosine >= {minimum}"),
            None => numbers,
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Ignored};
    use crate::check::json::document::Document;
    use crate::response::Response;
    use serde_json_path::JsonPath;

    fn queries(ignored: &[&str]) -> Ignored {
        Ignored(
            ignored
                .iter()
                .map(|query| JsonPath::parse(query).unwrap())
                .collect(),
        )
    }

    #[track_caller]
    fn drift(recorded: &str, actual: &str, tolerance: &str, ignored: &[&str]) -> Option<String> {
        let baseline = Baseline {
            name: "baseline.json".into(),
            recorded: serde_json::from_str(recorded).unwrap(),
            tolerance: tolerance.parse().unwrap(),
            min_cosine: None,
            ignored: queries(ignored),
        };
        let mut response = Response::example();
        response.body.bytes = actual.into();
        let result = baseline.evaluate(&Document::lazy(&response));
        result.failure.map(|failure| failure.reason)
    }

    #[test]
    fn every_recorded_member_must_match_and_others_are_allowed() {
        for (recorded, actual) in [
            (r#"{"a":1}"#, r#"{"b":[],"a":1.0}"#),
            (r#"{"a":{"b":"x"}}"#, r#"{"a":{"c":1,"b":"x"}}"#),
            (r#"[1,"x",null,true]"#, r#"[1,"x",null,true]"#),
            ("{}", r#"{"a":NaN}"#),
        ] {
            assert_eq!(drift(recorded, actual, "0", &[]), None, "{recorded}");
        }
        for (recorded, actual, reason) in [
            (r#"{"a":1}"#, "{}", "drift at $.a: 1 → missing"),
            (r#"{"a":1}"#, "[]", r#"drift at $: {"a":1} → []"#),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, r#"drift at $.a: 1 → "1""#),
            (
                r#"{"a":"cat"}"#,
                r#"{"a":"dog"}"#,
                r#"drift at $.a: "cat" → "dog""#,
            ),
            (
                r#"{"a b":[true]}"#,
                r#"{"a b":[null]}"#,
                "drift at $['a b'][0]: true → null",
            ),
            ("[1,2,3]", "[1]", "drift at $: 3 elements → 1 element"),
            (r#"{"s":0.87}"#, r#"{"s":NaN}"#, "drift at $.s: 0.87 → NaN"),
            (r#"{"s":null}"#, r#"{"s":NaN}"#, "drift at $.s: null → NaN"),
            (
                "[1,2]",
                "[2,1]",
                "drift at $[0]: 1 → 2 (Δ 1 > 0), $[1]: 2 → 1 (Δ 1 > 0)",
            ),
        ] {
            assert_eq!(drift(recorded, actual, "0", &[]).as_deref(), Some(reason));
        }
    }

    #[test]
    fn numbers_may_drift_within_the_tolerance() {
        let recorded = r#"{"predictions":[{"score":0.871}]}"#;
        for (score, tolerance, reason) in [
            ("0.871", "0", None),
            ("0.891", "0.02", None),
            ("0.851", "0.02", None),
            ("0.8884", "2%", None),
            (
                "0.412",
                "0.02",
                Some("drift at $.predictions[0].score: 0.871 → 0.412 (Δ 0.459 > 0.02)"),
            ),
            (
                "0.8885",
                "2%",
                Some("drift at $.predictions[0].score: 0.871 → 0.8885 (Δ 0.0175 > 0.01742)"),
            ),
        ] {
            let actual = format!("{{\"predictions\":[{{\"score\":{score}}}]}}");
            assert_eq!(
                drift(recorded, &actual, tolerance, &[]).as_deref(),
                reason,
                "{score}"
            );
        }
        assert_eq!(
            drift("[0.0,364]", "[0.0011,364.366]", "0.001+0.1%", &[]).as_deref(),
            Some(
                "drift at $[0]: 0.0 → 0.0011 (Δ 0.0011 > 0.001), \
                 $[1]: 364 → 364.366 (Δ 0.366 > 0.365)"
            )
        );
        assert_eq!(
            drift("-1e-300", "1e+300", "1e+300", &[]).as_deref(),
            Some("drift at $: -1e-300 → 1e+300")
        );
        assert_eq!(
            drift("[9007199254740993]", "[9007199254740993]", "0", &[]),
            None
        );
        assert_eq!(
            drift("[9007199254740993]", "[9007199254740992]", "0", &[]).as_deref(),
            Some("drift at $[0]: 9007199254740993 → 9007199254740992 (Δ 1 > 0)")
        );
    }

    #[test]
    fn many_differences_are_counted_and_the_largest_described() {
        let recorded: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut actual = recorded.clone();
        for (index, off) in [(10, 0.5), (20, 3.0), (30, -7.25), (999, 1.0)] {
            actual[index] += off;
        }
        let recorded = serde_json::to_string(&recorded).unwrap();
        let actual = serde_json::to_string(&actual).unwrap();
        assert_eq!(
            drift(&recorded, &actual, "0.1", &[]).as_deref(),
            Some(
                "drift at 4 places, the worst: $[30]: 30.0 → 22.75 (Δ 7.25 > 0.1), \
                  $[20]: 20.0 → 23.0 (Δ 3 > 0.1), $[999]: 999.0 → 1000.0 (Δ 1 > 0.1)"
            )
        );
        assert_eq!(
            drift(
                r#"{"a":1,"b":2,"c":"x","d":4}"#,
                r#"{"a":9,"b":3,"c":"y","d":6}"#,
                "0",
                &[]
            )
            .as_deref(),
            Some(
                r#"drift at 4 places, the worst: $.c: "x" → "y", $.a: 1 → 9 (Δ 8 > 0), $.d: 4 → 6 (Δ 2 > 0)"#
            )
        );
    }

    #[test]
    fn ignored_nodes_are_not_compared() {
        let ignored = ["$.id", "$..created", "$.list[1]", "$.nothing"];
        let recorded = r#"{"id":"a","list":[1,2,3],"x":{"created":5,"y":1}}"#;
        assert_eq!(
            drift(recorded, r#"{"list":[1,9,3],"x":{"y":1}}"#, "0", &ignored),
            None
        );
        assert_eq!(
            drift(
                recorded,
                r#"{"id":NaN,"list":[1,NaN,3],"x":{"created":"z","y":1}}"#,
                "0",
                &ignored
            ),
            None
        );
        assert_eq!(
            drift(recorded, r#"{"list":[1,9],"x":{"y":1}}"#, "0", &ignored).as_deref(),
            Some("drift at $.list: 3 elements → 2 elements")
        );
    }
}
