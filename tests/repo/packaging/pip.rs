//! The wheel as pip sees it: it installs the executable itself, on the wheel's platform alone.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::wheel::built;
use crate::support::build::static_healthprobe;
use crate::support::packaging::{architectures, elf, finish, python, wheel};
use crate::support::{Folder, Server, new_file, run, without_times};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn pip_installs_the_executable_itself() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheel");
    built(&python, &folder);
    let venv = folder.0.join("venv");
    run(Command::new(&python).args(["-m", "venv"]).arg(&venv));
    let pip = |arguments: &[&str]| {
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "--disable-pip-version-check"]);
        let output = run(pip.args(arguments).env("PIP_CONFIG_FILE", "/dev/null"));
        String::from_utf8(output.stdout).unwrap()
    };
    let links = format!("--find-links={}", folder.0.display());
    // The environment of a strict umask is still one that another user can probe with.
    run(Command::new("sh")
        .args(["-euc", "umask 077; exec \"$@\"", "sh"])
        .arg(venv.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-index"])
        .args([&links, "healthprobe"])
        .env("PIP_CONFIG_FILE", "/dev/null"));
    let installed = venv.join("bin/healthprobe");
    assert!(
        fs::read(&installed).unwrap() == fs::read(static_healthprobe()).unwrap(),
        "other bytes"
    );
    assert_eq!(pip(&["check"]), "No broken requirements found.\n");
    let shown = pip(&["show", "healthprobe"]);
    for line in [&format!("Version: {VERSION}"), "Requires: "] {
        assert!(
            shown.lines().any(|shown| shown.trim() == line.trim()),
            "{shown}"
        );
    }

    // By its name, with nothing but the environment's `bin` to find it in.
    let server = Server::json("{\"status\":\"ok\"}");
    let url = format!("http://localhost:{}/", server.port());
    let probed = finish(
        Command::new("/bin/sh")
            .args(["-c", "exec healthprobe \"$0\" -e status=ok", &url])
            .env_clear()
            .env("PATH", venv.join("bin")),
    );
    let healthy = format!("healthy: 200 OK in <t>; GET {url}\n");
    assert_eq!(
        (probed.code, without_times(&probed.text)),
        (Some(0), healthy)
    );

    pip(&["uninstall", "--yes", "--quiet", "healthprobe"]);
    assert!(!installed.exists());
}

/// Every architecture has a wheel, and pip takes it on that platform, whichever its C library is, and on no other.
#[test]
fn pip_takes_the_wheel_of_its_platform() {
    let Some(python) = python() else { return };
    let folder = Folder::new("wheels");
    let venv = folder.0.join("venv");
    run(Command::new(&python).args(["-m", "venv"]).arg(&venv));
    let download = |platform: &str| {
        let into = Folder::new("download");
        let output = finish(
            Command::new(venv.join("bin/python"))
                .args(["-m", "pip", "--disable-pip-version-check", "download"])
                .args(["--quiet", "--no-index", "--only-binary=:all:", "--platform"])
                .arg(platform)
                .args(["--dest".as_ref(), into.0.as_os_str()])
                .arg(format!("--find-links={}", folder.0.display()))
                .arg("healthprobe")
                .env("PIP_CONFIG_FILE", "/dev/null"),
        );
        let names = fs::read_dir(&into.0).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        (output.code, names)
    };
    let mut platforms = vec![];
    for arch in architectures() {
        let file = new_file(elf(arch.name));
        let path = wheel(&python, arch.name, Path::new(&file), &folder.0);
        let name = path.file_name().unwrap().to_owned();
        let machine = arch.wheel;
        let of_machine = match machine {
            "armv6l" => vec!["linux_armv6l".to_owned()],
            "riscv64" => vec![
                "manylinux_2_31_riscv64".to_owned(),
                "musllinux_1_1_riscv64".to_owned(),
            ],
            _ => vec![
                format!("manylinux_2_17_{machine}"),
                format!("musllinux_1_1_{machine}"),
            ],
        };
        platforms.extend(
            of_machine
                .into_iter()
                .map(|platform| (platform, name.clone())),
        );
    }
    for (platform, name) in &platforms {
        assert_eq!(
            download(platform),
            (Some(0), vec![name.clone()]),
            "{platform}"
        );
    }
    for platform in ["linux_x86_64", "macosx_11_0_arm64"] {
        assert_eq!(download(platform), (Some(1), vec![]), "{platform}");
    }

    // Not even by its name.
    let (_, foreign) = platforms
        .iter()
        .find(|(platform, _)| platform.ends_with("s390x"))
        .unwrap();
    let installed = finish(
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "--disable-pip-version-check", "install"])
            .args(["--quiet", "--no-index"])
            .arg(folder.0.join(foreign))
            .env("PIP_CONFIG_FILE", "/dev/null"),
    );
    assert_eq!(installed.code, Some(1));
    let reason = "is not a supported wheel on this platform";
    assert!(installed.text.contains(reason), "{}", installed.text);
    assert!(!venv.join("bin/healthprobe").exists());
}
