//! The URL: what to connect to, what to request, what may be shown of it.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::request::endpoint::{Endpoint, Host};
use crate::request::secret::Secret;
use crate::syntax::SyntaxError;

/// What RFC 3986 does not allow in a path or a query. `%` is left alone, for what is
/// already encoded.
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

/// Maximum length of a URL, in bytes.
const MAX_LEN: usize = 8 << 10;

/// The URL of a probe, a redirect or a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The scheme.
    pub scheme: Scheme,
    /// The host.
    pub host: Host,
    /// The port: the scheme's default if the URL has none.
    pub port: u16,
    /// Host and port as written in the URL, for the `Host` header.
    pub authority: String,
    /// Path and query, percent-encoded (RFC 3986), never with a fragment.
    pub path_and_query: String,
    /// The URL's `user:password`, percent-decoded.
    pub credentials: Option<Secret>,
}

/// The protocol of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Url {
    /// Parses a URL or one of its short forms: `http://host/path`, `host:8000/health`, `:8000/health`.
    ///
    /// # Errors
    /// Text that is not such a URL, another scheme, a port outside 1–65535.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let at = |offset: usize, expected: &str| SyntaxError::at(text, offset, expected);
        if text.len() > MAX_LEN {
            return Err(at(0, "expected a URL of at most 8 KiB"));
        }
        // Most are of visible ASCII, which costs less to find out.
        if !text.bytes().all(|byte| byte.is_ascii_graphic())
            && let Some(offset) = text.find(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err(at(
                offset,
                "expected no white space; a space is written %20",
            ));
        }
        let (scheme, start) = split_scheme(text)?;
        let end = text[start..]
            .find(['/', '?', '#'])
            .map_or(text.len(), |length| start + length);
        let (credentials, host_start) = match text[start..end].rfind('@') {
            Some(length) => (
                Some(parse_credentials(text, start, start + length)?),
                start + length + 1,
            ),
            None => (None, start),
        };
        let endpoint = Endpoint::parse_part(text, host_start, end)?;
        Ok(Self {
            scheme,
            authority: endpoint.authority(),
            port: endpoint.port.unwrap_or(scheme.default_port()),
            host: endpoint.host,
            path_and_query: encode_path_and_query(&text[end..]),
            credentials,
        })
    }

    /// The URL to request: without credentials and fragment.
    #[must_use]
    pub fn url(&self) -> String {
        self.with(&self.path_and_query)
    }

    /// Host and port, also the scheme's default port.
    #[must_use]
    pub fn host_and_port(&self) -> String {
        match self.authority.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => self.authority.clone(),
            _ => format!("{}:{}", self.authority, self.port),
        }
    }

    /// Whether scheme, host and port are the same (RFC 6454, section 5).
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }

    /// The URL without credentials and query, which may hold secrets.
    #[must_use]
    pub fn redacted(&self) -> String {
        let path = self.path_and_query.split('?').next().unwrap_or("/");
        self.with(path)
    }

    /// Scheme, host and port, and this after them.
    fn with(&self, path: &str) -> String {
        [self.scheme.as_str(), "://", &self.authority, path].concat()
    }

    /// The query, which is sent but never shown.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.split_once('?').map(|(_, query)| query)
    }
}

/// What may be shown of a URL that could not be parsed: no credentials, no query.
#[must_use]
pub fn redact(text: &str) -> String {
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

/// The scheme, and the offset of the authority.
fn split_scheme(text: &str) -> Result<(Scheme, usize), SyntaxError> {
    // A scheme has no colon, so that after it is the first.
    let Some((scheme, _)) = text
        .split_once(':')
        .filter(|(scheme, rest)| rest.starts_with("//") && is_scheme(scheme))
    else {
        return Ok((Scheme::Http, 0));
    };
    let start = scheme.len() + "://".len();
    let is = |name| scheme.eq_ignore_ascii_case(name);
    let expected = |expected: &str| Err(SyntaxError::at(text, 0, expected));
    if is("http") {
        Ok((Scheme::Http, start))
    } else if is("https") && cfg!(feature = "tls") {
        Ok((Scheme::Https, start))
    } else if is("https") {
        expected("expected http://; this build has no TLS, which https needs")
    } else {
        expected("expected http:// or https://")
    }
}

/// Whether these are a scheme's characters (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn parse_credentials(text: &str, start: usize, end: usize) -> Result<Secret, SyntaxError> {
    percent_decode_str(&text[start..end])
        .decode_utf8()
        .map(|decoded| {
            let colon = if decoded.contains(':') { "" } else { ":" };
            Secret::new(format!("{decoded}{colon}"))
        })
        .map_err(|_| SyntaxError::at(text, start, "expected user:password in UTF-8"))
}

