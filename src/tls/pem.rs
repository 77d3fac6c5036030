//! PEM files (RFC 7468) → certificates and keys.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Why a PEM file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemError {
    /// A section has no end.
    Unterminated,
    /// A section is not base64.
    NotBase64,
    /// It is not PEM at all.
    NotPem,
    /// It holds no certificate.
    NoCertificate,
    /// It holds no key.
    NoKey,
    /// Its key is encrypted.
    EncryptedKey,
    /// Its key is not that of the certificate.
    OtherKey,
    /// Its key is of a kind or length that is not supported.
    UnsupportedKey,
    /// The certificate that its key is for cannot be parsed.
    UnreadableCertificate,
}

/// All certificates of a file.
///
/// # Errors
/// No certificate, or a malformed section.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(PemError::NoCertificate);
    }
    Ok(certificates)
}

/// The client's certificate with its intermediates, and its key.
///
/// # Errors
/// A key that cannot be used or belongs to another certificate.
pub fn identity(
    chain: Vec<CertificateDer<'static>>,
    key: &[u8],
) -> Result<Arc<CertifiedKey>, PemError> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        pem::Error::NoItemsFound if is_encrypted(key) => PemError::EncryptedKey,
        pem::Error::NoItemsFound => PemError::NoKey,
        error => error.into(),
    })?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map(Arc::new)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => PemError::OtherKey,
            rustls::Error::InvalidCertificate(_) => PemError::UnreadableCertificate,
            _ => PemError::UnsupportedKey,
        })
}

fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY")
}

impl From<pem::Error> for PemError {
    fn from(error: pem::Error) -> Self {
        match error {
            pem::Error::MissingSectionEnd { .. } => Self::Unterminated,
            pem::Error::Base64Decode(_) => Self::NotBase64,
            _ => Self::NotPem,
        }
    }
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unterminated => "a section of the PEM file has no end",
            Self::NotBase64 => "a section of the PEM file is not valid base64",
            Self::NotPem => "expected a PEM file",
            Self::NoCertificate => "expected PEM, with a line -----BEGIN CERTIFICATE-----",
            Self::NoKey => {
                "expected PEM, with a line -----BEGIN PRIVATE KEY-----, \
                 -----BEGIN EC PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----"
            }
            Self::EncryptedKey => {
                "expected a key without a passphrase; openssl pkey -in KEY -out PLAIN removes it"
            }
            Self::OtherKey => "expected the key of the certificate, found another",
            Self::UnsupportedKey => {
                "expected an RSA key of 2048 to 4096 bits, or one of P-256, P-384 or Ed25519"
            }
            Self::UnreadableCertificate => {
                "expected the key of a certificate, but the certificate cannot be read"
            }
        })
    }
}

impl Error for PemError {}
