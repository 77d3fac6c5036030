//! Random documents and assertions, compared with a reference implementation.
//!
//! `HP_TEST_MODEL_SEED` selects other cases. A failure prints the seed and a minimized document.

use std::sync::Arc;
use std::thread;

use healthprobe::args::env::Environment;
use healthprobe::outputs::Outputs;

use super::evaluate::reasons;
use super::generate::assertion::{self, Assertion};
use super::generate::document::{self, Json};
use super::generate::rng::Rng;
use super::generate::seed;
use super::reference::{self, Verdict};
use crate::support::{Server, response};

const DOCUMENTS: u64 = 6_000;
const ASSERTIONS: usize = 20;
const PROBES: u64 = 300;

/// Counts of the expected verdicts, to show that all kinds occur.
#[derive(Clone, Copy, Default)]
struct Tally {
    holds: usize,
    fails: usize,
    names: usize,
    unspecified: usize,
}

#[test]
fn assertions_hold_exactly_when_the_reference_says() {
    let seed = seed();
    let halves: Vec<Tally> = thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|half| {
                scope.spawn(move || {
                    (half..DOCUMENTS)
                        .step_by(2)
                        .map(|case| run(seed, case))
                        .fold(Tally::default(), add)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    let tally = halves.into_iter().fold(Tally::default(), add);
    let cases = tally.holds + tally.fails + tally.names;
    assert!(cases >= 100_000, "{cases} cases");
    assert!(tally.holds * 8 > cases && tally.names * 100 > cases && tally.unspecified * 20 < cases);
}

fn add(a: Tally, b: Tally) -> Tally {
    Tally {
        holds: a.holds + b.holds,
        fails: a.fails + b.fails,
        names: a.names + b.names,
        unspecified: a.unspecified + b.unspecified,
    }
}

/// One document and all its assertions.
fn run(seed: u64, case: u64) -> Tally {
    let mut rng = Rng::new(seed, case);
    let document = document::document(&mut rng);
    let mut texts = Vec::new();
    let mut expected = Vec::new();
    let mut assertions = Vec::new();
    for _ in 0..ASSERTIONS {
        let assertion = assertion::assertion(&mut rng);
        texts.push(assertion::written(&assertion, &mut rng));
        expected.push(reference::judge(&document, &assertion));
        assertions.push(assertion);
    }
    let reasons = reasons(&document, &texts);
    let mut tally = Tally::default();
    for (index, verdict) in expected.iter().enumerate() {
        if !agree(verdict, reasons[index].as_deref()) {
            fail(seed, case, &document, &assertions[index], &texts[index]);
        }
        match verdict {
            Verdict::Holds => tally.holds += 1,
            Verdict::Fails => tally.fails += 1,
            Verdict::Names(_) => tally.names += 1,
            Verdict::Unspecified => tally.unspecified += 1,
        }
    }
    tally
}

fn agree(verdict: &Verdict, reason: Option<&str>) -> bool {
    match (verdict, reason) {
        (Verdict::Unspecified, _) | (Verdict::Holds, None) | (Verdict::Fails, Some(_)) => true,
        (Verdict::Names(names), Some(reason)) => names
            .iter()
            .any(|name| reason.contains(&format!(" is {name}"))),
        _ => false,
    }
}

/// Reports a minimized document that still disagrees.
fn fail(seed: u64, case: u64, document: &Json, assertion: &Assertion, text: &str) -> ! {
    let disagrees = |document: &Json| {
        let reason = reasons(document, &[text.to_owned()]).remove(0);
        (!agree(&reference::judge(document, assertion), reason.as_deref())).then_some(reason)
    };
    let mut smallest = document.clone();
    while let Some(smaller) = document::smaller(&smallest)
        .into_iter()
        .find(|document| disagrees(document).is_some())
    {
        smallest = smaller;
    }
    panic!(
        "seed {seed}, case {case}: {text} of {smallest}: the oracle says {:?}, but it {}",
        reference::judge(&smallest, assertion),
        match disagrees(&smallest).flatten() {
            Some(reason) => format!("fails: {reason}"),
            None => "holds".to_owned(),
        }
    );
}

/// The same through a whole probe, from arguments to exit code.
#[test]
fn exit_codes_match_the_reference() {
    let seed = seed();
    let mut healthy = 0;
    let answer = Arc::default();
    let server = Server::answering_current(&answer);
    for case in 0..PROBES {
        let mut rng = Rng::new(!seed, case);
        let document = document::document(&mut rng);
        let assertion = assertion::assertion(&mut rng);
        let text = assertion::written(&assertion, &mut rng);
        let expected = match reference::judge(&document, &assertion) {
            Verdict::Unspecified => continue,
            verdict => u8::from(verdict != Verdict::Holds),
        };
        *answer.lock().unwrap() = response("200 OK", &document.to_string()).into_bytes();
        let arguments = [
            "healthprobe".into(),
            format!("127.0.0.1:{}", server.port()),
            format!("--expect={text}"),
        ];
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = healthprobe::run(
            arguments.map(Into::into),
            &Environment::default(),
            Outputs {
                out: &mut out,
                err: &mut err,
                out_is_terminal: || false,
                err_is_terminal: || false,
            },
        );
        let printed = String::from_utf8(out).unwrap();
        assert_eq!(
            code, expected,
            "seed {seed}, case {case}: {text} of {document}: {printed}"
        );
        assert_eq!(printed.starts_with("healthy: "), code == 0, "{printed}");
        healthy += usize::from(code == 0);
    }
    assert!(
        healthy * 20 > usize::try_from(PROBES).unwrap(),
        "{healthy} of {PROBES}"
    );
}
