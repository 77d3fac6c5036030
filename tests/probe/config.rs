//! `--config`: a check in a JSON file.

use crate::support::{Server, assert_error, file, probe, response};
use std::io::Write;

/// A server that predicts only for exactly this body and header.
fn model() -> Server {
    Server::handling_body(|stream, head, body| {
        let asked = head.starts_with("POST /v1/predict HTTP/1.1\r\n")
            && head.contains("\r\nx-model: iris\r\n");
        let answer = match body {
            b"{\"inputs\": [1, 2.50]}" if asked => {
                r#"{"predictions":[{"label":"cat","score":0.87}],"id":7}"#
            }
            _ => "{}",
        };
        let _ = stream.write_all(response("200 OK", answer).as_bytes());
    })
}

const PROBE: &str = r#"{
  "$schema": "https://example.com/probe.schema.json",
  "url": ":${PORT}/v1/predict",
  "headers": {"X-Model": "${MODEL:-iris}"},
  "data": {"inputs": [1, 2.50]},
  "timeout": 20,
  "expect_status": 200,
  "expect": ["length(predictions)>0", "predictions[*].label!=Unknown", "predictions[*].score>=0.5"],
  "expect_header": "content-type",
  "max_latency": "20s",
  "max_body": 1000,
  "baseline": {"predictions": [{"score": 0.86}]},
  "tolerance": "2%",
  "ignore": ["id"],
  "ipv4": true,
  "quiet": false
}"#;

#[test]
fn reads_every_option_from_the_config() {
    let server = model();
    let path = file("probe.json", PROBE);
    let port = server.port().to_string();
    server
        .prepare(&["--config", &path])
        .env("PORT", &port)
        .run()
        .assert_verdict("healthy: 200 OK in <t>; POST http://localhost:PORT/v1/predict");
    server
        .prepare(&[])
        .env("HEALTHPROBE_CONFIG", &path)
        .env("PORT", &port)
        .env("HEALTHPROBE_TOLERANCE", "0.5%")
        .run()
        .assert_verdict(
            "unhealthy: drift at $.predictions[0].score: 0.86 → 0.87 (Δ 0.01 > 0.0043); \
             POST http://localhost:PORT/v1/predict in <t>",
        );
}

#[test]
fn flags_and_environment_override_the_config() {
    let server = model();
    let path = file("layers.json", PROBE);
    let port = server.port().to_string();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut run = server
            .prepare(&[&["-c", &path], arguments].concat())
            .env("PORT", &port);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.run().out
    };
    let rest = "POST http://localhost:PORT/v1/predict in <t>";
    assert_eq!(
        run(&["-s", "204"], &[]),
        format!(
            "unhealthy: status 200, expected 204; {rest}; \
             body: {{\"predictions\":[{{\"label\":\"cat\",\"score\":0.87}}],\"id\":7}}\n"
        )
    );
    assert_eq!(
        run(
            &["-e", "length(predictions)=2"],
            &[("HEALTHPROBE_EXPECT", "length(predictions)=3")]
        ),
        format!("unhealthy: length(predictions) is 1, expected 2; {rest}\n")
    );
    assert_eq!(
        run(&[], &[("HEALTHPROBE_EXPECT", "length(predictions)=3")]),
        format!("unhealthy: length(predictions) is 1, expected 3; {rest}\n")
    );
    assert!(
        run(&["-d", "{}"], &[])
            .starts_with("unhealthy: predictions is missing, expected length(predictions)>0; ")
    );
    assert!(run(&["-H", "X-Other: y"], &[]).starts_with("unhealthy: predictions is missing"));
    // The flag overrides the config's baseline, which would conflict with it.
    let again = file("again.json", "");
    assert_eq!(
        run(&["--write-baseline", &again], &[]),
        "healthy: 200 OK in <t>; POST http://localhost:PORT/v1/predict\n"
    );
    assert_eq!(
        std::fs::read_to_string(&again).unwrap(),
        "{\n  \"predictions\": [\n    {\n      \"label\": \"cat\",\n      \"score\": 0.87\n    }\n  ]\n}\n"
    );
    assert!(run(&["-6"], &[]).contains("[::1]:PORT"));
}

