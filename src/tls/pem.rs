//! PEM files (RFC 7468) → certificates and keys.
//!
//! A marker need not be on a line of its own: `cat` of two files of which the first ends
//! without a newline puts two sections on one line, and Windows puts a byte order mark before
//! the first.

use std::error::Error;
use std::fmt;
use std::iter;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The labels of private keys: PKCS#8, SEC1 and PKCS#1 (RFC 7468, sections 10 and 11; RFC 5915).
const KEY_LABELS: [&str; 4] = [
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "EC PRIVATE KEY",
    "RSA PRIVATE KEY",
];

/// Why a PEM file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemError {
    /// A section has no end.
    Unterminated,
    /// A section is not base64.
    NotBase64,
    /// It is not PEM at all.
    NotPem,
    /// It is UTF-16, as some shells of Windows write text.
    Utf16,
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
/// No certificate, or a malformed one.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let text = String::from_utf8_lossy(pem);
    let certificates = parse_certificates(&text).collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(PemError::missing(pem, PemError::NoCertificate));
    }
    Ok(certificates)
}

/// Each certificate of a file.
pub(super) fn parse_certificates(
    text: &str,
) -> impl Iterator<Item = Result<CertificateDer<'static>, PemError>> {
    sections(text)
        .filter(|section| section.label == "CERTIFICATE")
        .map(|section| Ok(CertificateDer::from_pem_slice(&section.to_pem()?)?))
}

/// The client's certificate with its intermediates, and its key.
///
/// # Errors
/// A key that cannot be used or belongs to another certificate.
pub fn identity(
    chain: Vec<CertificateDer<'static>>,
    pem: &[u8],
) -> Result<Arc<CertifiedKey>, PemError> {
    let text = String::from_utf8_lossy(pem);
    let keys = || sections(&text).filter(|section| KEY_LABELS.contains(&section.label));
    let key = match keys().find(|key| !key.is_encrypted()) {
        Some(key) => PrivateKeyDer::from_pem_slice(&key.to_pem()?)?,
        None if keys().next().is_some() => return Err(PemError::EncryptedKey),
        None => return Err(PemError::missing(pem, PemError::NoKey)),
    };
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map(Arc::new)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => PemError::OtherKey,
            rustls::Error::InvalidCertificate(_) => PemError::UnreadableCertificate,
            _ => PemError::UnsupportedKey,
        })
}

/// What stands between two markers.
struct Section<'a> {
    label: &'a str,
    /// `None` if the end is missing.
    content: Option<&'a str>,
}

/// The sections of a file, wherever on a line they begin.
fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    let mut rest = text;
    iter::from_fn(move || {
        let (_, after) = rest.split_once(BEGIN)?;
        let (label, after) = after.split_once(DASHES)?;
        let end = format!("{END}{label}{DASHES}");
        let content = after
            .split_once(&end)
            .map(|(content, _)| content)
            .filter(|content| !content.contains(BEGIN));
        rest = content.map_or(after, |content| &after[content.len() + end.len()..]);
        Some(Section { label, content })
    })
}

impl Section<'_> {
    /// The section alone, each marker on a line of its own.
    fn to_pem(&self) -> Result<Vec<u8>, PemError> {
        let content = self.content.ok_or(PemError::Unterminated)?;
        let label = self.label;
        Ok(format!("{BEGIN}{label}{DASHES}\n{content}\n{END}{label}{DASHES}\n").into_bytes())
    }

    /// Whether it needs a passphrase: PKCS#8 says so in its label, the older forms in a header
    /// (RFC 1421, section 4.6.1.1).
    fn is_encrypted(&self) -> bool {
        self.label.starts_with("ENCRYPTED")
            || self
                .content
                .is_some_and(|content| content.contains("Proc-Type: 4,ENCRYPTED"))
    }
}

impl PemError {
    /// Why a file has no section of a kind.
    fn missing(pem: &[u8], kind: Self) -> Self {
        match pem {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            _ => kind,
        }
    }
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
            Self::Utf16 => "expected PEM in UTF-8, found UTF-16",
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
