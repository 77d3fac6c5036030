//! Text → assertion: what parses is given back by its `Display`, and judges alike.
#![no_main]

use std::net::Ipv4Addr;

use healthprobe::check::{Check, evaluate, json};
use healthprobe::response::{Address, Body, BodyEnd, Phases, Response};
use libfuzzer_sys::fuzz_target;

const DOCUMENT: &str = r#"{"status":"ok","a":[1,2.5,-0.0,18446744073709551615,1e308,5e-324,"x",null,false],
"b":{"c":[{"d":NaN},{"d":-Infinity},{"d":{}}],"":0,"a.b":"it's"},"error":null,"größe":[[],[[1]]]}"#;

fuzz_target!(|text: &str| {
    let _ = json::query(text);
    let assertion: json::Assertion = match text.parse() {
        Ok(assertion) => assertion,
        Err(error) => {
            assert!(error.column <= text.chars().count() + 1, "{error}");
            return;
        }
    };
    let shown = assertion.to_string();
    let again = shown
        .parse()
        .unwrap_or_else(|error| panic!("{shown:?}: {error}"));
    assert_eq!(assertion, again, "{shown:?}");
    let exchange = Response {
        address: Address::Tcp((Ipv4Addr::LOCALHOST, 1).into()),
        redirects: Vec::new(),
        tls: None,
        status: 200,
        reason_phrase: None,
        headers: Vec::new(),
        body: Body {
            bytes: DOCUMENT.into(),
            end: BodyEnd::Complete,
        },
        phases: Phases::default(),
    };
    let checks = [Check::Json(assertion), Check::Json(again)];
    let outcomes = evaluate(&checks, &exchange);
    let [one, other] = &outcomes[..] else {
        panic!("one outcome a check")
    };
    assert_eq!(one.subject.to_string(), other.subject.to_string());
    assert_eq!((&one.actual, &one.failure), (&other.actual, &other.failure));
});
