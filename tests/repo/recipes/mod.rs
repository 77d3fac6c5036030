//! The recipes are run: every line of `examples/recipes/README.md`, against the real server or its documented answers.
//!
//! A line that no server has answered here may be wrong in a way that makes it green, which is what the recipes are
//! against. So each section of the page has its servers in `real`, or its file in `recipes/answers`.

mod answers;

use std::collections::BTreeSet;

use crate::support::recipes as page;

#[test]
fn every_recipe_has_a_test() {
    let named: BTreeSet<&str> = page::recipes().iter().map(|recipe| recipe.name).collect();
    let run: BTreeSet<&str> = page::SERVERS
        .into_iter()
        .chain(answers::FILES.map(|(name, _)| name))
        .collect();
    assert_eq!(named, run);
    assert_eq!(
        page::recipes().len(),
        page::SERVERS.len() + answers::FILES.len()
    );
}

#[test]
fn the_index_names_what_each_recipe_is_tested_against() {
    let rows: Vec<(String, bool)> = page::PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| ["))
        .map(|row| {
            let (name, rest) = row.split_once(']').unwrap();
            (name.to_owned(), rest.contains("the server itself"))
        })
        .collect();
    let expected: Vec<(String, bool)> = page::recipes()
        .iter()
        .map(|recipe| {
            let real = page::SERVERS.contains(&recipe.name);
            (recipe.name.to_owned(), real)
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn dockers_timeout_exceeds_the_probes() {
    for recipe in page::recipes() {
        for line in &recipe.lines {
            assert!(
                line.docker_timeout() > line.timeout(),
                "{}: {}",
                recipe.name,
                line.role
            );
        }
    }
}
