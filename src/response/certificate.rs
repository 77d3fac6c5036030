//! What was seen of the server's certificate, and why it is not to be trusted.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::advice::Advice;
use crate::duration;

/// Maximum number of a certificate's names that are shown.
const MAX_NAMES: usize = 4;

/// How long a certificate is valid (RFC 5280, section 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The end of its validity, in seconds since 1970.
    pub not_after: u64,
    /// When that was looked at, in seconds since 1970.
    pub seen: u64,
}

/// Whose certificate it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The server's own.
    Server,
    /// That of a CA, with its name if it has one.
    Ca(Option<String>),
}

/// A certificate that ends too soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// Whose it is.
    pub holder: Holder,
    /// How long it is valid.
    pub validity: Validity,
}

/// Why a certificate is not to be trusted. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateError {
    /// The validity of a certificate of the chain is over.
    Expired {
        /// Whose certificate it is.
        holder: Holder,
        /// The end of its validity.
        not_after: u64,
        /// The time of the probe.
        now: u64,
    },
    /// The validity of a certificate of the chain has not begun.
    NotYetValid {
        /// Whose certificate it is.
        holder: Holder,
        /// The beginning of its validity.
        not_before: u64,
        /// The time of the probe.
        now: u64,
    },
    /// It is for other hosts.
    WrongHost {
        /// The host names and addresses that it is for.
        names: Vec<String>,
        /// The host asked for.
        host: String,
    },
    /// Its signature is not by the key of its CA.
    BadSignature,
    /// It is signed with an algorithm that is not safe.
    UnsafeAlgorithm {
        /// The algorithm's name.
        name: String,
    },
    /// It is signed with an algorithm that cannot be verified.
    UnsupportedAlgorithm {
        /// The algorithm's name, or its object identifier.
        name: String,
    },
    /// A key of the chain is of a type or length that cannot be verified.
    UnsupportedKey {
        /// Whose key it is.
        holder: Holder,
        /// The key's type.
        key: String,
    },
    /// Its extended key usage excludes servers.
    WrongPurpose,
    /// It is signed by its own key, and not trusted itself.
    SelfSigned,
    /// Its CA is not trusted.
    UnknownIssuer {
        /// The name of the CA, if it has one.
        issuer: Option<String>,
        /// Whether the server sent a certificate of the CA that signed its own.
        is_sent: bool,
    },
    /// It is the certificate of a CA.
    IsCa,
    /// Its CA may not sign for this host.
    NameConstraints {
        /// The host asked for.
        host: String,
    },
    /// It is of X.509 version 1.
    Version1,
    /// It cannot be parsed.
    Unreadable,
    /// Anything else, in rustls's words.
    Other(String),
}

/// Why there are no CA certificates to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaError {
    /// The system has none at the usual paths.
    NotInstalled {
        /// The files looked for.
        files: &'static [&'static str],
    },
    /// The file that `SSL_CERT_FILE` names cannot be read.
    UnreadableFile {
        /// Its path.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// The files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name hold none.
    NoneFound {
        /// The value of `SSL_CERT_FILE`.
        file: Option<String>,
        /// The value of `SSL_CERT_DIR`.
        folders: Option<String>,
    },
}

impl CertificateError {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        matches!(self, Self::SelfSigned | Self::UnknownIssuer { .. }).then_some(Advice::TrustCa)
    }
}

impl CaError {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Self::NotInstalled { .. } => Some(Advice::InstallCaCertificates),
            Self::UnreadableFile { .. } => None,
            Self::NoneFound { .. } => Some(Advice::TrustCa),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("certificate"),
            Self::Ca(Some(name)) => write!(f, "certificate of the CA {name}"),
            Self::Ca(None) => f.write_str("certificate of a CA"),
        }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired {
                holder,
                not_after,
                now,
            } => write!(
                f,
                "{holder} expired on {}, {} ago",
                duration::date(*not_after),
                between(*not_after, *now)
            ),
            Self::NotYetValid {
                holder,
                not_before,
                now,
            } => write!(
                f,
                "{holder} is not valid before {}, in {}; is the clock right?",
                duration::date(*not_before),
                between(*now, *not_before)
            ),
            Self::WrongHost { names, host } if names.is_empty() => write!(
                f,
                "certificate has no host in subjectAltName, expected {host} (a common name does not count)"
            ),
            Self::WrongHost { names, host } => {
                let shown = names[..names.len().min(MAX_NAMES)].join(", ");
                write!(f, "certificate is for {shown}")?;
                match names.len().saturating_sub(MAX_NAMES) {
                    0 => {}
                    more => write!(f, " and {more} more")?,
                }
                write!(f, ", not for {host}")
            }
            Self::BadSignature => f.write_str("certificate is not signed by the key of its CA"),
            Self::UnsafeAlgorithm { name } => {
                write!(f, "certificate is signed with {name}, which is not safe")
            }
            Self::UnsupportedAlgorithm { name } => write!(
                f,
                "certificate is signed with an algorithm this build does not support: {name}"
            ),
            Self::UnsupportedKey { holder, key } => {
                write!(
                    f,
                    "{holder} has a key type this build does not support: {key}"
                )
            }
            Self::WrongPurpose => {
                f.write_str("certificate is not for servers (extended key usage)")
            }
            Self::SelfSigned => {
                f.write_str("certificate is self-signed and not among the trusted ones")
            }
            Self::UnknownIssuer { issuer, is_sent } => {
                f.write_str("certificate is from a CA that is not trusted")?;
                if let Some(issuer) = issuer {
                    write!(f, ": {issuer}")?;
                }
                if !is_sent {
                    f.write_str("; the server sent no certificate of that CA")?;
                }
                Ok(())
            }
            Self::IsCa => f.write_str("certificate is that of a CA, not of a server"),
            Self::NameConstraints { host } => write!(
                f,
                "certificate is from a CA that may not sign for {host} (name constraints)"
            ),
            Self::Version1 => f.write_str("certificate is X.509 version 1, which names no host"),
            Self::Unreadable => f.write_str("the server's certificate cannot be read"),
            Self::Other(reason) => write!(f, "certificate refused: {reason}"),
        }
    }
}

impl fmt::Display for CaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled { files } => {
                write!(f, "no CA certificates to trust at {}", files.join(", "))
            }
            Self::UnreadableFile { path, reason } => {
                write!(f, "SSL_CERT_FILE: cannot read {path}: {reason}")
            }
            Self::NoneFound { file, folders } => {
                let variables = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folders)];
                let mut separator = "no CA certificates to trust in";
                for (name, value) in variables {
                    if let Some(value) = value {
                        write!(f, "{separator} {name}={value}")?;
                        separator = " and";
                    }
                }
                Ok(())
            }
        }
    }
}

impl Error for CertificateError {}

impl Error for CaError {}

/// The time from one point to a later one, both in seconds since 1970.
fn between(earlier: u64, later: u64) -> String {
    duration::format_coarse(Duration::from_secs(later.saturating_sub(earlier)))
}
