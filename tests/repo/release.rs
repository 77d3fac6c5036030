//! What `scripts/release` refuses, and the architectures of a release. `.ci/run release` makes one and checks it.

use crate::support::files::executable;
use crate::support::{Finished, Folder, program, run, source};
use regex_lite::Regex;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const USAGE: &str = "usage: scripts/release [--arch ARCH,…] [--allow-dirty] VERSION";
/// The commit's time, in seconds since 1970.
const TIME: &str = "1700000000";

/// A repository with what decides whether a release is made. In it, building an executable only prints what it would build,
/// and fails.
struct Repository(Folder);

impl Repository {
    /// `None` if a program is missing; prints that.
    fn new() -> Option<Self> {
        for name in ["git", "dpkg-deb", "python3"] {
            program(name)?;
        }
        let folder = Folder::new("release");
        let packaging = folder.0.join("scripts/packaging");
        fs::create_dir_all(&packaging).unwrap();
        for file in [
            "Cargo.toml",
            "CHANGELOG.md",
            "scripts/release",
            "scripts/packaging/architectures",
            "scripts/packaging/lib",
        ] {
            fs::copy(source(file), folder.0.join(file)).unwrap();
        }
        let build = "#!/bin/sh\necho \"$1 $SOURCE_DATE_EPOCH $LC_ALL $TZ $(umask)\"\nexit 1\n";
        executable(&packaging.join("build-executable"), build);
        let repository = Self(folder);
        repository.git(&["init", "--quiet"]);
        repository.commit();
        Some(repository)
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(&self.0.0).args(arguments);
        // Nothing of the user's configuration.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "test");
            command.env(format!("GIT_{role}_EMAIL"), "test@localhost");
            command.env(format!("GIT_{role}_DATE"), format!("{TIME} +0900"));
        }
        run(&mut command);
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=test"]);
    }

    fn write(&self, file: &str, content: &str) {
        fs::write(self.0.0.join(file), content).unwrap();
    }

    fn release(&self, arguments: &[&str]) -> Finished {
        let script = self.0.0.join("scripts/release");
        let output = Command::new(script).args(arguments).output();
        output.unwrap().into()
    }

    #[track_caller]
    fn assert_prints(&self, arguments: &[&str], text: &str) {
        let finished = self.release(arguments);
        assert_eq!((finished.code, finished.text), (Some(1), text.to_owned()));
        assert!(!self.0.0.join("dist").exists());
    }
}

#[test]
fn a_release_is_made_of_the_commit() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let built = |arch: &str| format!("{arch} {TIME} C UTC 0022\n");
    repository.assert_prints(&[VERSION], &built("amd64"));
    repository.assert_prints(&["--arch", "s390x,386", VERSION], &built("s390x"));

    repository.write("CHANGELOG.md", "changed");
    repository.write("new", "");
    let changes = " M CHANGELOG.md\n?? new\n";
    let dirty = format!("error: these files are not as committed: commit or stash them\n{changes}");
    repository.assert_prints(&[VERSION], &dirty);
    // What git does not show the user would still be packed.
    repository.git(&["config", "status.showUntrackedFiles", "no"]);
    repository.assert_prints(&[VERSION], &dirty);
    repository.assert_prints(&["--allow-dirty", VERSION], &built("amd64"));
}

#[test]
fn a_release_has_the_version_of_cargo_toml() {
    let Some(repository) = Repository::new() else {
        return;
    };
    for version in ["0.0.1", "v0.1.0", "0.1.0 ", "0.1", ".*"] {
        let error = format!(
            "error: VERSION is \"{version}\", but Cargo.toml has {VERSION}: \
             change it there, run `cargo check` for Cargo.lock, and commit\n"
        );
        repository.assert_prints(&[version], &error);
    }
    let usage = format!("error: {USAGE}\n");
    for arguments in [
        &[][..],
        &[""],
        &["--arch"],
        &[VERSION, VERSION],
        &[VERSION, "--arch"],
    ] {
        repository.assert_prints(arguments, &usage);
    }
    for (arguments, error) in [
        (["--arch", ",", VERSION], format!("--arch names no architecture; {USAGE}")),
        (["--arc", "386", VERSION], format!("unknown option --arc; {USAGE}")),
        (
            ["--arch", "amd64,mips", VERSION],
            "no architecture \"mips\"; they are: amd64 arm64 arm-v7 arm-v6 386 ppc64le riscv64 s390x".to_owned(),
        ),
    ] {
        repository.assert_prints(&arguments, &format!("error: {error}\n"));
    }
}

#[test]
fn a_tagged_commit_has_a_section_in_the_changelog() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let tag = format!("v{VERSION}");
    let built = format!("amd64 {TIME} C UTC 0022\n");
    let section = format!("## [{VERSION}] - 2026-12-01\n");
    for changelog in [
        "## [Unreleased]\n",
        &section.replace(VERSION, "0.1.00"),
        &section.replace("-01", ""),
    ] {
        repository.write("CHANGELOG.md", changelog);
        repository.commit();
        repository.assert_prints(&[VERSION], &built);
        repository.git(&["tag", &tag]);
        let error = format!(
            "error: the commit has the tag {tag}, but CHANGELOG.md has no section \"## [{VERSION}] - DATE\"\n"
        );
        repository.assert_prints(&[VERSION], &error);
        repository.git(&["tag", "--delete", &tag]);
    }
    repository.write("CHANGELOG.md", &section);
    repository.commit();
    repository.git(&["tag", &tag]);
    repository.assert_prints(&[VERSION], &built);
}

#[test]
fn a_release_names_the_programs_that_are_missing() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let path = Folder::new("path");
    for name in ["awk", "bash", "cargo", "dirname", "git", "gzip", "sed"] {
        let Some(program) = program(name) else { return };
        symlink(program, path.0.join(name)).unwrap();
    }
    let output = Command::new(path.0.join("bash"))
        .arg(repository.0.0.join("scripts/release"))
        .arg(VERSION)
        .env("PATH", &path.0)
        .output();
    let finished = Finished::from(output.unwrap());
    let error = "error: not installed: dpkg-deb python3 sha256sum tar; .ci/packages names Debian's packages\n";
    assert_eq!((finished.code, finished.text.as_str()), (Some(1), error));
}

#[test]
fn the_architectures_are_those_of_docker_and_rust() {
    let table = include_str!("../../scripts/packaging/architectures");
    let row = r"^[a-z0-9-]+ +[a-z0-9_]+-unknown-linux-musl(eabihf)? +\w+ +\w+ +(v\d|-) +(\w+|-) +qemu-\w+$";
    let row = Regex::new(row).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(rows.len(), 8);
    for line in &rows {
        assert!(row.is_match(line), "{line}");
        let columns: Vec<&str> = line.split_whitespace().collect();
        // Docker's platform is OCI's architecture and variant; arm64 is v8 without saying so.
        let platform = columns[0].replace('-', "/");
        let oci = format!("{}/{}", columns[3], columns[4]);
        assert!(platform == oci || platform == columns[3], "{line}");
    }
}
