//! `--data`: request bodies.

use crate::support::{PATIENCE, Server, assert_error, assert_within, file, pipe, response};
use std::io::{Read, Write};
use std::process::Command;

/// A server that answers with the request's head and body as a JSON object.
fn echo() -> Server {
    Server::handling_body(|stream, head, body| {
        let printed =
            serde_json::json!({"head": head, "body": String::from_utf8_lossy(body)}).to_string();
        let _ = stream.write_all(response("200 OK", &printed).as_bytes());
    })
}

#[test]
fn posts_the_body_with_its_length_and_type() {
    let server = echo();
    let path = file("request.json", "{\"x\":\n[1]}");
    for (data, sent) in [
        ("{\"inputs\":\"x\"}", "{\"inputs\":\"x\"}"),
        ("", ""),
        (&format!("@{path}"), "{\"x\":\n[1]}"),
        ("grüße", "grüße"),
    ] {
        let outcome = server.probe(&[
            ":PORT",
            "-d",
            data,
            "-o",
            "json",
            "-e",
            "body=~^",
            "-e",
            "head~^POST / ",
        ]);
        assert_eq!(outcome.code, Some(0), "{data}: {outcome:?}");
        let request = server.request();
        assert!(
            request.contains("\r\ncontent-type: application/json\r\n"),
            "{request}"
        );
        assert!(
            request.contains(&format!("\r\ncontent-length: {}\r\n", sent.len())),
            "{request}"
        );
        assert!(!request.contains("transfer-encoding"), "{request}");
        let echoed = format!("body={}", serde_json::to_string(sent).unwrap());
        let outcome = server.probe(&[":PORT", "-d", data, "-e", &echoed]);
        assert_eq!(outcome.code, Some(0), "{data}: {outcome:?}");
        server.request();
    }
}

#[test]
fn overrides_method_and_content_type() {
    let server = echo();
    for method in ["GET", "PUT", "PATCH", "DELETE", "QUERY"] {
        let outcome = server.probe(&[
            ":PORT",
            "-X",
            method,
            "-d",
            "a=1",
            "-H",
            "Content-Type: application/x-www-form-urlencoded",
            "-e",
            "body=\"a=1\"",
            "-e",
            &format!("head~^{method} "),
            "-e",
            "head!~application/json",
            "-e",
            "head~content-length: 3",
        ]);
        outcome.assert_code(0);
    }
}

#[test]
fn reads_the_body_from_standard_input() {
    let server = echo();
    let url = format!(":{}", server.port());
    let output = pipe(
        Command::new(env!("CARGO_BIN_EXE_healthprobe")).args([
            &url,
            "--data",
            "@-",
            "-e",
            "body=from-a-pipe",
        ]),
        "from-a-pipe",
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn sends_a_large_body_completely() {
    let server = Server::handling_body(|stream, _, body| {
        let _ = stream.write_all(response("200 OK", &body.len().to_string()).as_bytes());
    });
    let path = file("large.json", vec![b'1'; 20 << 20]);
    server.assert_verdict(
        &[
            "127.0.0.1:PORT",
            "-d",
            &format!("@{path}"),
            "-t",
            "20s",
            "-e",
            "$=20971520",
        ],
        "healthy: 200 OK in <t>; POST http://127.0.0.1:PORT/",
    );
}

#[test]
fn reads_a_response_sent_before_the_body_ends() {
    // As a server that rejects the body: it responds, closes and reads no more.
    let server = Server::unread("127.0.0.1:0", |stream| {
        let _ = stream.read(&mut [0; 100]);
        let _ = stream
            .write_all(response("413 Content Too Large", "{\"detail\":\"too large\"}").as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
    });
    let path = file("refused.json", vec![b'1'; 8 << 20]);
    assert_within(PATIENCE, || {
        let outcome = server.probe(&["127.0.0.1:PORT", "-d", &format!("@{path}"), "-t", "20s"]);
        outcome.assert_code(1);
        // The kernel may discard the response together with the unread bytes.
        let lines = [
            "unhealthy: status 413, expected 200-399; POST http://127.0.0.1:PORT/ in <t>; body: {\"detail\":\"too large\"}\n",
            "unhealthy: connection reset before any response; POST http://127.0.0.1:PORT/\n",
        ];
        assert!(lines.contains(&outcome.out.as_str()), "{}", outcome.out);
    });
}

#[test]
fn times_out_when_the_server_does_not_read() {
    let server = Server::unread("127.0.0.1:0", |stream| {
        let _ = stream.peek(&mut [0]);
        std::thread::park();
    });
    let path = file("stuck.json", vec![b'1'; 20 << 20]);
    server.assert_verdict(
        &["127.0.0.1:PORT", "-d", &format!("@{path}"), "-t", "1s"],
        "unhealthy: timed out after 1s sending the request; POST http://127.0.0.1:PORT/",
    );
}

#[test]
fn rejects_an_unreadable_body_before_sending() {
    let server = echo();
    for (data, message) in [
        (
            "@/nowhere/x.json",
            "--data: cannot read /nowhere/x.json: No such file or directory",
        ),
        ("@", "--data: expected the name of a file"),
        ("@/", "--data: cannot read /: Is a directory"),
        (
            "@/dev/zero",
            "--data: cannot read /dev/zero: it is longer than 256 MiB",
        ),
    ] {
        // Reading up to the limit takes its time.
        let outcome = server.probe(&[":PORT", "-d", data, "-t", "60s"]);
        outcome.assert_error(message);
    }
    assert!(server.received_nothing());
    assert_error(
        &[":1", "-X", "HEAD", "-d", "x"],
        "--request \"HEAD\": it takes no body, which --data sets",
    );
}
