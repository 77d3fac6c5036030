//! `examples/llm`: a chat server that breaks in six ways while `/health` stays green. Its `probe.json` reports each.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Outcome, Running, probe, program, wait_for_outcome, without_times};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/llm");
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/llm/probe.json");
const README: &str = include_str!("../../../examples/llm/README.md");

const REQUEST: &str = "POST http://localhost:PORT/v1/chat/completions";

/// The probe that ships with the model, but for one document instead of a stream.
const WITHOUT_STREAM: [&str; 6] = [
    "--config",
    CONFIG,
    "--data",
    r#"{"messages": [{"role": "user", "content": "What is the capital of France?"}]}"#,
    "--expect",
    "choices[0].message.content~(?i)paris",
];

#[test]
fn the_commands_of_the_page_accept_the_model() {
    let Some(server) = ChatServer::start(&[]) else {
        return;
    };
    let page = README.replace("\\\n", "");
    let commands: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("    healthprobe "))
        .collect();
    assert_eq!(commands.len(), 3);
    let (_, healthcheck) = page.split_once("CMD [\"/healthprobe\", ").unwrap();
    let (words, _) = healthcheck.split_once(']').unwrap();
    let in_the_image = words.replace("/app", EXAMPLE).replace(',', "");
    for command in commands.into_iter().chain([in_the_image.as_str()]) {
        let port = format!("localhost:{}", server.port);
        let command = command.replace(":8000", &port);
        wait_for_outcome(|| server.shell(&command), healthy());
    }
}

#[test]
fn the_answer_depends_on_the_question() {
    let Some(server) = ChatServer::start(&[]) else {
        return;
    };
    server.assert_reports(&WITHOUT_STREAM, healthy());
    let mut italy = WITHOUT_STREAM;
    let data = italy[3].replace("France", "Italy");
    italy[3] = &data;
    server.assert_reports(
        &italy,
        unhealthy("choices[0].message.content is \"Rome.\", expected text matching (?i)paris"),
    );
}

#[test]
fn reports_a_hung_engine() {
    assert_detected(
        "hang",
        &unhealthy(
            "timed out after 2s reading the body, 0 bytes so far, 0 documents; \
             took <t>, expected at most 1s",
        ),
        &format!("unhealthy: timed out after 2s waiting for the response; {REQUEST}"),
    );
}

#[test]
fn reports_weights_that_are_nan() {
    assert_detected(
        "nan",
        &unhealthy("[1].choices[0].delta.content is \"!\", expected text matching (?i)paris"),
        &unhealthy(
            "choices[0].message.content is \"!!!!!!!!!!!!!!!!\", expected text matching (?i)paris",
        ),
    );
}

#[test]
fn reports_an_empty_generation() {
    assert_detected(
        "empty",
        &unhealthy("[1].choices[0].delta.content is \"\", expected text matching (?i)paris"),
        &unhealthy("choices[0].message.content is \"\", expected text matching (?i)paris"),
    );
}

#[test]
fn reports_an_error_in_the_stream() {
    assert_detected(
        "error",
        &unhealthy("count([?@.error]) is 1, expected 0"),
        &format!(
            "{}; body: {{\"error\": {{\"message\": \"CUDA out of memory\", \"type\": \"error\", \"code\": 500}}}}",
            unhealthy(
                "status 500, expected 200; \
                 choices[0].message.content is missing, expected text matching (?i)paris"
            )
        ),
    );
}

#[test]
fn reports_a_slow_first_token() {
    let slow = unhealthy("took <t>, expected at most 1s");
    let Some(server) = assert_detected("slow", &slow, &slow) else {
        return;
    };
    server.assert_reports(
        &[
            &server.url("/v1/chat/completions"),
            "--data",
            &WITHOUT_STREAM[3].replace("]}", "], \"stream\": true}"),
            "--expect-body",
            "\"delta\"",
            "--max-latency",
            "1s",
        ],
        slow,
    );
}

#[test]
fn accepts_a_busy_server() {
    let busy = format!("healthy: 429 Too Many Requests (busy) in <t>; {REQUEST}");
    let Some(server) = ChatServer::start(&["--fault", "busy"]) else {
        return;
    };
    server.assert_reports(&["--config", CONFIG], &busy);
    server.assert_reports(&WITHOUT_STREAM, &busy);
    assert_shown(&busy);
    let not_busy = unhealthy(
        "status 429, expected 200; \
         [1].choices[0].delta.content is missing, expected text matching (?i)paris",
    );
    server.assert_reports(
        &["--config", CONFIG, "--busy-status", "503"],
        format!(
            "{not_busy}; body: {{\"error\": {{\"message\": \"Model is overloaded\", \"type\": \"error\", \"code\": 429}}}}"
        ),
    );
}

/// As the page says: probes that nobody answers fill the queue like everyone's requests.
#[test]
fn a_full_queue_hides_a_hung_engine() {
    let Some(server) = ChatServer::start(&["--fault", "hang"]) else {
        return;
    };
    server.assert_reports(
        &["--config", CONFIG, "--timeout", "100ms"],
        format!("healthy: 429 Too Many Requests (busy) in <t>; {REQUEST}"),
    );
}

fn healthy() -> String {
    format!("healthy: 200 OK in <t>; {REQUEST}")
}

fn unhealthy(reason: &str) -> String {
    format!("unhealthy: {reason}; {REQUEST} in <t>")
}

/// Every check of the status passes; the probe that ships with the model fails with this line, which the page shows.
#[track_caller]
fn assert_detected(fault: &str, line: &str, without_stream: &str) -> Option<ChatServer> {
    let server = ChatServer::start(&["--fault", fault])?;
    server.assert_reports(
        &[&server.url("/health"), "--expect", "status=ok"],
        "healthy: 200 OK in <t>; GET http://localhost:PORT/health",
    );
    server.assert_reports(&["--config", CONFIG], line);
    server.assert_reports(&WITHOUT_STREAM, without_stream);
    assert_shown(line);
    Some(server)
}

#[track_caller]
fn assert_shown(line: &str) {
    let line = line.replace("PORT", "8000");
    assert!(
        without_times(README).contains(&line),
        "the README does not show: {line}"
    );
}

/// A running `server.py`.
struct ChatServer {
    _process: Running,
    port: u16,
}

impl ChatServer {
    /// `None` if there is no Python; prints that.
    fn start(options: &[&str]) -> Option<Self> {
        let mut process = Command::new(program("python3")?)
            .args(["-B", "server.py", "--port", "0"])
            .args(options)
            .current_dir(EXAMPLE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let process = Running(process);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let (_, port) = line.trim_end().rsplit_once(':').unwrap();
        Some(Self {
            _process: process,
            port: port.parse().unwrap(),
        })
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Waits, because on a busy machine the first responses may take longer than the probe allows.
    #[track_caller]
    fn assert_reports(&self, arguments: &[&str], line: impl AsRef<str>) {
        wait_for_outcome(
            || {
                probe(arguments)
                    .env("PORT", &self.port.to_string())
                    .port(self.port)
                    .run()
            },
            line,
        );
    }

    /// Runs the probe with these arguments as a shell splits them.
    fn shell(&self, arguments: &str) -> Outcome {
        let output = Command::new("sh")
            .args(["-c", &format!("exec \"$0\" {arguments}")])
            .arg(env!("CARGO_BIN_EXE_healthprobe"))
            .current_dir(EXAMPLE)
            .env_clear()
            .env("PORT", self.port.to_string())
            .output()
            .unwrap();
        let text = |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            without_times(&text.replace(&format!(":{}", self.port), ":PORT"))
        };
        Outcome {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
