//! The wheels and images that `scripts/packaging` writes. `platforms/docker` runs them.

mod image;
mod pip;
mod wheel;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::packaging::copy_project;
use crate::support::{Folder, run, source};

/// Reads a file with Python's own modules, in a script beside this file.
#[track_caller]
fn read(python: &Path, script: &str, file: &Path) -> Value {
    let script = source("tests/repo/packaging").join(script);
    let output = run(Command::new(python).arg(script).arg(file));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a script of `scripts/packaging` in two copies of the project, with everything around it different, and returns
/// the two folders of its results.
fn in_two_places(python: &Path, script: &str, arguments: &[&str]) -> [Folder; 2] {
    let elsewhere = Folder::new("the other's söle folder");
    let folders = [Folder::new("copy"), elsewhere];
    for (number, folder) in folders.iter().enumerate() {
        let root = folder.0.join("project");
        copy_project(&root);
        // The second run finds the first one's results, and they are replaced.
        for _ in 0..=number {
            let mut command = Command::new("sh");
            if number == 0 {
                command.args(["-euc", "umask 000; exec \"$@\"", "sh"]);
                command.env("TZ", "Pacific/Kiritimati").current_dir("/");
            } else {
                command.args(["-euc", "umask 077; exec \"$@\"", "sh"]);
                command
                    .env("TZ", "America/Los_Angeles")
                    .env("LC_ALL", "C")
                    .env("PYTHONUTF8", "0")
                    .env("PYTHONCOERCECLOCALE", "0")
                    .env("PYTHONHASHSEED", "7")
                    .current_dir(&folder.0);
            }
            command
                .arg(python)
                .arg(root.join("scripts/packaging").join(script))
                .args(arguments);
            run(command.arg("--out").arg(folder.0.join("out")));
        }
        assert!(!root.join("scripts/packaging/__pycache__").exists());
    }
    folders
}

/// Asserts that two folders hold the same readable files, and returns their names.
#[track_caller]
fn assert_same(folders: &[Folder; 2]) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;

    let files = |folder: &Folder| {
        let entries = fs::read_dir(folder.0.join("out")).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o644, "{entry:?}");
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let (first, second) = (files(&folders[0]), files(&folders[1]));
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&first), names(&second));
    for (one, other) in first.iter().zip(&second) {
        assert!(one.1 == other.1, "{} differs", one.0);
    }
    names(&first)
}
