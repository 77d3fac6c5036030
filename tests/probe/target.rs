//! The URL: its forms, variables and addresses.

use crate::support::{Server, assert_error, free_port, has_ipv6, probe, response};
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

fn ok(stream: &mut std::net::TcpStream) {
    let _ = stream.write_all(response("200 OK", "{}").as_bytes());
}

#[test]
fn accepts_every_url_form() {
    let server = Server::handling(ok);
    for (url, line, request_line) in [
        (
            "http://127.0.0.1:PORT/a",
            "http://127.0.0.1:PORT/a",
            "GET /a HTTP/1.1",
        ),
        (
            "127.0.0.1:PORT/a",
            "http://127.0.0.1:PORT/a",
            "GET /a HTTP/1.1",
        ),
        ("localhost:PORT", "http://localhost:PORT/", "GET / HTTP/1.1"),
        (
            ":PORT/a/b?c=d#e",
            "http://localhost:PORT/a/b",
            "GET /a/b?c=d HTTP/1.1",
        ),
        (
            "LOCALHOST:PORT/ü",
            "http://LOCALHOST:PORT/%C3%BC",
            "GET /%C3%BC HTTP/1.1",
        ),
        (
            "http://u:p@api.localhost:PORT/",
            "http://api.localhost:PORT/",
            "GET / HTTP/1.1",
        ),
    ] {
        server.assert_verdict(&[url], format!("healthy: 200 OK in <t>; GET {line}"));
        assert_eq!(server.request().lines().next(), Some(request_line), "{url}");
    }
}

#[test]
fn expands_variables_in_url_headers_and_user() {
    let server = Server::handling(ok);
    server
        .prepare(&[
            ":${NONE:-PORT}/v1/${MODEL}?price=$$1",
            "-H",
            "X-Model: ${MODEL}",
            "-u",
            "me:${PASSWORD}",
        ])
        .env("MODEL", "resnet")
        .env("PASSWORD", "p$w")
        .run()
        .assert_verdict("healthy: 200 OK in <t>; GET http://localhost:PORT/v1/resnet");
    let request = server.request();
    assert!(
        request.starts_with("GET /v1/resnet?price=$1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("\r\nx-model: resnet\r\n"), "{request}");
    assert!(
        request.contains("\r\nauthorization: Basic bWU6cCR3\r\n"),
        "{request}"
    );
}

#[test]
fn resolves_localhost_to_ipv4_then_ipv6() {
    if !has_ipv6() {
        return;
    }
    let server = Server::on(&format!("[::1]:{}", free_port()), ok);
    server.assert_verdict(
        &["localhost:PORT/"],
        "healthy: 200 OK in <t>; GET http://localhost:PORT/",
    );
    server.assert_verdict(
        &["[::1]:PORT"],
        "healthy: 200 OK in <t>; GET http://[::1]:PORT/",
    );
    server.assert_verdict(
        &["-4", "localhost:PORT/"],
        "unhealthy: connection refused (127.0.0.1:PORT); GET http://localhost:PORT/",
    );
    server.assert_verdict(
        &["--ipv6", "localhost:PORT/"],
        "healthy: 200 OK in <t>; GET http://localhost:PORT/",
    );
}

#[test]
fn names_every_address_that_refused() {
    let port = free_port();
    let outcome = probe(&[format!(":{port}/health")]).port(port).run();
    let six = if has_ipv6() {
        "connection refused (127.0.0.1:PORT, [::1]:PORT)"
    } else {
        "connection refused (127.0.0.1:PORT), address not available ([::1]:PORT)"
    };
    outcome.assert_verdict(format!(
        "unhealthy: {six}; GET http://localhost:PORT/health"
    ));
}

#[test]
fn reports_a_name_that_does_not_exist() {
    // RFC 6761 reserves .invalid. The reason depends on whether there is a resolver.
    let outcome = probe(&["healthprobe-test.invalid:8000", "-t", "10s"]).run();
    outcome.assert_starts("unhealthy: cannot look up healthprobe-test.invalid: ");
    assert!(
        outcome
            .out
            .ends_with("; GET http://healthprobe-test.invalid:8000/\n"),
        "{}",
        outcome.out
    );
}

#[test]
fn times_out_connecting_to_a_silent_address() {
    // Nobody accepts; once the queue is full, the kernel drops connection requests.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let waiting: Vec<_> = (0..5000)
        .map_while(|_| {
            std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()
        })
        .collect();
    let url = format!("127.0.0.1:{}", address.port());
    let outcome = probe(&[url.as_str(), "-t", "1s"])
        .port(address.port())
        .run();
    drop(waiting);
    outcome.assert_verdict(
        "unhealthy: timed out after 1s connecting to 127.0.0.1:PORT; GET http://127.0.0.1:PORT/",
    );
}

#[test]
fn rejects_invalid_urls() {
    for (url, message) in [
        (
            "h:99999/",
            "URL \"h:99999/\": column 3: expected a port from 1 to 65535",
        ),
        (
            "h:80a",
            "URL \"h:80a\": column 3: expected a port from 1 to 65535",
        ),
        (
            ":${NOPORT}/",
            "URL \":${NOPORT}/\": column 2: the variable NOPORT is not set; set it, or write ${NOPORT:-default}",
        ),
        (
            "http://user:s3cret@h:0/?token=s3cret",
            "URL \"http://***@h:0/?…\": column 22: expected a port from 1 to 65535",
        ),
        (
            "h\u{1b}/",
            "URL \"h\\u001b/\": column 2: expected no white space; a space is written %20",
        ),
        (
            "",
            "URL \"\": column 1: expected a host, as in localhost:8000/health",
        ),
    ] {
        assert_error(&[url], message);
    }
    assert_error(
        &["-6", "127.0.0.1:1"],
        "--ipv6: the host to connect to is the IPv4 address 127.0.0.1",
    );
    assert_error(
        &["-4", "[::1]:1"],
        "--ipv4: the host to connect to is the IPv6 address ::1",
    );
}
