//! Why there is no response: each reason as a clause for the verdict's line.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::address::{Address, Addresses};
use super::advice::Advice;
use super::chunk::ChunkError;
use super::proxy::ProxyError;
use super::redirect::RedirectError;
use super::stage::{Ending, Stage};
use super::tls::TlsError;
use crate::duration;

/// Maximum length of what is shown of a response that cannot be read, in bytes.
pub const MAX_SHOWN: usize = 32;

/// Why there is no response to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The name has no address.
    Resolve {
        /// The name looked up.
        name: String,
        /// The resolver's reason.
        reason: String,
    },
    /// No address accepted the connection.
    Connect(Vec<(Address, String)>),
    /// The deadline passed.
    TimedOut {
        /// The deadline of the whole probe.
        after: Duration,
        /// What was under way.
        stage: Stage,
    },
    /// The connection ended before the head of the response did.
    Closed {
        /// How many bytes of the response were received.
        received: usize,
        /// How it ended.
        ending: Ending,
    },
    /// The connection ended in the TLS handshake.
    ClosedInHandshake(Ending),
    /// The connection ended like this after the server had asked for a client certificate,
    /// and there was none to send.
    NoClientCertificate(Box<FetchError>),
    /// TLS could not be agreed on, or the certificate is not to be trusted.
    Tls(TlsError),
    /// The proxy could not be reached.
    ProxyUnreachable(Box<FetchError>),
    /// The proxy does not reach the server.
    Proxy(ProxyError),
    /// A redirect that cannot or must not be followed.
    Redirect(RedirectError),
    /// The response to a plain request is TLS.
    SpeaksTls,
    /// The response to TLS is plain HTTP.
    SpeaksHttp,
    /// The response is HTTP/2, without TLS.
    SpeaksHttp2,
    /// The response is not HTTP/1.
    NotHttp {
        /// What is wrong with it.
        reason: String,
        /// Its first bytes, at most `MAX_SHOWN`.
        start: Vec<u8>,
    },
    /// A line in the head of the response cannot be read.
    InvalidLine {
        /// What is wrong with it.
        reason: String,
        /// Its first bytes, at most `MAX_SHOWN`.
        line: Vec<u8>,
    },
    /// The chunks of the body are malformed.
    Chunk(ChunkError),
    /// Anything else that the operating system reports.
    Io(IoError),
    /// Anything else that ureq reports.
    Other(String),
}

/// An error of the operating system. Unlike `std::io::Error`, it can be cloned and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IoError {
    /// Its kind.
    pub kind: io::ErrorKind,
    /// Its text.
    pub message: String,
}

impl FetchError {
    /// The same error, if it kept a proxy from being reached.
    #[must_use]
    pub fn reaching_proxy(self) -> Self {
        match self {
            timed_out @ Self::TimedOut { .. } => timed_out,
            other => Self::ProxyUnreachable(Box::new(other)),
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Self::NoClientCertificate(_) => Some(Advice::SendClientCertificate),
            Self::Tls(error) => error.advice(),
            _ => None,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { name, reason } => write!(f, "cannot look up {name}: {reason}"),
            Self::Connect(failures) => fmt_failures(f, failures),
            Self::TimedOut { after, stage } => {
                write!(
                    f,
                    "timed out after {} {stage}",
                    duration::format_exact(*after)
                )
            }
            Self::Closed {
                received: 0,
                ending,
            } => write!(f, "connection {ending} before any response"),
            Self::Closed { received, ending } => write!(
                f,
                "connection {ending} in the response headers, after {received} bytes"
            ),
            Self::ClosedInHandshake(ending) => {
                write!(f, "connection {ending} in the TLS handshake")
            }
            Self::NoClientCertificate(error) => {
                write!(f, "{error}; the server had asked for a client certificate")
            }
            Self::Tls(error) => error.fmt(f),
            Self::ProxyUnreachable(error) => write!(f, "proxy: {error}"),
            Self::Proxy(error) => write!(f, "proxy: {error}"),
            Self::Redirect(error) => error.fmt(f),
            Self::SpeaksTls => f.write_str("the server speaks TLS on this port: write https://"),
            Self::SpeaksHttp => {
                f.write_str("the server speaks plain HTTP on this port, not TLS: write http://")
            }
            Self::SpeaksHttp2 => {
                f.write_str("the server speaks HTTP/2 on this port, as gRPC servers do, not HTTP/1")
            }
            Self::NotHttp { reason, start } => write!(
                f,
                "not an HTTP/1 response ({reason}): it begins with {:?}",
                shorten(start)
            ),
            Self::InvalidLine { reason, line } => write!(
                f,
                "not an HTTP/1 response ({reason}): it has the line {:?}",
                shorten(line)
            ),
            Self::Chunk(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoClientCertificate(error) | Self::ProxyUnreachable(error) => {
                Some(error.as_ref())
            }
            Self::Tls(error) => Some(error),
            Self::Proxy(error) => Some(error),
            Self::Redirect(error) => Some(error),
            Self::Chunk(error) => Some(error),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// The bytes as text, with an ellipsis if they were cut.
fn shorten(bytes: &[u8]) -> String {
    let ellipsis = if bytes.len() == MAX_SHOWN { "…" } else { "" };
    format!("{}{ellipsis}", String::from_utf8_lossy(bytes))
}

impl From<io::Error> for IoError {
    fn from(error: io::Error) -> Self {
        Self {
            kind: error.kind(),
            message: error.to_string(),
        }
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for IoError {}

/// Groups the addresses that failed alike: `connection refused (127.0.0.1:8000, [::1]:8000)`.
fn fmt_failures(f: &mut fmt::Formatter<'_>, failures: &[(Address, String)]) -> fmt::Result {
    let mut separator = "";
    for (index, (_, reason)) in failures.iter().enumerate() {
        if failures[..index]
            .iter()
            .any(|(_, earlier)| earlier == reason)
        {
            continue;
        }
        let alike: Vec<Address> = failures
            .iter()
            .filter(|(_, other)| other == reason)
            .map(|(address, _)| address.clone())
            .collect();
        write!(f, "{separator}{reason} ({})", Addresses(&alike))?;
        separator = ", ";
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Address, Duration, FetchError, Stage};

    fn tcp(address: &str) -> Address {
        Address::Tcp(address.parse().unwrap())
    }

    #[test]
    fn groups_addresses_that_failed_alike() {
        let error = FetchError::Connect(vec![
            (tcp("127.0.0.1:80"), "connection refused".into()),
            (tcp("10.0.0.1:80"), "no route to host".into()),
            (tcp("[::1]:80"), "connection refused".into()),
        ]);
        assert_eq!(
            error.to_string(),
            "connection refused (127.0.0.1:80, [::1]:80), no route to host (10.0.0.1:80)"
        );
    }

    #[test]
    fn a_timeout_names_what_was_under_way() {
        let stage = Stage::Connect(vec![tcp("127.0.0.1:80")]);
        let error = FetchError::TimedOut {
            after: Duration::from_millis(1500),
            stage,
        };
        assert_eq!(
            error.to_string(),
            "timed out after 1s 500ms connecting to 127.0.0.1:80"
        );
    }
}
