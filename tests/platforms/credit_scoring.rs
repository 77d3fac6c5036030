//! A model that answers 200 but is wrong: `examples/credit-scoring`, trained, served and broken in five ways. A
//! status check passes each time; the probe that ships with the model reports the fault.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use regex_lite::Regex;
use serde_json::Value;

use crate::support::python::credit_python;
use crate::support::uvicorn::Uvicorn;
use crate::support::{Folder, Outcome, probe, wait_for_outcome};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/credit-scoring");
const CONFIG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/credit-scoring/probe.json"
);
const README: &str = include_str!("../../examples/credit-scoring/README.md");

/// The parts of a response that differ between requests.
const VOLATILE: &str = r#""id":"[0-9a-f-]{36}","created":\d+,"latency_ms":\d+\.\d+"#;

const HEALTHY: &str = "healthy: 200 OK in <t>; POST http://localhost:PORT/score";

#[test]
fn the_shipped_probe_accepts_the_model() {
    let Some(service) = Service::start(&[], &[]) else {
        return;
    };
    service.assert_reports(&["--config", CONFIG], HEALTHY);

    let (_, healthcheck) = README.split_once("CMD [\"/healthprobe\"").unwrap();
    let (list, _) = healthcheck.split_once(']').unwrap();
    let words: Vec<String> =
        serde_json::from_str(&format!("[{}]", list.trim_start_matches(','))).unwrap();
    let words: Vec<String> = words
        .iter()
        .map(|word| word.replace("/app", EXAMPLE))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    service.assert_reports(&words, HEALTHY);
}

#[test]
fn a_recorded_baseline_accepts_a_retrained_model() {
    let Some(service) = Service::start(&[], &[]) else {
        return;
    };
    let recorded = service.folder.0.join("baseline.json");
    let recorded = recorded.to_str().unwrap();
    service.assert_reports(&["--config", CONFIG, "--write-baseline", recorded], HEALTHY);
    assert_eq!(
        fs::read_to_string(recorded).unwrap(),
        fs::read_to_string(Path::new(EXAMPLE).join("baseline.json")).unwrap()
    );
    let exactly = ["--config", CONFIG, "--baseline", recorded, "--tolerance=0"];
    service.assert_reports(&exactly, HEALTHY);

    let again = Service::start(&[], &[]).unwrap();
    again.assert_reports(&exactly, HEALTHY);
}

#[test]
fn reports_an_empty_prediction() {
    // A column was renamed in the export, so every applicant's form is incomplete.
    assert_detected(
        &["--income-column=yearly_income"],
        &[],
        "length(predictions) is 0, expected 3; \
         predictions[*].label is missing, expected anything but \"Unknown\"; \
         predictions[*].score is missing, expected a number >= 0; \
         predictions[*].score is missing, expected a number <= 1; \
         drift at $.predictions: 3 elements → 0 elements; \
         POST http://localhost:PORT/score in <t>; \
         body: {<volatile>,\"model\":{\"name\":\"credit-scoring\",\"version\":\"3\"},\"predictions\":[]}",
    );
}

#[test]
fn reports_an_unknown_label() {
    // The export numbers its labels from 0, so the first is unknown and the others shift.
    assert_detected(
        &["--first-code=0"],
        &[],
        "predictions[0].label is \"Unknown\", expected anything but \"Unknown\"; \
         drift at $.predictions[0].label: \"approve\" → \"Unknown\", \
         $.predictions[1].label: \"review\" → \"approve\", \
         $.predictions[2].label: \"decline\" → \"review\"; \
         POST http://localhost:PORT/score in <t>",
    );
}

#[test]
fn reports_a_slow_prediction() {
    // Three sequential requests to the credit bureau.
    assert_detected(
        &[],
        &[("BUREAU_SECONDS", "0.1")],
        "took <t>, expected at most 180ms; POST http://localhost:PORT/score in <t>",
    );
}

