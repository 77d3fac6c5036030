//! Tokens, passwords, header values and queries are sent but never shown.

use crate::support::{Server, assert_error, free_port, new_file, probe, response};
use std::io::Write;

fn server() -> Server {
    Server::answering(response("200 OK", "{}"))
}

#[test]
fn reads_a_bearer_token_from_a_file() {
    let server = server();
    for text in ["t0ken", "t0ken\n", "t0ken\r\n", "  t0ken \n\n"] {
        server.assert_healthy(&["--bearer-file", &new_file(text)]);
        assert!(
            server
                .request()
                .contains("\r\nauthorization: Bearer t0ken\r\n")
        );
    }
    // An explicit Authorization header takes precedence, as with curl.
    let path = new_file(b"t0ken");
    server.assert_healthy(&["--bearer-file", &path, "-H", "Authorization: Custom x"]);
    assert!(server.request().contains("\r\nauthorization: Custom x\r\n"));
}

#[test]
fn rejects_an_invalid_token_without_showing_it() {
    for (text, reason) in [
        (&b""[..], "expected a token, found nothing"),
        (b" \n", "expected a token, found nothing"),
        (
            b"s3cret\nX-Injected: 1",
            "expected one token of visible ASCII characters, at most 64 KiB",
        ),
        (
            "\u{feff}\u{feff}s3cret".as_bytes(),
            "expected one token of visible ASCII characters, at most 64 KiB",
        ),
        (b"s3cret\xff", "expected text in UTF-8"),
    ] {
        let path = new_file(text);
        assert_error(
            &[":1", "--bearer-file", &path],
            format!("--bearer-file {path:?}: {reason}"),
        );
    }
    assert_error(
        &[":1", "--bearer-file", "/nowhere/token"],
        "--bearer-file: cannot read /nowhere/token: No such file or directory",
    );
    assert_error(
        &[":1", "--bearer-file", "x", "-u", "a:b"],
        "--bearer-file cannot be used with --user; see healthprobe --help",
    );
}

#[test]
fn reads_headers_from_a_file() {
    let server = server();
    // Variables are not expanded in it: a secret may contain a $.
    let path = new_file(b"X-Api-Key: k3y$${HOME}\r\n\nAuthorization: Bearer t0ken\n");
    server.assert_healthy(&["-H", &format!("@{path}"), "-H", "X-Tag: a"]);
    let request = server.request();
    for line in [
        "x-api-key: k3y$${HOME}",
        "authorization: Bearer t0ken",
        "x-tag: a",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{request}");
    }
    let run = server.prepare(&["127.0.0.1:PORT"]);
    let outcome = run
        .env("HEALTHPROBE_HEADER", &format!("@{path}\nX-Tag: b"))
        .run();
    outcome.assert_code(0);
    assert!(server.request().contains("\r\nx-tag: b\r\n"));
}

#[test]
fn rejects_invalid_headers_without_showing_them() {
    for (text, reason) in [
        (&b"\n \n"[..], "line 1 column 1: expected NAME: VALUE"),
        (b"X-A: 1\ns3cret", "line 2 column 7: expected NAME: VALUE"),
        (
            b"X-A: 1\n  s3cret: x",
            "line 2 column 1: expected a header name without spaces, then a colon",
        ),
        (
            b"X-A: s3cret\rX-Injected: 1",
            "line 1 column 5: expected a value for X-A without line breaks or control characters",
        ),
        (
            b"Host: a\nHost: s3cret",
            "line 2 column 1: expected host only once",
        ),
    ] {
        let path = new_file(text);
        assert_error(
            &[":1", "-H", &format!("@{path}")],
            format!("--header {path:?}: {reason}"),
        );
    }
}

#[test]
fn rejects_line_breaks_in_an_expanded_header() {
    probe(&[":1", "-H", "X-Api-Key: ${KEY}"])
        .env("KEY", "s3cret\r\nX-Injected: 1")
        .run()
        .assert_error(
            "--header: column 11: expected a value for X-Api-Key \
             without line breaks or control characters",
        );
}

