//! What happened on the wire, as plain data: an answer, or why there is none.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

mod error;

pub use error::{BodyError, Ending, FetchError, Stage};

/// One request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The address that took the connection.
    pub address: Address,
    /// The redirects that led here, in their order.
    pub redirects: Vec<Redirect>,
    /// What TLS agreed on; `None` of plain HTTP.
    pub tls: Option<Session>,
    /// The status code (RFC 9110, section 15).
    pub status: u16,
    /// What that code is usually called.
    pub reason_phrase: Option<&'static str>,
    /// The answer's headers, names in lower case, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as the checks need it.
    pub body: Body,
    /// How long each phase took.
    pub phases: Phases,
}

/// A probe that ended without an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchFailure {
    /// Why.
    pub error: FetchError,
    /// How long each phase took until then.
    pub phases: Phases,
    /// The redirects that led there.
    pub redirects: Vec<Redirect>,
}

/// An address that takes connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a TCP port.
    Tcp(SocketAddr),
    /// A unix socket, by its path.
    Unix(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// One redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Its status code.
    pub status: u16,
    /// Where it led, as it may be shown.
    pub to: String,
    /// Whether that is another host, which gets no credentials.
    pub cross_origin: bool,
}

/// What a TLS handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The protocol's version: `TLS 1.3`.
    pub version: &'static str,
    /// The certificate of the server itself; the error where it could not be read.
    pub certificate: Result<Validity, String>,
    /// When the first of all certificates that the server sent expires, in seconds
    /// since 1970; `None` where nobody asks for it.
    pub earliest_not_after: Option<u64>,
    /// A build without TLS has no sessions, and no code for any: 3 kB.
    #[cfg(not(feature = "tls"))]
    pub never: std::convert::Infallible,
}

/// How long a certificate is valid (RFC 5280, section 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The end of its validity, in seconds since 1970.
    pub not_after: u64,
    /// When that was looked at, in seconds since 1970.
    pub seen: u64,
}

/// What was read of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The bytes, in order, from the first.
    pub bytes: Vec<u8>,
    /// What stands behind the last of `bytes`.
    pub end: BodyEnd,
}

/// Where reading a body ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BodyEnd {
    /// Where enough was read; more may follow.
    #[default]
    Partial,
    /// Where the body ends.
    Complete,
    /// Where the rest could not be had.
    Failed(BodyError),
}

/// The phases of a probe, named as `blackbox_exporter` names them. Together they
/// last from the name lookup to the last byte that the checks needed. Each is that
/// of all requests where redirects were followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Looking up the name.
    pub resolve: Duration,
    /// Connecting, all addresses tried, and through the proxy if there is one.
    pub connect: Duration,
    /// The TLS handshake; zero of plain HTTP.
    pub tls: Duration,
    /// Sending the request and waiting for the first byte of the answer.
    pub processing: Duration,
    /// Receiving the answer.
    pub transfer: Duration,
}

impl Phases {
    /// Name and duration of each phase, in order.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Duration); 5] {
        [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("tls", self.tls),
            ("processing", self.processing),
            ("transfer", self.transfer),
        ]
    }

    /// The whole probe.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.named().iter().map(|(_, duration)| *duration).sum()
    }
}

#[cfg(test)]
impl Response {
    /// An empty 200, for the tests of what reads responses.
    pub(crate) fn example() -> Self {
        Self {
            address: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 8000))),
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
