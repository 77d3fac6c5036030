//! Why a server refuses TLS.

use std::fmt;

use super::advice::Advice;

/// What the alert of a server means (RFC 8446, section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It wants a client certificate.
    ClientCertificateRequired,
    /// It does not know the CA of the client certificate.
    UnknownClientCa,
    /// The client certificate has expired.
    ClientCertificateExpired,
    /// It does not accept the client certificate.
    ClientCertificateRefused,
    /// It has no certificate for the host.
    UnknownHost,
    /// It speaks neither TLS 1.2 nor 1.3.
    Version,
    /// It does not speak HTTP/1.1 (ALPN, RFC 7301).
    Protocol,
    /// There is no cipher or key type in common, or it wants a client certificate.
    Parameters,
}

impl Refusal {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(self) -> Option<Advice> {
        match self {
            Self::ClientCertificateRequired | Self::Parameters => {
                Some(Advice::SendClientCertificate)
            }
            Self::UnknownClientCa
            | Self::ClientCertificateExpired
            | Self::ClientCertificateRefused => Some(Advice::ReplaceClientCertificate),
            Self::UnknownHost | Self::Version | Self::Protocol => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientCertificateRequired => "it wants a client certificate",
            Self::UnknownClientCa => "it does not know the CA of the client certificate",
            Self::ClientCertificateExpired => "the client certificate has expired",
            Self::ClientCertificateRefused => "it does not accept the client certificate",
            Self::UnknownHost => "it has no certificate for this host",
            Self::Version => "it speaks neither TLS 1.2 nor 1.3",
            Self::Protocol => "it does not speak HTTP/1.1",
            Self::Parameters => "no cipher or key type in common, or it wants a client certificate",
        })
    }
}
