//! What comes back: every framing of RFC 9112, and what is none.

use crate::support::{PATIENCE, Server, assert_within, drip, hold, response};
use std::io::Write;

const JSON: &[&str] = &["-e", "status=ok"];

#[test]
fn every_framing_of_a_body_is_read() {
    for answer in [
        // Chunked, with an extension and a trailer.
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n{\"st\r\nb\r\natus\":\"ok\"}\r\n0\r\nX-T: 1\r\n\r\n",
        // Delimited by the end of the connection.
        "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.0 200 OK\r\n\r\n{\"status\":\"ok\"}",
        // A status line without a reason, as TorchServe writes it, and bare line feeds.
        "HTTP/1.1 200\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.1 200 \r\nContent-Length:15\r\n\r\n{\"status\":\"ok\"}",
        "HTTP/1.1 200 OK\nContent-Length: 15\n\n{\"status\":\"ok\"}",
        // What comes before and after is not the answer.
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}HTTP/1.1 500",
        // A content type never decides.
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
        // Chunked overrides a length (RFC 9112, section 6.3).
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n",
    ] {
        Server::answering(answer).assert_healthy(JSON);
    }
}

#[test]
fn an_empty_body_is_healthy_where_no_check_needs_one() {
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
fn a_redirect_is_the_answer() {
    let server = Server::answering(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    );
    server.assert_verdict(
        &[":PORT/readyz/"],
        "healthy: 307 Temporary Redirect in <t>; GET http://localhost:PORT/readyz/",
    );
    server.assert_unhealthy(&["-s", "2xx"], "status 307, expected 2xx", " in <t>");
}

#[test]
fn an_open_connection_after_a_complete_answer_costs_nothing() {
    for answer in [
        response("200 OK", "{\"status\":\"ok\"}"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n".to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
    ] {
        let needs_body = !answer.contains("204");
        let server = Server::playing(move |stream| {
            let _ = stream.write_all(answer.as_bytes());
            hold(stream);
        });
        let arguments: &[&str] = if needs_body { JSON } else { &[] };
        assert_within(PATIENCE, || {
            let ran = server.probe(&[&[":PORT", "-t", "1m"], arguments].concat());
            assert_eq!(ran.code, Some(0), "{ran:?}");
        });
    }
}

#[test]
fn a_body_that_no_check_needs_is_not_read() {
    let server = Server::playing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n");
        hold(stream);
    });
    assert_within(PATIENCE, || {
        let ran = server.probe(&[
            ":PORT",
            "-t",
            "1m",
            "--expect-header",
            "!x",
            "--max-latency",
            "20s",
        ]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    });
}

#[test]
fn endless_events_are_read_as_far_as_the_text() {
    let server = Server::playing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream
            .write_all(b"8\r\ndata: ti\r\n6\r\nck on\n\r\n")
            .is_ok()
        {}
    });
    server.assert_healthy(&["--expect-body", "tick", "--expect-body", "on"]);
    let ran = server.probe(&[
        "127.0.0.1:PORT",
        "--expect-body",
        "tock",
        "--max-body",
        "64KiB",
    ]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.out.starts_with("unhealthy: body is longer than 64KiB (--max-body); GET http://127.0.0.1:PORT/ in <t>; body: data: tick on data: tick on"),
        "{}",
        ran.out
    );
}

#[test]
fn a_body_of_exactly_the_limit_is_not_too_long() {
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
fn a_body_cut_short_fails() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"ok\"}");
    server.assert_unhealthy(
        JSON,
        "body cut short after 15 of 20 bytes",
        " in <t>; body: {\"status\":\"ok\"}",
    );
    // A check that has what it needs does not miss the rest.
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
fn a_reset_is_not_the_end_of_a_body() {
    // Closing with unread input sends a reset behind what was written.
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
fn a_connection_that_ends_early_says_when() {
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
fn what_is_not_http_is_shown() {
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
            "not an HTTP/1 response (content-length header not a number): it begins with \"HTTP/1.1 200 OK\\r\\nContent-Length:…\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            "not an HTTP/1 response (conflicting content-length headers): it begins with \"HTTP/1.1 200 OK\\r\\nContent-Length:…\"",
        ),
    ] {
        Server::answering(answer).assert_unhealthy(&["-e", "a=1"], reason, "");
    }
}

#[test]
fn a_chunk_that_is_none_fails() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n");
    server.assert_unhealthy(
        JSON,
        "body cannot be read: chunk length cannot be read as a number",
        " in <t>",
    );
}

#[test]
fn a_chunk_whose_size_never_ends_fails_before_it_fills_the_memory() {
    let server = Server::playing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(&[b'1'; 4096]).is_ok() {}
    });
    server.assert_unhealthy(
        &["-e", "a=1", "-t", "20s"],
        "body cannot be read: a line without end",
        " in <t>",
    );
}

#[test]
fn more_headers_than_anybody_needs_are_refused() {
    let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(500)));
    server.assert_unhealthy(
        &[],
        "not an HTTP/1 response (too many headers): it begins with \"HTTP/1.1 200 OK\\r\\nX: y\\r\\nX: y\\r\\nX: …\"",
        "",
    );
}

#[test]
fn headers_without_end_are_refused() {
    let server = Server::playing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let ran = server.probe(&["127.0.0.1:PORT", "-t", "10s"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.out,
        "unhealthy: not an HTTP/1 response (headers longer than 64 KiB): it begins with \
         \"HTTP/1.1 200 OK\\r\\nxxxxxxxxxxxxxxx…\"; GET http://127.0.0.1:PORT/\n"
    );
}

#[test]
fn the_body_can_be_checked_more_than_once() {
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
fn a_slow_answer_within_the_deadline_is_healthy() {
    let server = Server::playing(|stream| {
        drip(
            stream,
            response("200 OK", "{\"status\":\"ok\"}").into_bytes(),
        );
    });
    let ran = server.probe(&["127.0.0.1:PORT", "-e", "status=ok", "-t", "20s"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
