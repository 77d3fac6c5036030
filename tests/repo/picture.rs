//! `examples/tour.svg` shows the current tour, drawn by `examples/picture.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use crate::support::tour::{cargo, tour};
use crate::support::{Folder, changed, pipe, program};

const PICTURE: &str = include_str!("../../examples/tour.svg");
const README: &str = include_str!("../../README.md");

/// Measured times, which differ between runs.
fn times() -> Regex {
    Regex::new(r"\b(in|took) (\d+(?:\.\d+)?(?:µs|ms|s))\b").unwrap()
}

/// The example's executable, built once: cargo takes a while even if nothing changed.
fn picture() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let built = cargo("build", "picture").status().unwrap();
        assert!(built.success());
        let folder = Path::new(env!("CARGO_BIN_EXE_healthprobe")).parent();
        folder.unwrap().join("examples/picture")
    });
    &BUILT
}

fn draw(tour: &str) -> Output {
    pipe(&mut Command::new(picture()), tour)
}

/// The tour with the picture's times and port, which affect line wrapping.
fn as_in_the_picture(tour: &str) -> String {
    let tags = Regex::new("<[^>]*>").unwrap();
    let shown = tags.replace_all(PICTURE, "");
    let times = times();
    let mut shown = times.captures_iter(&shown);
    let port = Regex::new(r"localhost:\d+").unwrap();
    let tour = port.replace_all(tour, "localhost:8000");
    let tour = times.replace_all(&tour, |found: &Captures| {
        let shown = shown.next().expect("a time in the picture");
        format!("{} {}", &found[1], &shown[2])
    });
    assert!(shown.next().is_none(), "the picture shows another time");
    tour.into_owned()
}

#[test]
fn the_picture_matches_the_tour() {
    let today = as_in_the_picture(&tour().out);
    let drawn = draw(&today);
    assert_eq!(String::from_utf8(drawn.stderr).unwrap(), "");
    let drawn = String::from_utf8(drawn.stdout).unwrap();
    assert!(
        drawn == PICTURE,
        "cargo run --example tour | cargo run --example picture > examples/tour.svg\n{drawn}"
    );
    // Any change of the tour changes the picture.
    for (right, wrong) in [
        ("Loading", "Loaded"),
        ("The status shows it.", ""),
        ("status 503", "status 500"),
        ("exit code 0", "exit code 1"),
        ("unhealthy: took", "healthy: took"),
        ("--expect model.loaded", "--expect model"),
        (" \\\n    --expect", " --expect"),
        ("All 10 probes", "All 11 probes"),
    ] {
        let drawn = draw(&changed(&today, right, wrong));
        assert!(drawn.status.success(), "{right} → {wrong}: {drawn:?}");
        assert_ne!(drawn.stdout, PICTURE.as_bytes(), "{right} → {wrong}");
    }
}

#[test]
fn rejects_text_that_is_not_the_tour() {
    let tour = &tour().out;
    let (unfinished, _) = tour.split_once("All 10 probes").unwrap();
    let (first, rest) = tour.split_once("\n\n\n").unwrap();
    for (text, error) in [
        ("", "expected the tour on standard input"),
        (unfinished, "the tour is incomplete"),
        (first, "the tour is incomplete"),
        (
            &format!("{first}\n\nin a scene of\nthree\nlines\n\n{rest}"),
            "not part of a tour:\nin a scene of\nthree\nlines",
        ),
    ] {
        let drawn = draw(text);
        assert_eq!(
            (
                String::from_utf8(drawn.stderr).unwrap(),
                drawn.stdout,
                drawn.status.code()
            ),
            (format!("picture: {error}\n"), vec![], Some(1))
        );
    }
}

/// Whether xmllint accepts the text.
fn is_xml(text: &str) -> Option<bool> {
    let xmllint = program("xmllint")?;
    let folder = Folder::new("picture");
    let file = folder.0.join("picture.svg");
    fs::write(&file, text).unwrap();
    let output = Command::new(xmllint)
        .args(["--noout", "--nonet"])
        .arg(&file)
        .output()
        .unwrap();
    Some(output.status.success())
}

#[test]
fn the_picture_is_valid_xml() {
    let Some(whole) = is_xml(PICTURE) else {
        return;
    };
    assert!(whole);
    for (right, wrong) in [
        ("&gt;", "<"),
        ("&gt;", "&"),
        ("</g>", ""),
        ("</tspan>", "</span>"),
        (" class=\"title\"", " class=title"),
    ] {
        let broken = changed(PICTURE, right, wrong);
        assert_eq!(is_xml(&broken), Some(false), "{right} → {wrong}");
    }
}

/// What GitHub strips from a picture, or would have to load from elsewhere.
const STRIPPED: [&str; 8] = [
    "<script",
    "<foreignObject",
    "<image",
    "<use",
    "href",
    "url(",
    "@import",
    "@font-face",
];

#[test]
fn the_picture_uses_only_what_github_renders() {
    for stripped in STRIPPED {
        assert!(!PICTURE.contains(stripped), "{stripped}");
    }
    let dims = PICTURE.matches("opacity").count();
    assert!(dims == 1 && PICTURE.contains("@keyframes appear{from{opacity:.35}}"));
    assert!(PICTURE.contains("@media (prefers-reduced-motion:reduce){g{animation:none}}"));
    let width = Regex::new(r#"^<svg [^>]*\bwidth="(\d+)""#).unwrap();
    let width: u32 = width.captures(PICTURE).unwrap()[1].parse().unwrap();
    assert!(width <= 900 && PICTURE.len() < 30_000);
    let image = Regex::new(r"(?m)^!\[[^\]]{40,}\]\(examples/tour\.svg\)$").unwrap();
    assert!(image.is_match(README));
    assert!(
        README
            .contains("cargo run --example tour | cargo run --example picture > examples/tour.svg")
    );
}
