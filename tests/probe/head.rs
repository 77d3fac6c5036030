//! The head of a response: what RFC 9112 lets a user agent read although it is irregular,
//! and the line that is shown of one that cannot be read.

use crate::support::{Server, drip, hold};
use std::io::Write;

#[test]
fn reads_folded_lines() {
    let folded = "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\t d\r\nX-E:\r\n f\r\nContent-Length:\r\n 15\r\n\r\n{\"status\":\"ok\"} more";
    Server::answering(folded).assert_healthy(&[
        "--expect-header",
        "x-a=b c d",
        "--expect-header",
        "x-e=f",
        "-e",
        "status=ok",
    ]);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n";
    Server::answering(chunked).assert_healthy(&["-e", "status=ok"]);
}

#[test]
fn reads_white_space_before_a_colon_and_between_the_words_of_the_status_line() {
    for answer in [
        "HTTP/1.1 200 OK\r\nX-B : 1\r\nContent-Length \t: 2\r\n\r\nok more",
        "HTTP/1.1  200 OK\r\nX-B: 1\r\nContent-Length: 2\r\n\r\nok more",
        "HTTP/1.1\t200\tOK\r\nX-B: 1\r\nContent-Length: 2\r\n\r\nok more",
    ] {
        let server = Server::answering(answer);
        server.assert_healthy(&["--expect-header", "x-b=1", "--expect-body-regex", "^ok$"]);
    }
}

#[test]
fn an_irregular_head_may_arrive_byte_by_byte() {
    let server = Server::handling(|stream| {
        let answer = b"HTTP/1.1  200 OK\r\nX : a\r\n b\r\nContent-Length: 2\r\n\r\nok";
        drip(stream, answer.iter().copied());
    });
    let arguments = [
        "--expect-header",
        "x=a b",
        "--expect-body",
        "ok",
        "-t",
        "20s",
    ];
    server.assert_healthy(&arguments);
}

#[test]
fn skips_interim_responses_whatever_headers_they_have() {
    for interim in [
        "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nX: hint\r\nX : hint\r\n fold\r\n\r\n",
        "HTTP/1.1 199 X\r\nTransfer-Encoding: chunked\r\nContent-Length: nothing\r\n\r\n",
    ] {
        let answer = format!("{interim}{interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let server = Server::answering(answer.clone());
        server.assert_healthy(&["--expect-header", "!x", "--expect-body-regex", "^ok$"]);
        let server = Server::handling(move |stream| {
            for part in answer.as_bytes().chunks(50) {
                drip(stream, [part[0]]);
                let _ = stream.write_all(&part[1..]);
            }
        });
        server.assert_healthy(&["--expect-header", "!x", "-t", "20s"]);
    }
    let server = Server::answering("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n");
    let reason = "connection closed in the response headers, after 31 bytes";
    server.assert_unhealthy(&[], reason, "");
    // What follows 101 is another protocol, so it is the response.
    let server = Server::answering(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    );
    server.assert_unhealthy(&[], "status 101, expected 200-399", " in <t>");
}

#[test]
fn shows_the_line_that_cannot_be_read() {
    for (line, reason) in [
        ("X(b): 1", "invalid header name"),
        ("X B: 1", "invalid header name"),
        (": 1", "invalid header name"),
        ("oops", "invalid header name"),
        ("X: a\x01b", "invalid header value"),
        ("X: a\rb", "invalid header value"),
    ] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nServer: x\r\nDate : y\r\n{line}\r\nContent-Length: 2\r\n\r\nok"
        );
        let shown = format!("{line:?}");
        Server::answering(answer).assert_unhealthy(
            &[],
            &format!("not an HTTP/1 response ({reason}): it has the line {shown}"),
            "",
        );
    }
    let long = format!(
        "HTTP/1.1 200 OK\r\nA: b\r\n\"{}\": 1\r\n\r\n",
        "x".repeat(60)
    );
    Server::answering(long).assert_unhealthy(
        &[],
        &format!(
            "not an HTTP/1 response (invalid header name): it has the line \"\\\"{}…\"",
            "x".repeat(31)
        ),
        "",
    );
}

#[test]
fn does_not_wait_for_the_rest_of_a_head_that_cannot_be_read() {
    for (start, shown) in [
        (
            "220 mail ready\r\n",
            "(invalid HTTP version): it begins with \"220 mail ready\\r\\n\"",
        ),
        (
            "HTTP/1.1 200 OK\r\noops\r\n",
            "(invalid header name): it has the line \"oops\"",
        ),
        (
            "HTTP/1.1 200 OK\r\n X: a\r\n",
            "(invalid header name): it has the line \" X: a\"",
        ),
    ] {
        let server = Server::handling(move |stream| {
            let _ = stream.write_all(start.as_bytes());
            hold(stream);
        });
        server.assert_unhealthy(
            &["-t", "20s"],
            &format!("not an HTTP/1 response {shown}"),
            "",
        );
    }
}

/// One fold has kilobytes of white space, and there are many of them.
#[test]
fn bounds_a_head_of_folds() {
    let folds = format!(
        "HTTP/1.1 200 OK\r\nX: a{}\r\n\r\n",
        format!("\r\n{}b", " ".repeat(5000)).repeat(12)
    );
    let value = format!("x=a{}", " b".repeat(12));
    Server::answering(folds).assert_healthy(&["--expect-header", &value]);
    let server = Server::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: a");
        while stream.write_all(b"\r\n b").is_ok() {}
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-t", "20s"]);
    outcome.assert_starts("unhealthy: not an HTTP/1 response (");
}
