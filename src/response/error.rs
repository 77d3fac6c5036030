//! Why there is no response: each reason as a clause for the verdict's line.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::address::{Address, Addresses};
use super::advice::Advice;
use super::proxy::ProxyError;
use super::redirect::RedirectError;
use super::stage::{Ending, Stage};
use super::tls::TlsError;
use crate::{duration, size};

/// How much of a response is kept to show it if it is not HTTP, in bytes.
pub const MAX_START: usize = 32;

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
    /// The response is HTTP/2, which nobody asked for.
    SpeaksHttp2,
    /// The response is not HTTP/1.
    NotHttp {
        /// What is wrong with it.
        reason: String,
        /// Its first bytes, at most `MAX_START`.
        start: Vec<u8>,
    },
    /// A line of the response does not end.
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
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
            Self::SpeaksHttp2 => f.write_str("the server speaks HTTP/2 on this port, not HTTP/1.1"),
            Self::NotHttp { reason, start } => {
                let is_cut = start.len() == MAX_START;
                let mut start = String::from_utf8_lossy(start).into_owned();
                if is_cut {
                    start.push('…');
                }
                write!(
                    f,
                    "not an HTTP/1 response ({reason}): it begins with {start:?}"
                )
            }
            Self::LineTooLong { limit } => {
                write!(f, "line longer than {}", size::format_exact(*limit))
            }
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
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
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
