//! Chunked bodies (RFC 9112, section 7.1).

use crate::support::{Server, drip, hold};
use std::io::Write;

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const JSON: &[&str] = &["-e", "status=ok"];

fn chunked(body: &str) -> Server {
    Server::answering(format!("{HEAD}{body}"))
}

#[test]
fn ignores_extensions_and_trailers_of_any_length_within_reason() {
    let signature = "0123456789abcdef".repeat(4);
    for body in [
        format!(
            "f;chunk-signature={signature}\r\n{{\"status\":\"ok\"}}\r\n0;chunk-signature={signature}\r\n\r\n"
        ),
        format!(
            "f;a=\"{}\"\r\n{{\"status\":\"ok\"}}\r\n0\r\n\r\n",
            "x;".repeat(8000)
        ),
        "000000000000000000000000000f\r\n{\"status\":\"ok\"}\r\n00000000000000000000000000\r\n\r\n"
            .to_owned(),
        format!(
            "f\r\n{{\"status\":\"ok\"}}\r\n0\r\n{}\r\n",
            format!("X-Checksum: {signature}\r\n").repeat(500)
        ),
    ] {
        chunked(&body).assert_healthy(JSON);
    }
}

#[test]
fn chunks_may_arrive_byte_by_byte() {
    let server = Server::handling(|stream| {
        let body = "4;signature=0123456789\r\n{\"st\r\nb\r\natus\":\"ok\"}\r\n0;x\r\nX: t\r\n\r\n";
        let _ = stream.write_all(HEAD.as_bytes());
        drip(stream, body.bytes());
    });
    server.assert_healthy(&[JSON, &["-t", "20s"]].concat());
}

#[test]
fn decodes_chunks_of_http_1_0() {
    let answer = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n";
    Server::answering(answer).assert_healthy(JSON);
}

#[test]
fn a_size_has_hexadecimal_digits_only() {
    for size in [
        "zz",
        "+2",
        "-2",
        " 2",
        "0x2",
        "2 2",
        "",
        ";x",
        "2,x",
        "FFFFFFFFFFFFFFFFF",
    ] {
        chunked(&format!("{size}\r\n{{}}\r\n0\r\n\r\n")).assert_unhealthy(
            JSON,
            &format!("body cannot be read: chunk size {size:?}, expected a hexadecimal number"),
            " in <t>",
        );
    }
}

#[test]
fn reports_malformed_chunks() {
    for (body, reason, shown) in [
        (
            "2\r\n{}}\r\n0\r\n\r\n",
            "chunk does not end where its size says",
            "; body: {}",
        ),
        ("2\n{}\n0\n\n", "line of a chunk ends without CR", ""),
        (
            "2\r\n{}\r\n0\r\nX: t\n\r\n",
            "line of a chunk ends without CR",
            "; body: {}",
        ),
    ] {
        chunked(body).assert_unhealthy(
            JSON,
            &format!("body cannot be read: {reason}"),
            &format!(" in <t>{shown}"),
        );
    }
    // The status was read before.
    let answer = "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\nzz\r\n";
    Server::answering(answer).assert_unhealthy(
        &["--expect-body-regex", "ok"],
        "status 503, expected 200-399; body cannot be read: chunk size \"zz\", expected a hexadecimal number",
        " in <t>; body: no",
    );
}

#[test]
fn bounds_lines_and_trailers() {
    let endless = |start: &'static str, part: &'static str| {
        Server::handling(move |stream| {
            let _ = stream.write_all(format!("{HEAD}{start}").as_bytes());
            while stream.write_all(part.repeat(500).as_bytes()).is_ok() {}
        })
    };
    for (start, part, reason) in [
        ("", "1111", "line of a chunk is longer than 16KiB"),
        ("2;", "xxxx", "line of a chunk is longer than 16KiB"),
        ("0\r\n", "X: t", "line of a chunk is longer than 16KiB"),
        ("0\r\n", "X: t\r\n", "trailers are longer than 64KiB"),
    ] {
        endless(start, part).assert_unhealthy(
            &[JSON, &["-t", "20s"]].concat(),
            &format!("body cannot be read: {reason}"),
            " in <t>",
        );
    }
}

#[test]
fn reports_where_chunks_were_cut_short() {
    for body in [
        "f\r\n{\"status\":\"ok\"}\r\n",
        "f\r\n{\"status\":\"ok\"}\r",
        "f\r\n{\"status\":\"ok\"}",
        "f\r\n{\"status\":\"ok\"}\r\n1",
        "f\r\n{\"status\":\"ok\"}\r\n0;signature=0",
        "f\r\n{\"status\":\"ok\"}\r\n0\r",
        "f\r\n{\"status\":\"ok\"}\r\n0\r\nX: t",
    ] {
        let after = " in <t>; body: {\"status\":\"ok\"}";
        chunked(body).assert_unhealthy(JSON, "body cut short after 15 bytes", after);
        let body = body.to_owned();
        let server = Server::handling(move |stream| {
            let _ = stream.write_all(format!("{HEAD}{body}").as_bytes());
            hold(stream);
        });
        server.assert_unhealthy(
            &[JSON, &["-t", "400ms"]].concat(),
            "timed out after 400ms reading the body, 15 bytes so far",
            after,
        );
    }
    // The zero chunk has come, so the body is complete (section 8).
    chunked("f\r\n{\"status\":\"ok\"}\r\n0\r\n").assert_healthy(JSON);
}
