//! Errors of rustls → `TlsError`.

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::verify::PeerCertificate;
use crate::response::{CertificateError, Holder, Refusal, TlsError};

/// Why TLS could not be agreed on, or failed later. What the verifier saw says more than
/// rustls does.
#[must_use]
pub fn explain(error: &Error, seen: Option<PeerCertificate>) -> TlsError {
    let (certificate_error, unsupported_key) =
        seen.map_or((None, None), |seen| (seen.error, seen.unsupported_key));
    if let Some(error) = certificate_error {
        return TlsError::Certificate(error);
    }
    if let (Error::PeerMisbehaved(_), Some(key)) = (error, unsupported_key) {
        return TlsError::Certificate(CertificateError::UnsupportedKey {
            holder: Holder::Server,
            key,
        });
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
