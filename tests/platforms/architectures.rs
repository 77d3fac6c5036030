//! The executables of a release, for every architecture, run by QEMU.

use crate::support::build::executables;
use crate::support::certificates::Authority;
use crate::support::packaging::{Architecture, architectures};
use crate::support::{Server, program, tls, without_times};
use std::path::PathBuf;
use std::process::Command;

/// A release's executable, and how to run it here.
struct Emulated {
    architecture: Architecture,
    qemu: PathBuf,
    executable: PathBuf,
}

/// The executables that `HP_TEST_EXECUTABLES` names; empty if it is unset or QEMU is missing, which prints that.
fn emulated() -> Vec<Emulated> {
    let found = executables().into_iter().filter_map(|executable| {
        let folder = executable.parent().unwrap().file_name().unwrap();
        let architecture = architectures().into_iter().find(|row| folder == row.name);
        let architecture = architecture
            .unwrap_or_else(|| panic!("{}: no such architecture", executable.display()));
        Some(Emulated {
            qemu: program(architecture.qemu)?,
            architecture,
            executable,
        })
    });
    found.collect()
}

impl Emulated {
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(&self.qemu);
        command.arg(&self.executable).args(arguments);
        // A handshake is slow under emulation.
        command.args(["-t", "20s"]).env_clear();
        if self.architecture.name == "arm-v6" {
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
        assert_eq!(
            printed, expected,
            "{}: {arguments:?}",
            self.architecture.name
        );
    }
}

#[test]
fn executables_are_static_and_for_their_architecture() {
    for emulated in emulated() {
        // Rust's name of the processor: the versions of ARM are one, and so are the byte orders of PowerPC.
        let arch = match emulated.architecture.target.split('-').next().unwrap() {
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
        emulated.assert_prints(&["--version", "--verbose"], 0, &version);
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
    for emulated in emulated() {
        emulated.assert_prints(&[&url], 0, &healthy);
        let holds = ["-e", "status=ok", "-e", "avg(scores)=331.08333+-0.00001"];
        emulated.assert_prints(&[&[url.as_str()], &holds[..]].concat(), 0, &healthy);
        emulated.assert_prints(&[&url, "-s", "503"], 1, &status);
        emulated.assert_prints(&[&url, "-e", "scores[1]<1000"], 1, &assertion);
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
    for emulated in emulated() {
        let trusting = [&url, "--cacert", &trusted, "-e", "status=ok"];
        emulated.assert_prints(&trusting, 0, &healthy);
        emulated.assert_prints(&[&url, "--cacert", &other], 1, &unhealthy);
    }
}
