//! How TLS is spoken: whom to trust, who we are. The rooms in here and `fetch`
//! are the only ones that name rustls.
//!
//! Nothing of it is set up, and no file of the system's is read, before a server
//! is spoken to by https.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, SignatureScheme, client};

use crate::request::endpoint::Host;
use crate::response::FetchError;

mod certificate;
mod error;
mod pem;
mod store;
mod verify;

pub use error::explain;
pub use pem::{certificates, identity};
pub use store::CaLocations;
pub use verify::{PeerCertificate, Verifier};

/// What the flags say about TLS.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which certificates are trusted.
    pub trust: RootCerts,
    /// The client's own certificate and key.
    pub identity: Option<Arc<CertifiedKey>>,
    /// Whether to look when each certificate of a server expires, not only its own.
    pub check_chain_expiry: bool,
}

/// Which certificates of servers are trusted.
#[derive(Debug, Clone)]
pub enum RootCerts {
    /// Those of the system's CAs.
    System(CaLocations),
    /// These, and those that they sign: `--cacert`.
    Specific(Vec<CertificateDer<'static>>),
    /// All: `--insecure`.
    Unverified,
}

/// A client for any number of connections.
#[derive(Debug, Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    client_cert_observer: Arc<ClientCertObserver>,
}

/// Who we are without a certificate of our own.
#[derive(Debug, Default)]
struct ClientCertObserver {
    asked: AtomicBool,
}

impl ClientCertObserver {
    fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl client::ResolvesClientCert for ClientCertObserver {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    /// Else nobody asks.
    fn has_certs(&self) -> bool {
        true
    }
}

impl Client {
    /// Reads the system's certificates if they are to be trusted.
    ///
    /// # Errors
    /// No such certificates, as a clause with what to do about it.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let trusted = match &settings.trust {
            RootCerts::Unverified => None,
            RootCerts::Specific(certificates) => Some(certificates.clone()),
            RootCerts::System(places) => Some(places.read()?),
        };
        let verifier = Arc::new(Verifier::new(
            trusted,
            provider.signature_verification_algorithms,
            settings.check_chain_expiry,
        ));
        let client_cert_observer = Arc::new(ClientCertObserver::default());
        let identity: Arc<dyn client::ResolvesClientCert> = match &settings.identity {
            Some(identity) => Arc::new(SingleCertAndKey::from(Arc::clone(identity))),
            None => Arc::clone(&client_cert_observer) as _,
        };
        let config = config(provider, Arc::clone(&verifier), identity)
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        Ok(Self {
            config: Arc::new(config),
            verifier,
            client_cert_observer,
        })
    }

    /// One that trusts anyone and is nobody.
    ///
    /// # Errors
    /// As `new`.
    pub fn insecure() -> Result<Self, String> {
        Self::new(&Settings {
            trust: RootCerts::Unverified,
            identity: None,
            check_chain_expiry: false,
        })
    }

    /// Begins a connection to a host.
    ///
    /// # Errors
    /// A host that no certificate can be for.
    pub fn connect(&self, host: &Host) -> Result<ClientConnection, String> {
        let name = match host {
            Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
            Host::Localhost(name) | Host::Name(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                ServerName::try_from(name.to_owned())
                    .map_err(|_| format!("the host {name} cannot stand in a certificate"))?
            }
        };
        ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| format!("TLS cannot be set up: {error}"))
    }

    /// What sees the server's certificate.
    #[must_use]
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// A connection that ends without a word is often one that lacks the
    /// client certificate which the server had asked for.
    #[must_use]
    pub fn diagnose_close(&self, error: FetchError) -> FetchError {
        match error {
            FetchError::Closed { received: 0, .. } | FetchError::ClosedInHandshake(_)
                if self.client_cert_observer.was_asked() =>
            {
                FetchError::Tls(format!(
                    "{error}; the server had asked for a client certificate (--cert and --key)"
                ))
            }
            error => error,
        }
    }
}

fn config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<Verifier>,
    identity: Arc<dyn client::ResolvesClientCert>,
) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(identity);
    // A server that speaks HTTP/2 alone says so, rather than something else.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each probe has one connection.
    config.resumption = client::Resumption::disabled();
    Ok(config)
}
