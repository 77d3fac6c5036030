//! Probes of plain HTTP do no TLS work, and a build without TLS rejects https.

use crate::support::build::without_tls;
use crate::support::{Server, new_file, probe_of, program};
use std::fs;
use std::process::Command;

#[test]
fn rejects_https_in_a_build_without_tls() {
    let server = Server::answering(
        "HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n",
    );
    let url = format!("http://127.0.0.1:{}/", server.port());
    let Some(executable) = without_tls() else {
        return;
    };
    let run = |arguments: &[&str]| probe_of(&executable, arguments).run();
    run(&[&url, "-L"]).assert_verdict(format!(
        "unhealthy: redirect 302 to \"https://localhost/\", which is not a valid URL: column 1: \
         expected http://; this build has no TLS, which https needs; GET {url}"
    ));
    run(&["https://localhost/"]).assert_error(
        "URL \"https://localhost/\": column 1: expected http://; \
         this build has no TLS, which https needs",
    );
    run(&[&url, "-s", "302"]).assert_verdict(format!(
        "healthy: 302 Found → https://localhost/ in <t>; GET {url}"
    ));
}

/// No certificate is read and no key generated.
#[test]
fn reads_no_certificates_for_plain_http() {
    let Some(strace) = program("strace") else {
        return;
    };
    let server = Server::json("{}");
    let trace = new_file("");
    let url = format!("http://127.0.0.1:{}/", server.port());
    let traced = |url: &str| {
        let status = Command::new(&strace)
            .args(["-f", "-o", &trace, "-e", "trace=%file,getrandom"])
            .args([env!("CARGO_BIN_EXE_healthprobe"), url, "-q"])
            .status()
            .unwrap();
        (status.code(), fs::read_to_string(&trace).unwrap())
    };
    let looks = |calls: &str| calls.contains("/etc/ssl") || calls.contains("/etc/pki");
    let (code, calls) = traced(&url);
    assert_eq!(code, Some(0));
    assert!(!looks(&calls), "{calls}");
    // The trace would show it: for https it does.
    let (code, calls) = traced(&url.replace("http", "https"));
    assert_eq!(code, Some(1));
    assert!(looks(&calls), "{calls}");
}
