//! `--wait`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    self, PATIENCE, Server, assert_error, assert_outcome, assert_within, file, free_port, hold,
    in_turn, probe, response, wait_for_outcome, without_times,
};

fn loading() -> String {
    response("503 Service Unavailable", "{\"detail\":\"loading\"}")
}

fn ok() -> String {
    response("200 OK", "{\"status\":\"ok\"}")
}

/// A server that never responds.
fn stuck() -> Server {
    Server::handling(hold)
}

fn requests(server: &Server) -> usize {
    let mut count = 0;
    while !server.received_nothing() {
        count += 1;
    }
    count
}

const QUICKLY: [&str; 5] = ["127.0.0.1:PORT", "--wait", "20s", "--interval", "1ms"];

#[test]
fn prints_each_new_reason_once_and_then_the_last_verdict() {
    let cold = response("200 OK", "{\"status\":\"cold\"}");
    let server = in_turn(&[loading(), loading(), cold, loading(), loading(), ok()]);
    let outcome = server.probe(&[&QUICKLY[..], &["-e", "status=ok"]].concat());
    let told = |attempt: u32, reasons: &str, body: &str| {
        format!(
            "unhealthy: {reasons}; GET http://127.0.0.1:PORT/ in <t>; attempt {attempt} after <t>; body: {body}\n"
        )
    };
    let loading = |attempt| {
        told(
            attempt,
            "status 503, expected 200-399; status is missing, expected \"ok\"",
            "{\"detail\":\"loading\"}",
        )
    };
    let cold = told(
        3,
        "status is \"cold\", expected \"ok\"",
        "{\"status\":\"cold\"}",
    )
    .replace("; body: {\"status\":\"cold\"}", "");
    assert_outcome(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 6 after <t>\n",
        &[loading(1), cold, loading(4)].concat(),
    );
    assert_eq!(requests(&server), 6);
}

#[test]
fn returns_at_once_when_healthy() {
    let server = Server::json("{}");
    assert_within(Duration::from_secs(5), || {
        server.assert_verdict(
            &["127.0.0.1:PORT", "--wait", "20s", "--interval", "10s"],
            "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/; attempt 1 after <t>",
        );
    });
    assert_eq!(requests(&server), 1);
}

#[test]
fn waits_for_a_server_that_starts_later() {
    let address = format!("127.0.0.1:{}", free_port());
    let mut child = start(&[&address, "--wait", "20s", "--interval", "20ms"]);
    let mut told = String::new();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    err.read_line(&mut told).unwrap();
    let _server = Server::on(&address, |stream: &mut TcpStream| {
        let _ = stream.write_all(ok().as_bytes());
    });
    err.read_to_string(&mut told).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        without_times(&told),
        format!(
            "unhealthy: connection refused ({address}); GET http://{address}/; attempt 1 after <t>\n"
        )
    );
    assert!(
        output.stdout.starts_with(b"healthy: 200 OK in "),
        "{output:?}"
    );
}

