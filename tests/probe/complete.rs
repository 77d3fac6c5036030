//! A response counts when it is complete, also if no check needs its body.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::{Server, assert_phases_sum, drip, hold, in_turn, response};

/// A response that announces 100 bytes and has five.
const CUT_SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello";

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";

/// Sends this and then one part after the other.
fn endless(start: &'static str, part: &'static [u8]) -> Server {
    Server::handling(move |stream| {
        let _ = stream.write_all(start.as_bytes());
        while stream.write_all(part).is_ok() {}
    })
}

/// A body of this length, which starts at once and comes late.
fn late(delay: Duration) -> Server {
    Server::handling(move |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        // Not for synchronization: lateness is under test.
        thread::sleep(delay);
        let _ = stream.write_all(b"hello");
    })
}

#[test]
fn a_body_that_is_cut_short_is_unhealthy() {
    for (answer, reason) in [
        (CUT_SHORT, "body cut short after 5 of 100 bytes"),
        (CHUNKED, "body cut short after 5 bytes"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
            "body cut short after 0 of 1 bytes",
        ),
        (
            "HTTP/1.1 302 Found\r\nContent-Length: 1\r\n\r\n",
            "body cut short after 0 of 1 bytes",
        ),
    ] {
        let shown = if answer.ends_with("\r\n\r\n") {
            ""
        } else {
            "; body: hello"
        };
        for arguments in [
            &["--expect-header", "!x"][..],
            &["-s", "200-399", "--max-latency", "20s"],
        ] {
            let after = format!(" in <t>{shown}");
            Server::answering(answer).assert_unhealthy(arguments, reason, &after);
        }
    }
    Server::answering("HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\nno").assert_unhealthy(
        &[],
        "status 503, expected 200-399; body cut short after 2 of 9 bytes",
        " in <t>; body: no",
    );
    // A check that needs the body reports it, and once.
    Server::answering(CUT_SHORT).assert_unhealthy(
        &["--expect-body", "bye", "-e", "a=1"],
        "body cut short after 5 of 100 bytes",
        " in <t>; body: hello",
    );
    Server::answering(CUT_SHORT).assert_healthy(&["--expect-body", "hell"]);
}

#[test]
fn a_body_that_hangs_is_unhealthy_at_the_deadline() {
    for answer in [CUT_SHORT, CHUNKED] {
        Server::holding(answer).assert_unhealthy(
            &["-t", "400ms"],
            "timed out after 400ms reading the body, 5 bytes so far",
            " in <t>; body: hello",
        );
    }
    let server = Server::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        drip(stream, std::iter::repeat(b' '));
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-t", "400ms"]);
    outcome.assert_starts("unhealthy: timed out after 400ms reading the body, ");
}

#[test]
fn malformed_chunks_are_unhealthy() {
    Server::answering(format!("{CHUNKED}zz\r\n")).assert_unhealthy(
        &[],
        "body cannot be read: chunk size \"zz\", expected a hexadecimal number",
        " in <t>; body: hello",
    );
}

#[test]
fn the_latency_ends_with_the_body() {
    let server = late(Duration::from_millis(400));
    server.assert_healthy(&["--max-latency", "20s", "-t", "30s"]);
    server.assert_unhealthy(
        &["--max-latency", "250ms", "-t", "30s"],
        "took <t>, expected at most 250ms",
        " in <t>",
    );
    server.assert_healthy(&["--max-latency", "250ms", "-t", "30s", "--max-body", "0"]);
    let (object, code) = server.prepare(&["127.0.0.1:PORT"]).json();
    assert_eq!(code, Some(0));
    assert!(object["elapsed_ms"].as_f64().unwrap() >= 400.0, "{object}");
    assert!(
        object["phases_ms"]["transfer"].as_f64().unwrap() >= 300.0,
        "{object}"
    );
    assert_phases_sum(&object);
}

/// Otherwise, it logs a broken pipe at every probe.
#[test]
fn the_server_can_send_all_of_a_long_body() {
    let (sender, sent) = mpsc::channel();
    let server = Server::handling(move |stream| {
        let body = vec![b'x'; 900 << 10];
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let written = stream.write_all(&[head.as_bytes(), &body].concat());
        let end = stream.read(&mut [0]);
        let _ = sender.send((written.is_ok(), end.is_ok_and(|read| read == 0)));
    });
    server.assert_healthy(&["-t", "20s"]);
    assert_eq!(sent.recv().unwrap(), (true, true));
}

#[test]
fn max_body_is_enough_of_a_body_that_no_check_needs() {
    for answer in [CUT_SHORT, CHUNKED] {
        let server = Server::holding(answer);
        server.assert_healthy(&["--max-body", "5", "-t", "20s"]);
        server.assert_healthy(&["--max-body", "4", "-t", "20s"]);
        let reason = "timed out after 400ms reading the body, 5 bytes so far";
        let arguments = ["--max-body", "6", "-t", "400ms"];
        server.assert_unhealthy(&arguments, reason, " in <t>; body: hello");
    }
    endless(CHUNKED, b"5\r\nhello\r\n").assert_healthy(&["-t", "20s"]);
    endless(
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        &[b'x'; 4096],
    )
    .assert_healthy(&["-t", "20s"]);
}

