//! Every kind of untrustworthy certificate has its own reason; `--insecure` accepts most of them.

use crate::probe::tls::OK;
use crate::support::certificates::{Authority, Certificate, authority_params, openssl, params};
use crate::support::tls::{config, config_of, serve};
use crate::support::{Server, new_file, without_times};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, KeyPair, NameConstraints};

/// Expects this reason without `--insecure`, and a healthy verdict with it.
#[track_caller]
fn assert_refused(server: &Server, cacert: &str, reason: &str) {
    assert_reason(server, &["--cacert", cacert], reason);
    server.assert_verdict(&["https://localhost:PORT", "--cacert", cacert, "-k"], OK);
}

#[track_caller]
fn assert_reason(server: &Server, arguments: &[&str], reason: &str) {
    let outcome = server.probe(&[&["https://localhost:PORT"], arguments].concat());
    let ages = regex_lite::Regex::new(r"\b\d+d( \d+\w+)?").unwrap();
    let out = ages.replace_all(&outcome.out, "<age>").into_owned();
    assert_eq!(
        (without_times(&out), outcome.code),
        (
            format!("unhealthy: {reason}; GET https://localhost:PORT/\n"),
            Some(1)
        ),
    );
}

fn between(from: i32, to: i32) -> CertificateParams {
    let mut params = params(&["localhost"]);
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params
}

#[test]
fn rejects_an_expired_certificate() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign_with(&between(2020, 2021))));
    let reason = "certificate expired on 2021-01-01T00:00:00Z, <age> ago";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_an_expired_certificate_that_is_its_own_root() {
    let key = KeyPair::generate().unwrap();
    let certificate = Certificate {
        chain: vec![between(2020, 2021).self_signed(&key).unwrap()],
        key,
    };
    let server = serve(config(&certificate));
    let reason = "certificate expired on 2021-01-01T00:00:00Z, <age> ago";
    assert_refused(&server, &new_file(certificate.pem()), reason);
}

#[test]
fn rejects_a_certificate_that_is_not_yet_valid() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign_with(&between(2090, 2091))));
    let reason =
        "certificate is not valid before 2090-01-01T00:00:00Z, in <age>; is the clock right?";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_certificate_for_another_host() {
    let authority = Authority::new("Test CA");
    let names = [
        "a.example",
        "*.b.example",
        "10.1.2.3",
        "c.example",
        "d.example",
    ];
    let server = serve(config(&authority.sign(&names)));
    let reason = "certificate is for a.example, *.b.example, 10.1.2.3, c.example and 1 more, \
                  not for localhost";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_certificate_for_the_address_instead_of_the_name() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["127.0.0.1"])));
    let reason = "certificate is for 127.0.0.1, not for localhost";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_certificate_without_subject_alternative_names() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&[])));
    let reason = "certificate has no host in subjectAltName, expected localhost \
                  (a common name does not count)";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_certificate_from_an_unknown_ca() {
    let authority = Authority::new("Corp CA");
    let between = authority.intermediate("Between");
    let server = serve(config(&between.sign(&["localhost"])));
    let other = Authority::new("Another CA").file();
    let reason = "certificate is from a CA that is not trusted: Corp CA (--cacert)";
    assert_refused(&server, &other, reason);
}

#[test]
fn rejects_a_certificate_without_its_intermediate() {
    let authority = Authority::new("Corp CA");
    let mut certificate = authority.intermediate("Between").sign(&["localhost"]);
    certificate.chain.truncate(1);
    let server = serve(config(&certificate));
    let reason = "certificate is from a CA that is not trusted: Between (--cacert)";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_self_signed_certificate() {
    let other = Authority::new("Another CA").file();
    let reason = "certificate is self-signed and not among the trusted ones (--cacert)";
    let as_ca = Certificate::self_signed("localhost");
    assert_refused(&serve(config(&as_ca)), &other, reason);
    let key = KeyPair::generate().unwrap();
    let plain = Certificate {
        chain: vec![params(&["localhost"]).self_signed(&key).unwrap()],
        key,
    };
    assert_refused(&serve(config(&plain)), &other, reason);
}

#[test]
fn rejects_a_certificate_from_another_ca_of_the_same_name() {
    let real = Authority::new("Corp CA");
    let forged = Authority::new("Corp CA").sign(&["localhost"]);
    let reason =
        "certificate is not signed by the key of its CA (or with a key too short to be safe)";
    assert_refused(&serve(config(&forged)), &real.file(), reason);
}

/// Fails under `--insecure` too: the server does not own the certificate.
#[test]
fn rejects_a_key_that_is_not_the_certificates() {
    let authority = Authority::new("Test CA");
    let certificate = authority.sign(&["localhost"]);
    let server = serve(config(&certificate.with_key(KeyPair::generate().unwrap())));
    let reason = "the server's key does not match its certificate";
    assert_reason(&server, &["--cacert", &authority.file()], reason);
    assert_reason(&server, &["--insecure"], reason);
}

#[test]
fn rejects_a_certificate_outside_its_cas_name_constraints() {
    let mut constrained = authority_params("Example CA");
    constrained.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".to_owned())],
        excluded_subtrees: vec![],
    });
    let authority = Authority::with(constrained);
    let server = serve(config(&authority.sign(&["localhost"])));
    let reason = "certificate is from a CA that may not sign for localhost (name constraints)";
    assert_refused(&server, &authority.file(), reason);
}

#[test]
fn rejects_a_certificate_for_clients_only() {
    let authority = Authority::new("Test CA");
    let mut params = params(&["localhost"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let server = serve(config(&authority.sign_with(&params)));
    let reason = "certificate is not for servers (extended key usage)";
    assert_refused(&server, &authority.file(), reason);
}

/// A server with a certificate that openssl signs with these options, by a CA with a key of this size; and the CA's
/// file.
fn signed(name: &str, bits: u32, options: &str) -> Option<(Server, String)> {
    let folder = openssl(
        name,
        &format!(
            "openssl req -x509 -newkey rsa:{bits} -nodes -subj '/CN=Old CA' -keyout ca.key -out ca.pem -days 30
             openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout leaf.key -out leaf.csr
             echo subjectAltName=DNS:localhost > leaf.ext
             openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 30 {options}"
        ),
    )?;
    let server = serve_files(&format!("{folder}/leaf.pem"), &format!("{folder}/leaf.key"));
    Some((server, format!("{folder}/ca.pem")))
}

fn serve_files(leaf: &str, key: &str) -> Server {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(leaf)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let certified = rustls::sign::CertifiedKey::new(chain, key);
    serve(config_of(certified.into(), rustls::ALL_VERSIONS))
}

#[test]
fn rejects_a_certificate_signed_with_sha_1() {
    if let Some((server, ca)) = signed("sha1", 2048, "-sha1 -extfile leaf.ext") {
        let reason = "certificate is signed with SHA-1, which is not safe";
        assert_refused(&server, &ca, reason);
    }
}

#[test]
fn rejects_an_x509_version_1_certificate() {
    if let Some((server, ca)) = signed("v1", 2048, "") {
        let reason = "certificate is X.509 version 1, which names no host";
        assert_refused(&server, &ca, reason);
    }
}

#[test]
fn rejects_a_certificate_of_a_ca_with_a_short_key() {
    if let Some((server, ca)) = signed("short", 1024, "-extfile leaf.ext") {
        let reason =
            "certificate is not signed by the key of its CA (or with a key too short to be safe)";
        assert_refused(&server, &ca, reason);
    }
}
