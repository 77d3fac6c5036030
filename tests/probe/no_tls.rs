//! What a probe of plain HTTP has of TLS: nothing, built in or not.

use crate::support::{Server, program, say_skipped};
use std::env;
use std::fs;
use std::process::Command;

/// The build without TLS, from `HEALTHPROBE_PLAIN`.
pub fn plain(arguments: &[&str]) -> Option<(Option<i32>, String, String)> {
    let Some(path) = env::var_os("HEALTHPROBE_PLAIN").filter(|path| !path.is_empty()) else {
        say_skipped("the build without TLS: HEALTHPROBE_PLAIN names none");
        return None;
    };
    let output = Command::new(path).args(arguments).env_clear().output();
    let output = output.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    ))
}

#[test]
fn a_build_without_tls_says_so() {
    let server = Server::answering(
        "HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n",
    );
    let url = format!("http://127.0.0.1:{}/", server.port());
    let Some((code, out, err)) = plain(&[&url, "-L"]) else {
        return;
    };
    assert_eq!(
        (code, out, err),
        (
            Some(1),
            format!(
                "unhealthy: redirect 302 to \"https://localhost/\", which is no URL: column 1: \
                 expected http://; this build has no TLS, which https needs; GET {url}\n"
            ),
            String::new()
        )
    );
    let https = plain(&["https://localhost/"]).unwrap();
    let error = "error: URL \"https://localhost/\": column 1: expected http://; \
                 this build has no TLS, which https needs\n";
    assert_eq!(https, (Some(1), String::new(), error.to_owned()));
    let (code, _, err) = plain(&[&url, "-s", "302"]).unwrap();
    assert_eq!((code, err), (Some(0), String::new()));
}

/// No certificate is read, no key made.
#[test]
fn a_probe_of_plain_http_pays_nothing_for_tls() {
    let Some(strace) = program("strace") else {
        return;
    };
    let server = Server::json("{}");
    let trace = format!("{}/plain.strace", env!("CARGO_TARGET_TMPDIR"));
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
    // That they would be seen: of https, they are.
    let (code, calls) = traced(&url.replace("http", "https"));
    assert_eq!(code, Some(1));
    assert!(looks(&calls), "{calls}");
}
