//! Trusted certificates, and where they are read from.

use crate::probe::tls::OK;
use crate::support::certificates::{Authority, Certificate};
use crate::support::tls::{config, config_of, serve};
use crate::support::{assert_error, assert_phases_sum, folder, new_file};
use std::fs;

#[test]
fn speaks_tls_1_2_and_1_3() {
    let authority = Authority::new("Test CA");
    let certificate = authority.sign(&["localhost", "127.0.0.1"]).certified();
    for (version, name) in [
        (&rustls::version::TLS13, "TLS 1.3"),
        (&rustls::version::TLS12, "TLS 1.2"),
    ] {
        let server = serve(config_of(certificate.clone(), &[version]));
        let outcome = server.probe(&[
            "https://localhost:PORT",
            "--cacert",
            &authority.file(),
            "-e",
            "status=ok",
            "-v",
        ]);
        assert_eq!(
            (outcome.code, outcome.out.trim_end()),
            (Some(0), OK),
            "{}",
            outcome.err
        );
        let mut lines = outcome.err.lines();
        assert_eq!(lines.next(), Some("* connected to 127.0.0.1:PORT"));
        let session = lines.next().unwrap();
        assert!(
            session.starts_with(&format!("* {name}, certificate expires in "))
                && session.ends_with("Z)"),
            "{session}"
        );
        assert_eq!(
            lines.next(),
            Some("* took <t>: resolve <t>, connect <t>, tls <t>, processing <t>, transfer <t>")
        );
    }
}

#[test]
fn accepts_a_certificate_for_an_address() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["127.0.0.1"])));
    server.assert_verdict(
        &["https://127.0.0.1:PORT/", "--cacert", &authority.file()],
        OK.replace("localhost", "127.0.0.1"),
    );
}

#[test]
fn accepts_wildcards_and_intermediates() {
    let authority = Authority::new("Test CA");
    let between = authority.intermediate("Between");
    let server = serve(config(&between.sign(&["*.models.localhost"])));
    server.assert_verdict(
        &[
            "https://a.models.localhost:PORT/",
            "--cacert",
            &authority.file(),
        ],
        OK.replace("localhost", "a.models.localhost"),
    );
}

/// As `openssl req -x509` makes them: with CA rights.
#[test]
fn accepts_a_trusted_self_signed_certificate() {
    let certificate = Certificate::self_signed("localhost");
    let server = serve(config(&certificate));
    let pem = new_file(certificate.pem());
    server.assert_verdict(&["https://localhost:PORT", "--cacert", &pem], OK);
    server.assert_verdict(
        &["https://127.0.0.1:PORT", "--cacert", &pem],
        "unhealthy: certificate is for localhost, not for 127.0.0.1; GET https://127.0.0.1:PORT/",
    );
}

#[test]
fn reads_roots_from_ssl_cert_file_and_ssl_cert_dir() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["localhost"])));
    let pem = authority.file();
    let (folder, empty) = (folder("trusted"), folder("empty"));
    fs::write(folder.join("README"), "no certificate").unwrap();
    // `c_rehash` adds a second name for the same certificate.
    for name in ["ca.pem", "5ed36f99.0"] {
        fs::copy(&pem, folder.join(name)).unwrap();
    }
    let folders = format!("{}:{}", empty.display(), folder.display());
    for (name, value) in [("SSL_CERT_FILE", pem.as_str()), ("SSL_CERT_DIR", &folders)] {
        let run = server.prepare(&["https://localhost:PORT"]);
        run.env(name, value).run().assert_verdict(OK);
    }
    // `-` is a file's name here, and standard input stays unread.
    for name in ["missing.pem", "-"] {
        let run = server.prepare(&["https://localhost:PORT"]);
        run.env("SSL_CERT_FILE", name).run().assert_verdict(format!(
            "unhealthy: SSL_CERT_FILE: cannot read {name}: No such file or directory; \
             GET https://localhost:PORT/"
        ));
    }
    let nothing = new_file("no certificate");
    for (variables, named) in [
        (
            &[("SSL_CERT_FILE", nothing.as_str())][..],
            format!("SSL_CERT_FILE={nothing}"),
        ),
        (
            &[
                ("SSL_CERT_FILE", nothing.as_str()),
                ("SSL_CERT_DIR", empty.to_str().unwrap()),
            ],
            format!(
                "SSL_CERT_FILE={nothing} and SSL_CERT_DIR={}",
                empty.display()
            ),
        ),
    ] {
        let run = server.prepare(&["https://localhost:PORT"]);
        let run = variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value));
        run.run().assert_verdict(format!(
            "unhealthy: no CA certificates to trust in {named} (--cacert); GET https://localhost:PORT/"
        ));
    }
}

