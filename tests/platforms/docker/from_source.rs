//! `Dockerfile` builds the image of the probe from a clone.
//!
//! Its base image is a local stand-in, because tests pull none. The build in `rust:1-alpine` is simulated; what cargo
//! needs for it is checked outside Docker.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::example::stand_in;
use super::{HEALTHY, assert_last_probe};
use crate::support::build::{self, static_healthprobe};
use crate::support::engine::{Container, Image, docker, engine_or_skip};
use crate::support::{Folder, cargo, changed, run, source};

/// Names the target of the image's toolchain.
const TARGET: &str = r#" --target "$(rustc --print host-tuple)""#;

fn text() -> String {
    fs::read_to_string(source("Dockerfile")).expect("the Dockerfile")
}

#[test]
fn the_dockerfile_builds_an_image_to_copy_from() {
    engine_or_skip!();
    let rust = stand_in("rust", "ENV PATH=/bin\n", &[static_healthprobe()]);
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
    assert_last_probe(&container, 0, HEALTHY);

    for (line, instead, notice) in [
        ("FROM scratch\n", "FROM ${RUST_IMAGE}\n", "it holds"),
        (
            "release/healthprobe /healthprobe",
            "release/healthprobe /bin/probe",
            "it holds [\"bin/\", \"bin/probe\"]",
        ),
        ("ENTRYPOINT [\"/healthprobe\"]\n", "", "it runs null"),
        ("USER 65534:65534\n", "", "as the user \"\""),
        (
            " --locked",
            "",
            // Both builders report the failing command in these words.
            "/bin/sh -c cargo build --release --bin healthprobe",
        ),
        (
            "COPY .cargo .cargo\n",
            "",
            "/bin/sh -c cargo build --release",
        ),
    ] {
        let error = probe_alone(&rust, &changed(&dockerfile, line, instead)).map(|_| ());
        let error = error.expect_err(line);
        assert!(error.contains(notice), "{line}: {error}");
    }
}

/// The image of a Dockerfile, or what is wrong with it.
fn probe_alone(rust: &Image, dockerfile: &str) -> Result<Image, String> {
    let folder = Folder::new("probe");
    let file = folder.0.join("Dockerfile");
    fs::write(&file, dockerfile).expect("a Dockerfile");
    let options = [
        &format!("--file={}", file.display()),
        // Otherwise the container of a failing step stays.
        "--force-rm",
        &format!("--build-arg=RUST_IMAGE={}", rust.name()),
    ];
    let image = Image::try_build("probe", &source(""), &options)?;
    let entrypoint = image.inspect("{{json .Config.Entrypoint}}");
    if entrypoint != serde_json::json!(["/healthprobe"]) {
        return Err(format!("it runs {entrypoint}"));
    }
    let user = image.inspect("{{json .Config.User}}");
    if user != "65534:65534" {
        return Err(format!("it runs as the user {user}"));
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
fn the_dockerfile_copies_what_cargo_needs() {
    let dockerfile = text();
    assert_eq!(checked(&dockerfile, ""), Ok(()));
    for (line, instead) in [
        ("COPY src src\n", ""),
        (
            "COPY Cargo.toml Cargo.lock build.rs ./",
            "COPY Cargo.toml build.rs ./",
        ),
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
    // Here for the target of this machine: its toolchain may have no other.
    let command = command.expect("a build").strip_suffix(TARGET);
    let output = cargo()
        .args(["check", "--quiet", "--offline", "--target-dir"])
        .arg(source("target"))
        .args(command.expect("the target").split(' '))
        .current_dir(&folder.0)
        .output()
        .expect("cargo");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
