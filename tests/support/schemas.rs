//! What the examples for platforms are tried with: the platforms' own schemas, and containers in which an inference
//! service runs.
//!
//! The schemas are from a Python with `requirements.txt`, which `HEALTHPROBE_PLATFORMS_PYTHON` names, else
//! `target/venv-platforms/bin/python`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::uvicorn;

/// Runs a script on these texts of YAML; gives back what it printed, as JSON. `None` where there is no Python for it,
/// after saying so.
pub fn ask(script: &str, texts: &[String]) -> Option<Vec<Value>> {
    let python = uvicorn::python(
        "HEALTHPROBE_PLATFORMS_PYTHON",
        "platforms",
        "tests/platforms/requirements.txt",
    )?;
    let mut child = Command::new(&python)
        .args(["-c", script])
        // check-jsonschema is a program beside it.
        .env("BIN", python.parent().unwrap_or(Path::new("")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_string(texts).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// How a command ended, and all that it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub said: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let said = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code(),
            said: String::from_utf8_lossy(&said).into_owned(),
        }
    }
}
