//! Why a proxy did not open a tunnel.

use std::fmt;

use super::stage::Ending;

/// What went wrong with CONNECT (RFC 9110, section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyError {
    /// The connection ended while the proxy was reaching the server.
    Ended(Ending),
    /// The proxy closed the connection without a complete response.
    NoResponse,
    /// The head of the response is longer than what is read.
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The response is not HTTP.
    NotHttp,
    /// The proxy wants credentials: status 407.
    CredentialsRequired,
    /// The proxy refused.
    Refused {
        /// The response's status code.
        status: u16,
        /// Its reason phrase.
        reason: String,
        /// Host and port of the server.
        server: String,
    },
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(ending) => write!(f, "it {ending} the connection"),
            Self::NoResponse => {
                f.write_str("it closed the connection instead of answering CONNECT")
            }
            Self::HeadTooLong { limit } => write!(
                f,
                "its response to CONNECT has headers longer than {}",
                crate::size::format_exact(*limit)
            ),
            Self::NotHttp => f.write_str("its response to CONNECT is not HTTP"),
            Self::CredentialsRequired => f.write_str(
                "it requires credentials (407); put them in its URL, http://USER:PASSWORD@HOST:PORT",
            ),
            Self::Refused {
                status,
                reason,
                server,
            } => write!(f, "it answered {status} {reason} to CONNECT {server}"),
        }
    }
}

impl std::error::Error for ProxyError {}
