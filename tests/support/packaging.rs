//! `scripts/packaging`, run with this machine's executable or with files that only look like executables.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::files::source;
use super::process::{Finished, run};
use super::skip::{program, skip};
use super::vars;

const TABLE: &str = include_str!("../../scripts/packaging/architectures");

/// A row of `scripts/packaging/architectures`.
pub struct Architecture {
    pub name: &'static str,
    pub target: &'static str,
    pub wheel: &'static str,
    pub oci: &'static str,
    pub variant: Option<&'static str>,
    pub qemu: &'static str,
}

pub fn architectures() -> Vec<Architecture> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        Architecture {
            name: columns[0],
            target: columns[1],
            wheel: columns[2],
            oci: columns[3],
            variant: Some(columns[4]).filter(|variant| *variant != "-"),
            qemu: columns[6],
        }
    };
    lines.map(row).collect()
}

/// This machine's name in the table.
pub fn this_architecture() -> &'static str {
    match consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => panic!("{other}: tests run on amd64 and arm64"),
    }
}

/// The Python for the scripts, with venv and pip. `None` if there is none; prints that.
pub fn python() -> Option<PathBuf> {
    let python = program("python3")?;
    let output = Command::new(&python)
        .args(["-c", "import ensurepip, tomllib, venv"])
        .output()
        .unwrap();
    if output.status.success() {
        return Some(python);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    skip(
        vars::REQUIRE_PYTHON,
        &format!("no Python 3.11 with venv: {error}"),
    );
    None
}

/// A script of `scripts/packaging`.
pub fn script(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(source("scripts/packaging").join(name));
    command
}

/// The wheel of this executable in a folder.
#[track_caller]
pub fn wheel(python: &Path, arch: &str, executable: &Path, folder: &Path) -> PathBuf {
    let output = run(script(python, "wheel.py")
        .args(["--version", env!("CARGO_PKG_VERSION"), "--arch", arch])
        .arg("--executable")
        .arg(executable)
        .arg("--out")
        .arg(folder));
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}

/// Puts an executable where `image.py` takes it from.
pub fn place(executables: &Path, arch: &str, content: &[u8]) {
    let folder = executables.join(arch);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("healthprobe"), content).unwrap();
}

/// `image.py` for the architectures in a folder; the images get this name.
#[track_caller]
pub fn images(python: &Path, executables: &Path, name: &str, folder: &Path) {
    let mut command = script(python, "image.py");
    command.args(["--version", env!("CARGO_PKG_VERSION"), "--name", name]);
    command.arg("--executables").arg(executables);
    command.arg("--out").arg(folder);
    for entry in fs::read_dir(executables).unwrap() {
        command.arg("--arch").arg(entry.unwrap().file_name());
    }
    run(&mut command);
}

/// What `image.py` calls the file for `docker load`.
pub fn loadable(folder: &Path, arch: &str) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    folder.join(format!("healthprobe-image-{arch}-v{version}.tar"))
}

/// What `image.py` calls the layout of all architectures.
pub fn pushable(folder: &Path) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    folder.join(format!("healthprobe-image-v{version}.tar"))
}

/// The header of a static ELF executable for an architecture, with nothing to run.
pub fn elf(arch: &str) -> Vec<u8> {
    let (bits, is_big, machine) = match arch {
        "amd64" => (64, false, 62_u16),
        "arm64" => (64, false, 183),
        "arm-v7" | "arm-v6" => (32, false, 40),
        "386" => (32, false, 3),
        "ppc64le" => (64, false, 21),
        "riscv64" => (64, false, 243),
        "s390x" => (64, true, 22),
        other => panic!("{other}"),
    };
    let mut header = vec![0; 64];
    header[..4].copy_from_slice(b"\x7fELF");
    header[4] = bits / 32;
    header[5] = if is_big { 2 } else { 1 };
    let machine = if is_big {
        machine.to_be_bytes()
    } else {
        machine.to_le_bytes()
    };
    header[18..20].copy_from_slice(&machine);
    // Files of two architectures differ.
    header.extend(arch.bytes());
    header
}

/// A copy of the scripts and of what they read, in a folder.
pub fn copy_project(to: &Path) {
    fs::create_dir_all(to.join("scripts")).unwrap();
    for name in ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(source(name), to.join(name)).unwrap();
    }
    run(Command::new("cp")
        .arg("--recursive")
        .arg(source("scripts/packaging"))
        .arg(to.join("scripts")));
}

/// The exit code and the output of a command, which may fail.
pub fn finish(command: &mut Command) -> Finished {
    command.output().unwrap().into()
}
