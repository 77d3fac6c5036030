//! Standard output, standard error and the exit code.

use crate::support::{Server, assert_outcome, assert_phases_sum, probe, response};
use std::fs::File;
use std::process::{Command, Stdio};

#[test]
fn prints_nothing_when_quiet_and_healthy() {
    let server = Server::json("{\"status\":\"ok\"}");
    for arguments in [
        &[":PORT", "-q"][..],
        &[":PORT", "-q", "-v"],
        &[":PORT", "-q", "-o", "json"],
    ] {
        assert_outcome(&server.probe(arguments), 0, "", "");
    }
    server.assert_verdict(
        &[":PORT", "--quiet", "-e", "status=no"],
        "unhealthy: status is \"ok\", expected \"no\"; GET http://localhost:PORT/ in <t>",
    );
}

#[test]
fn verbose_prints_address_times_checks_and_headers_to_stderr() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\nServer: uvicorn\r\nSet-Cookie: session=s3cret\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
    );
    let outcome = server.probe(&[
        "127.0.0.1:PORT/",
        "-v",
        "-e",
        "status=no",
        "--expect-body",
        "ok",
    ]);
    assert_outcome(
        &outcome,
        1,
        "unhealthy: status is \"ok\", expected \"no\"; GET http://127.0.0.1:PORT/ in <t>\n",
        "* connected to 127.0.0.1:PORT\n\
         * took <t>: resolve <t>, connect <t>, processing <t>, transfer <t>\n\
         * passed: expect-status 200-399 (200)\n\
         * passed: expect-body ok\n\
         * failed: expect status=no (\"ok\")\n\
         < 200 OK\n\
         < server: uvicorn\n\
         < set-cookie: (not shown)\n\
         < content-length: 15\n",
    );
}

#[test]
fn verbose_prints_at_most_4096_bytes() {
    let headers = "X-Header: some value of it\r\n".repeat(120);
    let server = Server::answering(format!(
        "HTTP/1.1 200 OK\r\nX-Long: {}\r\n{headers}\r\n",
        "x".repeat(9000)
    ));
    let output = server.prepare(&[":PORT", "-v"]).output();
    assert!(output.stdout.len() + output.stderr.len() <= 4096);
    let err = String::from_utf8(output.stderr).unwrap();
    let last: Vec<&str> = err.lines().rev().take(2).collect();
    assert!(
        last[0].starts_with("* and ") && last[0].ends_with(" more lines"),
        "{err}"
    );
    assert_eq!(last[1], "< x-header: some value of it");
    let long = err
        .lines()
        .find(|line| line.starts_with("< x-long"))
        .unwrap();
    assert!(long.len() <= 240 && long.ends_with("x…"), "{long}");
}

#[test]
fn json_output_is_one_object_with_the_documented_fields() {
    let server = Server::json("{\"status\":\"loading\",\"n\":1}");
    let output = server
        .prepare(&[
            "http://me:pw12@localhost:PORT/h?key=abcd",
            "-o",
            "json",
            "-e",
            "status=ok",
            "-e",
            "n=1",
            "-e",
            "x=1",
            "--max-latency",
            "20s",
        ])
        .output();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches('\n').count(), 1);
    let mut object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_phases_sum(&object);
    object["elapsed_ms"].take();
    let phases = object["phases_ms"].take();
    let names: Vec<&String> = phases.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["connect", "processing", "resolve", "tls", "transfer"]
    );
    let took = object["checks"][4]["actual"].take();
    assert!(took.as_str().unwrap().ends_with('s'), "{took}");
    assert_eq!(
        object,
        serde_json::json!({
            "healthy": false,
            "reason": "status is \"loading\", expected \"ok\"; x is missing, expected 1",
            "url": format!("http://localhost:{}/h", server.port()),
            "method": "GET",
            "redirects": [],
            "address": format!("127.0.0.1:{}", server.port()),
            "status": 200,
            "busy": false,
            "location": null,
            "attempts": 1,
            "elapsed_ms": null,
            "phases_ms": null,
            "checks": [
                {"check": "expect-status 200-399", "ok": true, "expected": "200-399", "actual": "200"},
                {"check": "expect status=ok", "ok": false, "expected": "\"ok\"", "actual": "\"loading\""},
                {"check": "expect n=1", "ok": true, "expected": "1", "actual": "1"},
                {"check": "expect x=1", "ok": false, "expected": "1", "actual": null},
                {"check": "max-latency 20s", "ok": true, "expected": "at most 20s", "actual": null},
            ],
            "body": "{\"status\":\"loading\",\"n\":1}",
        })
    );
}

