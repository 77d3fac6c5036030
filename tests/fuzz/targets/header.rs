//! Text → assertion on a header: what parses is given back by its `Display`, and judges alike.
#![no_main]

use std::net::Ipv4Addr;

use healthprobe::check::header::HeaderAssertion;
use healthprobe::check::{Check, evaluate};
use healthprobe::response::{Address, Body, Phases, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let assertion: HeaderAssertion = match text.parse() {
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
        headers: [
            ("a", &b"b"[..]),
            ("a", b"c"),
            ("server", b"\xff"),
            ("set-cookie", b"k=t0psecret"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .into(),
        body: Body::default(),
        phases: Phases::default(),
    };
    let checks = [Check::Header(assertion), Check::Header(again)];
    let outcomes = evaluate(&checks, &exchange);
    let [one, other] = &outcomes[..] else {
        panic!("one outcome a check")
    };
    assert_eq!(one.subject.to_string(), other.subject.to_string());
    assert_eq!((&one.actual, &one.failure), (&other.actual, &other.failure));
    let actual = outcomes[0].actual.as_deref().unwrap_or_default();
    assert!(!actual.contains("t0psecret"), "{actual}");
});
