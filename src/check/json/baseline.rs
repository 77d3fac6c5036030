//! `--baseline`: has the answer drifted from a recorded one?

use std::fmt::{self, Write as _};

use serde_json::Value;
use serde_json_path::JsonPath;

use super::Tolerance;
use super::document::{self, Document, find_non_finite, non_finite};
use super::number::Decimal;
use super::path;
use super::predicate::shown;
use crate::check::{CheckResult, Failure};

/// How many differences are told; the rest are counted.
const MAX_TOLD: usize = 3;

/// A recorded answer, and how far another may be from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The file's name, as the user wrote it.
    pub name: String,
    /// What was recorded.
    pub recorded: Value,
    /// How far numbers may drift.
    pub tolerance: Tolerance,
    /// What is left out.
    pub ignored: Ignored,
}

/// Nodes that are left out of comparing and of recording.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ignored(pub Vec<JsonPath>);

/// Nodes by their address, which is theirs as long as the document lives; sorted.
struct Nodes(Vec<*const Value>);

impl Nodes {
    fn contains(&self, value: &Value) -> bool {
        self.0.binary_search(&std::ptr::from_ref(value)).is_ok()
    }
}

/// One node that is not as recorded.
#[derive(Debug)]
struct Difference<'v> {
    /// How many differences came before it.
    order: usize,
    path: String,
    recorded: &'v Value,
    /// `None` where it is missing.
    answer: Option<&'v Value>,
    /// How far a number drifted; whatever else changed counts as farther.
    distance: f64,
}

impl Baseline {
    pub(in crate::check) fn evaluate(&self, document: &Document) -> CheckResult {
        let answer = match document.value() {
            Ok(answer) => answer,
            Err(result) => return result,
        };
        let mut comparison = Comparison {
            tolerance: &self.tolerance,
            ignored: self.ignored.nodes(&[&self.recorded, answer]),
            path: Vec::new(),
            count: 0,
            worst: Vec::new(),
        };
        comparison.compare(&self.recorded, answer);
        let count = comparison.count;
        CheckResult {
            actual: Some(match count {
                0 => "no drift".to_owned(),
                1 => "1 difference".to_owned(),
                _ => format!("{count} differences"),
            }),
            failure: (count > 0).then(|| Failure::new(comparison.told())),
        }
    }

    /// What an answer that passes looks like.
    pub(in crate::check) fn expected(&self) -> String {
        format!("the recorded answer within {}", self.tolerance)
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Ignored {
    /// The selected nodes of these documents.
    fn nodes(&self, documents: &[&Value]) -> Nodes {
        let mut nodes = Vec::new();
        for query in &self.0 {
            for document in documents {
                nodes.extend(
                    query
                        .query(document)
                        .all()
                        .into_iter()
                        .map(std::ptr::from_ref),
                );
            }
        }
        nodes.sort_unstable();
        Nodes(nodes)
    }

    /// What is to be recorded of an answer: members left out, elements null, so
    /// that the others keep their place.
    ///
    /// # Errors
    /// An answer that is no JSON, or holds a number that JSON cannot; the reason as a clause.
    pub fn recording(&self, body: &[u8]) -> Result<Value, String> {
        let answer = document::parse(body)?;
        let ignored = self.nodes(&[&answer]);
        let recording = without(&answer, &ignored);
        match find_non_finite("$", &recording) {
            Some((path, number)) => Err(format!(
                "{path} is {number}, which no baseline can hold; --ignore it, or record a better answer"
            )),
            None => Ok(recording),
        }
    }
}

fn without(value: &Value, ignored: &Nodes) -> Value {
    let left_out = |value: &Value| ignored.contains(value);
    match value {
        _ if left_out(value) => Value::Null,
        Value::Array(elements) => elements.iter().map(|one| without(one, ignored)).collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !left_out(member))
            .map(|(name, member)| (name.clone(), without(member, ignored)))
            .collect(),
        other => other.clone(),
    }
}

enum Step<'v> {
    Name(&'v str),
    Index(usize),
}

struct Comparison<'v> {
    tolerance: &'v Tolerance,
    ignored: Nodes,
    path: Vec<Step<'v>>,
    count: usize,
    /// The worst differences so far, the worst first.
    worst: Vec<Difference<'v>>,
}

impl<'v> Comparison<'v> {
    fn compare(&mut self, recorded: &'v Value, answer: &'v Value) {
        if self.is_ignored(recorded) || self.is_ignored(answer) {
            return;
        }
        match (recorded, answer) {
            (Value::Object(members), Value::Object(answers)) => {
                for (name, recorded) in members {
                    self.path.push(Step::Name(name));
                    match answers.get(name) {
                        Some(answer) => self.compare(recorded, answer),
                        None if self.is_ignored(recorded) => {}
                        None => self.differ(recorded, None, f64::INFINITY),
                    }
                    self.path.pop();
                }
            }
            (Value::Array(elements), Value::Array(answers)) if elements.len() == answers.len() => {
                for (index, (recorded, answer)) in elements.iter().zip(answers).enumerate() {
                    self.path.push(Step::Index(index));
                    self.compare(recorded, answer);
                    self.path.pop();
                }
            }
            (Value::Number(number), Value::Number(other)) => {
                if number != other && !self.tolerance.holds(other, number) {
                    let distance =
                        other.as_f64().unwrap_or_default() - number.as_f64().unwrap_or_default();
                    self.differ(recorded, Some(answer), distance.abs());
                }
            }
            _ if recorded == answer && non_finite(answer).is_none() => {}
            _ => self.differ(recorded, Some(answer), f64::INFINITY),
        }
    }

