//! Bodies that are not the text that was asked for: compressed, or in UTF-16 or UTF-32.

use crate::support::Server;

fn answering(headers: &str, body: &[u8]) -> Server {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    Server::answering([head.as_bytes(), body].concat())
}

/// Every kind of check that needs the body. Without its text, some would hold.
const CHECKS: [[&str; 2]; 5] = [
    ["--expect-body", "ok"],
    ["--expect-body-regex", "."],
    ["--reject-body-regex", "error"],
    ["-e", "status=ok"],
    ["-e", "!error"],
];

#[test]
fn no_check_of_an_encoded_body_holds() {
    for (headers, codings) in [
        ("Content-Encoding: gzip\r\n", "gzip"),
        ("Content-Encoding: X-GZIP\r\n", "gzip"),
        ("content-encoding: deflate, BR\r\n", "deflate, br"),
        (
            "Content-Encoding: zstd\r\nContent-Encoding: gzip\r\n",
            "zstd, gzip",
        ),
        ("Content-Encoding: identity, gzip\r\n", "gzip"),
        ("Content-Encoding:\r\n gzip\r\n", "gzip"),
        ("Content-Encoding: \u{202e}pizg\r\n", "\\u202epizg"),
        ("Transfer-Encoding: gzip\r\n", "gzip"),
    ] {
        for check in CHECKS {
            // Bytes that happen to be text: a server may lie.
            answering(headers, b"{\"status\":\"ok\"}").assert_unhealthy(
                &check,
                &format!("body is {codings}-encoded, which was not asked for"),
                " in <t>",
            );
        }
    }
    let long = format!("Content-Encoding: {}\r\n", "x".repeat(1000));
    answering(&long, b"ok").assert_unhealthy(
        &["--expect-body", "ok"],
        &format!(
            "body is {}…-encoded, which was not asked for",
            "x".repeat(37)
        ),
        " in <t>",
    );
}

#[test]
fn an_encoded_body_is_irrelevant_if_no_check_needs_it() {
    for headers in ["Content-Encoding: gzip\r\n", "Transfer-Encoding: gzip\r\n"] {
        let server = answering(headers, b"\x1f\x8b\x08\0");
        server.assert_healthy(&["--max-latency", "20s"]);
    }
    answering("", b"\xff\xfeo\0k\0").assert_healthy(&[]);
}

#[test]
fn identity_and_nothing_are_no_encoding() {
    for headers in [
        "Content-Encoding: identity\r\n",
        "Content-Encoding: \r\n",
        "Content-Encoding: Identity,, identity\r\n",
    ] {
        answering(headers, b"{\"status\":\"ok\"}").assert_healthy(&["-e", "status=ok"]);
    }
    let empty = "HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n";
    let reason = "body is empty, expected text matching .";
    Server::answering(empty).assert_unhealthy(&["--expect-body-regex", "."], reason, " in <t>");
}

#[test]
fn no_check_of_a_body_in_utf_16_or_utf_32_holds() {
    let utf_16 = "{\"status\":\"ok\"}".encode_utf16();
    let utf_32 = "{\"status\":\"ok\"}".chars().map(u32::from);
    let little: Vec<u8> = utf_16.clone().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = utf_16.flat_map(u16::to_be_bytes).collect();
    let little_32: Vec<u8> = utf_32.clone().flat_map(u32::to_le_bytes).collect();
    let big_32: Vec<u8> = utf_32.flat_map(u32::to_be_bytes).collect();
    for (headers, body, encoding) in [
        ("", [b"\xff\xfe".as_slice(), &little].concat(), "UTF-16"),
        ("", [b"\xfe\xff".as_slice(), &big].concat(), "UTF-16"),
        (
            "",
            [b"\xff\xfe\0\0".as_slice(), &little_32].concat(),
            "UTF-32",
        ),
        ("", [b"\0\0\xfe\xff".as_slice(), &big_32].concat(), "UTF-32"),
        (
            "Content-Type: text/plain; charset=\"UTF-16LE\"\r\n",
            little,
            "UTF-16",
        ),
        (
            "Content-Type: application/json;charset=utf-32\r\n",
            big_32,
            "UTF-32",
        ),
    ] {
        for check in CHECKS {
            answering(headers, &body).assert_unhealthy(
                &check,
                &format!("body is {encoding}, expected UTF-8"),
                " in <t>",
            );
        }
    }
}

#[test]
fn other_bodies_are_searched_whatever_they_are_said_to_be() {
    for (headers, body) in [
        ("Content-Type: text/plain; charset=utf-16\r\n", &b"ok"[..]),
        (
            "Content-Type: text/plain; charset=iso-8859-1\r\n",
            b"\xe9 ok",
        ),
        ("", b"\xef\xbb\xbfok"),
        ("", b"\xff ok"),
        ("", b"\0\0\0\0\x02ok"),
    ] {
        answering(headers, body).assert_healthy(&["--expect-body", "ok"]);
    }
}
