//! `Dockerfile.example` builds and becomes healthy, with the options that it teaches.
//!
//! Its base images are local stand-ins, since tests pull none; `stand-ins` says what is real in them. Python, pip, the
//! packages, the application and the engine are; only the compiling inside `rust:1-alpine` is simulated.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::engine::{self, Container, Image};
use super::{Folder, assert_last_probe, run, source, static_healthprobe};

#[test]
fn dockerfile_example_becomes_healthy() {
    engine_or_skip!();
    let Some((python, wheels)) = python_and_wheels() else {
        return;
    };
    let folder = Folder::new("stand-ins");
    run(Command::new(source("tests/docker/stand-ins"))
        .arg(&folder.0)
        .arg(static_healthprobe())
        .args([&python, &wheels]));
    fs::copy(
        source("tests/docker/stand-ins.Dockerfile"),
        folder.0.join("Dockerfile"),
    )
    .expect("a Dockerfile");
    let rust = Image::build("rust", &folder.0, &["--target=rust"]);
    let python = Image::build("python", &folder.0, &["--target=python"]);
    let image = Image::build(
        "example",
        &source(""),
        &[
            &format!("--file={}", source("Dockerfile.example").display()),
            &format!("--build-arg=RUST_IMAGE={}", rust.name()),
            &format!("--build-arg=PYTHON_IMAGE={}", python.name()),
        ],
    );
    assert_eq!(image.inspect("{{json .Config.User}}"), "65534:65534");
    assert_eq!(image.inspect("{{json .Config.Healthcheck.Test}}")[0], "CMD");

    let quick = ["--health-interval=500ms", "--read-only", "--cap-drop=ALL"];
    let container = Container::start(&image, &quick, &[]);
    container.wait_until("healthy");
    assert_last_probe(
        &container,
        0,
        "healthy: 200 OK in <t>; GET http://localhost:8000/health\n",
    );

    let without_model = [
        &quick[..],
        &["--env=MODEL_FILE=/none", "--health-start-period=1ms"],
    ]
    .concat();
    let container = Container::start(&image, &without_model, &[]);
    container.wait_until("unhealthy");
    assert_last_probe(
        &container,
        1,
        "unhealthy: status 503, expected 200-399; status is missing, expected \"ok\"; \
         GET http://localhost:8000/health in <t>; body: {\"detail\":\"Model not loaded\"}\n",
    );
}

/// A virtual environment's Python, and the folder `wheels` in that environment with what the example requires.
fn python_and_wheels() -> Option<(PathBuf, PathBuf)> {
    let python = std::env::var_os("HEALTHPROBE_PYTHON").filter(|path| !path.is_empty());
    let python = python.map_or_else(|| source("target/venv-fastapi/bin/python"), PathBuf::from);
    let wheels = python.parent()?.parent()?.join("wheels");
    if python.exists() && wheels.exists() {
        return Some((python, wheels));
    }
    let missing = format!("{} and {}", python.display(), wheels.display());
    assert!(
        std::env::var("HEALTHPROBE_REQUIRE_PYTHON").as_deref() != Ok("1"),
        "HEALTHPROBE_REQUIRE_PYTHON=1, but there are no {missing}"
    );
    engine::tell(&format!("skipped: no {missing}"));
    None
}
