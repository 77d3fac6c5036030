//! `--busy-status`: a server that refuses requests because it is busy is healthy.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{Server, assert_error, assert_outcome, file, hold, in_turn, probe, response};

const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 100\r\n\r\nhello";

const HEALTHY: &str = "healthy: 429 Too Many Requests (busy) in <t>; GET http://127.0.0.1:PORT/";

fn busy() -> String {
    response("429 Too Many Requests", r#"{"error":"overloaded"}"#)
}

#[test]
fn a_busy_server_is_healthy_at_once_whatever_headers_and_body() {
    let recorded = file("busy.json", r#"{"a":1}"#);
    for checks in [
        &["-e", "a=1"][..],
        &["--expect-body", "ready"],
        &["--expect-body-regex", "ready"],
        &["--reject-body-regex", "hello"],
        &["--expect-header", "X-Model = resnet"],
        &["--baseline", &recorded],
        &["--max-body", "0"],
        &["-s", "200"],
        // Busy although it is expected.
        &["-s", "200,429", "-e", "a=1"],
        &[],
    ] {
        let arguments = [
            &["127.0.0.1:PORT", "-t", "1m", "--busy-status", "429"],
            checks,
        ]
        .concat();
        // The rest of the body never comes, or the connection ends before it.
        Server::holding(BUSY).assert_verdict(&arguments, HEALTHY);
        Server::answering(BUSY).assert_verdict(&arguments, HEALTHY);
    }
    let set = ["127.0.0.1:PORT", "--busy-status", " 503, 420-429 "];
    Server::answering(busy()).assert_verdict(&set, HEALTHY);
}

#[test]
fn any_other_response_is_checked_as_without_it() {
    let arguments = &["--busy-status", "429", "-e", "a=1"];
    Server::json(r#"{"a":1}"#).assert_healthy(arguments);
    Server::json(r#"{"a":2}"#).assert_unhealthy(arguments, "a is 2, expected 1", " in <t>");
    Server::answering(response("503 Service Unavailable", "loading")).assert_unhealthy(
        &["--busy-status", "429"],
        "status 503, expected 200-399",
        " in <t>; body: loading",
    );
    Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").assert_unhealthy(
        &["--busy-status", "429"],
        "body cut short after 5 of 9 bytes",
        " in <t>; body: hello",
    );
    Server::answering(busy()).assert_unhealthy(
        &[],
        "status 429, expected 200-399",
        " in <t>; body: {\"error\":\"overloaded\"}",
    );
}

/// A server that is slow to refuse a request has more than a full queue.
#[test]
fn a_busy_server_must_answer_in_time() {
    let server = Server::handling(|stream| {
        // Not for synchronization: lateness is under test.
        thread::sleep(Duration::from_millis(400));
        let _ = stream.write_all(BUSY.as_bytes());
    });
    let arguments = ["--busy-status", "429", "-e", "a=1", "-t", "30s"];
    server.assert_unhealthy(
        &[&arguments[..], &["--max-latency", "250ms"]].concat(),
        "took <t>, expected at most 250ms",
        " in <t>",
    );
    let late = [
        &["127.0.0.1:PORT"],
        &arguments[..],
        &["--max-latency", "250ms"],
    ]
    .concat();
    let (object, code) = server.prepare(&late).json();
    assert_eq!(
        (&object["healthy"], &object["busy"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(code, Some(1));
    let in_time = [
        &["127.0.0.1:PORT"],
        &arguments[..],
        &["--max-latency", "20s"],
    ]
    .concat();
    server.assert_verdict(&in_time, HEALTHY);
    Server::handling(hold).assert_unhealthy(
        &["--busy-status", "429", "-t", "300ms"],
        "timed out after 300ms waiting for the response",
        "",
    );
}

#[test]
fn a_redirect_counts_when_it_is_the_response() {
    let server = Server::handling_body(|stream, head, _| {
        let answer = if head.starts_with("GET / ") {
            "HTTP/1.1 302 Found\r\nLocation: /queue\r\nContent-Length: 0\r\n\r\n"
        } else {
            BUSY
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    server.assert_verdict(
        &["127.0.0.1:PORT", "--busy-status", "3xx", "-e", "a=1"],
        "healthy: 302 Found → /queue (busy) in <t>; GET http://127.0.0.1:PORT/",
    );
    server.assert_verdict(
        &[
            "127.0.0.1:PORT",
            "-L",
            "--busy-status",
            "302,429",
            "-e",
            "a=1",
        ],
        "healthy: 429 Too Many Requests (busy) in <t>; GET http://127.0.0.1:PORT/, \
         redirected to http://127.0.0.1:PORT/queue",
    );
}

#[test]
fn ends_the_wait() {
    let server = in_turn(&[response("503 Service Unavailable", ""), busy()]);
    let outcome = server.probe(&[
        "127.0.0.1:PORT",
        "--wait",
        "20s",
        "--interval",
        "1ms",
        "--busy-status",
        "429",
        "-e",
        "a=1",
    ]);
    outcome.assert_code(0);
    assert_eq!(outcome.out, format!("{HEALTHY}; attempt 2 after <t>\n"));
}

#[test]
fn a_busy_response_is_not_recorded() {
    let path = file("not-recorded.json", "kept");
    let arguments = ["--busy-status", "429", "--write-baseline", &path];
    let reason = "status 429 means busy, so there is no response to record";
    Server::answering(busy()).assert_unhealthy(&arguments, reason, " in <t>");
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");

    let server = in_turn(&[busy(), busy(), response("200 OK", r#"{"a":1}"#)]);
    let wait = ["--wait", "20s", "--interval", "1ms"];
    let outcome = server.probe(&[&["127.0.0.1:PORT"], &arguments[..], &wait].concat());
    assert_outcome(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 3 after <t>\n",
        &format!("unhealthy: {reason}; GET http://127.0.0.1:PORT/ in <t>; attempt 1 after <t>\n"),
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"a\": 1\n}\n");
}

#[test]
fn every_output_says_that_the_server_is_busy() {
    let server = Server::answering(busy());
    let arguments = ["127.0.0.1:PORT", "--busy-status", "429,503", "-e", "a=1"];
    let (object, code) = server.prepare(&arguments).json();
    assert_eq!(code, Some(0));
    assert_eq!(
        (&object["healthy"], &object["busy"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (&object["reason"], &object["body"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(
        object["checks"],
        json!([{
            "check": "expect-status 200-399",
            "ok": true,
            "expected": "200-399, or 429,503 (busy)",
            "actual": "429 (busy)"
        }])
    );

    let metrics = file("busy.prom", "");
    let outcome = server.probe(&[&arguments[..], &["-v", "--metrics-file", &metrics]].concat());
    assert_eq!(outcome.out, format!("{HEALTHY}\n"));
    assert!(
        outcome
            .err
            .contains("\n* passed: expect-status 200-399 (429 (busy))\n<"),
        "{}",
        outcome.err
    );
    let metrics = fs::read_to_string(&metrics).unwrap();
    for line in [
        "healthprobe_busy{",
        "probe_success{",
        "healthprobe_check_success{",
    ] {
        let samples: Vec<&str> = metrics.lines().filter(|l| l.starts_with(line)).collect();
        assert!(
            matches!(samples[..], [sample] if sample.ends_with("} 1")),
            "{metrics}"
        );
    }

    let quiet = server.probe(&[&arguments[..], &["-q"]].concat());
    assert_outcome(&quiet, 0, "", "");

    for (answer, busy) in [
        (response("503 X", ""), true),
        (response("500 X", ""), false),
    ] {
        let (object, _) = Server::answering(answer).prepare(&arguments).json();
        assert_eq!(object["busy"], busy);
    }
}

#[test]
fn the_set_comes_from_the_environment_or_the_config_too() {
    let server = Server::answering(busy());
    let run = |set| {
        server
            .prepare(&["127.0.0.1:PORT"])
            .env("HEALTHPROBE_BUSY_STATUS", set)
            .run()
    };
    run("429").assert_verdict(HEALTHY);
    run("").assert_starts("unhealthy: status 429, expected 200-399");
    run("2").assert_error(
        "HEALTHPROBE_BUSY_STATUS \"2\": column 1: expected a status such as 200, 2xx or 200-299, or a list of these",
    );
    for set in ["429", "\"420-429\""] {
        let config = file(
            &format!("busy-{}.json", set.len()),
            format!("{{\"busy_status\": {set}}}"),
        );
        server.assert_verdict(&["127.0.0.1:PORT", "-c", &config], HEALTHY);
    }
    assert_eq!(probe(&[":1"]).json().0["busy"], false);
}

/// Such a set would make a server healthy that answers anything.
#[test]
fn rejects_a_status_of_success() {
    for set in ["200", "2xx", "503,204", "100-599"] {
        assert_error(
            &[":1", "--busy-status", set],
            format!(
                "--busy-status {set:?}: column 1: expected no 2xx status: a busy response passes \
                 without checks of its headers and body"
            ),
        );
    }
}
