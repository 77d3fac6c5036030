//! The linked crates: permissive licences, crates.io only, one version each.
//!
//! `deny.toml` configures the same for cargo-deny, which also checks advisories.

use crate::support::run;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// SPDX identifiers compatible with MIT OR Apache-2.0.
const LICENSES: [&str; 6] = [
    "MIT",
    "Apache-2.0",
    "ISC",
    "BSD-3-Clause",
    "Unlicense",
    "Unicode-3.0",
];

fn metadata() -> Value {
    let output = run(Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version=1"])
        .args(["--filter-platform", "x86_64-unknown-linux-musl"])
        .current_dir(env!("CARGO_MANIFEST_DIR")));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages linked into the executable, without those of build scripts, macros and tests.
fn linked(metadata: &Value) -> Vec<&Value> {
    let list = |value: &'_ Value| value.as_array().unwrap().clone();
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let is_macro = |id: &str| {
        list(&packages[id]["targets"])
            .iter()
            .any(|target| list(&target["kind"]).contains(&"proc-macro".into()))
    };
    let mut seen = BTreeSet::new();
    let mut rest = vec![metadata["resolve"]["root"].as_str().unwrap()];
    while let Some(id) = rest.pop() {
        if is_macro(id) || !seen.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = list(&dependency["dep_kinds"]);
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                rest.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    seen.into_iter().map(|id| packages[id]).collect()
}

/// Whether at least one alternative of the expression is permissive.
fn is_permissive(expression: &str) -> bool {
    let bare = expression.replace(['(', ')'], " ").replace('/', " OR ");
    // For an AND of ORs every part needs a permissive alternative, for an OR of ANDs one part must be permissive
    // throughout. No crate mixes them otherwise.
    let known = |license: &str| LICENSES.contains(&license.trim());
    bare.split(" OR ")
        .any(|part| part.split(" AND ").all(known))
        || bare
            .split(" AND ")
            .all(|part| part.split(" OR ").any(known))
}

#[test]
fn dependencies_have_permissive_licences_and_one_version() {
    let metadata = metadata();
    let linked = linked(&metadata);
    assert!(linked.len() > 20, "{}", linked.len());
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in linked {
        let name = package["name"].as_str().unwrap();
        let license = package["license"].as_str().unwrap_or_default();
        assert!(is_permissive(license), "{name}: {license}");
        let source = package["source"].as_str();
        let is_ours = name == env!("CARGO_PKG_NAME");
        assert!(
            is_ours || source.is_some_and(|source| source.starts_with("registry+")),
            "{name}: {source:?}"
        );
        versions
            .entry(name)
            .or_default()
            .push(package["version"].as_str().unwrap());
    }
    for (name, versions) in versions {
        assert_eq!(versions.len(), 1, "{name} is built in twice: {versions:?}");
    }
}

#[test]
fn recognizes_licences_that_are_not_permissive() {
    for (expression, permissive) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Apache-2.0 AND ISC", true),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_permissive(expression), permissive, "{expression}");
    }
}
