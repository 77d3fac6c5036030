//! The URL: what to dial, what to ask for, what may be shown of it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::secret::Secret;
use crate::syntax::SyntaxError;

/// Everything that RFC 3986 does not allow in a path or a query. `%` stays, for
/// what is already encoded.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The longest URL taken, in bytes.
const LONGEST: usize = 8 << 10;

/// Where a probe goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What to dial.
    pub host: Host,
    /// The port to dial, 80 where the URL has none.
    pub port: u16,
    /// Host and port as the URL has them, for the request.
    pub authority: String,
    /// Path and query, percent-encoded (RFC 3986), never with a fragment.
    pub path_and_query: String,
    /// `user:password` of the URL, percent-decoded.
    pub credentials: Option<Secret>,
}

/// The host of a URL, by the way its addresses are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// An IP literal.
    Ip(IpAddr),
    /// `localhost` or a name below it, which is loopback without asking DNS (RFC 6761, section 6.3).
    Localhost,
    /// A name to look up.
    Name(String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Localhost => f.write_str("localhost"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Target {
    /// Reads a URL in any of its short forms: `http://host/path`, `host:8000/health`, `:8000/health`.
    ///
    /// # Errors
    /// Text that is no such URL, a scheme other than http, a port outside 1–65535.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let at = |offset: usize, expected: &str| SyntaxError::at(text, offset, expected);
        if text.len() > LONGEST {
            return Err(at(0, "expected a URL of at most 8 KiB"));
        }
        if let Some(offset) = text.find(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(at(
                offset,
                "expected no white space; a space is written %20",
            ));
        }
        let start = after_scheme(text)?;
        let end = text[start..]
            .find(['/', '?', '#'])
            .map_or(text.len(), |length| start + length);
        let (credentials, host_start) = match text[start..end].rfind('@') {
            Some(length) => (
                Some(credentials(text, start, start + length)?),
                start + length + 1,
            ),
            None => (None, start),
        };
        let (host_text, port_start) = split_port(text, host_start, end)?;
        let port = match port_start {
            Some(port_start) => Some(port(text, port_start, end)?),
            None => None,
        };
        let host = host(text, host_start, host_text)?;
        let shown_host = if host_text.is_empty() {
            "localhost"
        } else {
            host_text
        };
        Ok(Self {
            host,
            port: port.unwrap_or(80),
            authority: match port {
                Some(port) => format!("{shown_host}:{port}"),
                None => shown_host.to_owned(),
            },
            path_and_query: path_and_query(&text[end..]),
            credentials,
        })
    }

    /// The URL without credentials and query, which may hold secrets.
    #[must_use]
    pub fn shown(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or("/");
        format!("http://{}{path}", self.authority)
    }

    /// The query, which is sent but never shown.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.split_once('?').map(|(_, query)| query)
    }
}

/// What may be shown of a URL that could not be read: no credentials, no query.
#[must_use]
pub fn redacted(text: &str) -> String {
    let start = match text.find("://") {
        Some(length) if is_scheme(&text[..length]) => length + 3,
        _ => 0,
    };
    let (scheme, rest) = text.split_at(start);
    // Before the query, because a password may hold a stray ? or #.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    match rest.split_once(['?', '#']) {
        Some((shown, _)) => format!("{scheme}{user}{shown}?…"),
        None => format!("{scheme}{user}{rest}"),
    }
}

/// Where the authority begins.
fn after_scheme(text: &str) -> Result<usize, SyntaxError> {
    let Some(length) = text.find("://") else {
        return Ok(0);
    };
    if !is_scheme(&text[..length]) {
        return Ok(0);
    }
    match text[..length].to_ascii_lowercase().as_str() {
        "http" => Ok(length + 3),
        "https" => Err(SyntaxError::at(
            text,
            0,
            "expected http://; this build has no TLS, which https needs",
        )),
        _ => Err(SyntaxError::at(text, 0, "expected http:// or https://")),
    }
}

/// A scheme's characters (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn credentials(text: &str, start: usize, end: usize) -> Result<Secret, SyntaxError> {
    percent_decode_str(&text[start..end])
        .decode_utf8()
        .map(|decoded| {
            let colon = if decoded.contains(':') { "" } else { ":" };
            Secret::new(format!("{decoded}{colon}"))
        })
        .map_err(|_| SyntaxError::at(text, start, "expected user:password in UTF-8"))
}

