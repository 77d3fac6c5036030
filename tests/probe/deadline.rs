//! One deadline for all stages; the verdict names the stage.

use crate::support::{Server, assert_within, drip, hold, response};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const TIMEOUT: &str = "1s";

/// Generous, for busy machines.
const LATEST: Duration = Duration::from_secs(10);

#[track_caller]
fn assert_times_out(
    play: impl Fn(&mut TcpStream) + Clone + Send + 'static,
    arguments: &[&str],
    reason: &str,
    after: &str,
) {
    let server = Server::handling(play);
    assert_within(LATEST, || {
        server.assert_unhealthy(
            &[&["-t", TIMEOUT], arguments].concat(),
            &format!("timed out after {TIMEOUT} {reason}"),
            after,
        );
    });
}

#[test]
fn times_out_without_a_response() {
    assert_times_out(hold, &[], "waiting for the response", "");
}

#[test]
fn times_out_on_dripping_headers() {
    let head = "HTTP/1.1 200 OK\r\nX: "
        .bytes()
        .chain(std::iter::repeat(b'x'));
    assert_times_out(
        move |stream| drip(stream, head.clone()),
        &[],
        "reading the response headers",
        "",
    );
}

#[test]
fn times_out_on_a_missing_body() {
    assert_times_out(
        |stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{");
            hold(stream);
        },
        &["-e", "a=1", "-e", "b=2", "--reject-body-regex", "x"],
        "reading the body, 1 bytes so far",
        " in <t>; body: {",
    );
}

#[test]
fn times_out_on_endless_events() {
    let server = Server::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        drip(stream, std::iter::repeat(*b"data: 1\n\n").flatten());
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "-t", TIMEOUT, "-e", "a=1"]);
    outcome.assert_starts("unhealthy: timed out after 1s reading the body, ");
}

#[test]
fn reports_the_status_although_the_body_never_comes() {
    let server = Server::holding(b"HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\nnot yet");
    assert_within(LATEST, || {
        server.assert_verdict(
            &[":PORT", "-t", TIMEOUT],
            "unhealthy: status 503, expected 200-399; \
             timed out after 1s reading the body, 7 bytes so far; \
             GET http://localhost:PORT/ in <t>; body: not yet",
        );
    });
}

#[test]
fn reports_status_and_body_failures_together() {
    let server = Server::holding(b"HTTP/1.1 503 No\r\n\r\n");
    server.assert_verdict(
        &[":PORT", "-t", TIMEOUT, "-e", "a=1"],
        "unhealthy: status 503, expected 200-399; \
         timed out after 1s reading the body, 0 bytes so far; \
         GET http://localhost:PORT/ in <t>",
    );
}

#[test]
fn applies_one_deadline_to_all_stages() {
    // Each part is fast, the whole is not.
    let server = Server::handling(|stream| {
        drip(
            stream,
            response("200 OK", &format!("\"{}\"", "x".repeat(5000))).into_bytes(),
        );
    });
    assert_within(LATEST, || {
        let outcome = server.probe(&[":PORT", "-t", "800ms", "-e", "$"]);
        outcome.assert_starts("unhealthy: timed out after 800ms ");
    });
}

#[test]
fn reports_an_exceeded_max_latency() {
    let server = Server::handling(|stream| {
        // Not for synchronization: slowness is under test.
        std::thread::sleep(Duration::from_millis(120));
        let _ = stream.write_all(response("200 OK", "{}").as_bytes());
    });
    server.assert_unhealthy(
        &["--max-latency", "100ms"],
        "took <t>, expected at most 100ms",
        " in <t>",
    );
    server.assert_healthy(&["--max-latency", "20s", "-t", "20s"]);
}

/// Sends the second part when the deadline has just passed, and with it the time for which a socket waits too long.
#[track_caller]
fn assert_too_late(arguments: &[&str], first: &'static [u8], second: &'static [u8]) {
    const SHORT: Duration = Duration::from_millis(100);
    for late in (0..5000).step_by(250) {
        // The probe's clock started before its connection was accepted.
        let server = Server::unread("127.0.0.1:0", move |stream| {
            let answer_at = Instant::now() + SHORT + Duration::from_micros(late);
            let _ = stream.write_all(first);
            std::thread::sleep(answer_at.saturating_duration_since(Instant::now()));
            let _ = stream.write_all(second);
            hold(stream);
        });
        let outcome = server.probe(&[arguments, &["-t", "100ms"]].concat());
        outcome.assert_starts("unhealthy: timed out after 100ms ");
    }
}

#[test]
fn counts_nothing_that_comes_after_the_deadline() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n";
    let body = b"{\"a\":1}";
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    assert_too_late(&[":PORT"], b"", whole);
    assert_too_late(&[":PORT", "-e", "a=1"], &whole[..20], &whole[20..]);
    assert_too_late(&[":PORT", "-e", "a=1"], head, body);
    // Nor is it a reason.
    assert_too_late(&[":PORT"], b"", b"220 mail ready\r\n");
}

#[cfg(feature = "tls")]
#[test]
fn counts_no_handshake_after_the_deadline() {
    let refused = b"\x15\x03\x03\x00\x02\x02\x28";
    assert_too_late(&["https://127.0.0.1:PORT"], b"", refused);
}