/// A server that echoes the request in every part of the response that is shown.
fn echo_server() -> Server {
    Server::handling_body(|stream, head, _| {
        let heard: Vec<&str> = head.lines().collect();
        let heard = heard.join(" | ");
        let quoted = serde_json::Value::from(heard.as_str());
        let body = format!("{{\"heard\":{quoted}}}");
        let place = head.split(' ').nth(1).unwrap();
        let answer = if place.starts_with("/redirect") {
            let (_, query) = place.split_once('?').unwrap();
            format!(
                "HTTP/1.1 302 Found\r\nLocation: /{query}?{query}\r\nX-Heard: {heard}\r\nContent-Length: 0\r\n\r\n"
            )
        } else {
            format!(
                "HTTP/1.1 500 No\r\nX-Heard: {heard}\r\nSet-Cookie: s3t-c00kie\r\nLocation: /x?{place}\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Every way to pass a secret, in every kind of output.
#[test]
fn shows_no_secret_in_any_output() {
    let server = echo_server();
    let token = new_file(b"t0ken-of-file\n");
    let headers = format!("@{}", new_file(b"X-Secret: v4lue-of-file\n"));
    let closed = free_port();
    let dead = format!("http://me:p4ssw0rd-of-url@127.0.0.1:{closed}/?k=qu3ry-of-url");
    let through = "http://me:p4ssw0rd-of-proxy@127.0.0.1:PORT";
    let ways: [&[&str]; 9] = [
        &["127.0.0.1:PORT/", "--bearer-file", &token],
        &["127.0.0.1:PORT/", "-H", &headers],
        &["127.0.0.1:PORT/", "-H", "X-Key: ${VARIABLE}"],
        &["127.0.0.1:PORT/", "-u", "me:${VARIABLE}"],
        &["http://me:p4ssw0rd-of-url@127.0.0.1:PORT/"],
        &["127.0.0.1:PORT/?key=qu3ry-of-url"],
        &["127.0.0.1:PORT/redirect?qu3ry-of-url", "-L"],
        &["http://model/", "--proxy", through],
        &[&dead],
    ];
    let shows: [&[&str]; 5] = [
        &[],
        &["-v"],
        &["-o", "json", "-v"],
        &[
            "-e",
            "heard=x",
            "-e",
            "heard~nothing",
            "--expect-header",
            "x-heard=x",
        ],
        &[
            "-o",
            "json",
            "-e",
            "heard=x",
            "--expect-header",
            "x-heard~^x",
            "--reject-body-regex",
            "heard",
        ],
    ];
    let secrets = [
        "t0ken-of-file",
        "v4lue-of-file",
        "v4lue-of-variable",
        "p4ssw0rd",
        "qu3ry",
        // The same in base64, as in Basic credentials.
        "djRsdWUtb2YtdmFyaWFibGU",
        "bWU6",
        "s3t-c00kie",
    ];
    for way in ways {
        for show in shows {
            let outcome = server
                .prepare(&[way, show].concat())
                .env("VARIABLE", "v4lue-of-variable")
                .run();
            assert_eq!(outcome.code, Some(1), "{way:?} {show:?}: {outcome:?}");
            let all = outcome.out + &outcome.err;
            for secret in secrets {
                assert!(!all.contains(secret), "{secret} of {way:?} {show:?}: {all}");
            }
        }
    }
}

/// The excerpt is 32 bytes, and may end within a secret.
#[test]
fn masks_a_secret_cut_off_by_the_excerpt() {
    let server = Server::answering("the token that was sent: t0ken-of-file");
    let token = new_file(b"t0ken-of-file");
    server.assert_unhealthy(
        &["--bearer-file", &token],
        "not an HTTP/1 response (invalid HTTP version): it begins with \"the token that was sent: ***…\"",
        "",
    );
}

#[test]
fn shows_no_secret_in_usage_errors() {
    for arguments in [
        &["http://me:s3cret@h:0/?s3cret"][..],
        &["http://me:s3cret@h/ x"],
        &["ftp://me:s3cret@h/"],
        &[":1", "-u", "s3cret"],
        &[":1", "-H", "s3cret"],
        &[":1", "-H", "X-Key:s3cret\u{1}"],
        &[":1", "-H", "Connection: s3cret"],
        &[":1", "-H", "X-Key: s3cret${NONE}"],
        &[":1", "-u", "me:s3cret${NONE}"],
        &[":1", "--proxy", "http://me:s3cret@h:0"],
        &[":1", "--proxy", "ftp://me:s3cret@h"],
        &[":1", "-H", "X-Key:", "s3cret"],
    ] {
        let outcome = probe(arguments).run();
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert!(
            outcome.err.starts_with("error: ") && !outcome.err.contains("s3cret"),
            "{arguments:?}: {}",
            outcome.err
        );
    }
}
