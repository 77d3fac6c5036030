//! Text → assertion on a header: what parses is given back by its `Display`, and judges alike.
#![no_main]

use std::net::Ipv4Addr;

use healthprobe::check::header::HeaderAssertion;
use healthprobe::check::{Check, evaluate};
use healthprobe::exchange::{Body, Exchange, Phases};
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
    let exchange = Exchange {
        address: (Ipv4Addr::LOCALHOST, 1).into(),
        status: 200,
        phrase: None,
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
    let outcomes = evaluate(&[Check::Header(assertion), Check::Header(again)], &exchange);
    assert_eq!(outcomes[0], outcomes[1]);
    let actual = outcomes[0].actual.as_deref().unwrap_or_default();
    assert!(!actual.contains("t0psecret"), "{actual}");
});
