//! Bodies that are not text in UTF-8, although no header says so.

use crate::support::Server;

fn server(body: &[u8]) -> Server {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    Server::answering([head.as_bytes(), body].concat())
}

/// What is rejected cannot be found in other bytes than its text's, and that is not health.
#[test]
fn fails_every_check_of_a_compressed_body() {
    // `printf 'an error' | gzip -n`
    let body = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\xcc\x53\x48\x2d\x2a\xca\x2f\x02\0\x5b\xd0\x8a\xd9\x08\0\0\0";
    let server = server(body);
    for (flag, value) in [
        ("--reject-body-regex", "error"),
        ("--expect-body-regex", "."),
        ("--expect-body", "K"),
    ] {
        let outcome = server.probe(&["127.0.0.1:PORT", flag, value]);
        outcome.assert_starts("unhealthy: body is gzip, which was not asked for; GET ");
    }
    let outcome = server.probe(&["127.0.0.1:PORT", "-e", "a=1"]);
    outcome.assert_starts(
        "unhealthy: body is not JSON: it is gzip, which was not asked for, at line 1 column 1; GET ",
    );
    server.assert_healthy(&["-s", "200"]);
}

#[test]
fn fails_every_check_of_a_body_in_utf_16() {
    let little: fn(u16) -> [u8; 2] = u16::to_le_bytes;
    for order in [little, u16::to_be_bytes] {
        let body: Vec<u8> = "an error".encode_utf16().flat_map(order).collect();
        let server = server(&body);
        for (flag, value) in [
            ("--reject-body-regex", "error"),
            ("--expect-body-regex", "a"),
            ("--expect-body", "a"),
        ] {
            let outcome = server.probe(&["127.0.0.1:PORT", flag, value]);
            outcome.assert_starts("unhealthy: body looks like UTF-16, expected UTF-8; GET ");
        }
        let outcome = server.probe(&["127.0.0.1:PORT", "-e", "a=1"]);
        outcome.assert_starts(
            "unhealthy: body is not JSON: it looks like UTF-16, expected UTF-8, at line 1 column 1; GET ",
        );
    }
}

#[test]
fn searches_other_binary_bodies() {
    let server = server(b"\0\0\0\0\x0c\n\nSERVING\xff ");
    server.assert_healthy(&[
        "--expect-body",
        "SERVING",
        "--reject-body-regex",
        "NOT_SERVING",
    ]);
}
