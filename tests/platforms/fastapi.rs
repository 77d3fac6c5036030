//! A real service: `examples/fastapi` under uvicorn, probed while it loads, serves and fails.
//!
//! It takes a Python with the example's requirements: the one that `HEALTHPROBE_PYTHON` names, else
//! `target/venv-fastapi/bin/python`. Without one the tests say that they were skipped;
//! `HEALTHPROBE_REQUIRE_PYTHON=1` makes that a failure.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use regex_lite::Regex;

use crate::support::signal;
use crate::support::uvicorn::{DEADLINE, Uvicorn, python};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fastapi");

#[test]
fn a_model_that_loads() {
    let Some(service) = Service::start("loads") else {
        return;
    };
    let health = service.url("/health");
    let sample = service.url("/predict/sample");

    probe(
        &[&health],
        1,
        &format!(
            "unhealthy: status 503, expected 200-399; GET {health} in <t>; \
             body: {{\"detail\":\"Model not loaded\"}}\n"
        ),
    );

    service.put_model(&the_model());
    probe_until(&[&health], 0, &healthy(&health));
    probe(
        &expecting(&health, &["status=ok", "model.loaded", "!error"]),
        0,
        &healthy(&health),
    );
    probe(
        &expecting(
            &sample,
            &[
                "length(predictions)>0",
                "predictions[0].label!=Unknown",
                "predictions[0].score=0.742+-1%",
            ],
        ),
        0,
        &healthy(&sample),
    );
}

#[test]
fn a_model_file_that_breaks() {
    let Some(service) = Service::start("breaks") else {
        return;
    };
    let health = service.url("/health");
    let model = the_model();
    service.put_model(&model);
    probe_until(&expecting(&health, &["status=ok"]), 0, &healthy(&health));

    service.put_model(&model[..model.len() / 2]);
    probe_until(
        &expecting(&health, &["status=ok"]),
        1,
        &format!("unhealthy: status is \"degraded\", expected \"ok\"; GET {health} in <t>\n"),
    );
    // The status alone sees nothing: the service still answers, with the model from before.
    probe(&[&health], 0, &healthy(&health));
}

#[test]
fn a_model_that_predicts_nothing() {
    let Some(service) = Service::start("predicts-nothing") else {
        return;
    };
    let health = service.url("/health");
    let sample = service.url("/predict/sample");

    service.put_model(&the_model().replace("12.767", "NaN"));
    probe_until(&expecting(&health, &["status=ok"]), 0, &healthy(&health));
    probe(
        &expecting(
            &sample,
            &["predictions[0].label!=Unknown", "predictions[0].score>=0.5"],
        ),
        1,
        &format!(
            "unhealthy: predictions[0].label is \"Unknown\", expected anything but \"Unknown\"; \
             predictions[0].score is null, expected a number >= 0.5; GET {sample} in <t>\n"
        ),
    );
}

#[cfg(unix)]
#[test]
fn a_service_that_hangs_and_then_dies() {
    let Some(mut service) = Service::start("hangs") else {
        return;
    };
    let health = service.url("/health");

    service.freeze();
    probe_until(
        &[&health, "--timeout", "300ms"],
        1,
        &format!("unhealthy: timed out after 300ms waiting for the response; GET {health}\n"),
    );

    service.kill();
    probe(
        &[&health],
        1,
        &format!(
            "unhealthy: connection refused (127.0.0.1:{}); GET {health}\n",
            service.uvicorn.port
        ),
    );
}

/// The probe's arguments: a URL and an `--expect` for each assertion.
fn expecting<'a>(url: &'a str, assertions: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec![url];
    args.extend(
        assertions
            .iter()
            .flat_map(|assertion| ["--expect", assertion]),
    );
    args
}

fn healthy(url: &str) -> String {
    format!("healthy: 200 OK in <t>; GET {url}\n")
}

/// Standard output with its times as `<t>`, the exit code, and nothing on standard error.
#[track_caller]
fn probe(args: &[&str], code: i32, stdout: &str) {
    assert_eq!(
        run(args),
        (stdout.to_owned(), String::new(), Some(code)),
        "{args:?}"
    );
}

/// Probes until the outcome is this one, for changes that the service notices in its own time.
#[track_caller]
fn probe_until(args: &[&str], code: i32, stdout: &str) {
    let wanted = (stdout.to_owned(), String::new(), Some(code));
    let deadline = Instant::now() + DEADLINE;
    let mut outcome = run(args);
    while outcome != wanted && Instant::now() < deadline {
        outcome = run(args);
    }
    assert_eq!(outcome, wanted, "{args:?}");
}

fn the_model() -> String {
    fs::read_to_string(Path::new(EXAMPLE).join("model.json")).expect("the example's model")
}

/// A running uvicorn with a directory of its own, in which its model may appear.
struct Service {
    uvicorn: Uvicorn,
    directory: PathBuf,
}

impl Service {
    /// `None` where there is no Python for it, after saying so.
    fn start(name: &str) -> Option<Self> {
        let python = python(
            "HEALTHPROBE_PYTHON",
            "fastapi",
            "examples/fastapi/requirements.txt",
        )?;
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("fastapi-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory for the model");
        let model = directory.join("model.json");
        let uvicorn = Uvicorn::start(
            &python,
            Path::new(EXAMPLE),
            &[
                ("MODEL_FILE", model.as_os_str()),
                ("MODEL_POLL_SECONDS", OsStr::new("0.05")),
            ],
        );
        Some(Self { uvicorn, directory })
    }

    fn url(&self, path: &str) -> String {
        self.uvicorn.url(path)
    }

    /// Appears whole: the service never sees half a file that was not meant to be half.
    fn put_model(&self, text: &str) {
        let new = self.directory.join("model.json.new");
        fs::write(&new, text).expect("a model to write");
        fs::rename(&new, self.directory.join("model.json")).expect("a model to put in place");
    }

    #[cfg(unix)]
    fn freeze(&self) {
        assert!(signal("STOP", &[self.uvicorn.process.id()]));
    }

    fn kill(&mut self) {
        self.uvicorn.process.kill().expect("a service to kill");
        self.uvicorn.process.wait().expect("a service that ends");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.directory);
    }
}

fn run(args: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_healthprobe"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the probe runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let elapsed = Regex::new(r" in \d+(\.\d+)?(µs|ms|s)\b").expect("a regex");
    (
        elapsed.replace_all(&stdout, " in <t>").into_owned(),
        stderr,
        output.status.code(),
    )
}
