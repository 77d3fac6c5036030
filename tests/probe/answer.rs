//! Responses: every framing of RFC 9112, and invalid ones.

use crate::support::{PATIENCE, Server, assert_within, drip, response};
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

const JSON: &[&str] = &["-e", "status=ok"];

#[test]
fn reads_every_body_framing() {
    for answer in [
        // Chunked, with an extension and a trailer.
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n{\"st\r\nb\r\natus\":\"ok\"}\r\n0\r\nX-T: 1\r\n\r\n",
        // Delimited by the end of the connection.
        "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.0 200 OK\r\n\r\n{\"status\":\"ok\"}",
        // A status line without a reason phrase, as TorchServe writes it, and bare line feeds.
        "HTTP/1.1 200\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.1 200 \r\nContent-Length:15\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.1 200 OK\nContent-Length: 15\n\n{\"status\":\"ok\"}",
        // Interim responses before, and extra bytes after, are ignored.
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}HTTP/1.1 500",
        // The content type is irrelevant.
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
        // Chunked overrides a length (RFC 9112, section 6.3).
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n",
    ] {
        Server::answering(answer).assert_healthy(JSON);
    }
}

#[test]
fn accepts_an_empty_body_unless_a_check_needs_it() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        let server = Server::answering(answer);
        server.assert_healthy(&[]);
    }
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    server.assert_verdict(
        &[":PORT/ping"],
        "healthy: 204 No Content in <t>; GET http://localhost:PORT/ping",
    );
    server.assert_verdict(
        &[":PORT/ping", "-e", "a"],
        "unhealthy: body is empty, expected JSON; GET http://localhost:PORT/ping in <t>",
    );
}

#[test]
fn treats_a_redirect_as_the_response() {
    let server = Server::answering(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    );
    server.assert_verdict(
        &[":PORT/readyz/"],
        "healthy: 307 Temporary Redirect → /x in <t>; GET http://localhost:PORT/readyz/",
    );
    server.assert_unhealthy(&["-s", "2xx"], "status 307 → /x, expected 2xx", " in <t>");
}

#[test]
fn does_not_wait_for_the_connection_to_close() {
    for answer in [
        response("200 OK", "{\"status\":\"ok\"}"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n".to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
    ] {
        let needs_body = !answer.contains("204");
        let server = Server::holding(answer);
        let arguments: &[&str] = if needs_body { JSON } else { &[] };
        assert_within(PATIENCE, || {
            let outcome = server.probe(&[&[":PORT", "-t", "1m"], arguments].concat());
            outcome.assert_code(0);
        });
    }
}

#[test]
fn does_not_read_a_body_that_no_check_needs() {
    let server = Server::holding(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n");
    assert_within(PATIENCE, || {
        let outcome = server.probe(&[
            ":PORT",
            "-t",
            "1m",
            "--expect-header",
            "!x",
            "--max-latency",
            "20s",
        ]);
        outcome.assert_code(0);
    });
}

#[test]
fn stops_reading_an_endless_body_at_the_expected_text() {
    let server = Server::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream
            .write_all(b"8\r\ndata: ti\r\n6\r\nck on\n\r\n")
            .is_ok()
        {}
    });
    server.assert_healthy(&["--expect-body", "tick", "--expect-body", "on"]);
    let outcome = server.probe(&[
        "127.0.0.1:PORT",
        "--expect-body",
        "tock",
        "--max-body",
        "64KiB",
    ]);
    outcome.assert_starts("unhealthy: body is longer than 64KiB (--max-body); GET http://127.0.0.1:PORT/ in <t>; body: data: tick on data: tick on");
}

/// Time to first token: the stream goes on for 8 s, but its first event is all that is read.
#[test]
fn limits_the_time_to_the_first_event_of_a_stream() {
    const FIRST: &[&str] = &[
        "--expect-body",
        "\"delta\"",
        "--max-latency",
        "1s",
        "-t",
        "20s",
    ];
    let server = Server::handling(|stream| stream_for_8s(stream, Duration::ZERO));
    assert_within(Duration::from_secs(4), || server.assert_healthy(FIRST));

    let server = Server::handling(|stream| stream_for_8s(stream, Duration::from_millis(1200)));
    assert_within(Duration::from_secs(4), || {
        let outcome = server.probe(&[&["127.0.0.1:PORT"], FIRST].concat());
        outcome
            .assert_starts("unhealthy: took <t>, expected at most 1s; GET http://127.0.0.1:PORT/");
    });
}

/// A chat completion, whose first token comes after this delay.
fn stream_for_8s(stream: &mut TcpStream, delay: Duration) {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let _ = stream.write_all(head.as_bytes());
    thread::sleep(delay);
    for _ in 0..80 {
        let event = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        if stream.write_all(chunk.as_bytes()).is_err() {
            return;
        }
        // Not for synchronization: a slow stream is under test.
        thread::sleep(Duration::from_millis(100));
    }
    let _ = stream.write_all(b"0\r\n\r\n");
}

