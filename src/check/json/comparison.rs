//! A recorded document against another, node by node.

use serde_json::{Number, Value};

use super::cosine::MinCosine;
use super::difference::{Difference, Differences, Step};
use super::ignored::IgnoredNodes;
use super::non_finite::non_finite;
use super::tolerance::Tolerance;

/// An index, the recorded number there, and the response's element.
type Pair<'v> = (usize, &'v Value, &'v Value);

/// A recorded document against another, as far as it has come.
pub(super) struct Comparison<'v> {
    tolerance: &'v Tolerance,
    min_cosine: Option<&'v MinCosine>,
    ignored: IgnoredNodes,
    path: Vec<Step<'v>>,
    differences: Differences<'v>,
}

impl<'v> Comparison<'v> {
    pub(super) fn new(
        tolerance: &'v Tolerance,
        min_cosine: Option<&'v MinCosine>,
        ignored: IgnoredNodes,
    ) -> Self {
        Self {
            tolerance,
            min_cosine,
            ignored,
            path: Vec::new(),
            differences: Differences::default(),
        }
    }

    pub(super) fn differences(mut self, recorded: &'v Value, actual: &'v Value) -> Differences<'v> {
        self.compare(recorded, actual);
        self.differences
    }

    fn compare(&mut self, recorded: &'v Value, actual: &'v Value) {
        if self.is_ignored(recorded) || self.is_ignored(actual) {
            return;
        }
        match (recorded, actual) {
            (Value::Object(members), Value::Object(actual_members)) => {
                for (name, recorded) in members {
                    self.path.push(Step::Name(name));
                    match actual_members.get(name) {
                        Some(actual) => self.compare(recorded, actual),
                        None if self.is_ignored(recorded) => {}
                        None => self.differ(Difference::Missing(recorded), f64::INFINITY),
                    }
                    self.path.pop();
                }
            }
            (Value::Array(elements), Value::Array(actual_elements))
                if elements.len() == actual_elements.len() =>
            {
                if let Some(minimum) = self.min_cosine
                    && let Some(pairs) = self.vectors(elements, actual_elements)
                {
                    self.compare_vectors(minimum, &pairs);
                    return;
                }
                for (index, (recorded, actual)) in elements.iter().zip(actual_elements).enumerate()
                {
                    self.path.push(Step::Index(index));
                    self.compare(recorded, actual);
                    self.path.pop();
                }
            }
            (Value::Number(expected), Value::Number(number)) => {
                if expected != number && !self.tolerance.holds(number, expected) {
                    let distance =
                        number.as_f64().unwrap_or_default() - expected.as_f64().unwrap_or_default();
                    self.differ(Difference::Changed(recorded, actual), distance.abs());
                }
            }
            _ if recorded == actual && non_finite(actual).is_none() => {}
            _ => self.differ(Difference::Changed(recorded, actual), f64::INFINITY),
        }
    }

    /// The recorded numbers that are not ignored, with the response's elements: `None` if there
    /// are fewer than two, or if one is not a number.
    fn vectors(&self, recorded: &'v [Value], actual: &'v [Value]) -> Option<Vec<Pair<'v>>> {
        let mut pairs = Vec::new();
        for (index, (recorded, actual)) in recorded.iter().zip(actual).enumerate() {
            if self.is_ignored(recorded) || self.is_ignored(actual) {
                continue;
            }
            if !recorded.is_number() {
                return None;
            }
            pairs.push((index, recorded, actual));
        }
        (pairs.len() >= 2).then_some(pairs)
    }

    /// Compares by cosine, or names what of the response is not a number.
    fn compare_vectors(&mut self, minimum: &'v MinCosine, pairs: &[Pair<'v>]) {
        let numbers: Vec<(&Number, &Number)> = pairs
            .iter()
            .filter_map(|(_, recorded, actual)| Some((recorded.as_number()?, actual.as_number()?)))
            .collect();
        if numbers.len() == pairs.len() {
            if let Err(dissimilarity) = minimum.compare(&numbers) {
                let distance = minimum.distance(&dissimilarity);
                self.differ(
                    Difference::Turned(minimum, dissimilarity, numbers.len()),
                    distance,
                );
            }
            return;
        }
        for (index, recorded, actual) in pairs {
            if !actual.is_number() {
                self.path.push(Step::Index(*index));
                self.differ(Difference::Changed(recorded, actual), f64::INFINITY);
                self.path.pop();
            }
        }
    }

    fn is_ignored(&self, value: &Value) -> bool {
        self.ignored.contains(value)
    }

    fn differ(&mut self, difference: Difference<'v>, distance: f64) {
        self.differences.add(&self.path, difference, distance);
    }
}

#[cfg(test)]
mod tests {
    use super::Comparison;
    use crate::check::json::document;
    use crate::check::json::ignored::Ignored;
    use serde_json_path::JsonPath;

