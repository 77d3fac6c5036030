//! The README is run: what it shows is what the executable says.

use crate::support::certificates::Authority;
use crate::support::unix::{socket_path, unix_server};
use crate::support::{
    Outcome, Server, assert_outcome, file, hold, in_turn, new_file, probe, response, tls,
};
use std::process::Command;

const README: &str = include_str!("../../README.md");

const READY: &str = r#"{"status":"ok","model":{"name":"resnet","loaded":true},"error":null,
"predictions":[{"label":"cat","score":0.93},{"label":"dog","score":0.61}],
"outputs":[{"data":[0.1,0.7]}],"a.b":1,"score":0.86,"probabilities":[0.2,0.3,0.5],
"models":[{"name":"resnet","ready":true,"state":"READY"}],"ready":true}"#;

const MODEL: &str = r#"{"id":"a1","predictions":[{"label":"cat","score":0.871}]}"#;

const DEGRADED: &str = r#"{"status":"degraded","predictions":[{"label":"cat","score":NaN},{"label":"Unknown","score":0.5}]}"#;

/// The server of a comment `<!-- server: ready -->`; `None` where nothing listens.
fn server(state: &str) -> Option<Server> {
    match state {
        "ready" => Some(Server::json(READY)),
        "loading" => Some(Server::answering(response(
            "503 Service Unavailable",
            r#"{"detail":"Model not loaded"}"#,
        ))),
        "degraded" => Some(Server::json(DEGRADED)),
        "model" => Some(Server::json(MODEL)),
        "drifted" => Some(Server::json(&MODEL.replace("0.871", "0.412"))),
        "starting" => Some(in_turn(&[
            response(
                "503 Service Unavailable",
                r#"{"detail":"Model not loaded"}"#,
            ),
            response("200 OK", READY),
        ])),
        "stuck" => Some(Server::handling(hold)),
        "none" => None,
        other => panic!("no such server: {other}"),
    }
}

/// What the README's lines take for granted: a healthy server at every port and socket, and files.
struct World {
    plain: Server,
    secured: Server,
    cacert: String,
    token: String,
    headers: String,
    socket: String,
}

impl World {
    fn new(name: &str) -> Self {
        let body = READY.replace('\n', "");
        let authority = Authority::new("Private CA");
        let socket = socket_path(name);
        unix_server(&socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Self {
            plain: Server::answering(response("200 OK", &body)),
            secured: tls::serve(tls::config(&authority.sign(&["localhost", "app"]))),
            cacert: authority.file(),
            token: new_file("t0ken\n"),
            headers: new_file("X-Api-Key: k3y\n"),
            socket,
        }
    }

    fn probe(&self, words: &[String]) -> Outcome {
        let (plain, secured) = (self.plain.port(), self.secured.port());
        let arguments: Vec<String> = words
            .iter()
            .map(|word| match word.as_str() {
                "URL" => format!(":{plain}/"),
                "ca.pem" | "/etc/ssl/private-ca.pem" => self.cacert.clone(),
                "token" | "/run/secrets/probe_token" => self.token.clone(),
                "@/run/secrets/probe_headers" => format!("@{}", self.headers),
                "app.sock" => self.socket.clone(),
                other => other
                    .replace(":8000", &format!(":{plain}"))
                    .replace(":8443", &format!(":{secured}")),
            })
            .collect();
        probe(&arguments)
            .env("PORT", &plain.to_string())
            .env("KEY", "k")
            .env("PASSWORD", "p")
            .env("PROBE_PASSWORD", "p")
            .env("SSL_CERT_FILE", &self.cacert)
            .run()
    }
}

/// Splits a command line as a shell does, as far as the README goes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// Measured times become `<t>`.
fn without_times(text: &str) -> String {
    let times = regex_lite::Regex::new(r#"\b\d+\.\d+m?s\b|"(\w+)":\d+\.\d+"#).unwrap();
    times
        .replace_all(text, |found: &regex_lite::Captures| match found.get(1) {
            Some(name) => format!("\"{}\":<t>", name.as_str()),
            None => "<t>".to_owned(),
        })
        .into_owned()
}

#[test]
fn every_example_prints_what_it_shows() {
    let blocks: Vec<&str> = README.split("<!-- server: ").skip(1).collect();
    assert_eq!(blocks.len(), README.matches("```console").count());
    for block in blocks {
        let (state, rest) = block
            .split_once(" -->\n```console\n$ healthprobe ")
            .unwrap();
        let (command, rest) = rest.split_once('\n').unwrap();
        let (expected, _) = rest.split_once("```").unwrap();
        let server = server(state);
        let port = match &server {
            Some(server) => server.port(),
            None => crate::support::free_port(),
        };
        let arguments: Vec<String> = words(command)
            .iter()
            .map(|word| word.replace(":8000", &format!(":{port}")))
            .collect();
        let output = probe(&arguments)
            .folder(env!("CARGO_TARGET_TMPDIR"))
            .output();
        // While it waits, the reasons come first.
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said)
            .unwrap()
            .replace(&format!(":{port}"), ":8000");
        assert_eq!(without_times(&said), without_times(expected), "{command}");
        assert_eq!(
            output.status.code() == Some(0),
            expected
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("healthy")),
            "{command}"
        );
    }
}

