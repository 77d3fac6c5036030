//! The recipes are run: every line of `examples/recipes`, against the real server or its documented answers.
//!
//! A line that no server has answered here may be wrong in a way that makes it green, which is what the recipes are
//! against. So each section of the pages has its server in `platforms`, or its file in `recipes/answers`, or both.

mod answers;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::recipes as page;
use crate::support::{Folder, run};

#[test]
fn every_recipe_has_a_test() {
    let named: BTreeSet<&str> = page::recipes().iter().map(|recipe| recipe.name).collect();
    let run: BTreeSet<&str> = page::SERVERS
        .into_iter()
        .chain(answers::FILES.map(|(name, _)| name))
        .collect();
    assert_eq!(named, run);
    assert_eq!(named.len(), page::recipes().len());
}

#[test]
fn the_index_says_where_each_recipe_is_and_how_it_was_checked() {
    let rows: Vec<&str> = page::INDEX
        .lines()
        .filter(|line| line.starts_with("| ["))
        .collect();
    let expected: Vec<String> = page::recipes()
        .iter()
        .map(|recipe| {
            let port = recipe.lines[0].port();
            let anchor = recipe.name.to_lowercase().replace(' ', "-");
            let anchor = anchor.replace([',', '.'], "");
            format!(
                "| [{}]({}#{anchor}) | {port} | {} |",
                recipe.name, recipe.page, recipe.method
            )
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn what_is_run_is_what_the_page_says_was_run() {
    let requirements = [
        include_str!("../../../examples/fastapi/requirements.txt"),
        include_str!("../../platforms/recipes/requirements.txt"),
        include_str!("../../platforms/recipes/requirements-bentoml.txt"),
        include_str!("../../platforms/llm/requirements.txt"),
    ]
    .concat()
    .to_lowercase();
    for recipe in page::recipes() {
        let run = page::SERVERS.contains(&recipe.name);
        assert_eq!(recipe.method == "run", run, "{}", recipe.name);
        if run {
            let (package, _) = recipe
                .versions
                .split_once(',')
                .unwrap_or((&recipe.versions, ""));
            let pinned = package.to_lowercase().replace(' ', "==");
            let mut lines = requirements.lines();
            assert!(
                lines.any(|line| line == pinned),
                "{}: {pinned}",
                recipe.name
            );
        }
    }
}

#[test]
fn the_multipart_form_holds_the_model_and_the_file() {
    let folder = Folder::new("multipart");
    let wav = b"RIFF\x00\r\n\xff--probe";
    fs::write(folder.0.join("hello.wav"), wav).unwrap();
    let script = page::block_of("embeddings-and-speech.md", "sh");
    run(Command::new("sh")
        .args(["-ec", script])
        .current_dir(&folder.0));
    let form = fs::read(folder.0.join("hello.multipart")).unwrap();
    let expected = [
        b"--probe\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nSystran/faster-whisper-tiny\r\n",
        &b"--probe\r\nContent-Disposition: form-data; name=\"file\"; filename=\"hello.wav\"\r\nContent-Type: audio/wav\r\n\r\n"[..],
        wav,
        b"\r\n--probe--\r\n",
    ];
    assert_eq!(form, expected.concat());
}

#[test]
fn no_recipe_has_two_lines_for_one_purpose() {
    for recipe in page::recipes() {
        let roles: BTreeSet<&str> = recipe.lines.iter().map(|line| line.role.as_str()).collect();
        assert_eq!(roles.len(), recipe.lines.len(), "{}", recipe.name);
    }
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
