//! The request as plain data: what is sent, and how the server is reached.

pub mod endpoint;
pub mod header;
pub mod secret;
pub mod url;

use std::time::Duration;

use crate::status::StatusSet;
use crate::tls::Settings;
use endpoint::{Endpoint, Host};
use header::Header;
use secret::Secret;
use url::{Scheme, Url};

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method (RFC 9110, section 9).
    pub method: String,
    /// What to request.
    pub url: Url,
    /// All headers. Without a `Host` here, `fetch` adds one.
    pub headers: Vec<Header>,
    /// The body; `None` for no body.
    pub data: Option<Vec<u8>>,
    /// The deadline of the whole probe.
    pub timeout: Duration,
    /// How much of it is over before the request.
    pub spent: Duration,
    /// What to connect to.
    pub via: Via,
    /// Which addresses to use.
    pub family: Family,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// How to use TLS, for https.
    pub tls: Settings,
    /// How much of the body the checks need.
    pub body_policy: BodyPolicy,
    /// The statuses of responses of which only the head is read.
    pub head_only: StatusSet,
    /// Maximum length of a body that they need, and how much is read of one that they do
    /// not need, in bytes. 0 is the head alone.
    pub max_body: usize,
}

/// What to connect to in order to reach the URL's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The URL's host.
    Direct,
    /// Another host: `--connect-to`. Without a port, the URL's is used.
    Endpoint(Endpoint),
    /// `--unix-socket`
    Unix(String),
    /// `--proxy`
    Proxy(Proxy),
}

/// The one place to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A host and a TCP port.
    Host(&'a Host, u16),
    /// The path of a Unix socket.
    Unix(&'a str),
}

/// An HTTP proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<Secret>,
}

/// Which addresses of a host are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// All of them.
    Any,
    /// `--ipv4`
    V4,
    /// `--ipv6`
    V6,
}

/// How much of the response's body to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyPolicy {
    /// None of it.
    Skip,
    /// Until each of these texts has appeared.
    UntilFound(Vec<String>),
    /// All of it.
    Full,
}

impl Via {
    /// What to connect to for this URL.
    #[must_use]
    pub fn destination<'a>(&'a self, url: &'a Url) -> Destination<'a> {
        match self {
            Self::Direct => Destination::Host(&url.host, url.port),
            Self::Endpoint(endpoint) => {
                Destination::Host(&endpoint.host, endpoint.port.unwrap_or(url.port))
            }
            Self::Proxy(proxy) => Destination::Host(&proxy.host, proxy.port),
            Self::Unix(path) => Destination::Unix(path),
        }
    }
}

impl Request {
    /// The proxy to send the whole URL to: for plain HTTP, which needs no tunnel.
    #[must_use]
    pub fn forwarding_proxy(&self) -> Option<&Proxy> {
        match &self.via {
            Via::Proxy(proxy) if self.url.scheme == Scheme::Http => Some(proxy),
            _ => None,
        }
    }
}
