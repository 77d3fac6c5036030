//! `examples/probe.schema.json` describes the config file for editors. It has the same keys as the executable, and
//! accepts and rejects the same files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::certificates::Certificate;
use crate::support::python::credit_python;
use crate::support::{Folder, Outcome, free_port, pipe, probe};

const SCHEMA: &str = include_str!("../../examples/probe.schema.json");
const CREDIT_SCORING: &str = include_str!("../../examples/credit-scoring/probe.json");
const LLM: &str = include_str!("../../examples/llm/probe.json");
const REGIONS: &str = include_str!("../../examples/regions/probe.json");

/// Validates each config, one per line, and prints `valid` or the path and keyword of the error.
const VALIDATE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator as Validator
from jsonschema.exceptions import best_match
schema, *configs = map(json.loads, sys.stdin)
Validator.check_schema(schema)
for config in configs:
    error = best_match(Validator(schema).iter_errors(config))
    print("valid" if error is None else f"{error.json_path} {error.validator or 'false'}")
"#;

/// The validator's error for a config with one mistake, and the config.
const MISTAKES: &str = r#"
$ type                         | []
$ additionalProperties         | {"expects": ["status=ok"]}
$ additionalProperties         | {"header": ["X-A: b"]}
$ additionalProperties         | {"config": "other.json"}
$ additionalProperties         | {"write_baseline": "x.json"}
$.url type                     | {"url": true}
$.url type                     | {"url": null}
$.request pattern              | {"request": "GET /"}
$.request not                  | {"request": "CONNECT"}
$.headers type                 | {"headers": ["X-A: b"]}
$.headers['X-A'] type          | {"headers": {"X-A": ["b"]}}
$.headers pattern              | {"headers": {"X A": "b"}}
$.user pattern                 | {"user": "nobody"}
$.bearer_file type             | {"bearer_file": true}
$ false                        | {"user": "a:b", "bearer_file": "probe-token"}
$.data_file type               | {"data_file": {}}
$.timeout exclusiveMinimum     | {"timeout": 0}
$.timeout pattern              | {"timeout": "soon"}
$.timeout oneOf                | {"timeout": ["2s"]}
$.max_body minimum             | {"max_body": -1}
$.max_body pattern             | {"max_body": "1.5MiB"}
$.ipv4 type                    | {"ipv4": "yes"}
$ not                          | {"ipv4": true, "ipv6": true}
$.wait pattern                 | {"wait": "soon"}
$.interval exclusiveMinimum    | {"wait": "1s", "interval": 0}
$ dependentRequired            | {"interval": "1s"}
$.location type                | {"location": "yes"}
$.connect_to type              | {"connect_to": {}}
$.unix_socket type             | {"unix_socket": ["x"]}
$ false                        | {"unix_socket": "x", "connect_to": "localhost"}
$ false                        | {"proxy": ":1", "connect_to": "localhost"}
$ false                        | {"proxy": ":1", "unix_socket": "x"}
$.proxy type                   | {"proxy": null}
$.insecure type                | {"insecure": "true"}
$.cacert type                  | {"cacert": []}
$.cert type                    | {"cert": true}
$ dependentRequired            | {"key": "client.key"}
$.min_cert_validity pattern    | {"url": "https://localhost:8000", "min_cert_validity": "soon"}
$.expect_status minimum        | {"expect_status": 99}
$.expect_status pattern        | {"expect_status": "ok"}
$.busy_status maximum          | {"busy_status": 1000}
$.busy_status pattern          | {"busy_status": "busy"}
$.busy_status not              | {"busy_status": 200}
$.busy_status not              | {"busy_status": "503, 2xx"}
$.busy_status not              | {"busy_status": "100-599"}
$.expect_header oneOf          | {"expect_header": {"X-A": "b"}}
$.expect_body minLength        | {"expect_body": ""}
$.expect_body_regex oneOf      | {"expect_body_regex": true}
$.reject_body_regex[0] type    | {"reject_body_regex": [null]}
$.expect[1] type               | {"expect": ["status=ok", false]}
$.max_latency exclusiveMinimum | {"max_latency": -1}
$.max_latency pattern          | {"max_latency": "180 parsecs"}
$.baseline_file type           | {"baseline_file": ["x"]}
$.tolerance minimum            | {"tolerance": -1}
$.tolerance pattern            | {"tolerance": "5%%"}
$.tolerance pattern            | {"tolerance": "nan"}
$.tolerance pattern            | {"tolerance": "0.001+"}
$.tolerance pattern            | {"tolerance": "0.1%+0.001"}
$.tolerance pattern            | {"tolerance": "0.001+-0.1%"}
$.min_cosine exclusiveMinimum  | {"baseline": [1, 2], "min_cosine": 0}
$.min_cosine maximum           | {"baseline": [1, 2], "min_cosine": 1.01}
$.min_cosine pattern           | {"baseline": [1, 2], "min_cosine": "99%"}
$ anyOf                        | {"min_cosine": 0.99}
$.ignore oneOf                 | {"ignore": 1}
$.quiet type                   | {"quiet": 1}
$.verbose type                 | {"verbose": "true"}
$.output enum                  | {"output": "yaml"}
$.metrics_file type            | {"metrics_file": true}
$ false                        | {"data": {}, "data_file": "request.json"}
$ false                        | {"baseline": {}, "baseline_file": "baseline.json"}
"#;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn properties() -> Map<String, Value> {
    schema()["properties"].as_object().unwrap().clone()
}

