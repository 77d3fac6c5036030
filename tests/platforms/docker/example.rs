//! `Dockerfile.example` builds and becomes healthy, with the options that it recommends.
//!
//! Its base images are local stand-ins, because tests pull none; `stand-ins` lists what is real in them. Python, pip,
//! the packages, the application and the engine are real. The build in `rust:1-alpine` is simulated; what cargo needs
//! for it is checked outside Docker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use serde_json::Value;

use super::{assert_last_probe, wait_until_it_listens};
use crate::support::build::{self, shared_fixture, static_healthprobe};
use crate::support::engine::{Container, Image, docker, engine_or_skip};
use crate::support::skip::path_in;
use crate::support::{Folder, cargo, changed, run, skip, source, vars};

/// The image of `Dockerfile.example` and its base images.
pub struct Example {
    // Dropped before its bases, whose labels its stages carry.
    pub image: Image,
    pub rust: Image,
    pub python: Image,
}

/// Built once for all tests that run together.
pub fn example() -> Option<Arc<Example>> {
    static EXAMPLE: Mutex<Weak<Example>> = Mutex::new(Weak::new());
    let (python, wheels) = python_and_wheels()?;
    Some(shared_fixture(&EXAMPLE, || build(&python, &wheels)))
}

fn build(python: &Path, wheels: &Path) -> Example {
    let (folder, rust) = stand_ins(&[python, wheels]);
    let python = Image::build("python", &folder.0, &["--target=python"]);
    let dockerfile = write(&folder, &rust, &text());
    let image = Image::build(
        "example",
        &source(""),
        &[
            &format!("--file={}", dockerfile.display()),
            &format!("--build-arg=RUST_IMAGE={}", rust.name()),
            &format!("--build-arg=PYTHON_IMAGE={}", python.name()),
        ],
    );
    Example {
        image,
        rust,
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

fn text() -> String {
    fs::read_to_string(source("Dockerfile.example")).expect("the example")
}

/// Writes the Dockerfile with the stand-in's label in the stage that starts FROM scratch and so inherits none.
/// Without a label, that stage would be one image shared by all tests, which none could remove.
fn write(folder: &Folder, rust: &Image, dockerfile: &str) -> PathBuf {
    let labels = rust.inspect("{{json .Config.Labels}}");
    let (name, value) = labels
        .as_object()
        .expect("labels")
        .iter()
        .next()
        .expect("a label");
    let path = folder.0.join("Dockerfile.example");
    let labelled = changed(
        dockerfile,
        " AS probe\n",
        &format!(" AS probe\nLABEL {name}={value}\n"),
    );
    fs::write(&path, labelled).expect("a Dockerfile");
    path
}

/// The folder of the stand-ins, and the image for Rust.
fn stand_ins(python_and_wheels: &[&Path]) -> (Folder, Image) {
    let folder = Folder::new("stand-ins");
    run(Command::new(source("tests/platforms/docker/stand-ins"))
        .arg(&folder.0)
        .arg(static_healthprobe())
        .args(python_and_wheels));
    fs::copy(
        source("tests/platforms/docker/stand-ins.Dockerfile"),
        folder.0.join("Dockerfile"),
    )
    .expect("a Dockerfile");
    let rust = Image::build("rust", &folder.0, &["--target=rust"]);
    (folder, rust)
}

#[test]
fn the_probe_stage_is_an_image_to_copy_from() {
    engine_or_skip!();
    let (_folder, rust) = stand_ins(&[]);
    let dockerfile = text();
    let image = probe_alone(&rust, &dockerfile).expect("an image");
    let version = ["--version", "--verbose"];
    let run = [&["run", "--rm", image.name()], &version[..]].concat();
    let outside = Command::new(static_healthprobe()).args(version).output();
    let outside = String::from_utf8(outside.expect("it runs").stdout).expect("UTF-8");
    assert_eq!(docker(&run), outside.trim_end());

    let server = build::image();
    let folder = Folder::new("copies");
    let copies = format!(
        "FROM scratch\nCOPY --from={} /server /server\nCOPY --from={} /healthprobe /healthprobe\n\
         HEALTHCHECK --interval=500ms CMD [\"/healthprobe\", \":8000/health\", \"-e\", \"status=ok\"]\n\
         ENTRYPOINT [\"/server\", \"healthy\"]\n",
        server.name(),
        image.name()
    );
    fs::write(folder.0.join("Dockerfile"), copies).expect("a Dockerfile");
    let copied = Image::build("copied", &folder.0, &[]);
    let container = Container::start(&copied, &[], &[]);
    container.wait_until("healthy");
    assert_last_probe(&container, 0, super::HEALTHY);

    for (line, instead, notice) in [
        (
            "FROM scratch AS probe",
            "FROM ${RUST_IMAGE} AS probe",
            "it holds",
        ),
        (
            "release/healthprobe /healthprobe",
            "release/healthprobe /bin/probe",
            "it holds [\"bin/\", \"bin/probe\"]",
        ),
        ("ENTRYPOINT [\"/healthprobe\"]\n", "", "it runs null"),
        (
            " --locked",
            "",
            // Both builders report the failing command in these words.
            "/bin/sh -c cargo build --release --bin healthprobe",
        ),
    ] {
        let error = probe_alone(&rust, &changed(&dockerfile, line, instead)).map(|_| ());
        let error = error.expect_err(line);
        assert!(error.contains(notice), "{line}: {error}");
    }
}

/// The `probe` stage of a Dockerfile, or what is wrong with it.
fn probe_alone(rust: &Image, dockerfile: &str) -> Result<Image, String> {
    let folder = Folder::new("probe");
    let file = write(&folder, rust, dockerfile);
    let options = [
        &format!("--file={}", file.display()),
        "--target=probe",
        // Otherwise the container of a failing step stays.
        "--force-rm",
        &format!("--build-arg=RUST_IMAGE={}", rust.name()),
    ];
    let image = Image::try_build("probe", &source(""), &options)?;
    let entrypoint = image.inspect("{{json .Config.Entrypoint}}");
    if entrypoint != serde_json::json!(["/healthprobe"]) {
        return Err(format!("it runs {entrypoint}"));
    }
    let files = files(&image, &folder);
    if files == ["healthprobe"] {
        Ok(image)
    } else {
        Err(format!("it holds {files:?}"))
    }
}

/// The paths of all files in an image.
fn files(image: &Image, folder: &Folder) -> Vec<String> {
    let list = |archive: &Path| {
        let output = Command::new("tar")
            .arg("--list")
            .arg("--file")
            .arg(archive)
            .output();
        let names = String::from_utf8(output.expect("tar").stdout).expect("UTF-8");
        names.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let saved = folder.0.join("saved.tar");
    let path = saved.to_str().expect("UTF-8");
    docker(&["save", "--output", path, image.name()]);
    run(Command::new("tar")
        .args(["--extract", "--file", path])
        .current_dir(&folder.0));
    let manifest = fs::read_to_string(folder.0.join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let layers = manifest[0]["Layers"].as_array().expect("layers");
    let layers = layers.iter().map(|layer| layer.as_str().expect("a path"));
    layers
        .flat_map(|layer| list(&folder.0.join(layer)))
        .collect()
}

/// The simulated build cannot show that cargo can build the copied files. A release build takes a minute, so this
/// runs `cargo check`.
#[test]
fn dockerfile_example_copies_what_cargo_needs() {
    let dockerfile = text();
    assert_eq!(checked(&dockerfile, ""), Ok(()));
    for (line, instead) in [
        ("COPY src src\n", ""),
        ("COPY Cargo.toml Cargo.lock ./", "COPY Cargo.toml ./"),
        ("--bin healthprobe", "--bin healthcheck"),
    ] {
        let error = checked(&changed(&dockerfile, line, instead), "");
        error.expect_err(line);
    }
    // cargo looks for every bench without a `path`, whatever it builds.
    let error = checked(&dockerfile, "path = \"benches/baseline.rs\"\n");
    assert!(
        error
            .expect_err("a bench")
            .contains("can't find `baseline` bench")
    );
}

/// Copies the files that the first stage copies and checks its build command, with this part of `Cargo.toml` removed.
fn checked(dockerfile: &str, from_manifest: &str) -> Result<(), String> {
    let folder = Folder::new("build");
    let stage = dockerfile.split("\nFROM ").nth(1).expect("a stage");
    for line in stage.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let (from, to) = line.rsplit_once(' ').expect("two places");
        let from = from.split(' ').map(source);
        run(Command::new("cp")
            .arg("--recursive")
            .args(from)
            .arg(folder.0.join(to)));
    }
    let manifest = folder.0.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("Cargo.toml");
    fs::write(&manifest, changed(&text, from_manifest, "")).expect("Cargo.toml");
    let command = stage
        .lines()
        .find_map(|line| line.strip_prefix("RUN cargo build --release "));
    let output = cargo()
        .args(["check", "--quiet", "--offline", "--target-dir"])
        .arg(source("target"))
        .args(command.expect("a build").split(' '))
        .current_dir(&folder.0)
        .output()
        .expect("cargo");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

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