/// As `cat` of files without a last newline, Windows and variables of one line make them.
#[test]
fn reads_pem_whatever_its_line_breaks() {
    let (first, second) = (Authority::new("First CA"), Authority::new("Second CA"));
    let server = serve(config(&second.sign(&["localhost"])));
    let (first, second) = (first.certificate.pem(), second.certificate.pem());
    let key = Certificate::self_signed("x").key_pem();
    let one_line = |pem: &str| pem.replace("\r\n", " ").replace('\n', " ");
    for (form, text) in [
        ("no newline between", [first.trim_end(), &second].concat()),
        ("no newline at the end", second.trim_end().to_owned()),
        ("byte order mark", ["\u{feff}", &second].concat()),
        (
            "marks of both",
            ["\u{feff}", &first, "\u{feff}", &second].concat(),
        ),
        (
            "comment before",
            ["# Second CA -----", second.as_str()].concat(),
        ),
        (
            "lines of Windows",
            second.replace("\r\n", "\n").replace('\n', "\r\n"),
        ),
        (
            "spaces for newlines",
            one_line(&[first.as_str(), &second].concat()),
        ),
        (
            "no white space",
            one_line(&second).replace("- ", "-").replace(" -", "-"),
        ),
        ("indented", second.replace('\n', "\n    ")),
        (
            "bad key before",
            [
                "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
                &second,
            ]
            .concat(),
        ),
        ("cut key before", [&key[..key.len() / 2], &second].concat()),
    ] {
        let outcome = server.probe(&["https://localhost:PORT", "--cacert", &new_file(text)]);
        assert_eq!(
            (outcome.out.trim_end(), outcome.err.as_str()),
            (OK, ""),
            "{form}"
        );
    }
}

#[test]
fn rejects_a_cacert_file_without_certificates() {
    let cut = "-----BEGIN CERTIFICATE-----\nMIIB\n";
    for (text, reason) in [
        ("", "expected PEM, with a line -----BEGIN CERTIFICATE-----"),
        (
            "hello",
            "expected PEM, with a line -----BEGIN CERTIFICATE-----",
        ),
        (cut, "a section of the PEM file has no end"),
        (
            &[cut, &Authority::new("Test CA").certificate.pem()].concat(),
            "a section of the PEM file has no end",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "a section of the PEM file is not valid base64",
        ),
    ] {
        let path = new_file(text);
        assert_error(
            &["https://localhost:1", "--cacert", &path],
            format!("--cacert {path:?}: {reason}"),
        );
    }
    let utf_16: Vec<u8> = "\u{feff}-----BEGIN CERTIFICATE-----"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let path = new_file(utf_16);
    assert_error(
        &["https://localhost:1", "--cacert", &path],
        format!("--cacert {path:?}: expected PEM in UTF-8, found UTF-16"),
    );
    assert_error(
        &["https://localhost:1", "--cacert", "missing.pem"],
        "--cacert: cannot read missing.pem: No such file or directory",
    );
}

#[test]
fn reports_the_handshake_as_a_phase() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["localhost"])));
    let (object, _) = server
        .prepare(&["https://localhost:PORT", "--cacert", &authority.file()])
        .json();
    assert!(
        object["phases_ms"]["tls"].as_f64().unwrap() > 0.0,
        "{object}"
    );
    assert_phases_sum(&object);
}
