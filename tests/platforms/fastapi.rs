//! `examples/fastapi` under uvicorn, probed while its model loads, serves and fails.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::support::python::fastapi_python;
use crate::support::uvicorn::Uvicorn;
use crate::support::{Folder, assert_verdict, signal, wait_for_verdict};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fastapi");

#[test]
fn reports_a_loading_model_then_healthy() {
    let Some(service) = Service::start("loads") else {
        return;
    };
    let health = service.url("/health");
    let sample = service.url("/predict/sample");

    assert_verdict(
        &[&health],
        format!(
            "unhealthy: status 503, expected 200-399; GET {health} in <t>; \
             body: {{\"detail\":\"Model not loaded\"}}"
        ),
    );

    service.put_model(&the_model());
    wait_for_verdict(&[&health], healthy(&health));
    assert_verdict(
        &expecting(&health, &["status=ok", "model.loaded", "!error"]),
        healthy(&health),
    );
    assert_verdict(
        &expecting(
            &sample,
            &[
                "length(predictions)>0",
                "predictions[0].label!=Unknown",
                "predictions[0].score=0.742+-1%",
            ],
        ),
        healthy(&sample),
    );
}

#[test]
fn reports_a_degraded_model() {
    let Some(service) = Service::start("breaks") else {
        return;
    };
    let health = service.url("/health");
    let model = the_model();
    service.put_model(&model);
    wait_for_verdict(&expecting(&health, &["status=ok"]), healthy(&health));

    service.put_model(&model[..model.len() / 2]);
    wait_for_verdict(
        &expecting(&health, &["status=ok"]),
        format!("unhealthy: status is \"degraded\", expected \"ok\"; GET {health} in <t>"),
    );
    // The status alone reveals nothing: the service still answers with the previous model.
    assert_verdict(&[&health], healthy(&health));
}

#[test]
fn reports_a_model_that_predicts_nan() {
    let Some(service) = Service::start("predicts-nothing") else {
        return;
    };
    let health = service.url("/health");
    let sample = service.url("/predict/sample");

    service.put_model(&the_model().replace("12.767", "NaN"));
    wait_for_verdict(&expecting(&health, &["status=ok"]), healthy(&health));
    assert_verdict(
        &expecting(
            &sample,
            &["predictions[0].label!=Unknown", "predictions[0].score>=0.5"],
        ),
        format!(
            "unhealthy: predictions[0].label is \"Unknown\", expected anything but \"Unknown\"; \
             predictions[0].score is null, expected a number >= 0.5; GET {sample} in <t>"
        ),
    );
}

#[cfg(unix)]
#[test]
fn reports_a_service_that_hangs_or_is_gone() {
    let Some(mut service) = Service::start("hangs") else {
        return;
    };
    let health = service.url("/health");

    service.freeze();
    wait_for_verdict(
        &[&health, "--timeout", "300ms"],
        format!("unhealthy: timed out after 300ms waiting for the response; GET {health}"),
    );

    service.kill();
    assert_verdict(
        &[&health],
        format!(
            "unhealthy: connection refused (127.0.0.1:{}); GET {health}",
            service.uvicorn.port
        ),
    );
}

/// A URL and an `--expect` per assertion.
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
    format!("healthy: 200 OK in <t>; GET {url}")
}

fn the_model() -> String {
    fs::read_to_string(Path::new(EXAMPLE).join("model.json")).expect("the example's model")
}

/// A running uvicorn with a folder for its model.
struct Service {
    uvicorn: Uvicorn,
    folder: Folder,
}

impl Service {
    /// `None` if there is no Python for it; prints that.
    fn start(name: &str) -> Option<Self> {
        let python = fastapi_python()?;
        let folder = Folder::new(name);
        let model = folder.0.join("model.json");
        let uvicorn = Uvicorn::start(
            &python,
            Path::new(EXAMPLE),
            &[
                ("MODEL_FILE", model.as_os_str()),
                ("MODEL_POLL_SECONDS", OsStr::new("0.05")),
            ],
        );
        Some(Self { uvicorn, folder })
    }

    fn url(&self, path: &str) -> String {
        self.uvicorn.url(path)
    }

    /// Written atomically, so the service never reads an unintended half.
    fn put_model(&self, text: &str) {
        let new = self.folder.0.join("model.json.new");
        fs::write(&new, text).expect("a model to write");
        fs::rename(&new, self.folder.0.join("model.json")).expect("a model to put in place");
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