#[test]
fn json_output_has_nulls_without_a_response() {
    let port = crate::support::free_port();
    let (object, _) = probe(&[format!("127.0.0.1:{port}")]).json();
    let reason = format!("connection refused (127.0.0.1:{port})");
    assert_eq!(object["healthy"], false);
    assert_eq!(object["reason"], reason);
    assert_eq!(object["address"], serde_json::Value::Null);
    assert_eq!(object["status"], serde_json::Value::Null);
    assert_eq!(
        object["checks"],
        serde_json::json!([{"check": "expect-status 200-399", "ok": false, "expected": "200-399", "actual": null}])
    );
    let server = Server::json("{}");
    let (object, _) = server.prepare(&[":PORT"]).json();
    assert_eq!(
        (&object["healthy"], &object["reason"], &object["body"]),
        (&true.into(), &().into(), &().into())
    );
}

#[test]
fn truncates_the_verdict_to_500_bytes_after_the_reason() {
    let long = "x".repeat(3000);
    let server = Server::answering(response("500 Oh", &long));
    let path = format!("127.0.0.1:{}/{}", server.port(), "p".repeat(2000));
    for (arguments, start, end) in [
        (
            vec![],
            "unhealthy: status 500, expected 200-399; GET http://127.0.0.1:",
            "x…\n",
        ),
        (
            vec!["-e", "a=1"],
            "unhealthy: status 500, expected 200-399; body is not JSON: expected value at line 1 column 1; GET",
            "x…\n",
        ),
        (
            vec!["--expect-body", &long[..400]],
            "unhealthy: status 500, expected 200-399; GET",
            "x…\n",
        ),
    ] {
        let output = probe(&[&[path.as_str()], &arguments[..]].concat()).output();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.len() <= 500, "{}", text.len());
        assert!(text.starts_with(start) && text.ends_with(end), "{text}");
    }
    let mut many = vec!["127.0.0.1:PORT".to_owned()];
    let server = Server::json(&format!("{{\"value\":\"{long}\"}}"));
    for index in 0..60 {
        many.extend(["-e".to_owned(), format!("value=expected-{index}")]);
    }
    let arguments: Vec<&str> = many.iter().map(String::as_str).collect();
    let output = server.prepare(&arguments).output();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.len() <= 500, "{}", text.len());
    assert!(
        text.contains("; and 58 more; GET http://127.0.0.1:"),
        "{text}"
    );
}

#[test]
fn escapes_control_characters_from_the_server() {
    let server = Server::answering(
        "HTTP/1.1 500 x\r\n\r\n\u{1b}[2J\u{7}\u{9b}\u{202e}\u{0}ok\nhealthy: 200 OK",
    );
    server.assert_unhealthy(
        &[],
        "status 500, expected 200-399",
        " in <t>; body: \\u001b[2J\\u0007\\u009b\\u202e\\u0000ok healthy: 200 OK",
    );
    let server = Server::json("{\"a\":\"\\u001b[2J\\n\u{9b}\"}");
    server.assert_unhealthy(
        &["-e", "a=1"],
        "a is \"\\u001b[2J\\n\\u009b\", expected 1",
        " in <t>",
    );
}

