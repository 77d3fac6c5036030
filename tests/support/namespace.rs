//! Network namespaces: networks of a test's own, which end with it.

use std::process::Command;

use serde_json::Value;

use super::{program, skip, vars};

/// Runs this Python in network and mount namespaces of its own, whose only interface is the loopback; the JSON that it
/// prints.
///
/// Needs root: otherwise `None`, and the test is skipped, or fails with `HP_TEST_REQUIRE_SERVERS=1`.
pub fn in_namespace(script: &str, arguments: &[&str]) -> Option<Value> {
    for name in ["unshare", "ip", "mount", "python3"] {
        program(name)?;
    }
    let script = format!(
        "import subprocess\nsubprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)\n{script}"
    );
    let output = Command::new("unshare")
        .args(["--net", "--mount", "python3", "-c", &script])
        .args(arguments)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    if err.contains("unshare failed") {
        skip(vars::REQUIRE_SERVERS, &format!("no namespace: {err}"));
        return None;
    }
    assert!(output.status.success(), "{err}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
