//! Every link and path of the pages leads somewhere, and every page can be found.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex_lite::Regex;

use super::pages::{ROOT, pages};

/// A heading as a link names it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let kept: String = heading.chars().filter(kept).collect();
    kept.to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    let links = Regex::new(r"\]\(([^)]+)\)").unwrap();
    let mut linked = BTreeSet::new();
    for page in pages() {
        for found in links.captures_iter(&page.text) {
            let link = &found[1];
            if link.starts_with("https://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.path.clone(),
                _ => page.path.parent().unwrap().join(path),
            };
            let target = target.canonicalize();
            let target = target.unwrap_or_else(|error| panic!("{}: {link}: {error}", page.name()));
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
                assert!(anchors.any(|anchor| anchor == heading), "{link}");
            }
            linked.insert(target);
        }
    }
    for page in pages() {
        let is_linked = linked.contains(&page.path.canonicalize().unwrap());
        assert!(is_linked, "no page links to {}", page.name());
    }
}

#[test]
fn every_path_named_exists() {
    let paths = Regex::new(r"\b(?:benches|examples|scripts|src|tests)/[\w./-]*\w").unwrap();
    let mut seen = 0;
    for page in pages() {
        for found in paths.find_iter(&page.text) {
            let path = found.as_str();
            assert!(
                Path::new(ROOT).join(path).exists(),
                "{}: {path}",
                page.name()
            );
            seen += 1;
        }
        // What only developers need.
        assert!(!page.text.contains(".ci"), "{}", page.name());
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_rust_version_is_that_of_the_manifest() {
    let versions = Regex::new(r"\bRust\s+(\d+\.\d+)").unwrap();
    let mut seen = 0;
    for page in pages() {
        for found in versions.captures_iter(&page.text) {
            assert_eq!(&found[1], env!("CARGO_PKG_RUST_VERSION"), "{}", page.name());
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen}");
}
