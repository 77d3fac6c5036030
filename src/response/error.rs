//! Why there is no answer, or not all of its body: each reason in a person's words.

use std::fmt;
use std::time::Duration;

use super::Address;
use crate::duration;

/// What a probe was doing when its time was up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Looking up a name.
    Resolve(String),
    /// Connecting to these addresses.
    Connect(Vec<Address>),
    /// Waiting for the proxy to reach the server.
    Tunnel,
    /// Agreeing on TLS.
    Handshake,
    /// Sending the request.
    Send,
    /// Waiting for the first byte of the answer.
    Wait,
    /// Receiving the head of the answer.
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
    /// As it should.
    Closed,
    /// Torn down.
    Reset,
    /// Without the closing alert of TLS, so that the end may be missing (RFC 9112, section 9.8).
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

/// Why there is no answer to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The name has no address.
    Resolve {
        /// The name looked up.
        name: String,
        /// What the resolver said.
        reason: String,
    },
    /// No address took the connection.
    Connect(Vec<(Address, String)>),
    /// The deadline passed.
    TimedOut {
        /// The whole probe's deadline.
        after: Duration,
        /// What was under way.
        stage: Stage,
    },
    /// The connection ended before the head of the answer did.
    Closed {
        /// How many bytes of the answer had come.
        received: usize,
        /// How it ended.
        ending: Ending,
    },
    /// The connection ended in the TLS handshake.
    ClosedInHandshake(Ending),
    /// TLS could not be agreed on, or the certificate is not to be trusted.
    Tls(String),
    /// The proxy could not be reached, or does not reach the server.
    Proxy(String),
    /// A redirect that leads nowhere, or where it must not be followed.
    Redirect(String),
    /// The answer is TLS, to a plain request.
    SpeaksTls,
    /// The answer is plain HTTP, to TLS.
    SpeaksHttp,
    /// The answer is not HTTP/1.
    NotHttp {
        /// What is wrong with it.
        reason: String,
        /// The first bytes that came, `START` at most.
        start: Vec<u8>,
    },
    /// Anything else that the operating system reports.
    Io(String),
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
            Self::Proxy(reason) => write!(f, "proxy: {reason}"),
            Self::SpeaksTls => f.write_str("the server speaks TLS on this port: write https://"),
            Self::SpeaksHttp => {
                f.write_str("the server speaks plain HTTP on this port, not TLS: write http://")
            }
            Self::NotHttp { reason, start } => {
                let cut = start.len() == Self::START;
                let mut start = String::from_utf8_lossy(start).into_owned();
                if cut {
                    start.push('…');
                }
                write!(
                    f,
                    "not an HTTP/1 response ({reason}): it begins with {start:?}"
                )
            }
            Self::Tls(reason) | Self::Redirect(reason) | Self::Io(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for FetchError {}

impl FetchError {
    /// How much of an answer is kept to show what it was if it was not HTTP, in bytes.
    pub const START: usize = 32;

    /// The same error where it kept a proxy from being reached.
    #[must_use]
    pub fn of_proxy(self) -> Self {
        match self {
            timed_out @ Self::TimedOut { .. } => timed_out,
            other => Self::Proxy(other.to_string()),
        }
    }
}

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

struct Addresses<'a>(&'a [Address]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{address}")?;
        }
        Ok(())
    }
}

/// Why the body is not as whole as a check needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// The deadline passed.
    TimedOut {
        /// The whole probe's deadline.
        after: Duration,
        /// How many bytes of the body had come.
        received: usize,
    },
    /// The connection ended before the body did.
    Truncated {
        /// How many bytes of the body had come.
        received: usize,
        /// How many the headers content_length.
        content_length: Option<u64>,
    },
    /// TLS ended without its closing alert, and nothing else tells where the body ends.
    MissingCloseNotify {
        /// How many bytes of the body had come.
        received: usize,
    },
    /// The body is longer than `--max-body`.
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// The chunks of the body are malformed (RFC 9112, section 7.1).
    Malformed(String),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { after, received } => write!(
                f,
                "timed out after {} reading the body, {received} bytes so far",
                duration::format_exact(*after)
            ),
            Self::Truncated {
                received,
                content_length: Some(content_length),
            } => write!(
                f,
                "body cut short after {received} of {content_length} bytes"
            ),
            Self::Truncated { received, .. } => {
                write!(f, "body cut short after {received} bytes")
            }
            Self::MissingCloseNotify { received } => write!(
                f,
                "body cut short after {received} bytes, or the server closed TLS without its close_notify"
            ),
            Self::TooLong { limit } => write!(
                f,
                "body is longer than {} (--max-body)",
                crate::size::format_exact(*limit)
            ),
            Self::Malformed(reason) => write!(f, "body cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for BodyError {}

#[cfg(test)]
mod tests {
    use super::{Address, FetchError, Stage};
    use std::time::Duration;

    fn tcp(address: &str) -> Address {
        Address::Tcp(address.parse().unwrap())
    }

    #[test]
    fn addresses_that_failed_alike_stand_together() {
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
