//! Errors of rustls and webpki → `TlsError` and `CertificateError`.

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{AlertDescription, Error, PeerIncompatible};

use super::certificate::{is_self_signed, last_issuer};
use crate::response::{CertificateError, Refusal, TlsError};
use crate::upstream::parse_presented_name;

/// The algorithms that sign with SHA-1, as the DER of their identifiers begins (RFC 3279, section 2.2).
const SHA1: [&[u8]; 2] = [
    // sha1WithRSAEncryption
    &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05,
    ],
    // ecdsa-with-SHA1
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];

/// Why TLS could not be agreed on, or failed later. `certificate_error` is what the verifier
/// found, which says more than rustls does.
#[must_use]
pub fn explain(error: &Error, certificate_error: Option<CertificateError>) -> TlsError {
    if let Some(error) = certificate_error {
        return TlsError::Certificate(error);
    }
    match error {
        // The certificate itself was verified, so this is the handshake's signature.
        Error::InvalidCertificate(rustls::CertificateError::BadSignature) => TlsError::WrongKey,
        Error::InvalidCertificate(error) => {
            TlsError::Certificate(CertificateError::Other(error.to_string()))
        }
        Error::AlertReceived(alert) => TlsError::Alert {
            name: format!("{alert:?}"),
            refusal: refusal(*alert),
        },
        Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            TlsError::TooOld
        }
        Error::PeerIncompatible(reason) => TlsError::Incompatible(format!("{reason:?}")),
        error => TlsError::Other(error.to_string()),
    }
}

/// What the alert of a server means (RFC 8446, section 6.2).
fn refusal(alert: AlertDescription) -> Option<Refusal> {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            Some(Refusal::ClientCertificateRequired)
        }
        AlertDescription::UnknownCA => Some(Refusal::UnknownClientCa),
        AlertDescription::CertificateExpired => Some(Refusal::ClientCertificateExpired),
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => Some(Refusal::ClientCertificateRefused),
        AlertDescription::UnrecognisedName => Some(Refusal::UnknownHost),
        AlertDescription::ProtocolVersion => Some(Refusal::Version),
        AlertDescription::NoApplicationProtocol => Some(Refusal::Protocol),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            Some(Refusal::Parameters)
        }
        _ => None,
    }
}

/// Why a certificate is not trusted.
pub(super) fn describe_certificate_error(
    error: &rustls::CertificateError,
    leaf: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> CertificateError {
    use rustls::CertificateError as E;
    let host = || name.to_str().into_owned();
    match error {
        E::ExpiredContext { not_after, .. } => CertificateError::Expired {
            not_after: not_after.as_secs(),
            now: now.as_secs(),
        },
        E::NotValidYetContext { not_before, .. } => CertificateError::NotYetValid {
            not_before: not_before.as_secs(),
            now: now.as_secs(),
        },
        E::NotValidForNameContext { presented, .. } => CertificateError::WrongHost {
            names: presented
                .iter()
                .filter_map(|text| parse_presented_name(text).map(str::to_owned))
                .collect(),
            host: host(),
        },
        E::BadSignature => CertificateError::BadSignature,
        E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => CertificateError::UnsafeAlgorithm {
            is_sha1: SHA1
                .iter()
                .any(|algorithm| signature_algorithm_id.starts_with(algorithm)),
        },
        E::InvalidPurposeContext { .. } | E::InvalidPurpose => CertificateError::WrongPurpose,
        E::UnknownIssuer => issuer_error(leaf, chain),
        E::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::CaUsedAsEndEntity) if is_self_signed(leaf) => {
                CertificateError::SelfSigned
            }
            Some(webpki::Error::CaUsedAsEndEntity) => CertificateError::IsCa,
            Some(webpki::Error::NameConstraintViolation) => {
                CertificateError::NameConstraints { host: host() }
            }
            Some(webpki::Error::UnsupportedCertVersion) => CertificateError::Version1,
            _ => CertificateError::Other(error.to_string()),
        },
        error => CertificateError::Other(error.to_string()),
    }
}

fn issuer_error(leaf: &CertificateDer, chain: &[CertificateDer]) -> CertificateError {
    if is_self_signed(leaf) {
        CertificateError::SelfSigned
    } else {
        CertificateError::UnknownIssuer {
            issuer: last_issuer(leaf, chain),
        }
    }
}
