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
use super::reference::{allowed, exact, is_similar};

const CASES: u64 = 20_000;

#[test]
fn reports_drift_exactly_when_the_reference_does() {
    let seed = seed();
    let (mut drifted, mut ignored, mut by_cosine) = (0, 0, 0);
    for case in 0..CASES {
        let mut rng = Rng::new(seed.rotate_left(16), case);
        let mut recorded = finite(document(&mut rng));
        let mut answer = changed(&recorded, &mut rng);
        if rng.percent(30) {
            let (vector, other) = vectors(&mut rng);
            recorded = Json::List(vec![vector, recorded]);
            answer = Json::List(vec![other, answer]);
        }
        let tolerance = tolerance(&mut rng);
        let min_cosine = rng
            .percent(50)
            .then(|| rng.pick(&["1", "0.99", "0.5", "0.001", "1e-17", "0.9999999999999999"]));
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
            min_cosine: min_cosine.map(|text| text.parse().unwrap()),
            ignored: Ignored(
                texts
                    .iter()
                    .map(|text| json::query(text).unwrap())
                    .collect(),
            ),
        });
        let reason = outcomes(&answer, &[check]).remove(0);
        let mut comparison = Comparison {
            tolerance,
            min_cosine,
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
            "seed {seed}, case {case}: {recorded} and {answer} within {shown} and {min_cosine:?}, but for {texts:?}: {reason:?}"
        );
        drifted += usize::from(!same);
        ignored += usize::from(same && !comparison.ignored.is_empty());
        comparison.min_cosine = None;
        by_cosine += usize::from(same != comparison.holds(&recorded, &answer));
    }
    assert!(
        drifted > 4_000 && ignored > 1_000 && by_cosine > 100,
        "{drifted} drifted, {ignored} were held by what is left out, {by_cosine} were decided by a cosine"
    );
}

struct Comparison<'d> {
    tolerance: Tolerance,
    min_cosine: Option<&'static str>,
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
                let mut pairs: Vec<(&Json, &Json)> = elements.iter().zip(answers).collect();
                pairs.retain(|(one, other)| !self.ignores(one) && !self.ignores(other));
                let is_number = |node: &Json| matches!(node, Json::Number(_));
                elements.len() == answers.len()
                    && match self.min_cosine {
                        Some(minimum)
                            if pairs.len() > 1 && pairs.iter().all(|(one, _)| is_number(one)) =>
                        {
                            let (recorded, actual): (Vec<_>, Vec<_>) = pairs
                                .iter()
                                .filter_map(|pair| match pair {
                                    (Json::Number(one), Json::Number(other)) => {
                                        Some((exact(one), exact(other)))
                                    }
                                    _ => None,
                                })
                                .unzip();
                            actual.len() == pairs.len()
                                && is_similar(&recorded, &actual, &exact(minimum))
                        }
                        _ => pairs.iter().all(|(one, other)| self.holds(one, other)),
                    }
            }
            (Json::Number(recorded), Json::Number(answer)) => {
                let (recorded, answer) = (exact(recorded), exact(answer));
                (answer - &recorded).abs() <= allowed(self.tolerance, &recorded)
            }
            _ => recorded == answer,
        }
    }
}

/// Two vectors of one length and a few short numbers, often with a cosine between 0.5 and 1.
fn vectors(rng: &mut Rng) -> (Json, Json) {
    const NUMBERS: [&str; 8] = ["1", "2", "4", "-1", "0", "3", "0.5", "1e200"];
    let vector: Vec<&str> = (0..2 + rng.below(4)).map(|_| rng.pick(&NUMBERS)).collect();
    let other = vector.iter().map(|number| match number {
        _ if rng.percent(20) => scalar(rng),
        _ if rng.percent(20) => Json::Number(rng.pick(&NUMBERS)),
        same => Json::Number(same),
    });
    let other = Json::List(other.collect());
    (
        Json::List(vector.into_iter().map(Json::Number).collect()),
        other,
    )
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
