//! The wheel: what it holds, and that its bytes depend on the executable and the project alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{assert_same, in_two_places, read};
use crate::support::build::static_healthprobe;
use crate::support::packaging::{
    copy_project, elf, finish, python, script, this_architecture, wheel,
};
use crate::support::python::packaging_python;
use crate::support::{Folder, changed, new_file, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The wheel of this machine's static executable.
pub fn built(python: &Path, folder: &Folder) -> PathBuf {
    let executable = static_healthprobe();
    wheel(python, this_architecture(), executable, &folder.0)
}

#[test]
fn the_wheel_holds_what_its_specifications_ask_for() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let file = new_file(elf("amd64"));
    let path = wheel(&python, "amd64", Path::new(&file), &folder.0);
    let name = format!(
        "healthprobe-{VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64.whl"
    );
    assert_eq!(path, folder.0.join(name));
    let read = read(&python, "read_wheel.py", &path);
    let info = format!("healthprobe-{VERSION}.dist-info");
    assert_eq!(
        read["files"],
        json!([
            [
                format!("healthprobe-{VERSION}.data/scripts/healthprobe"),
                "0o100755"
            ],
            [format!("{info}/METADATA"), "0o100644"],
            [format!("{info}/WHEEL"), "0o100644"],
            [format!("{info}/licenses/LICENSE-APACHE"), "0o100644"],
            [format!("{info}/licenses/LICENSE-MIT"), "0o100644"],
            [format!("{info}/RECORD"), "0o100644"],
        ])
    );
    assert_eq!(read["not as recorded"], json!([]));
    assert_eq!(read["not recorded"], json!([]));
    assert_eq!(
        read["wheel"],
        "Wheel-Version: 1.0\nGenerator: healthprobe\nRoot-Is-Purelib: false\n\
         Tag: py3-none-manylinux_2_17_x86_64\nTag: py3-none-manylinux2014_x86_64\nTag: py3-none-musllinux_1_1_x86_64\n"
    );
    let repository = env!("CARGO_PKG_REPOSITORY");
    let expected = [
        ("Metadata-Version", "2.4"),
        ("Name", "healthprobe"),
        ("Version", VERSION),
        ("Summary", env!("CARGO_PKG_DESCRIPTION")),
        ("License-Expression", "MIT OR Apache-2.0"),
        ("License-File", "LICENSE-APACHE"),
        ("License-File", "LICENSE-MIT"),
        ("Keywords", "healthcheck,docker,probe,http,json"),
        ("Project-URL", &format!("Repository, {repository}")),
        ("Project-URL", &format!("Issues, {repository}/issues")),
    ];
    let metadata = read["metadata"].as_array().unwrap();
    for (key, value) in expected {
        assert!(metadata.contains(&json!([key, value])), "{key}: {value}");
    }
}

/// An executable is a copy of other crates too, whose authors ask for their notices in every copy.
#[test]
fn the_wheel_takes_further_licenses() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let file = new_file(elf("amd64"));
    let notices = folder.0.join("THIRD-PARTY-NOTICES");
    fs::write(&notices, "© others\n").unwrap();
    let output = run(script(&python, "wheel.py")
        .args(["--version", VERSION, "--arch=amd64", "--executable", &file])
        .arg(format!("--license-file={}", notices.display()))
        .arg(format!("--out={}", folder.0.display())));
    let path = String::from_utf8(output.stdout).unwrap();
    let read = read(&python, "read_wheel.py", Path::new(path.trim_end()));
    let files: Vec<_> = read["metadata"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field[0] == "License-File")
        .map(|field| field[1].as_str().unwrap())
        .collect();
    assert_eq!(
        files,
        ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-NOTICES"]
    );
    let entry = format!("healthprobe-{VERSION}.dist-info/licenses/THIRD-PARTY-NOTICES");
    let entries = read["files"].as_array().unwrap();
    assert!(entries.contains(&json!([entry, "0o100644"])));
    assert_eq!(read["not as recorded"], json!([]));
}

/// The package index shows the README, where links into the repository would lead nowhere.
#[test]
fn the_description_is_the_readme_with_whole_links() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let root = folder.0.join("project");
    copy_project(&root);
    let readme = "# Größe → 日本 😀\n\n[docs](docs/a.md#b), [docs\nover lines](c.md) and ![picture](d e.svg)\n\
        [up](#größe), [RFC](https://www.rfc-editor.org/a), [http](http://localhost/)\n";
    fs::write(root.join("README.md"), readme).unwrap();
    let file = new_file(elf("amd64"));
    let output = run(Command::new(&python)
        .arg(root.join("scripts/packaging/wheel.py"))
        .args(["--version", VERSION, "--arch=amd64", "--executable", &file])
        .arg(format!("--out={}", folder.0.display()))
        .env("LC_ALL", "C")
        .env("PYTHONUTF8", "0")
        .env("PYTHONCOERCECLOCALE", "0"));
    let path = String::from_utf8(output.stdout).unwrap();
    let read = read(&python, "read_wheel.py", Path::new(path.trim_end()));
    let repository = env!("CARGO_PKG_REPOSITORY");
    let at = format!("{repository}/blob/v{VERSION}");
    let raw = format!("{repository}/raw/v{VERSION}");
    let expected = readme
        .replace("(docs/a.md", &format!("({at}/docs/a.md"))
        .replace("(c.md", &format!("({at}/c.md"))
        .replace("(d e.svg", &format!("({raw}/d e.svg"));
    assert_eq!(read["description"], expected);
}