/// The rows of the table with this header, each cell without its backticks.
fn table(header: &str) -> Vec<Vec<String>> {
    let (_, rest) = README.split_once(header).unwrap();
    rest.lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.replace("\\|", "\u{0}")
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').replace('\u{0}', "|"))
                .collect()
        })
        .collect()
}

#[test]
fn every_translation_from_curl_is_healthy_on_a_healthy_server() {
    let world = World::new("translations");
    let rows = table("| with curl, jq and grep | with healthprobe |");
    assert!(rows.len() >= 18);
    for row in rows {
        let command = row[1].strip_prefix("healthprobe ").unwrap();
        let ran = world.probe(&words(command));
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(0), ""),
            "{command}: {}",
            ran.out
        );
    }
}

#[test]
fn every_assertion_of_the_table_holds_and_can_fail() {
    let ready = Server::json(READY);
    let broken = Server::json(
        r#"{"status":"bad","model":{"loaded":false},"error":"x","outputs":[{"data":[0.1]}],"a.b":2,
        "predictions":[],"models":[{"name":"resnet","ready":false,"state":"DOWN"}],"score":"x","probabilities":[0.1]}"#,
    );
    let rows = table("| assertion | holds when |");
    assert!(rows.len() >= 14);
    for row in rows {
        ready.assert_healthy(&["-e", &row[0]]);
        assert_eq!(
            broken.probe(&[":PORT", "-e", &row[0]]).code,
            Some(1),
            "{}",
            row[0]
        );
    }
}

#[test]
fn every_healthcheck_line_is_one() {
    let world = World::new("lines");
    let mut seen = 0;
    for line in README
        .lines()
        .filter(|line| line.contains("CMD [\"/healthprobe\"") && !line.contains("--config"))
    {
        let (_, list) = line.split_once("CMD ").unwrap();
        let words: Vec<String> = serde_json::from_str(list).unwrap();
        let ran = world.probe(&words[1..]);
        assert_eq!(ran.code, Some(0), "{line}: {ran:?}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn the_table_of_flags_is_that_of_the_help() {
    let output = Command::new(env!("CARGO_BIN_EXE_healthprobe"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let flags =
        regex_lite::Regex::new(r"(?m)^ +(?:(-\w), )?(--[a-z0-9-]+)(?: <([^>]+)>)?  ").unwrap();
    let of_help: Vec<String> = flags
        .captures_iter(&help)
        .map(|found| {
            let short = found.get(1).map(|short| format!("{}, ", short.as_str()));
            let value = found.get(3).map(|value| match value.as_str() {
                spaced if spaced.contains(' ') => format!(" '{spaced}'"),
                plain => format!(" {plain}"),
            });
            format!(
                "{}{}{}",
                short.unwrap_or_default(),
                &found[2],
                value.unwrap_or_default()
            )
        })
        .collect();
    let of_readme: Vec<String> = table("| flag | meaning |")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(of_readme, of_help);
}

#[test]
fn the_config_shown_is_a_whole_check() {
    let (_, rest) = README.split_once("```json\n").unwrap();
    let (config, _) = rest.split_once("```").unwrap();
    let path = file("readme.json", config.replace("180ms", "20s"));
    file("baseline.json", r#"{"predictions":[{"score":0.88}]}"#);
    let server = Server::json(MODEL);
    let ran = server
        .prepare(&["--config", &path])
        .env("PORT", &server.port().to_string())
        .run();
    assert_outcome(
        &ran,
        0,
        "healthy: 200 OK in <t>; POST http://localhost:PORT/predict\n",
        "",
    );
    let wrong = Server::json(&MODEL.replace("cat", "Unknown"));
    let ran = wrong
        .prepare(&["--config", &path])
        .env("PORT", &wrong.port().to_string())
        .run();
    assert_eq!(ran.code, Some(1));
}

#[test]
fn the_two_commands_are_there() {
    for command in [
        "```sh\ncargo run --example tour\n```",
        "```sh\ncargo test\n```",
    ] {
        assert!(README.contains(command));
    }
}
