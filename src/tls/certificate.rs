//! What a certificate states: when it is valid, and who signed it. Whether it is trusted
//! is decided in `verify`.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use crate::response::{CertificateError, Validity};

/// The attributes that name a CA, in order of preference, as the DER of their
/// identifiers (RFC 5280, appendix A.1).
const NAME_ATTRIBUTES: [&[u8]; 2] = [
    // commonName
    &[0x06, 0x03, 0x55, 0x04, 0x03],
    // organizationName
    &[0x06, 0x03, 0x55, 0x04, 0x0a],
];

/// How long a certificate is valid, as of now.
pub(super) fn validity(
    certificate: &CertificateDer<'_>,
    now: UnixTime,
) -> Result<Validity, CertificateError> {
    let parsed = EndEntityCert::try_from(certificate).map_err(|_| CertificateError::Unreadable)?;
    // webpki gives the end of validity only in the error of an expired certificate, and at
    // the end of time every certificate has expired.
    let end_of_time = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    match check_times(&parsed, end_of_time) {
        Err(Error::CertExpired { not_after, .. }) => Ok(Validity {
            not_after: not_after.as_secs(),
            seen: now.as_secs(),
        }),
        _ => Err(CertificateError::Unreadable),
    }
}

/// Whether the time is within a certificate's validity.
pub(super) fn check_times(certificate: &EndEntityCert<'_>, time: UnixTime) -> Result<(), Error> {
    // Without any root, verification fails in the end; but the times are checked first.
    let usage = KeyUsage::server_auth();
    match certificate.verify_for_usage(&[], &[], &[], time, usage, None, None) {
        Err(
            error @ (Error::CertExpired { .. }
            | Error::CertNotValidYet { .. }
            | Error::InvalidCertValidity
            | Error::BadDer
            | Error::BadDerTime),
        ) => Err(error),
        _ => Ok(()),
    }
}

/// Whether a certificate names itself as its issuer.
pub(super) fn is_self_signed(der: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(der)
        .is_ok_and(|certificate| certificate.issuer() == certificate.subject())
}

/// Whether the server sent a certificate of the CA that signed its own.
pub(super) fn is_issuer_sent(leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> bool {
    EndEntityCert::try_from(leaf).is_ok_and(|leaf| {
        chain
            .iter()
            .filter_map(|der| EndEntityCert::try_from(der).ok())
            .any(|sent| sent.subject() == leaf.issuer())
    })
}

/// The name of the CA at the end of a chain of certificates.
pub(super) fn last_issuer(
    leaf: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
) -> Option<String> {
    let chain: Vec<EndEntityCert> = chain
        .iter()
        .filter_map(|der| EndEntityCert::try_from(der).ok())
        .collect();
    let leaf = EndEntityCert::try_from(leaf).ok()?;
    let mut issuer = leaf.issuer();
    // At most one step for each certificate, because the names may form a circle.
    for _ in 0..chain.len() {
        match chain.iter().find(|parent| parent.subject() == issuer) {
            Some(parent) => issuer = parent.issuer(),
            None => break,
        }
    }
    name(issuer)
}

/// The name of a certificate's subject.
pub(super) fn subject(certificate: &CertificateDer<'_>) -> Option<String> {
    name(EndEntityCert::try_from(certificate).ok()?.subject())
}

/// What a distinguished name calls its CA.
pub(super) fn name(distinguished: &[u8]) -> Option<String> {
    NAME_ATTRIBUTES
        .iter()
        .find_map(|attribute| attribute_value(distinguished, attribute))
}

/// The text of an attribute: its type, one byte for the kind of string, the length, the text.
fn attribute_value(name: &[u8], attribute: &[u8]) -> Option<String> {
    let start = name
        .windows(attribute.len())
        .position(|window| window == attribute)?;
    let (length, text) = name.get(start + attribute.len() + 1..)?.split_first()?;
    let text = text.get(..usize::from(*length))?;
    Some(String::from_utf8_lossy(text).into_owned())
}
