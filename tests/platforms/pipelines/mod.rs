//! `examples/ci`: valid by the platforms' schemas, and run as the platforms do with a real engine and a real
//! registry. The pipelines pass if the model works, and otherwise fail with the reason.

mod github;
mod gitlab;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::build::{compile, static_healthprobe};
use crate::support::files::executable;
use crate::support::schemas::{Breakage, ask, assert_rejects_broken};
use crate::support::{DEADLINE, Finished, Folder, unique};

/// Parses each file and validates it against this schema.
const VALIDATE: &str = r#"
import json, os, subprocess, sys, tempfile
from ruamel.yaml import YAML
texts = json.load(sys.stdin)
errors = [[] for _ in texts]
with tempfile.TemporaryDirectory() as folder:
    names = [f"{folder}/{number}.yml" for number in range(len(texts))]
    for name, text in zip(names, texts):
        open(name, "w").write(text)
    check = [os.environ["BIN"] + "/check-jsonschema", "--output-format", "json", "--builtin-schema", SCHEMA, *names]
    printed = json.loads(subprocess.run(check, capture_output=True, text=True).stdout)
for error in printed["errors"]:
    errors[names.index(error["filename"])].append(error.get("best_deep_match", error)["message"])
for error in printed.get("parse_errors", []):
    errors[names.index(error["filename"])].append("cannot be parsed")
assert any(errors) == (printed["status"] != "ok")
json.dump([
    {"pipeline": None if found else YAML(typ="safe").load(text), "errors": found}
    for text, found in zip(texts, errors)
], sys.stdout)
"#;

fn validate(schema: &str, texts: &[String]) -> Option<Vec<Value>> {
    ask(&format!("SCHEMA = {schema:?}\n{VALIDATE}"), texts)
}

/// Expects the schema to accept the text and to reject each breakage.
#[track_caller]
fn assert_schema(schema: &str, text: &str, breakages: &[Breakage]) {
    assert_rejects_broken(text, breakages, |texts| {
        let validated = validate(schema, texts)?;
        let errors = validated.into_iter().map(|mut file| file["errors"].take());
        Some(
            errors
                .map(|errors| serde_json::from_value(errors).unwrap())
                .collect(),
        )
    });
}

/// The parsed pipelines. `None` if there is no Python for it; prints that.
fn read<const N: usize>(schema: &str, texts: &[String; N]) -> Option<[Value; N]> {
    let mut judged = validate(schema, texts)?;
    Some(std::array::from_fn(|at| judged[at]["pipeline"].take()))
}

const RIGHT: &str = r#"{"predictions":[{"label":"virginica","score":0.742}]}"#;
const WRONG: &str = r#"{"predictions":[{"label":"Unknown","score":NaN}]}"#;
/// An empty model never loads.
const NONE: &str = "";

const HEALTHCHECK: &str =
    r#"HEALTHCHECK CMD ["/healthprobe", ":8000/health", "--expect", "model.loaded"]"#;

/// A checkout whose image serves this model.
fn checkout(model: &str) -> Folder {
    static SERVER: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = Folder::new("server");
        let server = folder.0.join("server");
        compile("tests/platforms/pipelines/server.rs", &server);
        fs::read(server).unwrap()
    });
    let folder = Folder::new("checkout");
    executable(&folder.0.join("server"), SERVER.as_slice());
    fs::copy(static_healthprobe(), folder.0.join("healthprobe")).unwrap();
    fs::write(folder.0.join("model.json"), model).unwrap();
    // Makes the image unique, so that no other pipeline removes it.
    fs::write(folder.0.join("id"), unique("id")).unwrap();
    let dockerfile = format!(
        "FROM scratch\nCOPY healthprobe server model.json id /\n{HEALTHCHECK}\nCMD [\"/server\"]\n"
    );
    fs::write(folder.0.join("Dockerfile"), dockerfile).unwrap();
    folder
}

/// Waits until a container's server says that it listens.
#[track_caller]
fn wait_until_it_listens(container: &str) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let log = docker(&["logs", container]);
        if log.text.contains("model server, ") {
            return;
        }
        assert!(Instant::now() < deadline, "{log:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs `docker` with these arguments.
fn docker(arguments: &[&str]) -> Finished {
    let output = Command::new("docker")
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    output.unwrap().into()
}

/// Commands that remove what a pipeline leaves in the engine, run in reverse order when dropped.
#[derive(Default)]
struct Leftovers(Vec<Vec<String>>);

impl Leftovers {
    fn add(&mut self, command: &[&str]) {
        self.0
            .push(command.iter().map(|&word| word.to_owned()).collect());
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for command in self.0.iter().rev() {
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            docker(&command);
        }
    }
}