#[test]
fn accepts_a_body_of_exactly_max_body() {
    let body = format!("\"{}\"", "x".repeat(98));
    let server = Server::json(&body);
    server.assert_healthy(&["-e", "length($)=98", "--max-body", "100"]);
    server.assert_unhealthy(
        &["-e", "length($)=98", "--max-body", "99"],
        "body is longer than 99 bytes (--max-body)",
        &format!(" in <t>; body: \"{}", "x".repeat(98)),
    );
}

#[test]
fn reports_a_truncated_body() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"ok\"}");
    server.assert_unhealthy(
        JSON,
        "body cut short after 15 of 20 bytes",
        " in <t>; body: {\"status\":\"ok\"}",
    );
    // A check that has found its text does not need the rest.
    server.assert_healthy(&["--expect-body", "ok"]);
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n";
    Server::answering(chunked).assert_unhealthy(
        JSON,
        "body cut short after 15 bytes",
        " in <t>; body: {\"status\":\"ok\"}",
    );
}

#[test]
fn reports_a_reset_in_the_body() {
    // Closing with unread input sends a reset after the written bytes.
    let server = Server::unread("127.0.0.1:0", |stream| {
        let _ = stream.peek(&mut [0]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}");
    });
    server.assert_unhealthy(
        JSON,
        "body cut short after 15 bytes",
        " in <t>; body: {\"status\":\"ok\"}",
    );
    let server = Server::unread("127.0.0.1:0", |stream| {
        let _ = stream.peek(&mut [0]);
    });
    server.assert_unhealthy(JSON, "connection reset before any response", "");
}

#[test]
fn reports_where_the_connection_closed() {
    for (answer, reason) in [
        ("", "connection closed before any response"),
        (
            "HTTP/1.1 200 OK\r\nContent-",
            "connection closed in the response headers, after 25 bytes",
        ),
    ] {
        Server::answering(answer).assert_unhealthy(&[], reason, "");
    }
}

#[test]
fn shows_the_start_of_a_response_that_is_not_http() {
    for (answer, reason) in [
        (
            "SSH-2.0-OpenSSH_9.2\r\n",
            "not an HTTP/1 response (invalid HTTP version): it begins with \"SSH-2.0-OpenSSH_9.2\\r\\n\"",
        ),
        (
            "HTTP/2 200\r\n\r\n",
            "not an HTTP/1 response (invalid HTTP version): it begins with \"HTTP/2 200\\r\\n\\r\\n\"",
        ),
        (
            "HTTP/1.1 099 No\r\n\r\n",
            "not an HTTP/1 response (invalid status code: 099): it begins with \"HTTP/1.1 099 No\\r\\n\\r\\n\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "not an HTTP/1 response (content-length header not a number): it has the line \"Content-Length: -1\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            "not an HTTP/1 response (conflicting content-length headers): it has the line \"Content-Length: 1\"",
        ),
    ] {
        Server::answering(answer).assert_unhealthy(&["-e", "a=1"], reason, "");
    }
}

#[test]
fn rejects_too_many_headers() {
    let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(500)));
    server.assert_unhealthy(
        &[],
        "not an HTTP/1 response (too many headers): it begins with \"HTTP/1.1 200 OK\\r\\nX: y\\r\\nX: y\\r\\nX: …\"",
        "",
    );
}

#[test]
fn rejects_endless_headers() {
    let server = Server::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-t", "10s"]);
    outcome.assert_code(1);
    assert_eq!(
        outcome.out,
        "unhealthy: not an HTTP/1 response (headers longer than 64 KiB): it begins with \
         \"HTTP/1.1 200 OK\\r\\nxxxxxxxxxxxxxxx…\"; GET http://127.0.0.1:PORT/\n"
    );
}

#[test]
fn applies_several_body_checks() {
    let server = Server::json("{\"status\":\"ok\"}");
    server.assert_healthy(&[
        "--expect-body",
        "ok",
        "--expect-body",
        "status",
        "--expect-body-regex",
        "^\\{.*\\}$",
        "--reject-body-regex",
        "error",
        "-e",
        "status=ok",
        "-e",
        "status!=bad",
    ]);
}

#[test]
fn accepts_a_slow_response_within_the_deadline() {
    let server = Server::handling(|stream| {
        drip(
            stream,
            response("200 OK", "{\"status\":\"ok\"}").into_bytes(),
        );
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-e", "status=ok", "-t", "20s"]);
    outcome.assert_code(0);
}

#[test]
fn names_http2_on_the_port() {
    const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
    const GOAWAY: &[u8] = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01";
    const EMPTY_SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
    let says = "the server speaks HTTP/2 on this port, as gRPC servers do, not HTTP/1";
    for answer in [SETTINGS, &[SETTINGS, GOAWAY].concat(), EMPTY_SETTINGS] {
        Server::answering(answer).assert_unhealthy(&[], says, "");
        Server::holding(answer).assert_unhealthy(&["-e", "a=1"], says, "");
    }
    // Another frame, and SETTINGS of a stream.
    for answer in [GOAWAY, b"\0\0\0\x04\0\0\0\0\x01"] {
        let outcome = Server::answering(answer).probe(&["127.0.0.1:PORT"]);
        outcome.assert_starts("unhealthy: not an HTTP/1 response (");
    }
}
