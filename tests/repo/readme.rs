//! The README and the pages of docs/ are run: what they show is what the executable prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::certificates::Authority;
use crate::support::unix::{socket_path, unix_server};
use crate::support::{
    Outcome, Server, assert_outcome, changed, file, free_port, hold, in_turn, new_file, probe,
    response, tls,
};

use self::install::WAYS;
use self::pages::{Block, ROOT, blocks, pages, tables};
use self::reference::{COSTS, FIELDS, FLAGS, METRICS};

mod install;
mod links;
mod pages;
mod reference;

const README: &str = include_str!("../../README.md");

const TRANSLATIONS: &str = "| with curl, jq and grep | with healthprobe |";
const ASSERTIONS: &str = "| assertion | holds when |";

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
        "embedding" => Some(Server::json(&embedding(0.7))),
        "another embedding" => Some(Server::json(&embedding(0.703))),
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

fn embedding(step: f64) -> String {
    let numbers = (0..384).map(|i| ((f64::from(i) * step).sin() / 14.0).to_string());
    format!("[[{}]]", numbers.collect::<Vec<_>>().join(","))
}

/// What the pages' lines take for granted: a healthy server at every port and socket, and files.
struct World {
    plain: Server,
    secured: Server,
    cacert: String,
    token: String,
    headers: String,
    socket: String,
    config: String,
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
            config: config(name, &blocks("json")[0], READY_BASELINE),
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
                "/app/probe.json" => self.config.clone(),
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

/// Splits a command line as a shell does, as far as the pages go.
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

const READY_BASELINE: &str = r#"{"predictions":[{"label":"cat"},{"score":0.62}]}"#;

/// Writes a page's config and the baseline that it names; its limit does not depend on how busy the machine is.
fn config(name: &str, block: &Block, baseline: &str) -> String {
    let text = changed(&block.text, "180ms", "20s");
    let baseline_name = format!("baseline-{name}.json");
    file(&baseline_name, baseline);
    let text = changed(&text, "baseline.json", &baseline_name);
    file(&format!("probe-{name}.json"), text)
}

#[test]
fn every_block_and_table_is_run() {
    for page in pages() {
        for block in page.blocks() {
            let known = match block.language.as_str() {
                "console" => block.server.is_some(),
                "dockerfile" | "json" | "sh" => block.server.is_none(),
                _ => false,
            };
            assert!(known, "{}: no test runs\n{}", block.page, block.text);
        }
        for table in page.tables() {
            let known = [
                TRANSLATIONS,
                ASSERTIONS,
                WAYS,
                FLAGS,
                FIELDS,
                METRICS,
                COSTS,
            ];
            let name = page.name();
            assert!(
                known.contains(&table.header.as_str()),
                "{name}: {}",
                table.header
            );
            assert!(table.rows.len() >= 4, "{name}: {}", table.header);
        }
    }
}

#[test]
fn every_example_prints_what_it_shows() {
    for block in blocks("console") {
        let (command, expected) = block
            .text
            .strip_prefix("$ healthprobe ")
            .and_then(|text| text.split_once('\n'))
            .unwrap();
        let server = server(&block.server.unwrap());
        let port = match &server {
            Some(server) => server.port(),
            None => free_port(),
        };
        let arguments: Vec<String> = words(command)
            .iter()
            .map(|word| word.replace(":8000", &format!(":{port}")))
            .collect();
        let probe = probe(&arguments).folder(env!("CARGO_TARGET_TMPDIR"));
        let shown = probe.run_as_on_a_terminal();
        let text = shown.text.replace(&format!(":{port}"), ":8000");
        let page = block.page;
        assert_eq!(
            without_times(&text),
            without_times(expected),
            "{page}: {command}"
        );
        let is_healthy = expected.lines().any(|line| line.starts_with("healthy"));
        assert_eq!(
            shown.code,
            Some(i32::from(!is_healthy)),
            "{page}: {command}"
        );
    }
}

#[test]
fn every_translation_from_curl_is_healthy_on_a_healthy_server() {
    let world = World::new("translations");
    let tables = tables(TRANSLATIONS);
    let rows: Vec<Vec<String>> = tables.into_iter().flat_map(|table| table.rows).collect();
    let commands: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert!(rows.len() >= 18, "{} rows", rows.len());
    assert_eq!(commands.len(), rows.len(), "two pages have the same row");
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
fn every_assertion_of_the_tables_holds_and_can_fail() {
    let ready = Server::json(READY);
    let broken = Server::json(
        r#"{"status":"bad","model":{"loaded":false},"error":"x","outputs":[{"data":[0.1]}],"a.b":2,
        "predictions":[],"models":[{"name":"resnet","ready":false,"state":"DOWN"}],"score":"x","probabilities":[0.1]}"#,
    );
    let tables = tables(ASSERTIONS);
    let most = tables.iter().map(|table| table.rows.len()).max();
    assert!(most >= Some(14));
    for row in tables.into_iter().flat_map(|table| table.rows) {
        ready.assert_healthy(&["-e", &row[0]]);
        assert_eq!(
            broken.probe(&[":PORT", "-e", &row[0]]).code,
            Some(1),
            "{}",
            row[0]
        );
    }
}

/// Whether a COPY or RUN line finds the probe: in the image that `Dockerfile` builds, in a wheel, or in Cargo's folder.
fn is_built(line: &str, page: &str) -> bool {
    let dockerfile = include_str!("../../Dockerfile");
    if line.starts_with("COPY --from=") {
        return dockerfile.contains(&format!("#     {line}\n"));
    }
    if line.starts_with("RUN ") {
        return include_str!("../platforms/docker/wheel.rs").contains(&format!("\n{line}\n"));
    }
    let target = line
        .strip_prefix("COPY target/")
        .and_then(|line| line.strip_suffix("/release/healthprobe /healthprobe"));
    let page = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    target.is_some_and(|target| {
        let build = format!("`cargo build --release --target {target}`");
        page.replace('\n', " ").contains(&build)
    })
}

#[test]
fn every_healthcheck_line_is_healthy_on_a_healthy_server() {
    let world = World::new("lines");
    let mut seen = 0;
    for block in blocks("dockerfile") {
        for line in block.text.replace("\\\n", "").lines() {
            if line.starts_with("COPY ") || line.starts_with("RUN ") {
                assert!(is_built(line, &block.page), "{}: {line}", block.page);
                continue;
            }
            let list = line
                .strip_prefix("HEALTHCHECK ")
                .and_then(|line| line.split_once("CMD "));
            let (_, list) = list.unwrap_or_else(|| panic!("{}: {line}", block.page));
            let words: Vec<String> = serde_json::from_str(list).unwrap();
            // In PATH, where pip installs it.
            let is_in_path = block.text.starts_with("RUN pip install ");
            let name = if is_in_path {
                "healthprobe"
            } else {
                "/healthprobe"
            };
            assert_eq!(words[0], name);
            let ran = world.probe(&words[1..]);
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(0), ""),
                "{line}: {ran:?}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn every_config_shown_is_a_whole_check() {
    for (number, block) in blocks("json").iter().enumerate() {
        let path = config(
            &format!("page-{number}"),
            block,
            r#"{"predictions":[{"score":0.88}]}"#,
        );
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
        for (right, wrong) in [
            ("cat", "Unknown"),
            ("0.871", "0.8"),
            ("[{", "[], \"x\": [{"),
        ] {
            let broken = Server::json(&changed(MODEL, right, wrong));
            let ran = broken
                .prepare(&["--config", &path])
                .env("PORT", &broken.port().to_string())
                .run();
            assert_eq!(ran.code, Some(1), "{}: {wrong}", block.page);
        }
    }
}

/// The shell lines of the pages, and the file of the test that runs them.
const SHELL: [(&str, &str); 4] = [
    (
        "docker build --tag ghcr.io/healthprobe/healthprobe .",
        "tests/platforms/docker/from_source.rs",
    ),
    ("cargo install --locked --path .", "tests/repo/install.rs"),
    ("cargo run --example tour", "tests/repo/tour.rs"),
    ("cargo test", "tests/main.rs"),
];

#[test]
fn every_shell_line_is_run_by_a_test() {
    let blocks = blocks("sh");
    let shown: BTreeSet<&str> = blocks.iter().flat_map(|block| block.text.lines()).collect();
    assert_eq!(shown, SHELL.iter().map(|(line, _)| *line).collect());
    for (line, test) in SHELL {
        assert!(Path::new(ROOT).join(test).is_file(), "{line}: {test}");
    }
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

#[test]
fn the_readme_is_short() {
    let words = README.split_whitespace().count();
    assert!(words <= 2000, "{words} words");
}
