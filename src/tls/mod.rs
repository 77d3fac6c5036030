//! Which servers to trust, and how to prove who we are. Only this folder and `fetch/tls`
//! name rustls.
//!
//! Nothing is set up, and no file of the system is read, before a request to an https URL.

mod certificate;
mod client;
mod error;
mod key;
mod path;
mod pem;
mod rejection;
mod settings;
mod store;
mod verify;

pub use client::Client;
pub use error::explain;
pub use pem::{PemError, certificates, identity};
pub use settings::{RootCerts, Scrutiny, Settings};
pub use store::CaLocations;
pub use verify::{PeerCertificate, Verifier};
