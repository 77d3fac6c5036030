//! The example `tour`, run once.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The outcome of the tour.
pub struct Tour {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

/// The tour, run once for all tests.
pub fn tour() -> &'static Tour {
    static TOUR: LazyLock<Tour> = LazyLock::new(|| {
        let output = cargo("run", "tour")
            .stdin(Stdio::null())
            .output()
            .expect("cargo runs");
        Tour {
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
            code: output.status.code(),
        }
    });
    &TOUR
}

/// `cargo build` or `cargo run` of this example.
pub fn cargo(what: &str, example: &str) -> Command {
    let mut command = super::cargo();
    command
        .args([what, "--quiet", "--example", example])
        .args((!cfg!(debug_assertions)).then_some("--release"));
    command
}