/// The host, and where the port begins if there is one.
fn split_port(text: &str, start: usize, end: usize) -> Result<(&str, Option<usize>), SyntaxError> {
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

fn port(text: &str, start: usize, end: usize) -> Result<u16, SyntaxError> {
    let digits = &text[start..end];
    if digits.contains(':') {
        return Err(SyntaxError::at(
            text,
            start,
            "expected a port from 1 to 65535; an IPv6 address stands in brackets, as in [::1]:8000",
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

fn host(text: &str, start: usize, host: &str) -> Result<Host, SyntaxError> {
    if let Some(address) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return address
            .parse::<Ipv6Addr>()
            .map(|ip| Host::Ip(IpAddr::V6(ip)))
            .map_err(|_| SyntaxError::at(text, start + 1, "expected an IPv6 address"));
    }
    if host.is_empty() {
        return if text[start..].starts_with(':') {
            Ok(Host::Localhost)
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
            "expected a host of letters, digits, - and . (other alphabets in their xn-- form)",
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
        return Ok(Host::Localhost);
    }
    Ok(Host::Name(name))
}

fn path_and_query(text: &str) -> String {
    let without_fragment = text.split('#').next().unwrap_or_default();
    let slash = if without_fragment.starts_with('/') {
        ""
    } else {
        "/"
    };
    format!("{slash}{}", utf8_percent_encode(without_fragment, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::{Host, Target, redacted};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[track_caller]
    fn target(text: &str) -> Target {
        Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_short_form_is_a_whole_url() {
        for (text, shown, port) in [
            (
                "http://localhost:8000/health",
                "http://localhost:8000/health",
                8000,
            ),
            ("HTTP://Host", "http://Host/", 80),
            ("host:8000/health", "http://host:8000/health", 8000),
            ("host/health", "http://host/health", 80),
            (":8000/health", "http://localhost:8000/health", 8000),
            (":8000", "http://localhost:8000/", 8000),
            ("http://:8000/x", "http://localhost:8000/x", 8000),
            ("[::1]:8000/x", "http://[::1]:8000/x", 8000),
            ("127.0.0.1:1", "http://127.0.0.1:1/", 1),
            ("h/a?token=s#f", "http://h/a", 80),
            ("h?x=http://y", "http://h/", 80),
            ("u:p@h:65535/", "http://h:65535/", 65535),
            ("h/é|x", "http://h/%C3%A9%7Cx", 80),
        ] {
            let target = target(text);
            assert_eq!(
                (target.shown().as_str(), target.port),
                (shown, port),
                "{text}"
            );
        }
    }

    #[test]
    fn a_fragment_is_not_sent_and_a_query_is() {
        assert_eq!(target("h/a?b=1#c?d").path_and_query, "/a?b=1");
        assert_eq!(target("h?b").path_and_query, "/?b");
        assert_eq!(target("h#c").path_and_query, "/");
    }

    #[test]
    fn hosts_are_told_apart() {
        for (text, host) in [
            ("127.0.0.1", Host::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST))),
            ("[::1]", Host::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST))),
            ("LocalHost", Host::Localhost),
            ("localhost.", Host::Localhost),
            ("api.localhost", Host::Localhost),
            (":80", Host::Localhost),
            ("notlocalhost", Host::Name("notlocalhost".into())),
            (
                "model_server-1.svc",
                Host::Name("model_server-1.svc".into()),
            ),
        ] {
            assert_eq!(target(text).host, host, "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        for (text, credentials) in [
            ("http://user:pass@h/", "user:pass"),
            ("http://us%40er:p%3Aw@h/", "us@er:p:w"),
            ("http://a@b:c@h/", "a@b:c"),
            ("http://user@h/", "user:"),
        ] {
            let target = target(text);
            assert_eq!(target.credentials.unwrap().expose(), credentials, "{text}");
        }
        assert_eq!(target("h/@x").credentials, None);
    }

    #[test]
    fn what_is_no_url_is_refused_with_its_column() {
        const PORT: &str = "expected a port from 1 to 65535";
        for (text, message) in [
            ("", "column 1: expected a host, as in localhost:8000/health"),
            (
                "/health",
                "column 1: expected a host, as in localhost:8000/health",
            ),
            (
                "http:///x",
                "column 8: expected a host, as in localhost:8000/health",
            ),
            ("ftp://h/", "column 1: expected http:// or https://"),
            (
                "https://h/",
                "column 1: expected http://; this build has no TLS, which https needs",
            ),
            ("h:0/", &format!("column 3: {PORT}")),
            ("h:65536", &format!("column 3: {PORT}")),
            ("h:80a/", &format!("column 3: {PORT}")),
            ("h:-1/", &format!("column 3: {PORT}")),
            ("h:+1/", &format!("column 3: {PORT}")),
            ("h:/", &format!("column 3: {PORT}")),
            (
                "::1",
                &format!("column 2: {PORT}; an IPv6 address stands in brackets, as in [::1]:8000"),
            ),
            (
                "8000/health",
                "column 1: expected a host, not a number; for a port write :8000",
            ),
            ("[::1", "column 5: expected ] after the IPv6 address"),
            ("[::1]8000", "column 6: expected : and a port, or a path"),
            ("[fe80::1%eth0]/", "column 2: expected an IPv6 address"),
            (
                "h/a b",
                "column 4: expected no white space; a space is written %20",
            ),
            (
                "h\n",
                "column 2: expected no white space; a space is written %20",
            ),
            (
                "bücher.example",
                "column 2: expected a host of letters, digits, - and . (other alphabets in their xn-- form)",
            ),
            (
                "a\\b",
                "column 2: expected a host of letters, digits, - and . (other alphabets in their xn-- form)",
            ),
        ] {
            assert_eq!(
                Target::parse(text).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_keeps_its_secrets() {
        assert_eq!(
            redacted("http://u:p@h:99999/a?token=t"),
            "http://***@h:99999/a?…"
        );
        assert_eq!(redacted("u:p@h:0"), "***@h:0");
        assert_eq!(redacted("http://u:p?w#d@h/a"), "http://***@h/a");
        assert_eq!(redacted("h:0/?u=http://x"), "h:0/?…");
        assert_eq!(redacted("h/?mail=me@example.com"), "***@example.com");
        assert_eq!(redacted("h:0/a"), "h:0/a");
    }
}
