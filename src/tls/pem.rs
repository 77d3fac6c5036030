//! PEM files (RFC 7468) → certificates and keys.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// All certificates of a file.
///
/// # Errors
/// No certificate, or a section that is cut off; as a clause.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| describe_pem_error(&error))?;
    if certificates.is_empty() {
        return Err("expected PEM, with a line -----BEGIN CERTIFICATE-----".to_owned());
    }
    Ok(certificates)
}

/// The client's certificate, with those that lead to its CA, and its key.
///
/// # Errors
/// A key that cannot be used or belongs to another certificate; as a clause.
pub fn identity(
    chain: Vec<CertificateDer<'static>>,
    key: &[u8],
) -> Result<Arc<CertifiedKey>, String> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        Error::NoItemsFound if is_encrypted(key) => {
            "expected a key without a passphrase; openssl pkey -in KEY -out PLAIN removes it"
                .to_owned()
        }
        Error::NoItemsFound => "expected PEM, with a line -----BEGIN PRIVATE KEY-----, \
             -----BEGIN EC PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----"
            .to_owned(),
        error => describe_pem_error(&error),
    })?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map(Arc::new)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                "expected the key of the certificate, found another".to_owned()
            }
            rustls::Error::InvalidCertificate(_) => {
                "expected the key of a certificate, but the certificate cannot be read".to_owned()
            }
            _ => "expected an RSA key of 2048 to 4096 bits, or one of P-256, P-384 or Ed25519"
                .to_owned(),
        })
}

fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY")
}

fn describe_pem_error(error: &Error) -> String {
    match error {
        Error::MissingSectionEnd { .. } => "a section of the PEM file has no end".to_owned(),
        Error::Base64Decode(_) => "a section of the PEM file is no base64".to_owned(),
        _ => "expected a PEM file".to_owned(),
    }
}
