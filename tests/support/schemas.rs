//! The platforms' own schemas.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::python::platforms_python;

/// Runs a Python script on these YAML texts and returns its JSON output. `None` if there is no Python for it; prints
/// that.
pub fn ask(script: &str, texts: &[String]) -> Option<Vec<Value>> {
    let python = platforms_python()?;
    let mut child = Command::new(&python)
        .args(["-c", script])
        // check-jsonschema is installed beside Python.
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