fn encode_path_and_query(text: &str) -> String {
    let without_fragment = text.split('#').next().unwrap_or_default();
    let mut encoded = String::with_capacity(text.len() + 1);
    if !without_fragment.starts_with('/') {
        encoded.push('/');
    }
    encoded.extend(utf8_percent_encode(without_fragment, ENCODED));
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Url, redact};
    use crate::request::endpoint::Host;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[track_caller]
    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn parses_every_short_form() {
        for (text, redacted, port) in [
            (
                "http://localhost:8000/health",
                "http://localhost:8000/health",
                8000,
            ),
            ("HTTP://Host", "http://Host/", 80),
            #[cfg(feature = "tls")]
            ("Https://h", "https://h/", 443),
            #[cfg(feature = "tls")]
            ("https://h:8443/", "https://h:8443/", 8443),
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
            let url = url(text);
            assert_eq!(
                (url.redacted().as_str(), url.port),
                (redacted, port),
                "{text}"
            );
        }
    }

    #[test]
    fn a_fragment_is_not_sent_and_a_query_is() {
        assert_eq!(url("h/a?b=1#c?d").path_and_query, "/a?b=1");
        assert_eq!(url("h?b").path_and_query, "/?b");
        assert_eq!(url("h#c").path_and_query, "/");
    }

    #[test]
    fn distinguishes_kinds_of_hosts() {
        for (text, host) in [
            ("127.0.0.1", Host::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST))),
            ("[::1]", Host::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST))),
            ("LocalHost", Host::Localhost("localhost".into())),
            ("localhost.", Host::Localhost("localhost".into())),
            ("api.localhost", Host::Localhost("api.localhost".into())),
            (":80", Host::Localhost("localhost".into())),
            ("notlocalhost", Host::Name("notlocalhost".into())),
            (
                "model_server-1.svc",
                Host::Name("model_server-1.svc".into()),
            ),
        ] {
            assert_eq!(url(text).host, host, "{text}");
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
            let url = url(text);
            assert_eq!(url.credentials.unwrap().expose(), credentials, "{text}");
        }
        assert_eq!(url("h/@x").credentials, None);
    }

    #[test]
    fn rejects_other_text_and_names_the_column() {
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
            ("h:0/", &format!("column 3: {PORT}")),
            ("h:65536", &format!("column 3: {PORT}")),
            ("h:80a/", &format!("column 3: {PORT}")),
            ("h:-1/", &format!("column 3: {PORT}")),
            ("h:+1/", &format!("column 3: {PORT}")),
            ("h:/", &format!("column 3: {PORT}")),
            (
                "::1",
                &format!("column 2: {PORT}; IPv6 addresses take brackets, as in [::1]:8000"),
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
                "column 2: expected a host of letters, digits, - and . (other alphabets as Punycode, xn--)",
            ),
            (
                "a\\b",
                "column 2: expected a host of letters, digits, - and . (other alphabets as Punycode, xn--)",
            ),
        ] {
            assert_eq!(Url::parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn redacts_a_url_that_cannot_be_parsed() {
        assert_eq!(
            redact("http://u:p@h:99999/a?token=t"),
            "http://***@h:99999/a?…"
        );
        assert_eq!(redact("u:p@h:0"), "***@h:0");
        assert_eq!(redact("http://u:p?w#d@h/a"), "http://***@h/a");
        assert_eq!(redact("h:0/?u=http://x"), "h:0/?…");
        assert_eq!(redact("h/?mail=me@example.com"), "***@example.com");
        assert_eq!(redact("h:0/a"), "h:0/a");
    }
}