#[test]
fn resolves_paths_relative_to_the_config() {
    let server = model();
    file("body.json", "{\"inputs\": [1, 2.50]}");
    file("known.json", "{\"predictions\":[{\"score\":0.87}]}");
    let path = file(
        "relative.json",
        r#"{"url":"127.0.0.1:${PORT}/v1/predict","headers":{"x-model":"iris"},"data_file":"body.json","baseline_file":"known.json"}"#,
    );
    server
        .prepare(&["-c", &path])
        .env("PORT", &server.port().to_string())
        .run()
        .assert_verdict("healthy: 200 OK in <t>; POST http://127.0.0.1:PORT/v1/predict");
    let missing = file("missing.json", r#"{"url":":1","data_file":"nope.json"}"#);
    let nope = missing.replace("missing.json", "nope.json");
    assert_error(
        &["-c", &missing],
        format!("{missing}: data_file: cannot read {nope}: No such file or directory"),
    );
}

#[test]
fn rejects_an_invalid_config_with_its_position() {
    for (text, message) in [
        ("url: x", "expected { and a JSON object at line 1 column 1"),
        (
            "{\n  // the model\n}",
            "expected a key in double quotes at line 2 column 3",
        ),
        (
            "{\"timeout\": 1,\n \"timeout\": 2}",
            "duplicate key \"timeout\" at line 2 column 2",
        ),
        (
            "{\n  \"timeot\": 1}",
            "unknown key \"timeot\" at line 2 column 3; did you mean \"timeout\"?",
        ),
        (
            "{\"header\": \"X: y\"}",
            "unknown key \"header\" at line 1 column 2; did you mean \"headers\"?",
        ),
        (
            "{\"write_baseline\": \"x\"}",
            "unknown key \"write_baseline\" at line 1 column 2; did you mean \"baseline\"?",
        ),
        (
            "{\"timeout\":\n  true}",
            "timeout: expected a string or a number, found true at line 2 column 3",
        ),
        (
            "{\"expect\": [\"a=1\", {}]}",
            "expect[1]: expected a string, in the list at line 1 column 12",
        ),
        (
            "{\"quiet\": \"yes\"}",
            "quiet: expected true or false, found a string at line 1 column 11",
        ),
        (
            "{\"headers\": [\"X: y\"]}",
            "headers: expected an object of names and values, found a list at line 1 column 13",
        ),
        (
            "{\"headers\": \"Authorization: s3cret\"}",
            "headers: expected an object of names and values, found a string at line 1 column 13",
        ),
        (
            "{\"headers\": {\"X\": \"a\", \"X\": \"b\"}}",
            "headers: duplicate name, in the object at line 1 column 13",
        ),
        (
            "{\"data\": 1, \"data_file\": \"x\"}",
            "data cannot be used with CONFIG: data_file",
        ),
        (
            "{\"ipv4\": true, \"ipv6\": true}",
            "ipv4 cannot be used with CONFIG: ipv6",
        ),
        (
            "{\"timeout\": \"5x\"}",
            "timeout \"5x\": column 2: expected a duration such as 500ms, 2s or 1m 30s",
        ),
        (
            "{\"expect\": [\"a=\"]}",
            "expect \"a=\": column 3: expected a value; the empty string is written \"\"",
        ),
        (
            "{\"headers\": {\"X Y\": \"s3cret\"}}",
            "headers: column 2: expected a header name without spaces, then a colon",
        ),
        (
            "{\"min_cosine\": 1.01}",
            "min_cosine \"1.01\": column 1: expected a cosine above 0 and at most 1, such as 0.99",
        ),
        (
            "{\"min_cosine\": 0.99}",
            "min_cosine: expected --baseline FILE as well, the vectors to compare with",
        ),
        (
            "{\"tolerance\": -1}",
            "tolerance \"-1\": column 1: expected a tolerance that is not negative",
        ),
        (
            "{\"baseline\": 1e999}",
            "baseline \"in the config\": baseline has 1e999 at $; only finite numbers are allowed",
        ),
    ] {
        let path = file("bad.json", text);
        let outcome = probe(&["-c", &path, ":1"]).run();
        let message = message.replace("CONFIG", &path);
        outcome.assert_error(format!("{path}: {message}"));
    }
    assert_error(
        &["-c", "/nowhere/probe.json"],
        "--config: cannot read /nowhere/probe.json: No such file or directory",
    );
    probe::<&str>(&[])
        .env("HEALTHPROBE_CONFIG", "/nowhere")
        .run()
        .assert_error("HEALTHPROBE_CONFIG: cannot read /nowhere: No such file or directory");
    let bytes = file("bytes.json", b"{\"url\":\"\xff\"}");
    assert_error(&["-c", &bytes], format!("{bytes}: not UTF-8 at byte 9"));
}
