//! An assertion, a header and any body, a line each → what is said: bounded lines of valid text without control
//! characters, and without the secrets.
#![no_main]

use std::net::Ipv4Addr;
use std::time::Duration;

use healthprobe::check::body::BodyCheck;
use healthprobe::check::{Check, evaluate};
use healthprobe::plan::headers::Headers;
use healthprobe::report::{Report, json, text, verbose};
use healthprobe::request::secret::Secret;
use healthprobe::response::{Address, Body, BodyEnd, BodyError, Phases, Response};
use healthprobe::status::StatusSet;
use healthprobe::verdict::Verdict;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "hunter2 \"höch\"";

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (end, assertion, header, body) = (part(), part(), part(), part());
    let mut checks = vec![
        Check::Status(StatusSet::default().into()),
        Check::Body(BodyCheck::Contains("ready".to_owned())),
        Check::Body(BodyCheck::Rejects("er+or.*".parse().expect("a pattern"))),
    ];
    if let Ok(assertion) = String::from_utf8_lossy(assertion).parse() {
        checks.push(Check::Json(assertion));
    }
    if let Ok(assertion) = "x-note = ok".parse() {
        checks.push(Check::Header(assertion));
    }
    let end = match end {
        b"cut" => BodyEnd::Failed(BodyError::Truncated {
            received: body.len(),
            content_length: Some(u64::MAX),
        }),
        b"enough" => BodyEnd::Partial,
        _ => BodyEnd::Complete,
    };
    let status = if body.len() % 2 == 0 { 200 } else { 503 };
    let exchange = Response {
        address: Address::Tcp((Ipv4Addr::LOCALHOST, 1).into()),
        redirects: Vec::new(),
        tls: None,
        status,
        reason_phrase: None,
        headers: vec![("x-note".to_owned(), header.to_vec())],
        body: Body {
            bytes: body.to_vec(),
            end,
        },
        phases: Phases {
            resolve: Duration::MAX / 8,
            ..Phases::default()
        },
    };
    let mut headers = Headers::default();
    headers.authorize(&Secret::new(format!("admin:{PASSWORD}")));
    let outcomes = evaluate(&checks, &exchange);
    let report = Report {
        verdict: Verdict::of(&outcomes),
        method: "GET",
        url: "http://127.0.0.1:1/".to_owned(),
        result: Ok(&exchange),
        outcomes: &outcomes,
        secrets: &headers.secrets,
        wait_stats: None,
    };

    let line = text::line(&report);
    assert!(line.len() <= 500, "{} bytes: {line}", line.len());
    is_one_line(&line);
    hides(&line, &headers);

    let object = json::line(&report);
    is_one_line(&object);
    let object: serde_json::Value = serde_json::from_str(&object).expect("JSON");
    assert_eq!(object["healthy"], report.verdict == Verdict::Healthy);
    each_text(&object, &mut |text| hides(text, &headers));

    let lines = verbose::lines(&report);
    assert!(lines.len() <= 4096 - 500, "{} bytes", lines.len());
    for line in lines.split_inclusive('\n') {
        is_one_line(line);
        hides(line, &headers);
    }
});

fn is_one_line(line: &str) {
    let text = line.strip_suffix('\n').expect("an end of line");
    assert!(!text.contains(char::is_control), "{line:?}");
    assert!(
        !text.contains(['\u{202e}', '\u{2028}', '\u{2029}']),
        "{line:?}"
    );
}

fn hides(text: &str, headers: &Headers) {
    for secret in &headers.secrets {
        assert!(!text.contains(secret.expose()), "{text}");
    }
}

fn each_text(value: &serde_json::Value, look: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => look(text),
        serde_json::Value::Array(elements) => elements.iter().for_each(|one| each_text(one, look)),
        serde_json::Value::Object(members) => members.values().for_each(|one| each_text(one, look)),
        _ => {}
    }
}
