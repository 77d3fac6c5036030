//! Faults of an established connection: in the request, the response head and the body.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{assert_cell, assert_large_cell, assert_reset, drip, flood, half_close, reset};
use crate::support::{Server, hold, new_file};

/// A fault, the server's behaviour, the expected reason, and the text after the URL.
type Cell = (&'static str, fn(&mut TcpStream), &'static str, &'static str);

/// Probes a server that has read the request's head.
#[track_caller]
fn assert_answer(
    cell: &str,
    play: impl Fn(&mut TcpStream) + Clone + Send + 'static,
    arguments: &[&str],
    reason: &str,
    after: &str,
) {
    let server = Server::handling(play);
    let url = format!("http://127.0.0.1:{}/", server.port());
    let says = format!("unhealthy: {reason}; GET http://127.0.0.1:PORT/{after}");
    assert_cell(cell, &[&[url.as_str()], arguments].concat(), &says);
}

#[test]
fn reports_faults_in_the_response_head() {
    let cells: [Cell; 8] = [
        (
            "refused",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno");
            },
            "status 503, expected 200-399",
            " in <t>; body: no",
        ),
        (
            "reset",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-A");
                reset(stream);
            },
            // The reset may discard the bytes before it.
            "connection reset",
            "",
        ),
        (
            "silence",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-A");
                hold(stream);
            },
            "timed out after 400ms reading the response headers",
            "",
        ),
        (
            "drip",
            |stream| {
                drip(
                    stream,
                    b"HTTP/1.1 200 OK\r\nX: "
                        .iter()
                        .copied()
                        .chain(std::iter::repeat(b'x')),
                );
            },
            "timed out after 400ms reading the response headers",
            "",
        ),
        (
            "garbage",
            |stream| {
                let _ = stream.write_all(b"\x00\xff\x13garbage\r\n\r\n");
            },
            "not an HTTP/1 response (invalid HTTP version): it begins with \"\\0\u{fffd}\\u{13}garbage\\r\\n\\r\\n\"",
            "",
        ),
        (
            "early close",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-A");
            },
            "connection closed in the response headers, after <n> bytes",
            "",
        ),
        (
            "endless",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                flood(stream, b"X-Header: and another one\r\n");
            },
            "not an HTTP/1 response (too many headers): it begins with \"HTTP/1.1 200 OK\\r\\nX-Header: and a…\"",
            "",
        ),
        (
            "half-close",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-A");
                half_close(stream);
            },
            "connection closed in the response headers, after <n> bytes",
            "",
        ),
    ];
    for (fault, play, reason, after) in cells {
        let cell = format!("response head, {fault}");
        if fault == "reset" {
            assert_reset(&cell, &Server::handling(play), &[]);
        } else {
            assert_answer(&cell, play, &[], reason, after);
        }
    }
}

#[test]
fn reports_faults_in_the_body() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let cells: [Cell; 8] = [
        (
            "refused",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n<h1>Bad Gateway</h1>");
            },
            "status 502, expected 200-399; body is not JSON: it looks like HTML or XML at line 1 column 1",
            " in <t>; body: <h1>Bad Gateway</h1>",
        ),
        (
            "reset",
            |stream| {
                let _ = stream.write_all(&[HEAD, b"{\"a\""].concat());
                reset(stream);
            },
            "",
            "",
        ),
        (
            "silence",
            |stream| {
                let _ = stream.write_all(&[HEAD, b"{\"a\""].concat());
                hold(stream);
            },
            "timed out after 400ms reading the body, <n> bytes so far",
            " in <t>; body: {\"a\"",
        ),
        (
            "drip",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                drip(stream, std::iter::repeat(b' '));
            },
            "timed out after 400ms reading the body, <n> bytes so far",
            " in <t>",
        ),
        (
            "garbage",
            |stream| {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
                );
            },
            "body cannot be read: chunk size \"zz\", expected a hexadecimal number",
            " in <t>",
        ),
        (
            "early close",
            |stream| {
                let _ = stream.write_all(&[HEAD, b"{\"a\""].concat());
            },
            "body cut short after 4 of <n> bytes",
            " in <t>; body: {\"a\"",
        ),
        (
            "endless",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                flood(stream, &[b' '; 10_000]);
            },
            "body is longer than 1MiB (--max-body)",
            " in <t>",
        ),
        (
            "half-close",
            |stream| {
                let _ = stream.write_all(&[HEAD, b"{\"a\""].concat());
                half_close(stream);
            },
            "body cut short after 4 of <n> bytes",
            " in <t>; body: {\"a\"",
        ),
    ];
    for (fault, play, reason, after) in cells {
        let cell = format!("body, {fault}");
        if fault == "reset" {
            assert_reset(&cell, &Server::handling(play), &["-e", "a=1"]);
        } else {
            assert_answer(&cell, play, &["-e", "a=1"], reason, after);
        }
    }
}

/// The size of a request body in kB, larger than the kernel's buffers.
const DATA: usize = 8 << 10;

#[test]
fn reports_faults_while_sending_the_request() {
    let data = format!("@{}", new_file(vec![b' '; DATA << 10]));
    let cells: [Cell; 8] = [
        (
            "refused",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
                half_close(stream);
            },
            "status 413, expected 200-399",
            " in <t>; body: no",
        ),
        (
            "reset",
            |stream| reset(stream),
            "connection reset before any response",
            "",
        ),
        (
            "silence",
            |_| std::thread::sleep(super::TIMEOUT * 3),
            "timed out after 400ms sending the request",
            "",
        ),
        (
            "drip",
            |stream| {
                let mut byte = [0];
                while matches!(stream.read(&mut byte), Ok(1)) {
                    // Not for synchronization: slowness is under test.
                    std::thread::sleep(super::DRIP);
                }
            },
            "timed out after 400ms sending the request",
            "",
        ),
        (
            "garbage",
            |stream| {
                let _ = stream.write_all(b"garbage\r\n\r\n");
                half_close(stream);
            },
            "not an HTTP/1 response (invalid HTTP version): it begins with \"garbage\\r\\n\\r\\n\"",
            "",
        ),
        (
            "early close",
            |_| (),
            "connection reset before any response",
            "",
        ),
        (
            "endless",
            |stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                flood(stream, b"X-Header: and another one\r\n");
            },
            "timed out after 400ms sending the request",
            "",
        ),
        (
            "half-close",
            half_close,
            "connection closed before any response",
            "",
        ),
    ];
    for (fault, play, reason, after) in cells {
        let server = Server::handling(play);
        let url = format!("http://127.0.0.1:{}/", server.port());
        let says = format!("unhealthy: {reason}; POST http://127.0.0.1:PORT/{after}");
        let cell = format!("request, {fault}");
        assert_large_cell(&cell, &[&url, "-d", &data], &says, DATA as u64);
    }
}
