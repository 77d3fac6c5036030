//! Random baselines and changed responses, compared with a reference implementation of drift.

use std::ptr;

use healthprobe::check::Check;
use healthprobe::check::json;
use healthprobe::check::json::{Baseline, Ignored};
use num_traits::Signed;

use super::evaluate::outcomes;
use super::generate::assertion::{
    Segment, Tolerance, query, query_text, tolerance, tolerance_text,
};
use super::generate::document::{Json, NAMES, document, finite, number, scalar};
use super::generate::rng::Rng;
use super::generate::seed;
use super::reference::select::select;
use super::reference::{allowed, exact};

const CASES: u64 = 20_000;

#[test]
fn reports_drift_exactly_when_the_reference_does() {
    let seed = seed();
    let (mut drifted, mut ignored) = (0, 0);
    for case in 0..CASES {
        let mut rng = Rng::new(seed.rotate_left(16), case);
        let recorded = finite(document(&mut rng));
        let answer = changed(&recorded, &mut rng);
        let tolerance = tolerance(&mut rng);
        let queries: Vec<Vec<Segment>> = (0..rng.below(3)).map(|_| query(&mut rng)).collect();
        let texts: Vec<String> = queries
            .iter()
            .map(|query| query_text(query, &mut rng))
            .collect();
        let shown = tolerance_text(tolerance, &mut rng);
        let check = Check::Baseline(Baseline {
            name: "baseline.json".to_owned(),
            recorded: serde_json::from_str(&recorded.to_string()).unwrap(),
            tolerance: shown.parse().unwrap(),
            ignored: Ignored(
                texts
                    .iter()
                    .map(|text| json::query(text).unwrap())
                    .collect(),
            ),
        });
        let reason = outcomes(&answer, &[check]).remove(0);
        let comparison = Comparison {
            tolerance,
            ignored: queries
                .iter()
                .flat_map(|query| {
                    [&recorded, &answer].map(|document| select(document, query, None))
                })
                .flatten()
                .collect(),
        };
        let same = comparison.holds(&recorded, &answer);
        assert_eq!(
            reason.is_none(),
            same,
            "seed {seed}, case {case}: {recorded} and {answer} within {shown}, but for {texts:?}: {reason:?}"
        );
        drifted += usize::from(!same);
        ignored += usize::from(same && !comparison.ignored.is_empty());
    }
    assert!(
        drifted > 4_000 && ignored > 1_000,
        "{drifted} drifted, {ignored} were held by what is left out"
    );
}

struct Comparison<'d> {
    tolerance: Tolerance,
    ignored: Vec<&'d Json>,
}

impl Comparison<'_> {
    fn ignores(&self, node: &Json) -> bool {
        self.ignored.iter().any(|ignored| ptr::eq(*ignored, node))
    }

    fn holds(&self, recorded: &Json, answer: &Json) -> bool {
        if self.ignores(recorded) || self.ignores(answer) {
            return true;
        }
        match (recorded, answer) {
            (Json::Members(members), Json::Members(answers)) => {
                members.iter().all(|(name, recorded)| {
                    match answers.iter().find(|(other, _)| other == name) {
                        Some((_, answer)) => self.holds(recorded, answer),
                        None => self.ignores(recorded),
                    }
                })
            }
            (Json::List(elements), Json::List(answers)) => {
                elements.len() == answers.len()
                    && elements
                        .iter()
                        .zip(answers)
                        .all(|(one, other)| self.holds(one, other))
            }
            (Json::Number(recorded), Json::Number(answer)) => {
                let (recorded, answer) = (exact(recorded), exact(answer));
                (answer - &recorded).abs() <= allowed(self.tolerance, &recorded)
            }
            _ => recorded == answer,
        }
    }
}

/// A copy with a few random changes.
fn changed(document: &Json, rng: &mut Rng) -> Json {
    match document {
        _ if rng.percent(4) => scalar(rng),
        Json::Number(_) if rng.percent(25) => Json::Number(number(rng)),
        Json::List(elements) => {
            let mut elements: Vec<Json> = elements
                .iter()
                .map(|element| changed(element, rng))
                .collect();
            if rng.percent(5) {
                elements.pop();
            }
            Json::List(elements)
        }
        Json::Members(members) => {
            let mut changes: Vec<(&'static str, Json)> = Vec::new();
            for (name, member) in members {
                if !rng.percent(4) {
                    changes.push((name, changed(member, rng)));
                }
            }
            let further = rng.pick(&NAMES);
            if rng.percent(20) && changes.iter().all(|(name, _)| *name != further) {
                changes.push((further, scalar(rng)));
            }
            Json::Members(changes)
        }
        other => other.clone(),
    }
}
