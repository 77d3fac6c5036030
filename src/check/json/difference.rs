//! How nodes differ from the recorded ones, and the reason that describes it.

use std::fmt::Write as _;

use serde_json::Value;

use super::cosine::{Dissimilarity, MinCosine};
use super::decimal::Decimal;
use super::path;
use super::render::render;
use super::tolerance::Tolerance;

/// The maximum number of differences that a reason describes; the others are counted.
const MAX_DESCRIBED: usize = 3;

/// A step from a node to one below it.
pub(super) enum Step<'v> {
    Name(&'v str),
    Index(usize),
}

/// What became of a recorded node.
pub(super) enum Difference<'v> {
    Missing(&'v Value),
    /// Another value, after the recorded one.
    Changed(&'v Value, &'v Value),
    /// Another direction of a vector of so many numbers.
    Turned(&'v MinCosine, Dissimilarity, usize),
}

/// All differences: their number, and the largest ones.
#[derive(Default)]
pub(super) struct Differences<'v> {
    count: usize,
    /// The largest first.
    largest: Vec<DifferingNode<'v>>,
}

/// One node that differs from the recorded one.
struct DifferingNode<'v> {
    /// The number of differences before it.
    order: usize,
    path: String,
    difference: Difference<'v>,
    /// How far a number or a cosine drifted; infinite for any other change.
    distance: f64,
}

impl<'v> Differences<'v> {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Counts a difference, and keeps it if it is one of the largest.
    pub(super) fn add(&mut self, steps: &[Step], difference: Difference<'v>, distance: f64) {
        let order = self.count;
        self.count += 1;
        let place = self
            .largest
            .partition_point(|other| other.distance >= distance);
        if place == MAX_DESCRIBED {
            return;
        }
        let mut path = String::from("$");
        for step in steps {
            match step {
                Step::Name(name) => path::push_name(&mut path, name),
                Step::Index(index) => path::push_index(&mut path, *index),
            }
        }
        self.largest.truncate(MAX_DESCRIBED - 1);
        self.largest.insert(
            place,
            DifferingNode {
                order,
                path,
                difference,
                distance,
            },
        );
    }

    /// All differences in document order if they are few; else their number and the
    /// largest ones.
    pub(super) fn describe(mut self, tolerance: &Tolerance) -> String {
        let mut description = String::from("drift at ");
        if self.count > MAX_DESCRIBED {
            // Writing to a String cannot fail.
            let _ = write!(description, "{} places, the worst: ", self.count);
        } else {
            self.largest.sort_by_key(|node| node.order);
        }
        for (index, node) in self.largest.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let difference = node.difference.describe(tolerance);
            let _ = write!(description, "{separator}{}: {difference}", node.path);
        }
        description
    }
}

impl Difference<'_> {
    /// Both values, and the distance of numbers: `0.871 → 0.412 (Δ 0.459 > 0.02)`.
    fn describe(&self, tolerance: &Tolerance) -> String {
        match self {
            Self::Missing(recorded) => format!("{} → missing", render(recorded)),
            Self::Changed(Value::Array(recorded), Value::Array(actual)) => {
                format!("{} → {}", elements(recorded.len()), elements(actual.len()))
            }
            Self::Changed(Value::Number(recorded), Value::Number(actual)) => {
                let change = format!("{recorded} → {actual}");
                let recorded = Decimal::from(recorded);
                let distance = Decimal::from(actual).minus(recorded).map(Decimal::abs);
                match (distance, tolerance.around(recorded)) {
                    // Rounded to doubles they may be equal.
                    (Some(distance), Some(allowed)) if distance > allowed => {
                        format!("{change} (Δ {distance} > {allowed})")
                    }
                    _ => change,
                }
            }
            Self::Changed(recorded, actual) => {
                format!("{} → {}", render(recorded), render(actual))
            }
            Self::Turned(minimum, dissimilarity, numbers) => {
                minimum.describe(dissimilarity, *numbers)
            }
        }
    }
}

fn elements(count: usize) -> String {
    match count {
        1 => "1 element".to_owned(),
        _ => format!("{count} elements"),
    }
}
