//! The static executable for arm64, run natively or by QEMU.

use crate::support::build::for_arm64;
use crate::support::certificates::Authority;
use crate::support::{Server, program, tls, without_times};
use std::env::consts;
use std::process::Command;

/// The exit code and output of the executable in `HP_TEST_ARM64`.
fn run(arguments: &[&str]) -> Option<(Option<i32>, String)> {
    let path = for_arm64()?;
    let mut command = if consts::ARCH == "aarch64" {
        Command::new(path)
    } else {
        let mut qemu = Command::new(program("qemu-aarch64")?);
        qemu.arg(path);
        qemu
    };
    // A handshake is slow under emulation.
    let output = command.args(arguments).args(["-t", "20s"]).env_clear();
    let output = output.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    Some((output.status.code(), without_times(&printed)))
}

#[test]
fn the_arm64_executable_is_static() {
    let Some(printed) = run(&["--version", "--verbose"]) else {
        return;
    };
    let version = concat!(
        "healthprobe ",
        env!("CARGO_PKG_VERSION"),
        "\nfeatures: +tls\ntls: 1.2 and 1.3, rustls with ring\ntarget: aarch64-linux-musl, static\n"
    );
    assert_eq!(printed, (Some(0), version.to_owned()));
}

#[test]
fn the_arm64_executable_probes_http() {
    let server = Server::json("{\"status\":\"ok\"}");
    let url = format!("http://localhost:{}/", server.port());
    let Some(printed) = run(&[&url, "-e", "status=ok"]) else {
        return;
    };
    let healthy = format!("healthy: 200 OK in <t>; GET {url}\n");
    assert_eq!(printed, (Some(0), healthy));
    let unhealthy = format!("unhealthy: status is \"ok\", expected \"no\"; GET {url} in <t>\n");
    assert_eq!(run(&[&url, "-e", "status=no"]), Some((Some(1), unhealthy)));
}

#[test]
fn the_arm64_executable_probes_https() {
    let authority = Authority::new("arm64 CA");
    let server = tls::serve(tls::config(&authority.sign(&["localhost"])));
    let url = format!("https://localhost:{}/", server.port());
    let Some(printed) = run(&[&url, "--cacert", &authority.file(), "-e", "status=ok"]) else {
        return;
    };
    let healthy = format!("healthy: 200 OK in <t>; GET {url}\n");
    assert_eq!(printed, (Some(0), healthy));
    let other = Authority::new("other CA").file();
    let unhealthy = format!(
        "unhealthy: certificate is from a CA that is not trusted: arm64 CA; \
         the server sent no certificate of that CA (--cacert); GET {url}\n"
    );
    assert_eq!(run(&[&url, "--cacert", &other]), Some((Some(1), unhealthy)));
}
