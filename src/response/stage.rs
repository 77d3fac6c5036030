//! How far a request came, and how its connection ended.

use std::fmt;

use super::address::{Address, Addresses};

/// What a probe was doing when its deadline passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Looking up a name.
    Resolve(String),
    /// Connecting to these addresses.
    Connect(Vec<Address>),
    /// Waiting for the proxy to reach the server.
    Tunnel,
    /// Making the TLS handshake.
    Handshake,
    /// Sending the request.
    Send,
    /// Waiting for the first byte of the response.
    Wait,
    /// Reading the head of the response.
    Head,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(name) => write!(f, "looking up {name}"),
            Self::Connect(addresses) => write!(f, "connecting to {}", Addresses(addresses)),
            Self::Tunnel => f.write_str("waiting for the proxy"),
            Self::Handshake => f.write_str("in the TLS handshake"),
            Self::Send => f.write_str("sending the request"),
            Self::Wait => f.write_str("waiting for the response"),
            Self::Head => f.write_str("reading the response headers"),
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The peer closed it.
    Closed,
    /// The peer reset it.
    Reset,
    /// The peer closed it without TLS's `close_notify`, so data may be missing (RFC 9112,
    /// section 9.8).
    MissingCloseNotify,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed | Self::MissingCloseNotify => "closed",
            Self::Reset => "reset",
        })
    }
}