#[test]
fn max_body_0_reads_the_head_alone() {
    for answer in [CUT_SHORT, CHUNKED] {
        Server::holding(answer).assert_healthy(&["--max-body", "0", "-t", "20s"]);
    }
    let server = Server::holding("HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\n");
    let arguments = ["--max-body", "0", "-t", "20s"];
    server.assert_unhealthy(&arguments, "status 503, expected 200-399", " in <t>");
    for check in [
        ["-e", "a=1"],
        ["--expect-body", "ok"],
        ["--write-baseline", "/none/x"],
    ] {
        let outcome = server.probe(&[&["127.0.0.1:PORT", "--max-body", "0B"], &check[..]].concat());
        outcome.assert_error(
            "--max-body: 0 reads the head alone, and another check needs the body; use a larger size",
        );
    }
    let outcome = server
        .prepare(&["127.0.0.1:PORT", "-e", "a=1"])
        .env("HEALTHPROBE_MAX_BODY", "0")
        .run();
    outcome.assert_error(
        "HEALTHPROBE_MAX_BODY: 0 reads the head alone, and another check needs the body; use a larger size",
    );
}

#[test]
fn a_body_without_an_announced_end_is_not_waited_for() {
    for answer in [
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\x1f",
    ] {
        Server::holding(answer).assert_healthy(&["-t", "1m"]);
        Server::answering(answer).assert_healthy(&[]);
    }
}

#[test]
fn an_event_stream_is_not_waited_for() {
    for content_type in ["text/event-stream", "Text/Event-Stream; charset=utf-8"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        Server::holding(head.clone()).assert_healthy(&["-t", "1m", "--max-latency", "20s"]);
        Server::holding(format!("{head}9\r\ndata: 1\n\n\r\n")).assert_healthy(&["-t", "1m"]);
    }
    Server::holding(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream-x\r\nContent-Length: 5\r\n\r\n",
    )
    .assert_unhealthy(
        &["-t", "400ms"],
        "timed out after 400ms reading the body, 0 bytes so far",
        " in <t>",
    );
}

#[test]
fn a_response_that_has_no_body_is_not_waited_for() {
    for status in ["204 No Content", "304 Not Modified"] {
        for length in ["Content-Length: 100", "Transfer-Encoding: chunked", "X: y"] {
            let server = Server::holding(format!("HTTP/1.1 {status}\r\n{length}\r\n\r\n"));
            server.assert_verdict(
                &["127.0.0.1:PORT", "-t", "1m"],
                format!("healthy: {status} in <t>; GET http://127.0.0.1:PORT/"),
            );
        }
    }
    for length in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let server = Server::holding(format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n"));
        server.assert_verdict(
            &["127.0.0.1:PORT", "-t", "1m", "-X", "HEAD"],
            "healthy: 200 OK in <t>; HEAD http://127.0.0.1:PORT/",
        );
    }
    Server::holding("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").assert_healthy(&["-t", "1m"]);
}

#[test]
fn the_body_of_a_redirect_that_is_followed_is_not_waited_for() {
    let server = Server::handling_body(|stream, head, _| {
        if head.starts_with("GET / ") {
            let _ = stream.write_all(
                b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 100\r\n\r\nhello",
            );
            hold(stream);
        } else {
            let _ = stream.write_all(response("200 OK", "{}").as_bytes());
        }
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-L", "-t", "1m"]);
    outcome.assert_starts("healthy: 200 OK in <t>");
}

#[test]
fn waits_for_a_complete_response() {
    let server = in_turn(&[CUT_SHORT.to_owned(), response("200 OK", "{}")]);
    let outcome = server.probe(&["127.0.0.1:PORT", "--wait", "20s", "--interval", "1ms", "-q"]);
    outcome.assert_code(0);
    assert!(!server.request().is_empty() && !server.request().is_empty());
}

#[test]
fn a_long_body_is_shown_from_its_beginning() {
    let body = format!("{} {}", "begin", "x".repeat(20_000));
    let server = Server::answering(response("503 X", &body));
    server.assert_unhealthy(
        &[],
        "status 503, expected 200-399",
        &format!(" in <t>; body: begin {}…", "x".repeat(191)),
    );
    let gzip = "HTTP/1.1 503 X\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f?";
    Server::answering(gzip).assert_unhealthy(&[], "status 503, expected 200-399", " in <t>");
}

#[test]
fn json_output_has_it_as_a_check() {
    let server = Server::answering(CUT_SHORT);
    let (object, code) = server.prepare(&["127.0.0.1:PORT"]).json();
    assert_eq!(code, Some(1));
    assert_eq!(object["reason"], "body cut short after 5 of 100 bytes");
    assert_eq!(object["status"], 200);
    assert_eq!(object["checks"][1]["check"], "complete-response");
    assert_eq!(object["checks"][1]["ok"], false);
}
