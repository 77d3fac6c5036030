//! The platforms' own schemas.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::python::platforms_python;
use super::{changed, pipe};

/// Runs a Python script on these YAML texts and returns its JSON output. `None` if there is no Python for it; prints
/// that.
pub fn ask(script: &str, texts: &[String]) -> Option<Vec<Value>> {
    let python = platforms_python()?;
    let input = serde_json::to_string(texts).unwrap();
    let mut command = Command::new(&python);
    command
        .args(["-c", script])
        // check-jsonschema is installed beside Python.
        .env("BIN", python.parent().unwrap_or(Path::new("")));
    let output = pipe(&mut command, input);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{err}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A part of a text, its replacement, and a part of the expected error.
pub type Breakage<'a> = (&'a str, &'a str, &'a str);

/// Expects no errors in the text, and this error in each broken copy. `validate` returns the errors of each text.
#[track_caller]
pub fn assert_rejects_broken(
    text: &str,
    breakages: &[Breakage],
    validate: impl FnOnce(&[String]) -> Option<Vec<Vec<String>>>,
) {
    let broken = breakages
        .iter()
        .map(|(right, wrong, _)| changed(text, right, wrong));
    let texts: Vec<String> = [text.to_owned()].into_iter().chain(broken).collect();
    let Some(errors) = validate(&texts) else {
        return;
    };
    assert_eq!(errors[0], [""; 0]);
    for ((right, wrong, error), errors) in breakages.iter().zip(&errors[1..]) {
        let found = errors.iter().any(|found| found.contains(error));
        assert!(found, "{right} → {wrong}: {errors:?}");
    }
}