#[test]
fn masks_secrets_that_the_server_echoes() {
    // The server echoes everything: the worst case for a log.
    let server = Server::unread("127.0.0.1:0", |stream| {
        use std::io::{Read, Write};
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        let heard = String::from_utf8_lossy(&request[..read]).replace("\r\n", " ");
        let answer = format!(
            "HTTP/1.1 401 No\r\nX-Heard: {heard}\r\nContent-Length: {}\r\n\r\n{{\"heard\":\"{heard}\"}}",
            heard.len() + 12
        );
        let _ = stream.write_all(answer.as_bytes());
    });
    let secrets = [
        "pa55w0rd",
        "dXNlcjpwYTU1dzByZA==",
        "t0k3nt0k3n",
        "qu3ry",
        "c00k13",
    ];
    for output in ["text", "json"] {
        for extra in [
            &["-e", "heard=pa55w0rd"][..],
            &["-e", "heard=x"],
            &["--expect-header", "x-heard = x"],
            &["-e", "heard>1", "--reject-body-regex", ".*"],
        ] {
            let arguments = [
                &[
                    "http://user:pa55w0rd@127.0.0.1:PORT/h?key=qu3ry",
                    "-v",
                    "-o",
                    output,
                    "-H",
                    "X-Api-Key: t0k3nt0k3n",
                    "-H",
                    "Cookie: id=c00k13",
                ],
                extra,
            ]
            .concat();
            let outcome = server.probe(&arguments);
            outcome.assert_code(1);
            for secret in secrets {
                assert!(
                    !outcome.out.contains(secret) && !outcome.err.contains(secret),
                    "{secret}: {outcome:?}"
                );
            }
            assert!(
                outcome.out.contains("***") || outcome.err.contains("***"),
                "{outcome:?}"
            );
        }
    }
}

#[test]
fn keeps_the_exit_code_when_output_cannot_be_written() {
    let server = Server::json("{\"status\":\"ok\"}");
    let url = format!("127.0.0.1:{}", server.port());
    let run = |arguments: &[&str], stdout: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_healthprobe"))
            .args(arguments)
            .stdout(stdout)
            .stderr(File::create("/dev/full").unwrap())
            .status()
            .unwrap()
            .code()
    };
    let full = || Stdio::from(File::create("/dev/full").unwrap());
    assert_eq!(run(&[&url, "-v"], full()), Some(0));
    assert_eq!(run(&[&url, "-e", "status=no", "-v"], full()), Some(1));
    assert_eq!(run(&["--bad"], full()), Some(1));
    // Help consists of its output only.
    assert_eq!(run(&["--help"], full()), Some(1));
    assert_eq!(run(&["--version"], full()), Some(1));
    // Closed by a shell.
    let closed = |arguments: &str| {
        Command::new("sh")
            .arg("-c")
            .arg(format!(
                "exec '{}' {arguments} >&- 2>&-",
                env!("CARGO_BIN_EXE_healthprobe")
            ))
            .status()
            .unwrap()
            .code()
    };
    assert_eq!(closed(&url), Some(0));
    assert_eq!(closed(&format!("{url} -e status=no")), Some(1));
}

#[test]
fn help_and_version_exit_with_0() {
    for flag in ["--help", "-h"] {
        let outcome = probe(&[flag]).run();
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
        let summary = "Check that an HTTP service really works";
        assert!(outcome.out.starts_with(summary), "{}", outcome.out);
    }
    for flag in ["--version", "-V"] {
        let outcome = probe(&[flag]).run();
        assert_outcome(
            &outcome,
            0,
            &format!("healthprobe {}\n", env!("CARGO_PKG_VERSION")),
            "",
        );
    }
}

#[test]
fn json_output_reports_a_functions_result_as_actual() {
    let server = Server::json("{\"p\":[1,2],\"v\":\"3\",\"n\":4}");
    let (object, _) = server
        .prepare(&[
            ":PORT",
            "-e",
            "length(p)=2",
            "-e",
            "type(v)=number",
            "-e",
            "length(n)=1",
            "-e",
            "length($.*)>0",
            "-e",
            "sum(p)=3",
        ])
        .json();
    let actual: Vec<&serde_json::Value> = object["checks"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|check| &check["actual"])
        .collect();
    assert_eq!(actual, ["2", "\"string\"", "4", "4", "3"]);
}

#[test]
fn masks_secrets_in_their_json_escaped_form() {
    let server = Server::answering(response("401 No", r#"{"tried":"p\"a\\ss\n"}"#));
    server.assert_unhealthy(
        &["-u", "u:p\"a\\ss\n"],
        "status 401, expected 200-399",
        " in <t>; body: {\"tried\":\"***\"}",
    );
}