/// Each example of the schema as a config, and the complete examples.
fn examples() -> Vec<Value> {
    let mut examples = schema()["examples"].as_array().unwrap().clone();
    for (key, property) in properties() {
        for example in property["examples"].as_array().unwrap() {
            examples.push(match key.as_str() {
                // Not valid without a certificate.
                "key" => json!({ "cert": "client.pem", "key": example }),
                "interval" => json!({ "wait": "300ms", "interval": example }),
                "min_cosine" => json!({ "baseline_file": "baseline.json", "min_cosine": example }),
                _ => json!({ &key: example }),
            });
        }
        if let Some(default) = property.get("default") {
            examples.push(match key.as_str() {
                "interval" => json!({ "wait": "300ms", "interval": default }),
                _ => json!({ &key: default }),
            });
        }
    }
    examples
}

fn mistakes() -> Vec<(&'static str, Value)> {
    MISTAKES
        .trim()
        .lines()
        .map(|line| line.split_once(" | ").unwrap())
        .map(|(printed, config)| (printed.trim(), serde_json::from_str(config).unwrap()))
        .collect()
}

/// A folder with the files that the examples name.
struct Files(Folder);

impl Files {
    fn new() -> Self {
        let folder = Folder::new("schema");
        let client = Certificate::self_signed("client");
        for (name, content) in [
            ("request.json", "{}"),
            ("baseline.json", "{}"),
            ("probe-token", "t0ken\n"),
            ("ca.pem", &client.pem()),
            ("client.pem", &[client.pem(), client.key_pem()].concat()),
            ("client.key", &client.key_pem()),
        ] {
            fs::write(folder.0.join(name), content).unwrap();
        }
        Self(folder)
    }

    /// Probes a port without a listener, with this config.
    fn probe(&self, config: &Value) -> Outcome {
        let mut config = config.clone();
        if let Some(members) = config.as_object_mut() {
            let url = if members.contains_key("min_cert_validity") {
                "https://localhost:8000"
            } else {
                "localhost:8000"
            };
            members.entry("url").or_insert(url.into());
        }
        let port = free_port().to_string();
        let file = self.0.0.join("probe.json");
        let text = config.to_string().replace(":8000", &format!(":{port}"));
        fs::write(&file, text).unwrap();
        probe(&["--config", file.to_str().unwrap()])
            .env("PORT", &port)
            .run()
    }
}

#[test]
fn the_schema_has_exactly_the_configs_keys() {
    let keys: BTreeSet<String> = healthprobe::args::config_keys().into_iter().collect();
    let properties: BTreeSet<String> = properties().keys().cloned().collect();
    assert_eq!(properties, keys);
}

#[test]
fn accepts_every_example_of_the_schema() {
    let files = Files::new();
    for example in examples() {
        let outcome = files.probe(&example);
        assert!(
            !outcome.err.contains("error: "),
            "{example}: {}",
            outcome.err
        );
    }
}

#[test]
fn rejects_every_invalid_config() {
    let files = Files::new();
    for (_, mistake) in mistakes() {
        let outcome = files.probe(&mistake);
        assert_eq!(
            (outcome.code, outcome.out.as_str()),
            (Some(1), ""),
            "{mistake}"
        );
        assert!(
            outcome.err.starts_with("error: "),
            "{mistake}: {}",
            outcome.err
        );
    }
}

#[test]
fn a_schema_validator_agrees() {
    let Some(python) = credit_python() else {
        return;
    };
    let mut input = format!("{}\n", schema());
    let mut expected = String::new();
    for example in [CREDIT_SCORING, LLM, REGIONS].map(compact) {
        _ = writeln!(input, "{example}");
        expected.push_str("valid\n");
    }
    for example in examples() {
        _ = writeln!(input, "{example}");
        expected.push_str("valid\n");
    }
    for (printed, mistake) in mistakes() {
        _ = writeln!(input, "{mistake}");
        _ = writeln!(expected, "{printed}");
    }
    let output = pipe(Command::new(&python).args(["-c", VALIDATE]), &input);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    for ((line, printed), expected) in input
        .lines()
        .skip(1)
        .zip(printed.lines())
        .zip(expected.lines())
    {
        assert_eq!(printed, expected, "{line}");
    }
    assert_eq!(printed, expected);
}

fn compact(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
