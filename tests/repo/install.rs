//! The results of `cargo install` and `cargo package`.

use crate::support;
use crate::support::{Folder, run};
use std::fs;
use std::path::Path;
use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let output = run(support::cargo()
        .args(arguments)
        .args(["--locked", "--offline"]));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn cargo_install_installs_only_healthprobe() {
    let root = Folder::new("install");
    // The tests' target folder, where everything is built already.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    cargo(&[
        "install",
        "--quiet",
        "--debug",
        "--no-track",
        "--path=.",
        &format!("--root={}", root.0.display()),
        &format!("--target-dir={}", target.display()),
    ]);
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(&root.0), ["bin"]);
    assert_eq!(names(&root.0.join("bin")), ["healthprobe"]);
    let installed = Command::new(root.0.join("bin/healthprobe"))
        .arg("--version")
        .output()
        .unwrap();
    let version = concat!("healthprobe ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8(installed.stdout).unwrap(), version);
}

#[test]
fn the_package_contains_what_users_need() {
    let list = cargo(&["package", "--list", "--allow-dirty"]);
    let holds = |path: &str| list.lines().any(|line| line == path);
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "Dockerfile",
        "Dockerfile.example",
        "src/main.rs",
        "tests/main.rs",
    ] {
        assert!(holds(path), "{path} is missing");
    }
    // Files that the README links to.
    let links = regex_lite::Regex::new(r"\]\(([^):#]+)\)").unwrap();
    let mut linked = 0;
    for link in links.captures_iter(include_str!("../../README.md")) {
        let inside = format!("{}/", &link[1]);
        let is_there = list
            .lines()
            .any(|line| line == &link[1] || line.starts_with(&inside));
        assert!(is_there, "{} is missing", &link[1]);
        linked += 1;
    }
    assert!(linked > 3);
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [".ci/run", "tests/fuzz/Cargo.toml"] {
        assert!(source.join(path).exists() && !holds(path), "{path}");
    }
}
