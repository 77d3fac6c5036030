//! What happened on the wire, as plain data: an answer, or why there is none.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::duration;

/// One request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The address that took the connection.
    pub address: SocketAddr,
    /// The status code (RFC 9110, section 15).
    pub status: u16,
    /// What that code is usually called.
    pub phrase: Option<&'static str>,
    /// The answer's headers, names in lower case, in their order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as the checks need it.
    pub body: Body,
    /// How long each phase took.
    pub phases: Phases,
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
    Enough,
    /// Where the body ends.
    Whole,
    /// Where the rest could not be had.
    Failed(BodyError),
}

/// How much of the body the checks need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyNeed {
    /// None of it.
    Nothing,
    /// As far as the last of these texts to appear.
    Texts(Vec<String>),
    /// All of it.
    Whole,
}

/// The phases of a probe, named as `blackbox_exporter` names them. Together they
/// last from the name lookup to the last byte that the checks needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Looking up the name.
    pub resolve: Duration,
    /// Connecting, all addresses tried.
    pub connect: Duration,
    /// Sending the request and waiting for the first byte of the answer.
    pub processing: Duration,
    /// Receiving the answer.
    pub transfer: Duration,
}

impl Phases {
    /// Name and duration of each phase, in order.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Duration); 4] {
        [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("processing", self.processing),
            ("transfer", self.transfer),
        ]
    }

    /// The whole probe.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.resolve + self.connect + self.processing + self.transfer
    }
}

/// What a probe was doing when its time was up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Looking up a name.
    Resolve(String),
    /// Connecting to these addresses.
    Connect(Vec<SocketAddr>),
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
            Self::Send => f.write_str("sending the request"),
            Self::Wait => f.write_str("waiting for the response"),
            Self::Head => f.write_str("reading the response headers"),
        }
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
    Connect(Vec<(SocketAddr, String)>),
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
        /// Whether it was reset instead of closed.
        reset: bool,
    },
    /// The answer is not HTTP/1.
    NotHttp {
        /// What is wrong with it.
        reason: String,
        /// The first bytes that came.
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
                write!(f, "timed out after {} {stage}", duration::typed(*after))
            }
            Self::Closed { received, reset } => {
                let how = if *reset { "reset" } else { "closed" };
                match received {
                    0 => write!(f, "connection {how} before any response"),
                    _ => write!(
                        f,
                        "connection {how} in the response headers, after {received} bytes"
                    ),
                }
            }
            Self::NotHttp { reason, start } => {
                let start = String::from_utf8_lossy(start);
                write!(
                    f,
                    "not an HTTP/1 response ({reason}): it begins with {start:?}"
                )
            }
            Self::Io(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for FetchError {}

/// Groups the addresses that failed alike: `connection refused (127.0.0.1:8000, [::1]:8000)`.
fn fmt_failures(f: &mut fmt::Formatter<'_>, failures: &[(SocketAddr, String)]) -> fmt::Result {
    let mut separator = "";
    for (index, (_, reason)) in failures.iter().enumerate() {
        if failures[..index]
            .iter()
            .any(|(_, earlier)| earlier == reason)
        {
            continue;
        }
        let alike: Vec<SocketAddr> = failures
            .iter()
            .filter(|(_, other)| other == reason)
            .map(|(address, _)| *address)
            .collect();
        write!(f, "{separator}{reason} ({})", Addresses(&alike))?;
        separator = ", ";
    }
    Ok(())
}

struct Addresses<'a>(&'a [SocketAddr]);

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
    CutShort {
        /// How many bytes of the body had come.
        received: usize,
        /// How many the headers promised.
        promised: Option<u64>,
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
                duration::typed(*after)
            ),
            Self::CutShort {
                received,
                promised: Some(promised),
            } => write!(f, "body cut short after {received} of {promised} bytes"),
            Self::CutShort { received, .. } => {
                write!(f, "body cut short after {received} bytes")
            }
            Self::TooLong { limit } => write!(
                f,
                "body is longer than {} (--max-body)",
                crate::size::typed(*limit)
            ),
            Self::Malformed(reason) => write!(f, "body cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for BodyError {}

#[cfg(test)]
impl Exchange {
    /// An empty 200, for the tests of what reads exchanges.
    pub(crate) fn example() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8000)),
            status: 200,
            phrase: Some("OK"),
            headers: Vec::new(),
            body: Body::default(),
            phases: Phases::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FetchError, Stage};
    use std::time::Duration;

    #[test]
    fn addresses_that_failed_alike_stand_together() {
        let error = FetchError::Connect(vec![
            ("127.0.0.1:80".parse().unwrap(), "connection refused".into()),
            ("10.0.0.1:80".parse().unwrap(), "no route to host".into()),
            ("[::1]:80".parse().unwrap(), "connection refused".into()),
        ]);
        assert_eq!(
            error.to_string(),
            "connection refused (127.0.0.1:80, [::1]:80), no route to host (10.0.0.1:80)"
        );
    }

    #[test]
    fn a_timeout_names_what_was_under_way() {
        let stage = Stage::Connect(vec!["127.0.0.1:80".parse().unwrap()]);
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
