//! Host and port: the part of a URL that says what to connect to.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::syntax::SyntaxError;

/// A host and a port to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The host as written; `localhost` if there was only a port.
    written: String,
    /// The port, if there is one.
    pub port: Option<u16>,
}

/// A host, by how its addresses are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// An IP literal.
    Ip(IpAddr),
    /// `localhost` or a name below it: the loopback, without DNS (RFC 6761, section 6.3).
    Localhost(String),
    /// A name to look up.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Localhost(name) | Self::Name(name) => f.write_str(name),
        }
    }
}

impl Endpoint {
    /// Parses `HOST`, `HOST:PORT`, or `:PORT` for localhost.
    ///
    /// # Errors
    /// Other text, a port outside 1–65535.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::parse_part(text, 0, text.len())
    }

    /// Parses a part of a longer text, between two byte offsets.
    ///
    /// # Errors
    /// As `parse`; the column is that in the whole text.
    pub fn parse_part(text: &str, start: usize, end: usize) -> Result<Self, SyntaxError> {
        let (written, port_start) = split_authority(text, start, end)?;
        let port = match port_start {
            Some(port_start) => Some(parse_port(text, port_start, end)?),
            None => None,
        };
        Ok(Self {
            host: parse_host(text, start, written)?,
            written: match written {
                "" => "localhost".to_owned(),
                _ => written.to_owned(),
            },
            port,
        })
    }
}

impl Endpoint {
    /// Host and port as written, the port without leading zeros.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => [&self.written, ":", &port.to_string()].concat(),
            None => self.written.clone(),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.authority())
    }
}

/// The host, and the offset of the port if there is one.
fn split_authority(
    text: &str,
    start: usize,
    end: usize,
) -> Result<(&str, Option<usize>), SyntaxError> {
    let authority = &text[start..end];
    let host_length = if authority.starts_with('[') {
        authority
            .find(']')
            .map(|bracket| bracket + 1)
            .ok_or_else(|| SyntaxError::at(text, end, "expected ] after the IPv6 address"))?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let host = &authority[..host_length];
    match authority.as_bytes().get(host_length) {
        None => Ok((host, None)),
        Some(b':') => Ok((host, Some(start + host_length + 1))),
        Some(_) => Err(SyntaxError::at(
            text,
            start + host_length,
            "expected : and a port, or a path",
        )),
    }
}

fn parse_port(text: &str, start: usize, end: usize) -> Result<u16, SyntaxError> {
    let digits = &text[start..end];
    if digits.contains(':') {
        return Err(SyntaxError::at(
            text,
            start,
            "expected a port from 1 to 65535; IPv6 addresses take brackets, as in [::1]:8000",
        ));
    }
    match digits.parse::<u16>() {
        Ok(port) if port > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(port),
        _ => Err(SyntaxError::at(
            text,
            start,
            "expected a port from 1 to 65535",
        )),
    }
}

fn parse_host(text: &str, start: usize, host: &str) -> Result<Host, SyntaxError> {
    if let Some(address) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return address
            .parse::<Ipv6Addr>()
            .map(|ip| Host::Ip(IpAddr::V6(ip)))
            .map_err(|_| SyntaxError::at(text, start + 1, "expected an IPv6 address"));
    }
    if host.is_empty() {
        return if text[start..].starts_with(':') {
            Ok(Host::Localhost("localhost".to_owned()))
        } else {
            Err(SyntaxError::at(
                text,
                start,
                "expected a host, as in localhost:8000/health",
            ))
        };
    }
    if host.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SyntaxError::at(
            text,
            start,
            format!("expected a host, not a number; for a port write :{host}"),
        ));
    }
    if let Ok(ip) = host.parse() {
        return Ok(Host::Ip(ip));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if let Some(offset) = host.find(|c| !allowed(c)) {
        return Err(SyntaxError::at(
            text,
            start + offset,
            "expected a host of letters, digits, - and . (other alphabets as Punycode, xn--)",
        ));
    }
    if host.len() > 253 {
        return Err(SyntaxError::at(
            text,
            start,
            "expected a host of at most 253 characters (RFC 1035)",
        ));
    }
    let name = host.to_ascii_lowercase();
    let label = name.strip_suffix('.').unwrap_or(&name);
    if label == "localhost" || label.ends_with(".localhost") {
        return Ok(Host::Localhost(label.to_owned()));
    }
    Ok(Host::Name(name))
}
