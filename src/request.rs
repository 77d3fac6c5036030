//! What will be sent, and by which road.

use std::time::Duration;

use crate::endpoint::{Endpoint, Host};
use crate::exchange::BodyNeed;
use crate::headers::Header;
use crate::secret::Secret;
use crate::target::{Scheme, Target};
#[cfg(feature = "tls")]
use crate::tls::Settings;

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method (RFC 9110, section 9).
    pub method: String,
    /// Where to.
    pub target: Target,
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
    pub location: bool,
    /// How TLS is spoken, where it is.
    #[cfg(feature = "tls")]
    pub tls: Settings,
    /// How much of the body the checks need.
    pub body_need: BodyNeed,
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

impl Request {
    /// Host and port whose addresses are dialled; `None` of a unix socket.
    #[must_use]
    pub fn dialled(&self) -> Option<(&Host, u16)> {
        match &self.via {
            Via::Direct => Some((&self.target.host, self.target.port)),
            Via::Endpoint(endpoint) => {
                Some((&endpoint.host, endpoint.port.unwrap_or(self.target.port)))
            }
            Via::Proxy(proxy) => Some((&proxy.host, proxy.port)),
            Via::Unix(_) => None,
        }
    }

    /// The proxy that is asked for the whole URL: of plain HTTP, which needs no tunnel.
    #[must_use]
    pub fn forwarding_proxy(&self) -> Option<&Proxy> {
        match &self.via {
            Via::Proxy(proxy) if self.target.scheme == Scheme::Http => Some(proxy),
            _ => None,
        }
    }
}
