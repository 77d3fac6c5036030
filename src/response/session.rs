//! What TLS agreed on.

use super::certificate::{CertificateError, Expiring, Validity};
use super::tls::TlsVersion;

/// What a TLS handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The protocol's version.
    pub version: TlsVersion,
    /// How long the server's own certificate is valid.
    pub certificate: Result<Validity, CertificateError>,
    /// When the first of all certificates that the server sent expires, in seconds
    /// since 1970; `None` if that was not looked at.
    pub earliest_not_after: Option<u64>,
    /// What makes the chain invalid before the end of the minimum validity; `None` if nothing
    /// does, or that was not looked at.
    pub expiring: Option<Expiring>,
}
