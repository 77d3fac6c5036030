//! The request: plain data. What is sent, and how the server is reached.

pub mod endpoint;
pub mod header;
pub mod secret;
pub mod url;

use std::time::Duration;

#[cfg(feature = "tls")]
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
    /// Where to.
    pub url: Url,
    /// All headers but `Host` where the user gives none.
    pub headers: Vec<Header>,
    /// The body; `None` for no body at all.
    pub data: Option<Vec<u8>>,
    /// The deadline of the whole probe.
    pub timeout: Duration,
    /// What to dial.
    pub via: Via,
    /// Which addresses to use.
    pub family: Family,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// How TLS is spoken, where it is.
    #[cfg(feature = "tls")]
    pub tls: Settings,
    /// How much of the body the checks need.
    pub body_policy: BodyPolicy,
    /// The longest body that they may need, in bytes.
    pub max_body: usize,
}

/// What is dialled in order to reach the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The URL's host.
    Direct,
    /// Another host, for `--connect-to`; its port is the URL's unless it has one.
    Endpoint(Endpoint),
    /// `--unix-socket`
    Unix(String),
    /// `--proxy`
    Proxy(Proxy),
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

/// Which addresses of a name are used.
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

impl Request {
    /// Host and port whose addresses are dialled; `None` of a unix socket.
    #[must_use]
    pub fn connect_host(&self) -> Option<(&Host, u16)> {
        match &self.via {
            Via::Direct => Some((&self.url.host, self.url.port)),
            Via::Endpoint(endpoint) => {
                Some((&endpoint.host, endpoint.port.unwrap_or(self.url.port)))
            }
            Via::Proxy(proxy) => Some((&proxy.host, proxy.port)),
            Via::Unix(_) => None,
        }
    }

    /// The proxy that is asked for the whole URL: of plain HTTP, which needs no tunnel.
    #[must_use]
    pub fn forwarding_proxy(&self) -> Option<&Proxy> {
        match &self.via {
            Via::Proxy(proxy) if self.url.scheme == Scheme::Http => Some(proxy),
            _ => None,
        }
    }
}
