//! The house's walls: which room may know which, and how large a room may be.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms that only look at data, and what they must not know.
const PURE: [&str; 3] = ["check", "verdict.rs", "report"];
const OUTSIDE: [&str; 9] = [
    "crate::args::flags",
    "crate::args::env",
    "crate::args",
    "crate::plan",
    "crate::fetch",
    "clap::",
    "std::time::Instant",
    "std::fs",
    "std::env",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn rooms() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files(&source)
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&source)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn pure_modules_import_nothing_from_outside() {
    for (name, text) in rooms() {
        if PURE.iter().any(|room| name.starts_with(room)) {
            for outside in OUTSIDE {
                assert!(!text.contains(outside), "{name} knows {outside}");
            }
        }
    }
}

#[test]
fn only_fetch_names_ureq() {
    for (name, text) in rooms() {
        let names = text.contains("ureq::") || text.contains("use ureq");
        assert!(!names || name.starts_with("fetch"), "{name} names ureq");
        assert!(
            !name.starts_with("fetch") || !text.contains("crate::check"),
            "{name} knows a check"
        );
    }
}

#[test]
fn only_tls_and_fetch_name_rustls() {
    for (name, text) in rooms() {
        let names = text.contains("rustls::") || text.contains("webpki::");
        let may = name.starts_with("tls") || name.starts_with("fetch");
        assert!(!names || may, "{name} names rustls");
        assert!(
            !name.starts_with("tls") || !text.contains("crate::fetch"),
            "{name} knows how bytes travel"
        );
    }
}

#[test]
fn every_file_has_a_header_and_at_most_400_lines() {
    for (name, text) in rooms() {
        assert!(
            text.starts_with("//! "),
            "{name} does not say what it is for"
        );
        let without_tests = text.split("\nmod tests {").next().unwrap();
        let lines = without_tests.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines");
    }
    let (_, main) = rooms()
        .into_iter()
        .find(|(name, _)| name == "main.rs")
        .unwrap();
    let code = main
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .count();
    assert!(code <= 20, "main.rs has {code} lines");
}