#[test]
fn reports_drifted_weights() {
    // Retrained with another seed, under the same name and version.
    assert_detected(
        &["--seed=8"],
        &[],
        "drift at $.predictions[1].score: 0.552 → 0.517 (Δ 0.035 > 0.02), \
         $.predictions[2].score: 0.83 → 0.803 (Δ 0.027 > 0.02); \
         POST http://localhost:PORT/score in <t>",
    );
}

#[test]
fn reports_a_score_that_is_nan() {
    // Trained on all rows: no rows are left for calibration, and the mean of none is NaN.
    assert_detected(
        &["--holdout=0"],
        &[],
        "predictions[0].score is NaN, expected a number >= 0 (and 2 more); \
         predictions[0].score is NaN, expected a number <= 1 (and 2 more); \
         drift at $.predictions[0].score: 0.912 → NaN, \
         $.predictions[1].score: 0.552 → NaN, \
         $.predictions[2].score: 0.83 → NaN; \
         POST http://localhost:PORT/score in <t>",
    );
}

/// Every check of the status passes; the probe that ships with the model fails with this reason.
#[track_caller]
fn assert_detected(training: &[&str], variables: &[(&str, &str)], reason: &str) {
    let Some(service) = Service::start(training, variables) else {
        return;
    };
    let health = service.uvicorn.url("/health");
    let score = service.uvicorn.url("/score");
    let config: Value = serde_json::from_slice(&fs::read(CONFIG).unwrap()).unwrap();
    let data = config["data"].to_string();

    let line = "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/health";
    service.assert_reports(&[&health], line);
    service.assert_reports(&[&health, "--expect", "status=ok"], line);
    service.assert_reports(
        &[&score, "--data", &data, "--expect-status", "200"],
        "healthy: 200 OK in <t>; POST http://127.0.0.1:PORT/score",
    );

    let line = format!("unhealthy: {reason}");
    service.assert_reports(&["--config", CONFIG], &line);
    // The example's page shows the same line, with port 8000.
    let told = normalised(README);
    assert!(
        told.contains(&line.replace("PORT", "8000")),
        "the README does not tell: {line}"
    );
}

/// A trained model and its service.
struct Service {
    uvicorn: Uvicorn,
    folder: Folder,
}

impl Service {
    /// `None` if there is no Python for it; prints that.
    fn start(training: &[&str], variables: &[(&str, &str)]) -> Option<Self> {
        let python = credit_python()?;
        let folder = Folder::new("credit-scoring");
        let model = folder.0.join("model.joblib");
        let trained = Command::new(&python)
            .arg("train.py")
            .arg("--out")
            .arg(&model)
            .args(training)
            .current_dir(EXAMPLE)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&trained.stderr);
        assert!(trained.status.success(), "{printed}");
        let mut variables: Vec<(&str, &OsStr)> = variables
            .iter()
            .map(|(name, value)| (*name, OsStr::new(*value)))
            .collect();
        variables.push(("MODEL_FILE", model.as_os_str()));
        Some(Self {
            uvicorn: Uvicorn::start(&python, Path::new(EXAMPLE), &variables),
            folder,
        })
    }

    fn probe(&self, arguments: &[&str]) -> Outcome {
        let port = self.uvicorn.port;
        let outcome = probe(arguments)
            .env("PORT", &port.to_string())
            .port(port)
            .run();
        Outcome {
            out: normalised(&outcome.out),
            ..outcome
        }
    }

    /// Waits, because on a busy machine the first responses may take longer than 180 ms.
    #[track_caller]
    fn assert_reports(&self, arguments: &[&str], line: &str) {
        wait_for_outcome(|| self.probe(arguments), line);
    }
}

fn normalised(text: &str) -> String {
    let times = Regex::new(r"\b(in|took) \d+\.\d+m?s\b").unwrap();
    let text = times.replace_all(text, "$1 <t>");
    let volatile = Regex::new(VOLATILE).unwrap();
    volatile.replace_all(&text, "<volatile>").into_owned()
}
