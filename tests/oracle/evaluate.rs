//! healthprobe's own checks, applied to a document.

use std::fmt::Display;
use std::net::Ipv4Addr;

use healthprobe::check::{Check, evaluate};
use healthprobe::response::{Address, Body, BodyEnd, Phases, Response};

/// The reason why each assertion fails; `None` if it holds.
pub fn reasons(document: impl Display, assertions: &[String]) -> Vec<Option<String>> {
    let checks: Vec<Check> = assertions
        .iter()
        .map(|text| {
            let assertion = text.parse();
            Check::Json(assertion.unwrap_or_else(|error| panic!("{text}: {error}")))
        })
        .collect();
    outcomes(document, &checks)
}

/// The reason why each check fails; `None` if it holds.
pub fn outcomes(document: impl Display, checks: &[Check]) -> Vec<Option<String>> {
    let response = Response {
        address: Address::Tcp((Ipv4Addr::LOCALHOST, 1).into()),
        redirects: Vec::new(),
        tls: None,
        status: 200,
        reason_phrase: None,
        headers: Vec::new(),
        body: Body {
            bytes: document.to_string().into_bytes(),
            end: BodyEnd::Complete,
        },
        phases: Phases::default(),
    };
    evaluate(checks, &response)
        .into_iter()
        .map(|outcome| outcome.failure.map(|failure| failure.reason))
        .collect()
}
