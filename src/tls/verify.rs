//! Whether a server's certificate is trusted, and what was seen of it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use webpki::EndEntityCert;

use super::path::Roots;
use super::settings::Scrutiny;
use super::{certificate, key, rejection};
use crate::response::{CertificateError, Expiring, Holder, Validity};

/// Verifies certificates, and keeps what it saw of the last.
pub struct Verifier {
    /// `None` if all are trusted.
    trusted: Option<Vec<CertificateDer<'static>>>,
    algorithms: WebPkiSupportedAlgorithms,
    scrutiny: Scrutiny,
    peer_certificate: Mutex<Option<PeerCertificate>>,
}

/// What was seen of the server's certificate.
#[derive(Debug, Clone)]
pub struct PeerCertificate {
    /// How long it is valid.
    pub validity: Result<Validity, CertificateError>,
    /// When the first certificate of the chain expires, in seconds since 1970; `None` if
    /// that was not looked at.
    pub earliest_not_after: Option<u64>,
    /// What makes the chain invalid before the end of the minimum validity.
    pub expiring: Option<Expiring>,
    /// The type of its key, if that cannot be verified.
    pub unsupported_key: Option<String>,
    /// Why it is not trusted, if so.
    pub error: Option<CertificateError>,
}

/// rustls requires it, and nothing prints it; derived, it would need 7 kB.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    pub(super) fn new(
        trusted: Option<Vec<CertificateDer<'static>>>,
        algorithms: WebPkiSupportedAlgorithms,
        scrutiny: Scrutiny,
    ) -> Self {
        Self {
            trusted,
            algorithms,
            scrutiny,
            peer_certificate: Mutex::default(),
        }
    }

    pub(super) fn verifies(&self) -> bool {
        self.trusted.is_some()
    }

    /// What was seen; `None` before a certificate was received.
    pub fn peer_certificate(&self) -> Option<PeerCertificate> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<PeerCertificate>> {
        self.peer_certificate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn verify(
        &self,
        trusted: &[CertificateDer<'static>],
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Option<Expiring>, webpki::Error> {
        let parsed = EndEntityCert::try_from(leaf)?;
        let expiring = if trusted.contains(leaf) {
            // Trusted itself, like a self-signed one; the rules for a CA's certificates do not fit.
            certificate::check_times(&parsed, now)?;
            None
        } else {
            let roots = Roots::new(trusted);
            let path = roots.verify(&parsed, chain, now, &self.algorithms)?;
            self.scrutiny.min_validity.and_then(|minimum| {
                roots.first_to_expire(&path, chain, (now, minimum), &self.algorithms)
            })
        };
        parsed.verify_is_valid_for_subject_name(name)?;
        Ok(expiring)
    }

    /// The earliest end of validity among the certificates that can be parsed.
    fn earliest_not_after(
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<u64> {
        [leaf]
            .into_iter()
            .chain(chain)
            .filter_map(|der| certificate::validity(der, now).ok())
            .map(|validity| validity.not_after)
            .min()
    }

    /// If all are trusted, a signature that cannot be verified is not a reason to fail: that
    /// of a certificate that webpki cannot parse, such as X.509 version 1, or of a key of an
    /// unsupported type.
    fn accepts_unverified(&self, leaf: &CertificateDer<'_>) -> bool {
        self.trusted.is_none()
            && (EndEntityCert::try_from(leaf).is_err()
                || key::unsupported(leaf, &self.algorithms).is_some())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.trusted {
            Some(trusted) => self
                .verify(trusted, leaf, chain, name, now)
                .map_err(|error| {
                    let rejected = rejection::Rejected {
                        leaf,
                        chain,
                        trusted,
                        name,
                        now,
                    };
                    let reason = rejected.describe(&error, &self.algorithms);
                    (reason, rejection::for_alert(error))
                }),
            None => Ok(None),
        };
        let unsupported_key = key::unsupported(leaf, &self.algorithms);
        let verified = match (verified, &unsupported_key) {
            (Ok(_), Some(key)) if self.trusted.is_some() => Err((
                CertificateError::UnsupportedKey {
                    holder: Holder::Server,
                    key: key.clone(),
                },
                // Sent as the alert UnsupportedCertificate.
                rustls::CertificateError::InvalidPurpose,
            )),
            (verified, _) => verified,
        };
        let (expiring, error, verified) = match verified {
            Ok(expiring) => (expiring, None, Ok(ServerCertVerified::assertion())),
            Err((reason, error)) => (None, Some(reason), Err(Error::InvalidCertificate(error))),
        };
        *self.lock() = Some(PeerCertificate {
            validity: certificate::validity(leaf, now),
            earliest_not_after: self
                .scrutiny
                .check_chain_expiry
                .then(|| Self::earliest_not_after(leaf, chain, now))
                .flatten(),
            expiring,
            unsupported_key,
            error,
        });
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.accepts_unverified(leaf) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, leaf, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.accepts_unverified(leaf) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, leaf, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.algorithms.supported_schemes();
        if self.trusted.is_none() {
            schemes.extend(key::UNVERIFIABLE);
        }
        schemes
    }
}
