//! The manual page and the shell completions, read by man and the shells.

use crate::support::{Folder, cargo, changed, help_flags, program};
use regex_lite::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const NAMES: [&str; 4] = [
    "healthprobe.1",
    "healthprobe.bash",
    "_healthprobe",
    "healthprobe.fish",
];

/// A folder with the output of `cargo run --example manual`, which runs once.
fn made() -> Folder {
    static TEXTS: LazyLock<[String; 4]> = LazyLock::new(|| {
        let parent = Folder::new("manual");
        // The example creates the folder.
        let folder = parent.0.join("made");
        let output = manual(&[folder.to_str().unwrap()]);
        let paths = NAMES.map(|name| folder.join(name));
        let listed = paths.each_ref().map(|path| format!("{}\n", path.display()));
        assert_eq!(printed(&output), (Some(0), listed.concat(), String::new()));
        paths.map(|path| fs::read_to_string(path).unwrap())
    });
    let made = Folder::new("manual");
    for (name, text) in NAMES.iter().zip(&*TEXTS) {
        fs::write(made.0.join(name), text).unwrap();
    }
    made
}

fn manual(arguments: &[&str]) -> Output {
    cargo()
        .args([
            "run",
            "--quiet",
            "--locked",
            "--offline",
            "--example",
            "manual",
        ])
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .arg("--")
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn read(made: &Folder, name: &str) -> String {
    fs::read_to_string(made.0.join(name)).unwrap()
}

/// A copy of the file with one line changed.
fn broken(made: &Folder, name: &str, line: &str, instead: &str) -> PathBuf {
    let path = made.0.join(format!("broken-{name}"));
    fs::write(&path, changed(&read(made, name), line, instead)).unwrap();
    path
}

/// The page as `man` shows it, and its warnings.
fn shown(man: &Path, page: &Path) -> (String, String) {
    let output = Command::new(man)
        .args([
            "--warnings",
            "-E",
            "UTF-8",
            "-l",
            "-Tutf8",
            "--no-hyphenation",
        ])
        .arg(page)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let (code, text, complaints) = printed(&output);
    assert_eq!(code, Some(0), "{complaints}");
    // Bold is an overstruck letter, italic an underlined one.
    let typed = Regex::new(".\x08").unwrap();
    (typed.replace_all(&text, "").into_owned(), complaints)
}

/// The text on one line.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn man_renders_the_page_without_warnings() {
    let Some(man) = program("man") else {
        return;
    };
    let made = made();
    let (text, complaints) = shown(&man, &made.0.join("healthprobe.1"));
    assert_eq!(complaints, "");
    let headings: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(' '))
        .map(words)
        .collect();
    assert_eq!(
        headings,
        [
            "HEALTHPROBE(1) User Commands HEALTHPROBE(1)",
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "ASSERTIONS",
            "ENVIRONMENT",
            "EXIT STATUS",
            "FILES",
            "EXAMPLES",
            "SEE ALSO",
            concat!("healthprobe ", env!("CARGO_PKG_VERSION"), " HEALTHPROBE(1)"),
        ]
    );
    let text = words(&text);
    let name = "NAME healthprobe - check that an HTTP service really works SYNOPSIS healthprobe [OPTIONS] <URL> ";
    assert!(text.contains(name), "{text}");
    for [flag, _, help] in help_flags() {
        assert!(text.contains(&format!(" {flag} {help} ")), "{flag} {help}");
    }
    // The page lists the same CA bundles as the source.
    let places = Regex::new("\"(/etc/[^\"]+)\"").unwrap();
    let places = places.captures_iter(include_str!("../../src/tls/store.rs"));
    let places: Vec<String> = places.map(|place| place[1].to_owned()).collect();
    assert_eq!(places.len(), 7);
    for place in places {
        assert!(text.contains(&place), "{place}");
    }
    let (_, complaints) = shown(
        &man,
        &broken(&made, "healthprobe.1", ".SH FILES", ".SHH FILES"),
    );
    assert!(complaints.contains("'SHH' not defined"), "{complaints}");
}

/// The commands under EXAMPLES run as written.
#[test]
fn the_pages_examples_run() {
    let page = read(&made(), "healthprobe.1")
        .replace("\\-", "-")
        .replace("\\(aq", "'");
    let (_, examples) = page.split_once(".SH EXAMPLES\n").unwrap();
    let commands: Vec<&str> = examples
        .lines()
        .filter_map(|line| line.strip_prefix("healthprobe "))
        .collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        // Port 1 is closed, so the probe ends at once; a usage error would come first.
        let command = command
            .replace("8000", "1")
            .replace("8443", "1")
            .replace(" --wait 30s", "");
        let command = command.replace("ca.pem", "/etc/ssl/certs/ca-certificates.crt");
        let output = Command::new("sh")
            .args([
                "-c",
                &format!("'{}' {command}", env!("CARGO_BIN_EXE_healthprobe")),
            ])
            .output()
            .unwrap();
        let (code, out, err) = printed(&output);
        assert!(
            out.starts_with("unhealthy: connection refused") && code == Some(1),
            "{command}: {out}{err}"
        );
    }
}

