//! The request: method, headers, credentials.

use crate::support::{Server, assert_error, response};

fn server() -> Server {
    Server::answering(response("200 OK", "{}"))
}

#[test]
fn sends_the_default_headers() {
    let server = server();
    server.assert_healthy(&[]);
    assert_eq!(
        server.request(),
        format!(
            "GET / HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nuser-agent: healthprobe/{}\r\n\
             accept: */*\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n",
            server.port(),
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn adds_headers_and_replaces_defaults() {
    let server = server();
    let arguments = [
        "-H",
        "Host: model.internal",
        "--header",
        "user-agent: me",
        "-H",
        "ACCEPT: application/json",
        "-H",
        "X-Tag:  a ",
        "-H",
        "X-Tag: b",
        "-H",
        "X-Ünïcode: x",
    ];
    server.assert_healthy(&arguments[..10]);
    assert_eq!(
        server.request(),
        "GET / HTTP/1.1\r\nhost: model.internal\r\nuser-agent: me\r\naccept: application/json\r\n\
         x-tag: a\r\nx-tag: b\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n"
    );
    server
        .probe(&["-H", "X-Ünïcode: x", ":PORT"])
        .assert_error("--header: column 3: expected a header name without spaces, then a colon");
}

#[test]
fn sends_a_long_header_completely() {
    let server = server();
    let token = "t".repeat(30_000);
    server.assert_healthy(&["-H", &format!("Authorization: Bearer {token}")]);
    assert!(
        server
            .request()
            .contains(&format!("\r\nauthorization: Bearer {token}\r\n"))
    );
}

#[test]
fn sends_methods_as_written() {
    let server = server();
    for method in ["POST", "PUT", "OPTIONS", "DELETE", "PURGE", "get"] {
        server.assert_verdict(
            &["-X", method, "127.0.0.1:PORT/"],
            format!("healthy: 200 OK in <t>; {method} http://127.0.0.1:PORT/"),
        );
        let request = server.request();
        assert!(
            request.starts_with(&format!("{method} / HTTP/1.1\r\n")),
            "{request}"
        );
        let announces = matches!(method, "POST" | "PUT");
        assert_eq!(
            request.contains("\r\ncontent-length: 0\r\n"),
            announces,
            "{request}"
        );
        assert!(!request.contains("transfer-encoding"), "{request}");
    }
}

#[test]
fn reads_no_body_after_head() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    server.assert_verdict(
        &["-X", "HEAD", "127.0.0.1:PORT/"],
        "healthy: 200 OK in <t>; HEAD http://127.0.0.1:PORT/",
    );
    assert_error(
        &["-X", "HEAD", ":1", "-e", "a=1"],
        "--request \"HEAD\": the response to HEAD has no body, which another check needs; use GET",
    );
}

#[test]
fn the_most_specific_credentials_are_sent() {
    let server = server();
    for (arguments, expected) in [
        (
            &["http://user:pass@127.0.0.1:PORT/"][..],
            "Basic dXNlcjpwYXNz",
        ),
        (
            &["http://us%40er:p%3Aw@127.0.0.1:PORT/"],
            "Basic dXNAZXI6cDp3",
        ),
        (
            &["http://a:b@127.0.0.1:PORT/", "-u", "user:pass"],
            "Basic dXNlcjpwYXNz",
        ),
        (
            &[
                "127.0.0.1:PORT/",
                "-u",
                "a:b",
                "-H",
                "Authorization: Bearer x",
            ],
            "Bearer x",
        ),
    ] {
        assert_eq!(server.probe(arguments).code, Some(0));
        let request = server.request();
        let sent: Vec<&str> = request
            .lines()
            .filter_map(|line| line.strip_prefix("authorization: "))
            .collect();
        assert_eq!(sent, [expected], "{arguments:?}");
    }
}

#[test]
fn rejects_an_invalid_request_without_showing_its_secret() {
    for (arguments, message) in [
        (
            &["-H", "s3cret"][..],
            "--header: column 7: expected NAME: VALUE",
        ),
        (
            &["-H", "X Y: s3cret"],
            "--header: column 2: expected a header name without spaces, then a colon",
        ),
        (
            &["-H", ": s3cret"],
            "--header: column 1: expected a header name",
        ),
        (
            &["-H", "X-A:"],
            "--header: column 5: expected a value for X-A",
        ),
        (
            &["-H", "X-A: ${NONE}"],
            "--header: column 6: the variable NONE is not set; set it, or write ${NONE:-default}",
        ),
        (
            &["-H", "X-A: s3cret\r\nX-B: c"],
            "--header: column 5: expected a value for X-A without line breaks or control characters",
        ),
        (
            &["-H", "Content-Length: 5"],
            "--header: column 1: Content-Length is set by healthprobe and cannot be overridden",
        ),
        (
            &["-H", "connection: keep-alive"],
            "--header: column 1: connection is set by healthprobe and cannot be overridden",
        ),
        (
            &["-H", "Host: a", "-H", "host: s3cret"],
            "--header: column 1: expected host only once",
        ),
        (
            &["-u", "s3cret"],
            "--user: column 7: expected USER:PASSWORD",
        ),
        (
            &["-X", "GE T"],
            "--request \"GE T\": column 3: expected a method such as GET or POST",
        ),
        (
            &["-X", ""],
            "--request \"\": column 1: expected a method such as GET or POST",
        ),
        (
            &["-X", "CONNECT"],
            "--request \"CONNECT\": column 1: expected a method that requests a resource",
        ),
        (
            &["-t", "-1"],
            "--timeout \"-1\": column 1: expected a duration such as 500ms, 2s or 1m 30s",
        ),
        (
            &["-t", "0"],
            "--timeout \"0\": column 1: expected a duration longer than zero",
        ),
        (
            &["--max-body", "1 parsec"],
            "--max-body \"1 parsec\": column 2: expected a unit: B, kB, KiB, MB, MiB, GB or GiB",
        ),
    ] {
        assert_error(&[&[":1"], arguments].concat(), message);
    }
}