    /// With `--tolerance 0.01 --min-cosine 0.9`.
    fn drift(recorded: &str, actual: &str, ignored: &[&str]) -> Option<String> {
        let [recorded, actual] =
            [recorded, actual].map(|text| document::parse(text.as_bytes()).unwrap());
        let queries = ignored.iter().map(|query| JsonPath::parse(query).unwrap());
        let ignored = Ignored(queries.collect()).nodes(&[&recorded, &actual]);
        let (tolerance, minimum) = ("0.01".parse().unwrap(), "0.9".parse().unwrap());
        let differences =
            Comparison::new(&tolerance, Some(&minimum), ignored).differences(&recorded, &actual);
        (differences.count() > 0).then(|| differences.describe(&tolerance))
    }

    #[test]
    fn arrays_of_two_or_more_numbers_are_vectors() {
        for (recorded, actual) in [
            ("[1,2]", "[2,4]"),
            ("[[1,2],[3,-1]]", "[[1,2.1],[30,-10]]"),
            (
                r#"{"v":[1,2],"n":0.5}"#,
                r#"{"v":[1,2.1],"n":0.509,"w":null}"#,
            ),
            // Fewer numbers, or something else between them, are compared one by one.
            ("[[0.5]]", "[[0.509]]"),
            (r#"[1,2,"x"]"#, r#"[1,2,"x"]"#),
            ("[]", "[]"),
        ] {
            assert_eq!(drift(recorded, actual, &[]), None, "{recorded}");
        }
        for (recorded, actual, reason) in [
            ("[1,0]", "[0,1]", "drift at $: cosine 0 < 0.9 (2 numbers)"),
            (
                "[[1,0],[0,1],[1,1]]",
                "[[1,0],[1,0.1],[-1,-1]]",
                "drift at $[1]: cosine 0.0995 < 0.9 (2 numbers), $[2]: cosine -1 < 0.9 (2 numbers)",
            ),
            (
                "[[0.5]]",
                "[[0.6]]",
                "drift at $[0][0]: 0.5 → 0.6 (Δ 0.1 > 0.01)",
            ),
            ("[0.5]", "[5.0]", "drift at $[0]: 0.5 → 5.0 (Δ 4.5 > 0.01)"),
            (
                r#"[1,2,"x"]"#,
                r#"[2,4,"x"]"#,
                "drift at $[0]: 1 → 2 (Δ 1 > 0.01), $[1]: 2 → 4 (Δ 2 > 0.01)",
            ),
            ("[1,2,3]", "[1,2]", "drift at $: 3 elements → 2 elements"),
            ("[1,2]", "[1,2,3]", "drift at $: 2 elements → 3 elements"),
            ("[1,2]", "null", "drift at $: [1,2] → null"),
            ("[1,2]", "[1,null]", "drift at $[1]: 2 → null"),
            ("[1,2]", r#"["1",2]"#, r#"drift at $[0]: 1 → "1""#),
            (
                "[1,2,3]",
                "[NaN,2,-Infinity]",
                "drift at $[0]: 1 → NaN, $[2]: 3 → -Infinity",
            ),
            ("[1,2]", "[1,2e999]", "drift at $[1]: 2 → 2e999"),
            (
                "[1,2]",
                "[[1,2],[1,2]]",
                "drift at $[0]: 1 → [1,2], $[1]: 2 → [1,2]",
            ),
            (
                "[1,2]",
                "[0,0]",
                "drift at $: zero vector, expected a cosine >= 0.9 (2 numbers)",
            ),
            (
                "[0,0]",
                "[0,0]",
                "drift at $: zero vector recorded, which has no cosine (2 numbers)",
            ),
            (
                "[[1,0],[1,0],[1,0],[1,0]]",
                "[[1,1],[0,0],[0,1],[-1,0]]",
                "drift at 4 places, the worst: \
                 $[1]: zero vector, expected a cosine >= 0.9 (2 numbers), \
                 $[3]: cosine -1 < 0.9 (2 numbers), $[2]: cosine 0 < 0.9 (2 numbers)",
            ),
        ] {
            assert_eq!(drift(recorded, actual, &[]).as_deref(), Some(reason));
        }
    }

    #[test]
    fn ignored_elements_are_no_part_of_a_vector() {
        // Recording leaves a null in their place.
        for recorded in ["[1,0,9]", "[1,0,null]", r#"[1,0,"x"]"#] {
            for actual in ["[2,0,-99]", "[2,0,NaN]", "[2,0,null]"] {
                assert_eq!(
                    drift(recorded, actual, &["$[2]"]),
                    None,
                    "{recorded} {actual}"
                );
            }
            assert_eq!(
                drift(recorded, "[0,2,9]", &["$[2]"]).as_deref(),
                Some("drift at $: cosine 0 < 0.9 (2 numbers)")
            );
            assert_eq!(
                drift(recorded, "[1,0]", &["$[2]"]).as_deref(),
                Some("drift at $: 3 elements → 2 elements")
            );
        }
        // One number has no direction, so that the tolerance decides.
        assert_eq!(
            drift("[1,2,3]", "[1,4,3]", &["$[0]", "$[?@>2]"]).as_deref(),
            None
        );
        assert_eq!(
            drift("[1,2,3]", "[1,1.5,3]", &["$[0]", "$[?@>2]"]).as_deref(),
            Some("drift at $[1]: 2 → 1.5 (Δ 0.5 > 0.01)")
        );
        assert_eq!(drift("[[1,0],[0,1]]", "[[1,0],[1,0]]", &["$[1]"]), None);
    }
}
