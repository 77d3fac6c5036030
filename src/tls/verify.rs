//! Whether a server's certificate is trusted, and what was seen of it.

use std::sync::{Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::{certificate, error};
use crate::response::{CertificateError, Validity};

/// Verifies certificates, and keeps what it saw of the last.
#[derive(Debug)]
pub struct Verifier {
    /// `None` if all are trusted.
    trusted: Option<Vec<CertificateDer<'static>>>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Whether the expiry of all certificates of the chain is looked at.
    check_chain_expiry: bool,
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
    /// Why it is not trusted, if so.
    pub error: Option<CertificateError>,
}

impl Verifier {
    pub(super) fn new(
        trusted: Option<Vec<CertificateDer<'static>>>,
        algorithms: WebPkiSupportedAlgorithms,
        check_chain_expiry: bool,
    ) -> Self {
        Self {
            trusted,
            algorithms,
            check_chain_expiry,
            peer_certificate: Mutex::default(),
        }
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
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        if trusted.contains(leaf) {
            // Trusted itself, like a self-signed one; the rules for a CA's certificates do not fit.
            certificate::check_times(&parsed, now, &self.algorithms)?;
        } else {
            let mut roots = RootCertStore::empty();
            let borrowed = trusted.iter().map(|der| CertificateDer::from_slice(der));
            roots.add_parsable_certificates(borrowed);
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &roots,
                chain,
                now,
                self.algorithms.all,
            )?;
        }
        verify_server_name(&parsed, name)
    }

    /// The earliest end of validity among the certificates that can be parsed.
    fn earliest_not_after(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<u64> {
        [leaf]
            .into_iter()
            .chain(chain)
            .filter_map(|der| certificate::validity(der, now, &self.algorithms).ok())
            .map(|validity| validity.not_after)
            .min()
    }

    /// If all are trusted, a certificate that webpki cannot parse, such as X.509 version 1,
    /// is not a reason to fail.
    fn accept_unreadable(
        &self,
        verified: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match verified {
            Err(Error::InvalidCertificate(
                rustls::CertificateError::BadEncoding | rustls::CertificateError::Other(_),
            )) if self.trusted.is_none() => Ok(HandshakeSignatureValid::assertion()),
            verified => verified,
        }
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
            Some(trusted) => self.verify(trusted, leaf, chain, name, now),
            None => Ok(()),
        };
        *self.lock() = Some(PeerCertificate {
            validity: certificate::validity(leaf, now, &self.algorithms),
            earliest_not_after: self
                .check_chain_expiry
                .then(|| self.earliest_not_after(leaf, chain, now))
                .flatten(),
            error: match &verified {
                Err(Error::InvalidCertificate(error)) => Some(error::describe_certificate_error(
                    error, leaf, chain, name, now,
                )),
                _ => None,
            },
        });
        verified.map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.accept_unreadable(verify_tls12_signature(
            message,
            leaf,
            signature,
            &self.algorithms,
        ))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.accept_unreadable(verify_tls13_signature(
            message,
            leaf,
            signature,
            &self.algorithms,
        ))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