#[test]
fn reports_the_last_verdict_when_time_is_up() {
    let server = in_turn(&[loading()]);
    let started = Instant::now();
    let outcome = server.probe(&["127.0.0.1:PORT", "--wait", "3s", "--interval", "1s"]);
    let took = started.elapsed();
    outcome.assert_code(1);
    let line = "unhealthy: status 503, expected 200-399; GET http://127.0.0.1:PORT/ in <t>; attempt 1 after <t>; body: {\"detail\":\"loading\"}\n";
    assert_eq!(outcome.err, line);
    // At 0, 1, 2 and 2.8 s; one less on a busy machine.
    assert!(
        ["attempt 4", "attempt 3"]
            .iter()
            .any(|last| outcome.out == line.replace("attempt 1", last)),
        "{outcome:?}"
    );
    assert!((2800..10_000).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn ends_at_a_wait_shorter_than_the_timeout() {
    let server = stuck();
    assert_within(PATIENCE, || {
        server.assert_verdict(
            &["127.0.0.1:PORT", "--wait", "1s", "-t", "60s"],
            "unhealthy: timed out after 1s waiting for the response; \
             GET http://127.0.0.1:PORT/; attempt 1 after <t>",
        );
    });
    let outcome = server.probe(&["127.0.0.1:PORT", "--wait", "1ms"]);
    outcome.assert_code(1);
    assert!(
        outcome.out.starts_with("unhealthy: timed out after 1ms ")
            && outcome.out.contains("; attempt 1 "),
        "{outcome:?}"
    );
}

#[test]
fn applies_the_timeout_to_each_attempt() {
    let server = stuck();
    assert_within(Duration::from_secs(10), || {
        let outcome = server.probe(&[
            "127.0.0.1:PORT",
            "--wait",
            "3s",
            "-t",
            "700ms",
            "--interval",
            "50ms",
        ]);
        let first = "unhealthy: timed out after 700ms waiting for the response; GET http://127.0.0.1:PORT/; attempt 1 after <t>\n";
        assert!(outcome.err.starts_with(first), "{outcome:?}");
        let last = outcome.out.split_once("timed out after ").unwrap().1;
        let last: u32 = last.split_once("ms ").unwrap().0.parse().unwrap();
        assert!((100..=700).contains(&last), "{outcome:?}");
    });
    assert!((3..=5).contains(&requests(&server)));
}

#[test]
fn applies_max_latency_to_each_attempt() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::handling(move |stream| {
        if count.fetch_add(1, Ordering::SeqCst) < 2 {
            // Not for synchronization: slowness is under test.
            thread::sleep(Duration::from_millis(1100));
        }
        let _ = stream.write_all(ok().as_bytes());
    });
    let outcome = server.probe(&[&QUICKLY[..], &["--max-latency", "1s"]].concat());
    outcome.assert_code(0);
    assert!(
        outcome.out.ends_with("; attempt 3 after <t>\n"),
        "{outcome:?}"
    );
    assert!(
        outcome.err.starts_with("unhealthy: took <t>"),
        "{outcome:?}"
    );
}

#[test]
fn rejects_usage_errors_at_once_and_an_interval_without_wait() {
    assert_within(Duration::from_secs(5), || {
        for (arguments, message) in [
            (
                &["--wait", "20s", "-e", "a="][..],
                "--expect \"a=\": column 3: expected a value; the empty string is written \"\"",
            ),
            (
                &["--wait", "soon"],
                "--wait \"soon\": column 1: expected a duration such as 500ms, 2s or 1m 30s",
            ),
            (
                &["--wait", "0"],
                "--wait \"0\": column 1: expected a duration longer than zero",
            ),
            (
                &["--wait", "20s", "--interval", "0s"],
                "--interval \"0s\": column 1: expected a duration longer than zero",
            ),
            (
                &["--interval", "1s"],
                "--interval: expected --wait DURATION as well, the time to wait for",
            ),
        ] {
            assert_error(&[&[":1"], arguments].concat(), message);
        }
    });
    probe(&[":1"])
        .env("HEALTHPROBE_INTERVAL", "2s")
        .run()
        .assert_error(
            "HEALTHPROBE_INTERVAL: expected --wait DURATION as well, the time to wait for",
        );
}

#[test]
fn quiet_prints_only_the_last_unhealthy_verdict() {
    let server = in_turn(&[loading(), loading(), ok()]);
    assert_outcome(&server.probe(&[&QUICKLY[..], &["-q"]].concat()), 0, "", "");
    let server = in_turn(&[loading()]);
    // Time for one attempt, which a busy machine may make too late.
    wait_for_outcome(
        || server.probe(&["127.0.0.1:PORT", "--wait", "200ms", "-q"]),
        "unhealthy: status 503, expected 200-399; \
         GET http://127.0.0.1:PORT/ in <t>; attempt 1 after <t>; body: {\"detail\":\"loading\"}",
    );
}

#[test]
fn json_output_counts_attempts_of_a_wait_in_the_config() {
    let path = file(
        "wait.json",
        r#"{"wait": "20s", "interval": "1ms", "output": "json"}"#,
    );
    let server = in_turn(&[loading(), loading(), ok()]);
    let outcome = server.probe(&["127.0.0.1:PORT", "--config", &path]);
    let object: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(
        (outcome.code, &object["healthy"], &object["attempts"]),
        (Some(0), &true.into(), &3.into())
    );
    assert!(
        outcome.err.starts_with("unhealthy: status 503, "),
        "the reasons stay lines for people: {outcome:?}"
    );
}

#[test]
fn records_only_the_healthy_response() {
    let path = file("wait-baseline.json", "");
    let server = in_turn(&[
        response("503 Service Unavailable", "{\"n\":1}"),
        response("200 OK", "{\"n\":2}"),
        response("200 OK", "{\"n\":3}"),
    ]);
    let outcome = server.probe(&[&QUICKLY[..], &["--write-baseline", &path]].concat());
    outcome.assert_code(0);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "{\n  \"n\": 2\n}\n"
    );
    assert_eq!(requests(&server), 2);
}

#[test]
fn sanitizes_the_reasons_printed_while_waiting() {
    let hostile = format!("s3cr3t \u{1b}[2J\r\n{}", "x".repeat(5000));
    let server = in_turn(&[response("503 Oh", &hostile), ok()]);
    let outcome = server.probe(&[&QUICKLY[..], &["-u", "probe:s3cr3t"]].concat());
    outcome.assert_code(0);
    assert_eq!(outcome.err.lines().count(), 1);
    assert!(outcome.err.len() <= 500, "{}", outcome.err.len());
    assert!(!outcome.err.contains("s3cr3t") && !outcome.err.contains('\u{1b}'));
    assert!(outcome.err.contains("body: *** \\u001b[2J"), "{outcome:?}");
}

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_healthprobe"))
        .args(arguments)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn exits_with_1_at_once_on_sigint_and_sigterm() {
    for signal in ["INT", "TERM"] {
        // While it waits for a response, and between two attempts.
        for server in [stuck(), in_turn(&[loading()])] {
            let address = format!("127.0.0.1:{}", server.port());
            let child = start(&[
                &address,
                "--wait",
                "60s",
                "--timeout",
                "30s",
                "--interval",
                "30s",
            ]);
            server.request();
            // Not for synchronization: any moment is valid.
            thread::sleep(Duration::from_millis(100));
            assert!(support::signal(signal, &[child.id()]));
            assert_within(PATIENCE, || {
                let output = child.wait_with_output().unwrap();
                assert_eq!(output.status.code(), Some(1), "{signal}: {output:?}");
                assert_eq!(output.stdout, b"");
            });
        }
    }
}
