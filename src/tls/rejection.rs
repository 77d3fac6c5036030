//! Errors of webpki → `CertificateError`.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::OtherError;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, anchor_from_trusted_cert};

use super::certificate::{check_times, is_issuer_sent, is_self_signed, last_issuer, name, subject};
use super::key;
use crate::response::{CertificateError, Holder};
use crate::upstream::{PresentedName, parse_presented_name};

/// A certificate that is not trusted, and what it was held against.
pub(super) struct Rejected<'a> {
    pub(super) leaf: &'a CertificateDer<'a>,
    pub(super) chain: &'a [CertificateDer<'a>],
    pub(super) trusted: &'a [CertificateDer<'static>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) now: UnixTime,
}

impl Rejected<'_> {
    /// Why it is not trusted.
    pub(super) fn describe(
        &self,
        error: &webpki::Error,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> CertificateError {
        use webpki::Error as E;
        let host = || self.name.to_str().into_owned();
        match error {
            E::CertExpired { not_after, .. } => CertificateError::Expired {
                holder: self.holder(error),
                not_after: not_after.as_secs(),
                now: self.now.as_secs(),
            },
            E::CertNotValidYet { not_before, .. } => CertificateError::NotYetValid {
                holder: self.holder(error),
                not_before: not_before.as_secs(),
                now: self.now.as_secs(),
            },
            E::CertNotValidForName(context) => CertificateError::WrongHost {
                names: context
                    .presented
                    .iter()
                    .filter_map(|text| parse_presented_name(text).map(display_name))
                    .collect(),
                host: host(),
            },
            E::InvalidSignatureForPublicKey => self
                .unsupported_ca_key(algorithms)
                .unwrap_or(CertificateError::BadSignature),
            E::UnsupportedSignatureAlgorithmForPublicKeyContext(context) => self
                .unsupported_ca_key(algorithms)
                .unwrap_or_else(|| CertificateError::UnsupportedAlgorithm {
                    name: key::algorithm_name(&context.signature_algorithm_id),
                }),
            E::UnsupportedSignatureAlgorithmContext(context) => {
                let name = key::algorithm_name(&context.signature_algorithm_id);
                match name.as_str() {
                    key::SHA1 | key::MD5 => CertificateError::UnsafeAlgorithm { name },
                    _ => self
                        .unsupported_ca_key(algorithms)
                        .unwrap_or(CertificateError::UnsupportedAlgorithm { name }),
                }
            }
            E::RequiredEkuNotFoundContext(_) => CertificateError::WrongPurpose,
            E::UnknownIssuer => self.issuer_error(),
            E::CaUsedAsEndEntity if is_self_signed(self.leaf) => CertificateError::SelfSigned,
            E::CaUsedAsEndEntity => CertificateError::IsCa,
            E::NameConstraintViolation => CertificateError::NameConstraints { host: host() },
            E::UnsupportedCertVersion => CertificateError::Version1,
            E::BadDer | E::BadDerTime | E::TrailingData(_) => CertificateError::Unreadable,
            error => CertificateError::Other(error.to_string()),
        }
    }

    /// Whose times are the reason for this error.
    fn holder(&self, error: &webpki::Error) -> Holder {
        self.chain
            .iter()
            .chain(self.trusted)
            .filter(|_| !self.is_reason(self.leaf, error))
            .find(|ca| self.is_reason(ca, error))
            .map_or(Holder::Server, |ca| Holder::Ca(subject(ca)))
    }

    fn is_reason(&self, certificate: &CertificateDer<'_>, error: &webpki::Error) -> bool {
        EndEntityCert::try_from(certificate)
            .is_ok_and(|parsed| check_times(&parsed, self.now).as_ref() == Err(error))
    }

    /// The key of a CA of the chain that cannot be verified.
    fn unsupported_ca_key(
        &self,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Option<CertificateError> {
        let signed: Vec<EndEntityCert> = [self.leaf]
            .into_iter()
            .chain(self.chain)
            .filter_map(|der| EndEntityCert::try_from(der).ok())
            .collect();
        self.chain
            .iter()
            .chain(self.trusted)
            .filter_map(|der| anchor_from_trusted_cert(der).ok())
            .filter(|ca| signed.iter().any(|one| one.issuer() == ca.subject.as_ref()))
            .find_map(|ca| {
                Some(CertificateError::UnsupportedKey {
                    key: key::unsupported_info(&ca.subject_public_key_info, algorithms)?,
                    holder: Holder::Ca(name(&ca.subject)),
                })
            })
    }

    fn issuer_error(&self) -> CertificateError {
        if is_self_signed(self.leaf) {
            CertificateError::SelfSigned
        } else {
            CertificateError::UnknownIssuer {
                issuer: last_issuer(self.leaf, self.chain),
                is_sent: is_issuer_sent(self.leaf, self.chain),
            }
        }
    }
}

/// A name of a certificate, with its kind where that would be mistaken.
fn display_name(presented: PresentedName<'_>) -> String {
    match presented {
        PresentedName::Dns(name) if name.parse::<IpAddr>().is_ok() => {
            format!("{name} as a DNS name, not as an address")
        }
        PresentedName::Dns(name) => name.to_owned(),
        PresentedName::Ip(address) => match address.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => address.to_owned(),
        },
    }
}

/// The same error for rustls, which chooses the alert to send by it.
pub(super) fn for_alert(error: webpki::Error) -> rustls::CertificateError {
    use rustls::CertificateError as R;
    use webpki::Error as E;
    match error {
        E::BadDer | E::BadDerTime | E::TrailingData(_) => R::BadEncoding,
        E::CertExpired { .. } | E::InvalidCertValidity => R::Expired,
        E::CertNotValidYet { .. } => R::NotValidYet,
        E::CertNotValidForName(_) => R::NotValidForName,
        E::UnknownIssuer => R::UnknownIssuer,
        E::InvalidSignatureForPublicKey
        | E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => R::BadSignature,
        E::RequiredEkuNotFoundContext(_) => R::InvalidPurpose,
        error => R::Other(OtherError(Arc::new(error))),
    }
}
