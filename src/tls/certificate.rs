//! What a certificate says of itself: when it is valid, and who signed it.
//! Whether it may be trusted is not decided here.

use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use webpki::EndEntityCert;

use crate::response::Validity;

/// The attributes of a name that are shown, the first that it has: common name
/// and organization, as their DER begins (RFC 5280, appendix A.1).
const SHOWN: [&[u8]; 2] = [
    &[0x06, 0x03, 0x55, 0x04, 0x03],
    &[0x06, 0x03, 0x55, 0x04, 0x0a],
];

/// How long a certificate is valid, as of now.
pub(super) fn validity(
    leaf: &CertificateDer<'_>,
    now: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<Validity, String> {
    let unreadable = || "the server's certificate cannot be read".to_owned();
    let parsed = ParsedCertificate::try_from(leaf).map_err(|_| unreadable())?;
    // A certificate's end is told only when it is over: at the end of all time it is.
    let end_of_time = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    match check_times(&parsed, end_of_time, algorithms) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Ok(Validity {
                not_after: not_after.as_secs(),
                seen: now.as_secs(),
            })
        }
        _ => Err(unreadable()),
    }
}

/// Whether a certificate has begun and not ended.
pub(super) fn check_times(
    leaf: &ParsedCertificate<'_>,
    time: UnixTime,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    // With nobody to trust, what is left to find out comes before the signatures.
    let nobody = RootCertStore::empty();
    match verify_server_cert_signed_by_trust_anchor(leaf, &nobody, &[], time, algorithms.all) {
        Err(
            error @ Error::InvalidCertificate(
                CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYetContext { .. }
                | CertificateError::Expired
                | CertificateError::BadEncoding,
            ),
        ) => Err(error),
        _ => Ok(()),
    }
}

/// Whether a certificate names itself as its issuer.
pub(super) fn is_self_signed(der: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(der)
        .is_ok_and(|certificate| certificate.issuer() == certificate.subject())
}

/// The name of the CA that a chain of certificates ends at.
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
    // Each step leads to another certificate of the chain, or to itself and so nowhere.
    for _ in 0..chain.len() {
        match chain.iter().find(|above| above.subject() == issuer) {
            Some(above) => issuer = above.issuer(),
            None => break,
        }
    }
    SHOWN.iter().find_map(|attribute| value(issuer, attribute))
}

/// The text behind an attribute's type: after a byte of its own type, its length.
fn value(name: &[u8], attribute: &[u8]) -> Option<String> {
    let start = name
        .windows(attribute.len())
        .position(|window| window == attribute)?;
    let (length, text) = name.get(start + attribute.len() + 1..)?.split_first()?;
    let text = text.get(..usize::from(*length))?;
    Some(String::from_utf8_lossy(text).into_owned())
}
