//! The executables of a release, for every architecture, run by QEMU.

use crate::support::build::executables;
use crate::support::certificates::Authority;
use crate::support::{Server, program, source, tls, without_times};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A row of `scripts/packaging/architectures`.
struct Architecture {
    name: String,
    target: String,
    qemu: PathBuf,
    executable: PathBuf,
}

/// The architectures whose executables `HP_TEST_EXECUTABLES` names; empty if it is unset or QEMU is missing, which prints that.
fn architectures() -> Vec<Architecture> {
    let table = fs::read_to_string(source("scripts/packaging/architectures")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 8);
    let row = |executable: &Path| {
        let name = executable.parent().unwrap().file_name().unwrap();
        let row = rows.iter().find(|row| row[0] == name);
        row.unwrap_or_else(|| panic!("{}: no such architecture", executable.display()))
    };
    let found = executables().into_iter().filter_map(|executable| {
        let row = row(&executable);
        Some(Architecture {
            name: row[0].to_owned(),
            target: row[1].to_owned(),
            qemu: program(row[6])?,
            executable,
        })
    });
    found.collect()
}

impl Architecture {
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(&self.qemu);
        command.arg(&self.executable).args(arguments);
        // A handshake is slow under emulation.
        command.args(["-t", "20s"]).env_clear();
        if self.name == "arm-v6" {
            // QEMU's default runs ARMv7's instructions too.
            command.env("QEMU_CPU", "arm1176");
        }
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        (output.status.code(), without_times(&printed))
    }

    #[track_caller]
    fn assert_prints(&self, arguments: &[&str], code: i32, line: &str) {
        let printed = self.run(arguments);
        let expected = (Some(code), format!("{line}\n"));
        assert_eq!(printed, expected, "{}: {arguments:?}", self.name);
    }
}

#[test]
fn executables_are_static_and_for_their_architecture() {
    for architecture in architectures() {
        // Rust's name of the processor: the versions of ARM are one, and so are the byte orders of PowerPC.
        let arch = match architecture.target.split('-').next().unwrap() {
            "armv7" => "arm",
            "i686" => "x86",
            "powerpc64le" => "powerpc64",
            "riscv64gc" => "riscv64",
            other => other,
        };
        let version = format!(
            "healthprobe {}\nfeatures: +tls\ntls: 1.2 and 1.3, rustls with ring\ntarget: {arch}-linux-musl, static",
            env!("CARGO_PKG_VERSION")
        );
        architecture.assert_prints(&["--version", "--verbose"], 0, &version);
    }
}

#[test]
fn executables_probe_http() {
    let body = "{\"status\":\"ok\",\"scores\":[0.25,1e3,-7]}";
    let server = Server::json(body);
    let url = format!("http://localhost:{}/", server.port());
    let healthy = format!("healthy: 200 OK in <t>; GET {url}");
    let status = format!("unhealthy: status 200, expected 503; GET {url} in <t>; body: {body}");
    let assertion = format!("unhealthy: scores[1] is 1000.0, expected < 1000; GET {url} in <t>");
    for architecture in architectures() {
        architecture.assert_prints(&[&url], 0, &healthy);
        let holds = ["-e", "status=ok", "-e", "avg(scores)=331.08333+-0.00001"];
        architecture.assert_prints(&[&[url.as_str()], &holds[..]].concat(), 0, &healthy);
        architecture.assert_prints(&[&url, "-s", "503"], 1, &status);
        architecture.assert_prints(&[&url, "-e", "scores[1]<1000"], 1, &assertion);
    }
}

#[test]
fn executables_probe_https() {
    let authority = Authority::new("test CA");
    let server = tls::serve(tls::config(&authority.sign(&["localhost"])));
    let url = format!("https://localhost:{}/", server.port());
    let trusted = authority.file();
    let other = Authority::new("other CA").file();
    let healthy = format!("healthy: 200 OK in <t>; GET {url}");
    let unhealthy = format!(
        "unhealthy: certificate is from a CA that is not trusted: test CA; \
         the server sent no certificate of that CA (--cacert); GET {url}"
    );
    for architecture in architectures() {
        let trusting = [&url, "--cacert", &trusted, "-e", "status=ok"];
        architecture.assert_prints(&trusting, 0, &healthy);
        architecture.assert_prints(&[&url, "--cacert", &other], 1, &unhealthy);
    }
}
