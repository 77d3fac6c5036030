//! `--min-cert-validity`.

use crate::probe::tls::OK;
use crate::support::certificates::{Authority, params};
use crate::support::tls::{config, serve};
use crate::support::{Server, assert_error, without_times};

/// A server whose certificate expires at the start of this year.
fn until(year: i32) -> (Server, String) {
    let authority = Authority::new("Test CA");
    let mut params = params(&["localhost"]);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    (
        serve(config(&authority.sign_with(&params))),
        authority.file(),
    )
}

fn without_ages(text: &str) -> String {
    let ages = regex_lite::Regex::new(r"\b\d+d( \d+\w+)? (ago )?\(").unwrap();
    ages.replace_all(&without_times(text), "<age> (")
        .into_owned()
}

#[test]
fn rejects_a_certificate_that_expires_too_soon() {
    let (server, cacert) = until(2095);
    let arguments = [
        "https://localhost:PORT",
        "--cacert",
        &cacert,
        "--min-cert-validity",
    ];
    server.assert_verdict(&[&arguments[..], &["7d"]].concat(), OK);
    let outcome = server.probe(&[&arguments[..], &["90years"]].concat());
    assert_eq!(
        (without_ages(&outcome.out).as_str(), outcome.code),
        (
            "unhealthy: certificate expires in <age> (2095-01-01T00:00:00Z), expected at least 32872d 12h; \
             GET https://localhost:PORT/ in <t>\n",
            Some(1)
        )
    );
}

#[test]
fn checks_the_validity_under_insecure() {
    let (server, _) = until(2021);
    let outcome = server.probe(&[
        "https://localhost:PORT",
        "-k",
        "--min-cert-validity",
        "7d",
        "-v",
    ]);
    assert_eq!(
        without_ages(&outcome.out),
        "unhealthy: certificate expired <age> (2021-01-01T00:00:00Z), expected at least 7d; \
         GET https://localhost:PORT/ in <t>\n",
    );
    let lines = without_ages(&outcome.err);
    assert!(
        lines.contains("\n* TLS 1.3, certificate expired <age> (2021-01-01T00:00:00Z)\n")
            && lines.contains(
                "\n* failed: min-cert-validity <age> (expired <age> (2021-01-01T00:00:00Z))\n"
            ),
        "{lines}"
    );
}

#[test]
fn rejects_min_cert_validity_over_plain_http() {
    assert_error(
        &["localhost:1", "--min-cert-validity", "7d"],
        "--min-cert-validity: expected an https:// URL; plain HTTP has no certificate",
    );
    let server = Server::json("{}");
    server.assert_verdict(
        &["localhost:PORT", "--min-cert-validity", "7d", "-L"],
        "unhealthy: no certificate: the response came over plain HTTP; expected a certificate \
         valid for at least 7d; GET http://localhost:PORT/ in <t>",
    );
}
