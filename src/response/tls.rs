//! The versions of TLS, and what goes wrong with it. `no_tls` replaces this file in a build
//! without TLS.

use std::error::Error;
use std::fmt;

use super::advice::Advice;
use super::certificate::{CaError, CertificateError};
use super::refusal::Refusal;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// RFC 5246
    Tls12,
    /// RFC 8446
    Tls13,
}

impl TlsVersion {
    /// The version with its protocol: `TLS 1.3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

/// Why TLS could not be agreed on, or failed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsError {
    /// There are no CA certificates to trust.
    Ca(CaError),
    /// The server's certificate is not to be trusted.
    Certificate(CertificateError),
    /// The server signed with another key than that of its certificate.
    WrongKey,
    /// No certificate can be for this host.
    InvalidHost(String),
    /// The server ended TLS with an alert (RFC 8446, section 6).
    Alert {
        /// The alert's name.
        name: String,
        /// What it means, if that is known.
        refusal: Option<Refusal>,
    },
    /// The server speaks something else.
    NotTls,
    /// The server speaks TLS 1.1 or older only.
    TooOld,
    /// The server has no parameters in common with us.
    Incompatible(String),
    /// TLS cannot be set up.
    Setup(String),
    /// Anything else, in rustls's words.
    Other(String),
}

impl TlsError {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Self::Ca(error) => error.advice(),
            Self::Certificate(error) => error.advice(),
            Self::Alert { refusal, .. } => refusal.and_then(Refusal::advice),
            _ => None,
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ca(error) => error.fmt(f),
            Self::Certificate(error) => error.fmt(f),
            Self::WrongKey => f.write_str("the server's key does not match its certificate"),
            Self::InvalidHost(name) => {
                write!(f, "the host {name} is not a valid name in a certificate")
            }
            Self::Alert {
                name,
                refusal: Some(refusal),
            } => write!(f, "the server refused TLS ({name}): {refusal}"),
            Self::Alert { name, .. } => write!(f, "the server ended TLS with the alert {name}"),
            Self::NotTls => f.write_str("the server does not speak TLS on this port"),
            Self::TooOld => {
                f.write_str("the server speaks TLS 1.1 or older only, which is not safe")
            }
            Self::Incompatible(reason) => {
                write!(f, "the server has no TLS that is safe: {reason}")
            }
            Self::Setup(reason) => write!(f, "TLS cannot be set up: {reason}"),
            Self::Other(reason) => write!(f, "TLS failed: {reason}"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Ca(error) => Some(error),
            Self::Certificate(error) => Some(error),
            _ => None,
        }
    }
}
