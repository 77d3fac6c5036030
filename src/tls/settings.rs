//! What the user chose for TLS.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use super::store::CaLocations;

/// How to make TLS connections.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which certificates of servers are trusted.
    pub trust: RootCerts,
    /// The client's own certificate and key.
    pub identity: Option<Arc<CertifiedKey>>,
    /// What to look at beyond trust.
    pub scrutiny: Scrutiny,
}

/// What to look at beyond whether a server's certificate is trusted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scrutiny {
    /// Whether to look at the expiry of each certificate that a server sends, not only of
    /// its own.
    pub check_chain_expiry: bool,
    /// For how long the chain must stay valid.
    pub min_validity: Option<Duration>,
}

/// Which certificates of servers are trusted.
#[derive(Debug, Clone)]
pub enum RootCerts {
    /// Those that the system's CAs signed.
    System(CaLocations),
    /// These, and those that they signed.
    Specific(Vec<CertificateDer<'static>>),
    /// All.
    Unverified,
}
