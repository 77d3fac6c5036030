//! What the examples for platforms are tried with: the platforms' own schemas, and containers in which an inference
//! service runs.
//!
//! The schemas are from a Python with `requirements.txt`, which `HEALTHPROBE_PLATFORMS_PYTHON` names, else
//! `target/venv-platforms/bin/python`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::python::platforms_python;

/// Runs a script on these texts of YAML; gives back what it printed, as JSON. `None` where there is no Python for it,
/// after saying so.
pub fn ask(script: &str, texts: &[String]) -> Option<Vec<Value>> {
    let python = platforms_python()?;
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
