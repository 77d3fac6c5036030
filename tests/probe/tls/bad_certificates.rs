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
fn names_the_ca_whose_certificate_expired() {
    let period = |name: &str, from: i32, to: i32| {
        let mut params = authority_params(name);
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        params
    };
    let authority = Authority::new("Corp CA");
    let expired = authority.intermediate_with(period("Between", 2020, 2021));
    let server = serve(config(&expired.sign(&["localhost"])));
    let reason = "certificate of the CA Between expired on 2021-01-01T00:00:00Z, <age> ago";
    assert_refused(&server, &authority.file(), reason);

    let early = authority.intermediate_with(period("Between", 2090, 2091));
    let server = serve(config(&early.sign(&["localhost"])));
    let reason = "certificate of the CA Between is not valid before 2090-01-01T00:00:00Z, in <age>; \
                  is the clock right?";
    assert_refused(&server, &authority.file(), reason);

    let old = Authority::with(period("Old root", 2020, 2021));
    let server = serve(config(&old.intermediate("Between").sign(&["localhost"])));
    let reason = "certificate of the CA Old root expired on 2021-01-01T00:00:00Z, <age> ago";
    assert_refused(&server, &old.file(), reason);

    let mut nameless = period("", 2020, 2021);
    nameless.distinguished_name = rcgen::DistinguishedName::new();
    let expired = authority.intermediate_with(nameless);
    let server = serve(config(&expired.sign(&["localhost"])));
    let reason = "certificate of a CA expired on 2021-01-01T00:00:00Z, <age> ago";
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

/// As `openssl` makes of `subjectAltName=DNS:127.0.0.1`.
#[test]
fn rejects_an_address_that_is_written_as_a_dns_name() {
    let authority = Authority::new("Test CA");
    let dns = |name: &str| rcgen::SanType::DnsName(name.try_into().unwrap());
    let mut names = params(&["localhost"]);
    names.subject_alt_names.push(dns("127.0.0.1"));
    let server = serve(config(&authority.sign_with(&names)));
    let trusting = ["--cacert", &authority.file()];
    server.assert_verdict(&[&["https://localhost:PORT"][..], &trusting].concat(), OK);
    server.assert_verdict(
        &[&["https://127.0.0.1:PORT"][..], &trusting].concat(),
        "unhealthy: certificate is for localhost, 127.0.0.1 as a DNS name, not as an address, \
         not for 127.0.0.1; GET https://127.0.0.1:PORT/",
    );
}

#[test]
fn writes_ipv6_addresses_in_their_usual_form() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["::1", "2001:db8::5"])));
    let reason = "certificate is for ::1, 2001:db8::5, not for localhost";
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
    let reason = "certificate is from a CA that is not trusted: Between; the server sent no certificate of that CA \
                  (--cacert)";
    assert_refused(&server, &authority.file(), reason);
    // A certificate of another CA does not help.
    let mut certificate = authority.intermediate("Between").sign(&["localhost"]);
    certificate.chain[1] = authority.intermediate("Former").certificate;
    assert_refused(&serve(config(&certificate)), &authority.file(), reason);
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
    let reason = "certificate is not signed by the key of its CA";
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

/// A server with a certificate that openssl signs with these options, by a CA with a key of this type; and the CA's
/// file.
fn signed(name: &str, key: &str, options: &str) -> Option<(Server, String)> {
    let folder = openssl(
        name,
        &format!(
            "openssl genpkey -algorithm {key} -out ca.key
             openssl req -x509 -new -key ca.key -subj '/CN=Old CA' -out ca.pem -days 30
             openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout leaf.key -out leaf.csr
             echo subjectAltName=DNS:localhost > leaf.ext
             openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 30 {options}"
        ),
    )?;
    let server = serve_files(&format!("{folder}/leaf.pem"), &format!("{folder}/leaf.key"));
    Some((server, format!("{folder}/ca.pem")))
}

const RSA_2048: &str = "RSA -pkeyopt rsa_keygen_bits:2048";

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
fn rejects_a_certificate_signed_with_an_unsafe_hash() {
    for (option, name) in [("-sha1", "SHA-1"), ("-md5", "MD5")] {
        let options = format!("{option} -extfile leaf.ext");
        if let Some((server, ca)) = signed(name, RSA_2048, &options) {
            let reason = format!("certificate is signed with {name}, which is not safe");
            assert_refused(&server, &ca, &reason);
        }
    }
}

#[test]
fn rejects_an_x509_version_1_certificate() {
    if let Some((server, ca)) = signed("v1", RSA_2048, "") {
        let reason = "certificate is X.509 version 1, which names no host";
        assert_refused(&server, &ca, reason);
    }
}

#[test]
fn names_the_key_type_of_a_ca_that_is_not_supported() {
    for (key, name) in [
        ("RSA -pkeyopt rsa_keygen_bits:1024", "RSA with 1024 bits"),
        ("EC -pkeyopt ec_paramgen_curve:P-521", "P-521"),
        ("EC -pkeyopt ec_paramgen_curve:P-224", "P-224"),
        (
            "EC -pkeyopt ec_paramgen_curve:brainpoolP256r1",
            "1.3.36.3.3.2.8.1.1.7",
        ),
        ("ED448", "Ed448"),
        ("RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA-PSS"),
    ] {
        if let Some((server, ca)) = signed(name, key, "-extfile leaf.ext") {
            let reason = format!(
                "certificate of the CA Old CA has a key type this build does not support: {name}"
            );
            assert_refused(&server, &ca, &reason);
        }
    }
}

/// A hash that this build does not combine with a key that it supports.
#[test]
fn names_a_signature_algorithm_that_is_not_supported() {
    let key = "EC -pkeyopt ec_paramgen_curve:P-256";
    if let Some((server, ca)) = signed("sha512", key, "-sha512 -extfile leaf.ext") {
        let reason = "certificate is signed with an algorithm this build does not support: ECDSA with SHA-512";
        assert_refused(&server, &ca, reason);
    }
}
