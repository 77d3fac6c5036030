//! Raw responses, read by healthprobe and by Python's `http.client`. The table is `answers.txt`.

use std::sync::Arc;

use serde_json::Value;

use super::Script;
use crate::support::{Server, probe};

const TABLE: &str = include_str!("answers.txt");

struct Case {
    name: String,
    bytes: Vec<u8>,
    healthprobe: String,
    client: String,
}

fn cases() -> Vec<Case> {
    let blocks = TABLE
        .split("\n\n")
        .filter(|block| !block.trim_start().starts_with('#'));
    blocks.map(case).collect()
}

/// `== NAME`, the response, then `both: RESULT`, or one result each and why they differ.
fn case(block: &str) -> Case {
    let mut lines = block.trim().lines();
    let mut next = || {
        lines
            .next()
            .unwrap_or_else(|| panic!("cut short:\n{block}"))
    };
    let name = next()
        .strip_prefix("== ")
        .unwrap_or_else(|| panic!("no name:\n{block}"))
        .to_owned();
    let bytes = unescaped(next());
    let result = next();
    let (healthprobe, client) = if let Some(both) = result.strip_prefix("both: ") {
        (both, both)
    } else {
        let healthprobe = result
            .strip_prefix("healthprobe: ")
            .unwrap_or_else(|| panic!("no result:\n{block}"));
        let client = next()
            .strip_prefix("http.client: ")
            .unwrap_or_else(|| panic!("no result:\n{block}"));
        assert_ne!(healthprobe, client, "{name}: they agree");
        assert!(next().starts_with("why: "), "{name}: who is right?");
        (healthprobe, client)
    };
    Case {
        healthprobe: healthprobe.to_owned(),
        client: client.to_owned(),
        name,
        bytes,
    }
}

/// Escapes: `\r`, `\n`, `\t`, `\0`, `\xNN`, and `{text*70000}` for a repeated text.
fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if let Some(escape) = rest.strip_prefix('\\') {
            let (byte, length) = match escape.as_bytes()[0] {
                b'r' => (b'\r', 1),
                b'n' => (b'\n', 1),
                b't' => (b'\t', 1),
                b'0' => (0, 1),
                b'x' => (u8::from_str_radix(&escape[1..3], 16).unwrap(), 3),
                other => panic!("\\{}: {line}", char::from(other)),
            };
            bytes.push(byte);
            rest = &escape[length..];
        } else if let Some(repeated) = rest.strip_prefix('{') {
            let (repeated, after) = repeated.split_once('}').unwrap();
            let (text, times) = repeated.split_once('*').unwrap();
            bytes.extend(unescaped(text).repeat(times.parse().unwrap()));
            rest = after;
        } else {
            let length = first.len_utf8();
            bytes.extend_from_slice(&rest.as_bytes()[..length]);
            rest = &rest[length..];
        }
    }
    bytes
}

#[test]
fn the_table_has_at_least_60_uniquely_named_responses() {
    let mut names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert!(count >= 60 && names.len() == count, "{count}");
}

#[test]
fn healthprobe_reads_responses_as_in_the_table() {
    compare(|case, port| {
        let outcome = probe(&[
            format!("127.0.0.1:{port}").as_str(),
            "--output=json",
            "--timeout=20s",
            "--expect-status=100-999",
            "--expect-header=!X",
            "--reject-body-regex=(?s)^.*$",
        ])
        .run();
        let told: Value = serde_json::from_str(&outcome.out).unwrap();
        (case.healthprobe.clone(), as_told(&told))
    });
}

/// The status, header `X` and body, as reported by a probe that rejects any `X` and any body.
fn as_told(told: &Value) -> String {
    if told["status"].is_null() {
        return "refused".to_owned();
    }
    let reason = told["reason"].as_str().unwrap();
    let body = match reason.split_once("body contains ") {
        Some((_, body)) => body.strip_suffix(", rejected by (?s)^.*$").unwrap(),
        None if reason.contains("body is empty") => "\"\"",
        None => "broken",
    };
    line(&told["status"], told["checks"][1]["actual"].as_str(), body)
}

fn line(status: &Value, x: Option<&str>, body: &str) -> String {
    match x {
        Some(x) => format!("{status}, X {x}, {body}"),
        None => format!("{status}, {body}"),
    }
}

#[test]
fn http_client_reads_responses_as_in_the_table() {
    let Some(mut script) = Script::start("client.py") else {
        return;
    };
    compare(|case, port| {
        let read = script.ask(&port.to_string());
        let seen = if read["status"].is_null() {
            "refused".to_owned()
        } else {
            let values: Vec<String> = read["x"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|value| format!("{:?}", value.as_str().unwrap()))
                .collect();
            let x = (!values.is_empty()).then(|| values.join(" and "));
            let body = read["body"]
                .as_str()
                .map_or("broken".to_owned(), |body| format!("{body:?}"));
            line(&read["status"], x.as_deref(), &body)
        };
        (case.client.clone(), seen)
    });
}

/// Compares every case with the table and reports all differences together.
fn compare(mut read: impl FnMut(&Case, u16) -> (String, String)) {
    let mut differences = Vec::new();
    // One server for all cases: another test could mistake a port that listens for the whole run for a free one.
    let answer = Arc::default();
    let server = Server::answering_current(&answer);
    for case in cases() {
        case.bytes.clone_into(&mut answer.lock().unwrap());
        let (expected, seen) = read(&case, server.port());
        if expected != seen {
            differences.push(format!(
                "== {}\nexpected: {expected}\n    seen: {seen}",
                case.name
            ));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