#[test]
fn shells_parse_the_completions() {
    let made = made();
    for (shell, name, no_end) in [
        ("bash", "healthprobe.bash", "esac"),
        ("zsh", "_healthprobe", "fi"),
        ("fish", "healthprobe.fish", "'"),
    ] {
        let Some(shell) = program(shell) else {
            continue;
        };
        let takes = |path: &Path| {
            let status = Command::new(&shell)
                .arg("-n")
                .arg(path)
                .output()
                .unwrap()
                .status;
            status.success()
        };
        assert!(takes(&made.0.join(name)), "{name}");
        assert!(!takes(&broken(&made, name, no_end, "")), "{name}");
        let text = read(&made, name);
        for [_, long, _] in help_flags() {
            let flag = if name.ends_with("fish") {
                format!("-l {long} ")
            } else {
                format!("--{long}")
            };
            assert!(text.contains(&flag), "{name}: {flag}");
        }
    }
}

#[test]
fn bash_completes_flags_files_and_formats() {
    let Some(bash) = program("bash") else {
        return;
    };
    let made = made();
    let script = made.0.join("healthprobe.bash");
    for (words, completed) in [
        (&["--expect-st"][..], "--expect-status\n"),
        (
            &["--exp"],
            "--expect-status\n--expect-header\n--expect-body\n--expect-body-regex\n--expect\n",
        ),
        (&["--output", "j"], "json\n"),
        (&["-o", ""], "text\njson\n"),
        (&["--config", "Cargo.t"], "Cargo.toml\n"),
        (&["--timeout", "Cargo.t"], "Cargo.t\n"),
    ] {
        let offered = completions(&bash, &script, words);
        assert_eq!(offered, completed, "{words:?}");
    }
    let script = broken(
        &made,
        "healthprobe.bash",
        "--expect-status --busy-status",
        "--busy-status",
    );
    assert_eq!(completions(&bash, &script, &["--expect-st"]), "");
}

/// Bash's completions of the last word.
fn completions(bash: &Path, script: &Path, words: &[&str]) -> String {
    // compopt works only during completion.
    const TAB: &str = r#"
        compopt() { :; }
        source "$1"; shift
        set -- healthprobe "$@"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _healthprobe healthprobe "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new(bash)
        .args(["--norc", "-c", TAB, "bash"])
        .arg(script)
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let (code, out, err) = printed(&output);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    out
}

#[test]
fn fish_completes_flags_with_their_help() {
    let Some(fish) = program("fish") else {
        return;
    };
    let made = made();
    let script = made.0.join("healthprobe.fish");
    let completions = |script: &Path, typed: &str| {
        let output = Command::new(&fish)
            .args([
                "--no-config",
                "-c",
                "source $argv[1]; complete --do-complete $argv[2]",
            ])
            .arg(script)
            .arg(typed)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("HOME", &made.0)
            .output()
            .unwrap();
        let (code, out, err) = printed(&output);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        out
    };
    let flags = help_flags();
    let status = flags.iter().find(|[_, long, _]| long == "expect-status");
    let offered = format!("--expect-status\t{}\n", status.unwrap()[2]);
    assert_eq!(completions(&script, "healthprobe --expect-st"), offered);
    assert_eq!(completions(&script, "healthprobe -o "), "json\ntext\n");
    assert_eq!(
        completions(&script, "healthprobe --config Cargo.t"),
        "Cargo.toml\n"
    );
    assert_eq!(completions(&script, "healthprobe --timeout Cargo.t"), "");
    let script = broken(
        &made,
        "healthprobe.fish",
        "-l expect-status",
        "-l expected-status",
    );
    assert_eq!(completions(&script, "healthprobe --expect-st"), "");
}

#[test]
fn rejects_invalid_arguments() {
    let usage = "usage: cargo run --example manual -- FOLDER\n";
    let mistaken = |arguments: &[&str]| {
        let (code, out, err) = printed(&manual(arguments));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        err
    };
    assert_eq!(mistaken(&[]), usage);
    assert_eq!(mistaken(&["a", "b"]), usage);
    let error = mistaken(&["/dev/null/manual"]);
    assert!(error.starts_with("error: /dev/null/manual: "), "{error}");
}
