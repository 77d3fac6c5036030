//! What happened on the wire, as plain data: a response, or why there is none.
//!
//! The errors are clauses for the verdict's line and name no flag; what the user can
//! change is an [`Advice`], which `report` puts into words.

mod address;
mod advice;
mod body;
mod certificate;
mod chunk;
mod error;
mod location;
mod phases;
mod proxy;
mod redirect;
mod refusal;
mod session;
mod stage;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;

pub use address::Address;
pub use advice::Advice;
pub use body::{Body, BodyEnd, BodyError};
pub use certificate::{CaError, CertificateError, Expiring, Holder, Validity};
pub use chunk::ChunkError;
pub use error::{FetchError, IoError, MAX_SHOWN};
pub use location::{Location, is_redirect};
pub use phases::Phases;
pub use proxy::ProxyError;
pub use redirect::{Redirect, RedirectError};
pub use refusal::Refusal;
pub use session::Session;
pub use stage::{Ending, Stage};
pub use tls::{TlsError, TlsVersion};

/// The response to a request, after all redirects.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The address that accepted the connection.
    pub address: Address,
    /// The redirects that were followed, in order.
    pub redirects: Vec<Redirect>,
    /// What TLS agreed on; `None` for plain HTTP.
    pub tls: Option<Session>,
    /// The status code (RFC 9110, section 15).
    pub status: u16,
    /// The usual reason phrase of that code.
    pub reason_phrase: Option<&'static str>,
    /// The headers in order, with names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as the checks need it.
    pub body: Body,
    /// How long each phase took.
    pub phases: Phases,
}

/// A probe without a response.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchFailure {
    /// Why there is none.
    pub error: FetchError,
    /// How long each phase took until then.
    pub phases: Phases,
    /// The redirects that were followed before.
    pub redirects: Vec<Redirect>,
}

#[cfg(test)]
impl Response {
    /// An empty 200, for the tests of what reads responses.
    pub(crate) fn example() -> Self {
        Self {
            address: Address::Tcp(std::net::SocketAddr::from(([127, 0, 0, 1], 8000))),
            redirects: Vec::new(),
            tls: None,
            status: 200,
            reason_phrase: Some("OK"),
            headers: Vec::new(),
            body: Body::default(),
            phases: Phases::default(),
        }
    }
}
