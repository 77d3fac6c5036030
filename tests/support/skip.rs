//! What a test needs of the machine, and skipping where that is missing.

use std::env;
use std::io::Write;
use std::path::PathBuf;

use super::vars;

/// An installed program. `None` if missing; prints that, or fails with `HP_TEST_REQUIRE_SERVERS=1`.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        skip(vars::REQUIRE_SERVERS, &format!("{name} is not installed"));
    }
    found
}

/// Prints why a test is skipped, or fails if this variable is `1`, as in CI.
#[track_caller]
pub fn skip(required: &str, reason: &str) {
    assert!(!is_required(required), "{required}=1, but {reason}");
    say_skipped(reason);
}

/// Not eprintln!, which the test harness captures: a skipped test must not look like one that ran.
pub fn say_skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// Whether this variable, such as `HP_TEST_REQUIRE_DOCKER`, is `1`.
pub fn is_required(variable: &str) -> bool {
    env::var(variable).is_ok_and(|value| value == "1")
}

/// The path in this variable, unless it is unset or empty.
pub fn path_in(variable: &str) -> Option<PathBuf> {
    let path = env::var_os(variable).filter(|path| !path.is_empty())?;
    Some(path.into())
}
