//! What went wrong with TLS, in a person's words.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::certificate::{is_self_signed, last_issuer};
use super::verify::PeerCertificate;
use crate::duration;

/// The most names of a certificate that are shown.
const MAX_NAMES: usize = 4;

/// The algorithms that sign with SHA-1, as the DER of their identifiers begins (RFC 3279, section 2.2).
const SHA1: [&[u8]; 2] = [
    // sha1WithRSAEncryption
    &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05,
    ],
    // ecdsa-with-SHA1
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];

/// Why a connection could not be secured, or broke later.
#[must_use]
pub fn explain(error: &Error, seen: Option<&PeerCertificate>) -> String {
    if let Some(problem) = seen.and_then(|seen| seen.problem.clone()) {
        return problem;
    }
    match error {
        // The certificate itself was found to be good: what remains is the handshake's signature.
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            "the server's key is not that of its certificate".to_owned()
        }
        Error::InvalidCertificate(error) => format!("certificate refused: {error}"),
        Error::AlertReceived(alert) => describe_alert(*alert),
        Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "the server speaks TLS 1.1 or older only, which is not safe".to_owned()
        }
        Error::PeerIncompatible(reason) => {
            format!("the server has no TLS that is safe: {reason:?}")
        }
        error => format!("TLS failed: {error}"),
    }
}

/// What a server that refuses us says (RFC 8446, section 6).
fn describe_alert(alert: AlertDescription) -> String {
    let reason = match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it wants a client certificate (--cert and --key)"
        }
        AlertDescription::UnknownCA => "it does not know the CA of the client certificate (--cert)",
        AlertDescription::CertificateExpired => "the client certificate (--cert) has expired",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => "it does not accept the client certificate (--cert)",
        AlertDescription::UnrecognisedName => "it has no certificate for this host",
        AlertDescription::ProtocolVersion => "it speaks neither TLS 1.2 nor 1.3",
        AlertDescription::NoApplicationProtocol => "it does not speak HTTP/1.1",
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "no cipher in common, or it wants a client certificate (--cert and --key)"
        }
        _ => "",
    };
    let name = format!("{alert:?}");
    if reason.is_empty() {
        format!("the server ended TLS with the alert {name}")
    } else {
        format!("the server refused TLS ({name}): {reason}")
    }
}

/// Why a certificate is not to be trusted.
pub(super) fn describe_certificate_error(
    error: &CertificateError,
    leaf: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> String {
    let name = name.to_str();
    match error {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "certificate expired on {}, {} ago",
            duration::date(not_after.as_secs()),
            between(*not_after, now)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "certificate is not valid before {}, in {}; is the clock right?",
            duration::date(not_before.as_secs()),
            between(now, *not_before)
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().filter_map(|text| bare(text)).collect();
            match names.len() {
                0 => format!(
                    "certificate is for no host at all, expected {name} (a common name does not count, only subjectAltName)"
                ),
                count => {
                    let more = match count.saturating_sub(MAX_NAMES) {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    let names = names[..count.min(MAX_NAMES)].join(", ");
                    format!("certificate is for {names}{more}, not for {name}")
                }
            }
        }
        CertificateError::BadSignature => {
            "certificate is not signed by the key of its CA (or with a key too short to be safe)"
                .to_owned()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => {
            let sha1 = SHA1
                .iter()
                .any(|algorithm| signature_algorithm_id.starts_with(algorithm));
            let what = if sha1 { "SHA-1" } else { "an algorithm" };
            format!("certificate is signed with {what}, which is not safe")
        }
        CertificateError::InvalidPurposeContext { .. } | CertificateError::InvalidPurpose => {
            "certificate is not for servers (extended key usage)".to_owned()
        }
        CertificateError::UnknownIssuer => describe_issuer(leaf, chain),
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::CaUsedAsEndEntity) if is_self_signed(leaf) => {
                describe_issuer(leaf, chain)
            }
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "certificate is that of a CA, not of a server".to_owned()
            }
            Some(webpki::Error::NameConstraintViolation) => {
                format!("certificate is from a CA that may not sign for {name} (name constraints)")
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "certificate is of X.509's first version, which names no host".to_owned()
            }
            _ => format!("certificate refused: {error}"),
        },
        error => format!("certificate refused: {error}"),
    }
}

fn describe_issuer(leaf: &CertificateDer, chain: &[CertificateDer]) -> String {
    if is_self_signed(leaf) {
        return "certificate is self-signed and not among the trusted ones (--cacert)".to_owned();
    }
    match last_issuer(leaf, chain) {
        Some(issuer) => {
            format!("certificate is from a CA that is not trusted: {issuer} (--cacert)")
        }
        None => "certificate is from a CA that is not trusted (--cacert)".to_owned(),
    }
}

fn between(earlier: UnixTime, later: UnixTime) -> String {
    let seconds = later.as_secs().saturating_sub(earlier.as_secs());
    duration::format_coarse(Duration::from_secs(seconds))
}

/// A name or address as webpki tells it, `DnsName("a.example")`, without its kind.
fn bare(text: &str) -> Option<&str> {
    let (kind, name) = text.split_once('(')?;
    let name = name.strip_suffix(')')?;
    matches!(kind, "DnsName" | "IpAddress").then(|| name.trim_matches('"'))
}
