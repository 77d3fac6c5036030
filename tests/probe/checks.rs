//! Status, header and body checks.

use crate::support::{Server, assert_error, response};

#[test]
fn reports_an_unexpected_status_with_the_body() {
    let server = Server::answering(response(
        "503 Service Unavailable",
        "{\n  \"detail\": \"Model not loaded\"\n}\n",
    ));
    server.assert_unhealthy(
        &[],
        "status 503, expected 200-399",
        " in <t>; body: { \"detail\": \"Model not loaded\" }",
    );
    server.assert_verdict(
        &["127.0.0.1:PORT/", "-s", "2xx,503"],
        "healthy: 503 Service Unavailable in <t>; GET http://127.0.0.1:PORT/",
    );
}

#[test]
fn prints_an_unregistered_status_as_a_number() {
    let server = Server::answering("HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n");
    server.assert_verdict(
        &["127.0.0.1:PORT/"],
        "healthy: 299 in <t>; GET http://127.0.0.1:PORT/",
    );
}

#[test]
fn asserts_on_headers() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\nX-Model: resnet\r\nX-Model: bert\r\nSet-Cookie: s=s3cret\r\nContent-Length: 0\r\n\r\n",
    );
    server.assert_healthy(&[
        "--expect-header",
        "x-model = bert",
        "--expect-header",
        "X-Model ~ ^res",
        "--expect-header",
        "!X-Error",
        "--expect-header",
        "X-Model != gpt",
    ]);
    server.assert_unhealthy(
        &[
            "--expect-header",
            "X-Model = gpt",
            "--expect-header",
            "!Set-Cookie",
        ],
        "header X-Model is \"resnet\" and \"bert\", expected \"gpt\"; \
         header Set-Cookie is set (value not shown), expected no such header",
        " in <t>",
    );
}

#[test]
fn asserts_on_the_body_text() {
    let server = Server::answering(response("200 OK", "Ollama is running"));
    server.assert_healthy(&["--expect-body", "running", "--expect-body-regex", "^Oll"]);
    server.assert_unhealthy(
        &["--expect-body", "ready", "--expect-body-regex", "^run", "--reject-body-regex", "is|are"],
        "body does not contain \"ready\"; body does not match ^run; body contains \"is\", rejected by is|are",
        " in <t>; body: Ollama is running",
    );
}

#[test]
fn rejects_invalid_checks() {
    for (arguments, message) in [
        (
            ["-s", "2x"],
            "--expect-status \"2x\": column 1: expected a status such as 200, 2xx or 200-299, or a list of these",
        ),
        (
            ["--expect-header", "X: y"],
            "--expect-header \"X: y\": column 2: expected =, !=, ~ or !~",
        ),
        (
            ["--expect-body", ""],
            "--expect-body \"\": column 1: expected a text to look for",
        ),
        (
            ["--expect-body-regex", "("],
            "--expect-body-regex \"(\": column 1: expected a regular expression: found open group without closing ')'",
        ),
        (
            ["--reject-body-regex", "[z-a]"],
            "--reject-body-regex \"[z-a]\": column 1: expected a regular expression: invalid range in character class",
        ),
        (
            ["-e", "status="],
            "--expect \"status=\": column 8: expected a value; the empty string is written \"\"",
        ),
        (
            ["-e", "model-name=x"],
            "--expect \"model-name=x\": column 6: expected a name of letters, digits and _; quote other names, as in ['a-b']",
        ),
        (
            ["--max-latency", "fast"],
            "--max-latency \"fast\": column 1: expected a duration such as 500ms, 2s or 1m 30s",
        ),
        (
            ["-o", "xml"],
            "--output \"xml\": column 1: expected text or json",
        ),
    ] {
        assert_error(&[&[":1"], &arguments[..]].concat(), message);
    }
}
