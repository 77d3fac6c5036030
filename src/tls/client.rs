//! The client's side of TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, SignatureScheme, client};

use super::settings::{RootCerts, Scrutiny, Settings};
use super::verify::Verifier;
use crate::response::TlsError;

/// A client for any number of connections.
#[derive(Debug, Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    observer: Arc<ClientCertObserver>,
}

/// Notes that a server asked for a client certificate when there is none to send.
#[derive(Debug, Default)]
struct ClientCertObserver {
    was_asked: AtomicBool,
}

impl client::ResolvesClientCert for ClientCertObserver {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        None
    }

    /// Otherwise `resolve` is never called.
    fn has_certs(&self) -> bool {
        true
    }
}

impl Client {
    /// Reads the system's CA certificates if they are to be trusted.
    ///
    /// # Errors
    /// No CA certificates to trust.
    pub fn new(settings: &Settings) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let trusted = match &settings.trust {
            RootCerts::Unverified => None,
            RootCerts::Specific(certificates) => Some(certificates.clone()),
            RootCerts::System(locations) => Some(locations.read().map_err(TlsError::Ca)?),
        };
        let verifier = Arc::new(Verifier::new(
            trusted,
            provider.signature_verification_algorithms,
            settings.scrutiny,
        ));
        let observer = Arc::new(ClientCertObserver::default());
        let identity: Arc<dyn client::ResolvesClientCert> = match &settings.identity {
            Some(identity) => Arc::new(SingleCertAndKey::from(Arc::clone(identity))),
            None => Arc::clone(&observer) as _,
        };
        let config = config(provider, Arc::clone(&verifier), identity).map_err(setup_error)?;
        Ok(Self {
            config: Arc::new(config),
            verifier,
            observer,
        })
    }

    /// A client that trusts any certificate and has none of its own.
    ///
    /// # Errors
    /// As `new`.
    pub fn insecure() -> Result<Self, TlsError> {
        Self::new(&Settings {
            trust: RootCerts::Unverified,
            identity: None,
            scrutiny: Scrutiny::default(),
        })
    }

    /// Begins a connection to a server.
    ///
    /// # Errors
    /// A failure of the cryptography's provider.
    pub fn connect(&self, server: ServerName<'static>) -> Result<ClientConnection, TlsError> {
        ClientConnection::new(Arc::clone(&self.config), server).map_err(setup_error)
    }

    /// What verifies the server's certificate.
    #[must_use]
    pub fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// Whether it verifies certificates.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.verifier.verifies()
    }

    /// Whether a server asked for a client certificate and there was none to send.
    #[must_use]
    pub fn lacks_certificate(&self) -> bool {
        self.observer.was_asked.load(Ordering::Relaxed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn setup_error(error: rustls::Error) -> TlsError {
    TlsError::Setup(error.to_string())
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
    // So that a server which speaks only HTTP/2 refuses, instead of answering in HTTP/2.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each probe makes one connection.
    config.resumption = client::Resumption::disabled();
    Ok(config)
}