    fn is_ignored(&self, value: &Value) -> bool {
        self.ignored.contains(value)
    }

    /// Counts a difference, and keeps it if it is among the worst.
    fn differ(&mut self, recorded: &'v Value, answer: Option<&'v Value>, distance: f64) {
        let order = self.count;
        self.count += 1;
        let place = self
            .worst
            .partition_point(|other| other.distance >= distance);
        if place == MAX_TOLD {
            return;
        }
        let mut path = String::from("$");
        for step in &self.path {
            match step {
                Step::Name(name) => path::push_name(&mut path, name),
                Step::Index(index) => path::push_index(&mut path, *index),
            }
        }
        self.worst.truncate(MAX_TOLD - 1);
        self.worst.insert(
            place,
            Difference {
                order,
                path,
                recorded,
                answer,
                distance,
            },
        );
    }

    /// All differences in their order where they are few; else how many there are
    /// and the worst of them.
    fn told(mut self) -> String {
        let mut told = String::from("drift at ");
        if self.count > MAX_TOLD {
            // Writing to a String cannot fail.
            let _ = write!(told, "{} places, the worst: ", self.count);
        } else {
            self.worst.sort_by_key(|difference| difference.order);
        }
        for (index, difference) in self.worst.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let change = difference.change(self.tolerance);
            let _ = write!(told, "{separator}{}: {change}", difference.path);
        }
        told
    }
}

impl Difference<'_> {
    /// From what to what, with the distance of numbers: `0.871 → 0.412 (Δ 0.459 > 0.02)`.
    fn change(&self, tolerance: &Tolerance) -> String {
        match (self.recorded, self.answer) {
            (recorded, None) => format!("{} → missing", shown(recorded)),
            (Value::Array(recorded), Some(Value::Array(answer))) => {
                format!("{} → {}", elements(recorded.len()), elements(answer.len()))
            }
            (Value::Number(recorded), Some(Value::Number(answer))) => {
                let change = format!("{recorded} → {answer}");
                let recorded = Decimal::from(recorded);
                let distance = Decimal::from(answer).minus(recorded).map(Decimal::abs);
                match (distance, tolerance.around(recorded)) {
                    (Some(distance), Some(allowed)) => {
                        format!("{change} (Δ {distance} > {allowed})")
                    }
                    _ => change,
                }
            }
            (recorded, Some(answer)) => format!("{} → {}", shown(recorded), shown(answer)),
        }
    }
}

fn elements(count: usize) -> String {
    match count {
        1 => "1 element".to_owned(),
        _ => format!("{count} elements"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Ignored};
    use crate::check::json::document::Document;
    use crate::response::Body;
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
    fn drift(recorded: &str, answer: &str, tolerance: &str, ignored: &[&str]) -> Option<String> {
        let baseline = Baseline {
            name: "baseline.json".into(),
            recorded: serde_json::from_str(recorded).unwrap(),
            tolerance: tolerance.parse().unwrap(),
            ignored: queries(ignored),
        };
        let body = Body {
            bytes: answer.into(),
            ..Body::default()
        };
        let result = baseline.evaluate(&Document::lazy(&body));
        result.failure.map(|failure| failure.reason)
    }

    #[test]
    fn what_is_recorded_must_be_there_and_more_may_be() {
        for (recorded, answer) in [
            (r#"{"a":1}"#, r#"{"b":[],"a":1.0}"#),
            (r#"{"a":{"b":"x"}}"#, r#"{"a":{"c":1,"b":"x"}}"#),
            (r#"[1,"x",null,true]"#, r#"[1,"x",null,true]"#),
            ("{}", r#"{"a":NaN}"#),
        ] {
            assert_eq!(drift(recorded, answer, "0", &[]), None, "{recorded}");
        }
        for (recorded, answer, reason) in [
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
            assert_eq!(drift(recorded, answer, "0", &[]).as_deref(), Some(reason));
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
            let answer = format!("{{\"predictions\":[{{\"score\":{score}}}]}}");
            assert_eq!(
                drift(recorded, &answer, tolerance, &[]).as_deref(),
                reason,
                "{score}"
            );
        }
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
    fn many_differences_are_counted_and_the_worst_told() {
        let recorded: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut answer = recorded.clone();
        for (index, off) in [(10, 0.5), (20, 3.0), (30, -7.25), (999, 1.0)] {
            answer[index] += off;
        }
        let recorded = serde_json::to_string(&recorded).unwrap();
        let answer = serde_json::to_string(&answer).unwrap();
        assert_eq!(
            drift(&recorded, &answer, "0.1", &[]).as_deref(),
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
    fn what_is_ignored_is_neither_compared_nor_recorded() {
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
        let kept = queries(&ignored).recording(recorded.as_bytes()).unwrap();
        assert_eq!(kept.to_string(), r#"{"list":[1,null,3],"x":{"y":1}}"#);
        assert_eq!(
            queries(&[]).recording(b"{\"a\":[NaN]}").unwrap_err(),
            "a[0] is NaN, which no baseline can hold; --ignore it, or record a better answer"
        );
        assert!(queries(&["$.a"]).recording(b"{\"a\":[NaN]}").is_ok());
    }
}