#[test]
fn the_same_executable_gives_the_same_wheel() {
    let Some(python) = python() else { return };
    let file = new_file(elf("s390x"));
    let arguments = ["--version", VERSION, "--arch=s390x", "--executable", &file];
    let folders = in_two_places(&python, "wheel.py", &arguments);
    assert_eq!(assert_same(&folders).len(), 1);
}

#[test]
fn the_checkers_of_wheels_accept_it() {
    let Some(checkers) = packaging_python() else {
        return;
    };
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let path = built(&python, &folder);
    let check = |arguments: &[&str]| {
        let mut command = Command::new(checkers.with_file_name(arguments[0]));
        let finished = finish(command.args(&arguments[1..]).arg(&path));
        // They wrap lines, and break the file's name.
        (finished.code, finished.text.replace('\n', ""))
    };
    let (code, text) = check(&["twine", "--no-color", "check", "--strict"]);
    assert!(code == Some(0) && text.contains("PASSED"), "{text}");
    let (code, text) = check(&["auditwheel", "show"]);
    assert!(
        code == Some(0) && text.contains("The wheel requires no external shared libraries"),
        "{text}"
    );
    // W007: it has no library. That is right: it has no Python code.
    let (code, text) = check(&["check-wheel-contents", "--ignore=W007"]);
    assert!(code == Some(0) && text.ends_with(": OK"), "{text}");
    let (code, text) = check(&["check-wheel-contents"]);
    assert!(code == Some(1) && text.contains("W007"), "{text}");
}

#[test]
fn the_wheel_of_a_release_candidate_has_the_version_that_python_knows() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let root = folder.0.join("project");
    copy_project(&root);
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let file = new_file(elf("arm64"));
    let wheel = |version: &str| {
        let line = format!("version = \"{VERSION}\"");
        let text = changed(&manifest, &line, &format!("version = \"{version}\""));
        fs::write(root.join("Cargo.toml"), text).unwrap();
        finish(
            Command::new(&python)
                .arg(root.join("scripts/packaging/wheel.py"))
                .args(["--version", version, "--arch=arm64", "--executable", &file])
                .arg(format!("--out={}", folder.0.display())),
        )
    };
    for (version, of_python) in [
        ("1.2.3", "1.2.3"),
        ("1.2.3-rc.1", "1.2.3rc1"),
        ("1.2.3-beta12", "1.2.3b12"),
        ("10.0.0-alpha.0", "10.0.0a0"),
    ] {
        let printed = wheel(version);
        let start = format!("{}/healthprobe-{of_python}-py3-none-", folder.0.display());
        assert!(
            printed.code == Some(0) && printed.text.starts_with(&start),
            "{version}: {printed:?}"
        );
    }
    let printed = wheel("1.2.3-nightly");
    let error = "error: version 1.2.3-nightly has no counterpart in PEP 440; expected 1.2.3 or 1.2.3-rc.1\n";
    assert_eq!((printed.code, printed.text.as_str()), (Some(1), error));
}

#[test]
fn refuses_what_is_not_the_executable() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    let out = folder.0.join("out");
    let arm64 = new_file(elf("arm64"));
    let arm = new_file(elf("arm-v6"));
    let script_file = new_file("#!/bin/sh\n");
    let empty = new_file("");
    // One program header, of the type that names a dynamic linker.
    let mut dynamic = elf("amd64");
    dynamic[32] = 64;
    dynamic[54] = 56;
    dynamic[56] = 1;
    dynamic.truncate(64);
    dynamic.extend([3, 0, 0, 0]);
    let dynamic = new_file(dynamic);
    for (version, arch, executable, error) in [
        (
            VERSION,
            "amd64",
            arm64.as_str(),
            format!("{arm64} is for arm64, expected amd64"),
        ),
        (
            VERSION,
            "arm64",
            &arm,
            format!("{arm} is for arm-v7 or arm-v6, expected arm64"),
        ),
        (
            VERSION,
            "amd64",
            &script_file,
            format!("{script_file} is not an ELF executable"),
        ),
        (
            VERSION,
            "amd64",
            &empty,
            format!("{empty} is not an ELF executable"),
        ),
        (
            VERSION,
            "amd64",
            &dynamic,
            format!("{dynamic} is not static: it needs a dynamic linker"),
        ),
        (
            VERSION,
            "arm64",
            "/nowhere",
            "/nowhere: No such file or directory".to_owned(),
        ),
        (
            VERSION,
            "x86_64",
            &arm64,
            "no architecture \"x86_64\"; they are: amd64 arm64 arm-v7 arm-v6 386 ppc64le riscv64 s390x".to_owned(),
        ),
        (
            "9.9.9",
            "arm64",
            &arm64,
            format!("--version is 9.9.9, but Cargo.toml has {VERSION}; the executable prints that one"),
        ),
    ] {
        let printed = finish(
            script(&python, "wheel.py")
                .args(["--version", version, "--arch", arch])
                .args(["--executable", executable, "--out"])
                .arg(&out),
        );
        assert_eq!(
            (printed.code, printed.text),
            (Some(1), format!("error: {error}\n"))
        );
        assert!(!out.exists(), "{error}");
    }
    let printed = finish(
        script(&python, "wheel.py")
            .args(["--version", VERSION, "--arch=arm64"])
            .args(["--executable", &arm64, "--out"])
            .arg(&out)
            .env("SOURCE_DATE_EPOCH", "yesterday"),
    );
    assert_eq!(
        (printed.code, printed.text.as_str()),
        (
            Some(1),
            "error: SOURCE_DATE_EPOCH is 'yesterday', expected seconds since 1970\n"
        )
    );
}
