//! `--min-cert-validity`.

use crate::probe::tls::OK;
use crate::support::certificates::{Authority, Certificate, authority_params, params};
use crate::support::tls::{config, serve};
use crate::support::{Server, assert_error, new_file, without_times};
use rcgen::CertificateParams;

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

fn ca_until(name: &str, year: i32) -> CertificateParams {
    let mut params = authority_params(name);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    params
}

fn leaf_until(year: i32) -> CertificateParams {
    let mut params = params(&["localhost"]);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    params
}

/// Probes with a minimum that ends about 2116.
#[track_caller]
fn assert_ninety_years(certificate: &Certificate, arguments: &[&str], line: &str) {
    let server = serve(config(certificate));
    let url = ["https://localhost:PORT", "--min-cert-validity", "90years"];
    let outcome = server.probe(&[&url, arguments].concat());
    assert_eq!(without_ages(&outcome.out).trim_end(), line);
}

fn too_soon(certificate: &str) -> String {
    format!(
        "unhealthy: {certificate}, expected at least 32872d 12h; GET https://localhost:PORT/ in <t>"
    )
}

#[test]
fn rejects_a_chain_that_expires_too_soon() {
    let expires = |whose: &str, year: i32| {
        too_soon(&format!(
            "certificate{whose} expires in <age> ({year}-01-01T00:00:00Z)"
        ))
    };
    let root = Authority::with(ca_until("Root", 2095));
    let between = root.intermediate_with(ca_until("Between", 2300));
    assert_ninety_years(
        &between.sign(&["localhost"]),
        &["--cacert", &root.file()],
        &expires(" of the CA Root", 2095),
    );
    let root = Authority::new("Root");
    let between = root.intermediate_with(ca_until("Between", 2095));
    let trusting = ["--cacert", &root.file()];
    let line = expires(" of the CA Between", 2095);
    assert_ninety_years(&between.sign(&["localhost"]), &trusting, &line);
    // The first to expire is named.
    assert_ninety_years(&between.sign_with(&leaf_until(2100)), &trusting, &line);
    let line = expires("", 2090);
    assert_ninety_years(&between.sign_with(&leaf_until(2090)), &trusting, &line);
    // Nothing but the server's certificate is looked at: nothing else is verified.
    let certificate = between.sign(&["localhost"]);
    assert_ninety_years(&certificate, &["--insecure"], OK);
    let itself = new_file(certificate.chain[0].pem());
    assert_ninety_years(&certificate, &["--cacert", &itself], OK);
    // A CA that is trusted itself ends the path.
    let between = new_file(between.certificate.pem());
    let line = expires(" of the CA Between", 2095);
    assert_ninety_years(&certificate, &["--cacert", &between], &line);
}

/// As for years after a CA has changed its root.
#[test]
fn ignores_an_expiring_certificate_that_another_replaces() {
    let (old, root) = (Authority::new("Old root"), Authority::new("Root"));
    let between = root.intermediate("Between");
    let trusted = [root.certificate.pem(), old.certificate.pem()].concat();
    for year in [2021, 2095] {
        let crosses = [
            old.cross_sign(&root, &ca_until("Root", year)),
            root.cross_sign(&between, &ca_until("Between", year)),
        ];
        for cross in crosses {
            for place in [1, 2] {
                let mut certificate = between.sign(&["localhost"]);
                certificate.chain.insert(place, cross.clone());
                for cacert in [root.file(), new_file(&trusted)] {
                    assert_ninety_years(&certificate, &["--cacert", &cacert], OK);
                }
            }
        }
        // The same for roots that are trusted.
        let former = root.cross_sign(&root, &ca_until("Root", year)).pem();
        let certificate = between.sign(&["localhost"]);
        for cacert in [
            [former.clone(), root.certificate.pem()],
            [root.certificate.pem(), former],
        ] {
            let cacert = new_file(cacert.concat());
            assert_ninety_years(&certificate, &["--cacert", &cacert], OK);
        }
    }
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
