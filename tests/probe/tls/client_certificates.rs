//! `--cert` and `--key`.

use crate::probe::tls::OK;
use crate::support::certificates::{Authority, Certificate, openssl};
use crate::support::tls::{config, config_of, play, serve};
use crate::support::{Server, assert_error, new_file};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;

/// A server that requires a certificate of this CA.
fn requiring_client_certificate(
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
) -> Server {
    let certified = authority.sign(&["localhost"]).certified();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(
        authority.roots().into(),
        Arc::clone(&provider),
    )
    .build()
    .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    serve(config)
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];

#[test]
fn sends_a_client_certificate() {
    let authority = Authority::new("Test CA");
    let client = authority.sign(&["probe"]);
    let (cert, key) = (new_file(client.pem()), new_file(client.key_pem()));
    // On one line, and after the mark that Windows puts first.
    let both = ["\u{feff}", client.key_pem().trim_end(), &client.pem()].concat();
    let both = new_file(both);
    for version in VERSIONS {
        let server = requiring_client_certificate(&authority, version);
        let cacert = authority.file();
        for identity in [
            &["--cert", cert.as_str(), "--key", key.as_str()][..],
            &["--cert", &both],
        ] {
            let arguments = [&["https://localhost:PORT", "--cacert", &cacert], identity].concat();
            server.assert_verdict(&arguments, OK);
        }
    }
}

#[test]
fn reports_a_missing_client_certificate() {
    let authority = Authority::new("Test CA");
    for version in VERSIONS {
        let server = requiring_client_certificate(&authority, version);
        server.assert_verdict(
            &["https://localhost:PORT", "-k"],
            "unhealthy: the server refused TLS (CertificateRequired): \
             it wants a client certificate (--cert and --key); GET https://localhost:PORT/",
        );
    }
}

#[test]
fn reports_a_client_certificate_of_an_unknown_ca() {
    let authority = Authority::new("Test CA");
    let stranger = Authority::new("Another CA").sign(&["probe"]);
    let both = new_file([stranger.key_pem(), stranger.pem()].concat());
    let server = requiring_client_certificate(&authority, &rustls::version::TLS13);
    server.assert_verdict(
        &["https://localhost:PORT", "-k", "--cert", &both],
        "unhealthy: the server refused TLS (UnknownCA): it does not know the CA of the client \
         certificate (--cert); GET https://localhost:PORT/",
    );
}

/// A server that closes connections without a client certificate, sending no alert.
#[test]
fn explains_a_close_after_a_certificate_request() {
    let authority = Authority::new("Test CA");
    let certified = authority.sign(&["localhost"]).certified();
    let verifier = WebPkiClientVerifier::builder_with_provider(
        authority.roots().into(),
        Arc::new(rustls::crypto::ring::default_provider()),
    )
    .allow_unauthenticated()
    .build()
    .unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let server = play(config, |_| {});
    server.assert_verdict(
        &["https://localhost:PORT", "-k"],
        "unhealthy: connection closed before any response; the server had asked for a client \
         certificate (--cert and --key); GET https://localhost:PORT/",
    );
    // A server that did not ask for one is not suspected.
    let server = play(
        config_of(
            Certificate::self_signed("localhost").certified(),
            rustls::ALL_VERSIONS,
        ),
        |_| {},
    );
    server.assert_verdict(
        &["https://localhost:PORT", "-k"],
        "unhealthy: connection closed before any response; GET https://localhost:PORT/",
    );
}

/// PKCS#8, SEC1 and PKCS#1 keys; EC, RSA and Ed25519.
#[test]
fn reads_every_key_format() {
    let server = serve(config(&Certificate::self_signed("localhost")));
    for (name, make) in [
        ("pkcs8-rsa", "openssl genpkey -algorithm RSA -out key"),
        ("pkcs1-rsa", "openssl genrsa -traditional -out key 2048"),
        (
            "sec1-p256",
            "openssl ecparam -name prime256v1 -genkey -noout -out key",
        ),
        // With a section for the curve's name, openssl's default.
        (
            "sec1-p384",
            "openssl ecparam -name secp384r1 -genkey -out key",
        ),
        (
            "pkcs8-ed25519",
            "openssl genpkey -algorithm ed25519 -out key",
        ),
    ] {
        let script = format!("{make} && openssl req -x509 -new -key key -subj /CN=probe -out cert");
        let Some(folder) = openssl(name, &script) else {
            return;
        };
        let (cert, key) = (format!("{folder}/cert"), format!("{folder}/key"));
        let outcome = server.probe(&[
            "https://localhost:PORT",
            "-k",
            "--cert",
            &cert,
            "--key",
            &key,
        ]);
        assert_eq!(
            (outcome.out.trim_end(), outcome.err.as_str()),
            (OK, ""),
            "{name}"
        );
    }
}

#[test]
fn rejects_invalid_client_certificates_and_keys() {
    let client = Certificate::self_signed("probe");
    let (cert, key) = (new_file(client.pem()), new_file(client.key_pem()));
    let other = new_file(Certificate::self_signed("other").key_pem());
    let script = "openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out key
        openssl genrsa -traditional -aes128 -passout pass:x -out old 2048";
    let Some(folder) = openssl("encrypted", script) else {
        return;
    };
    let encrypted = format!("{folder}/key");
    // `Proc-Type: 4,ENCRYPTED`
    let old = format!("{folder}/old");
    let both = new_file([std::fs::read_to_string(&old).unwrap(), client.pem()].concat());
    let passphrase =
        "expected a key without a passphrase; openssl pkey -in KEY -out PLAIN removes it";
    let forms = "expected PEM, with a line -----BEGIN PRIVATE KEY-----, -----BEGIN EC PRIVATE KEY----- \
                 or -----BEGIN RSA PRIVATE KEY-----";
    for (arguments, message) in [
        (
            &["--key", &key][..],
            "--key: expected --cert FILE as well, the certificate of this key".to_owned(),
        ),
        (
            &["--cert", &cert],
            format!("--cert {cert:?}: {forms}; or --key FILE"),
        ),
        (
            &["--cert", &cert, "--key", &cert],
            format!("--key {cert:?}: {forms}"),
        ),
        (
            &["--cert", &key],
            format!("--cert {key:?}: expected PEM, with a line -----BEGIN CERTIFICATE-----"),
        ),
        (
            &["--cert", &cert, "--key", &other],
            format!("--key {other:?}: expected the key of the certificate, found another"),
        ),
        (
            &["--cert", &cert, "--key", &encrypted],
            format!("--key {encrypted:?}: {passphrase}"),
        ),
        (
            &["--cert", &cert, "--key", &old],
            format!("--key {old:?}: {passphrase}"),
        ),
        (
            &["--cert", &both],
            format!("--cert {both:?}: {passphrase}; or --key FILE"),
        ),
    ] {
        assert_error(&[&["https://localhost:1"], arguments].concat(), message);
    }
}
