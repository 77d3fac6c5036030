//! `Dockerfile.example` builds and becomes healthy, with the options that it recommends.
//!
//! Its images are local ones, because tests pull none: the probe's is made as for a release, and the other a stand-in;
//! `stand-ins` lists what is real in it. Python, pip, the packages, the application and the engine are real.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use super::image::Layouts;
use super::{assert_last_probe, wait_until_it_listens};
use crate::support::build::shared_fixture;
use crate::support::engine::{Container, Image, engine_or_skip};
use crate::support::skip::path_in;
use crate::support::{Folder, packaging, run, skip, source, vars};

/// The image of `Dockerfile.example` and the images that it is made of.
pub struct Example {
    // Dropped before its bases, whose labels its stages carry.
    pub image: Image,
    pub probe: Image,
    pub python: Image,
}

/// Built once for all tests that run together.
pub fn example() -> Option<Arc<Example>> {
    static EXAMPLE: Mutex<Weak<Example>> = Mutex::new(Weak::new());
    let (python, wheels) = python_and_wheels()?;
    let packaging = packaging::python()?;
    Some(shared_fixture(&EXAMPLE, || {
        build(Layouts::build(&packaging).load(), &python, &wheels)
    }))
}

fn build(probe: Image, python: &Path, wheels: &Path) -> Example {
    let python = stand_in("python", WITH_PIP, &[python, wheels]);
    let image = Image::build(
        "example",
        &source(""),
        &[
            "--file=Dockerfile.example",
            &format!("--build-arg=HEALTHPROBE_IMAGE={}", probe.name()),
            &format!("--build-arg=PYTHON_IMAGE={}", python.name()),
        ],
    );
    Example {
        image,
        probe,
        python,
    }
}

#[test]
fn dockerfile_example_becomes_healthy() {
    engine_or_skip!();
    let Some(example) = example() else {
        return;
    };
    let image = &example.image;
    assert_eq!(image.inspect("{{json .Config.User}}"), "65534:65534");
    assert_eq!(image.inspect("{{json .Config.Healthcheck.Test}}")[0], "CMD");

    // A busy machine runs a probe late, so Docker waits long.
    let quick = [
        "--health-interval=500ms",
        "--health-timeout=60s",
        "--read-only",
        "--cap-drop=ALL",
    ];
    let container = Container::start(image, &quick, &[]);
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
    let container = Container::start(image, &without_model, &[]);
    container.wait_until("unhealthy");
    // On a busy machine the container is unhealthy before the server listens.
    wait_until_it_listens(&container);
    assert_last_probe(
        &container,
        1,
        "unhealthy: status 503, expected 200-399; status is missing, expected \"ok\"; \
         GET http://localhost:8000/health in <t>; body: {\"detail\":\"Model not loaded\"}\n",
    );
}

/// A stand-in that the script `stand-ins` lays out, with these further lines of a Dockerfile.
pub fn stand_in(what: &str, lines: &str, arguments: &[&Path]) -> Image {
    let folder = Folder::new("stand-in");
    run(Command::new(source("tests/platforms/docker/stand-ins"))
        .arg(format!("--{what}"))
        .arg(&folder.0)
        .args(arguments));
    let dockerfile = format!("FROM scratch\nCOPY {what} /\n{lines}");
    fs::write(folder.0.join("Dockerfile"), dockerfile).expect("a Dockerfile");
    Image::build(what, &folder.0, &[])
}

/// With the real pip, which finds in the image what it would otherwise download.
const WITH_PIP: &str = "ENV PATH=/venv/bin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n";

/// The Python of a virtual environment, and the environment's folder `wheels` with the example's requirements.
fn python_and_wheels() -> Option<(PathBuf, PathBuf)> {
    let python = path_in(vars::PYTHON);
    let python = python.unwrap_or_else(|| source("target/venv-fastapi/bin/python"));
    let wheels = python.parent()?.parent()?.join("wheels");
    if python.exists() && wheels.exists() {
        return Some((python, wheels));
    }
    let missing = format!("no {} and {}", python.display(), wheels.display());
    skip(vars::REQUIRE_PYTHON, &missing);
    None
}
