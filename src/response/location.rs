//! Where a response redirects to, as it may be printed.

use std::fmt;

use super::Response;
use crate::text::truncate;

/// The maximum length of a location in a sentence, in bytes.
const MAX_LEN: usize = 80;

/// Whether a response with this status and a `Location` is a redirect (RFC 9110, section 15.4).
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// A `Location` as the server wrote it, without what may be secret: credentials, query,
/// fragment, and parameters such as `;jsessionid=…`.
///
/// The `Display` is for a sentence: cut, and quoted if it could be taken for several words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location(String);

impl Location {
    /// `None` if nothing is left, as of `?lang=en`.
    fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let host = host_offset(text);
        let host_end = text[host..]
            .find(SLASHES)
            .map_or(text.len(), |length| host + length);
        // Not after the query is cut: a password may contain a stray `?` or `#`.
        let location = match text[host..host_end].rfind('@') {
            Some(at) if host > 0 => {
                let shown = without_parameters(&text[host + at + 1..]);
                format!("{}***@{shown}", &text[..host])
            }
            _ => without_parameters(text).to_owned(),
        };
        (!location.is_empty()).then_some(Self(location))
    }

    /// The whole location.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Browsers read a backslash as a slash.
const SLASHES: [char; 2] = ['/', '\\'];

/// Where the host begins, or its credentials: after `http://`, `//`, or what browsers take
/// for these, such as `http:/`. 0 if there is only a path.
fn host_offset(text: &str) -> usize {
    let is_scheme = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let scheme = match text.split_once(':') {
        Some((scheme, _)) if is_scheme(scheme) => scheme.len() + 1,
        _ => 0,
    };
    let rest = &text[scheme..];
    let slashes = rest.len() - rest.trim_start_matches(SLASHES).len();
    if scheme == 0 && slashes < 2 {
        0
    } else {
        scheme + slashes
    }
}

fn without_parameters(text: &str) -> &str {
    text.split(['?', '#', ';']).next().unwrap_or_default()
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = truncate(&self.0, MAX_LEN);
        if text.contains(|c: char| c.is_whitespace() || c == '"') {
            write!(f, "{text:?}")
        } else {
            f.write_str(&text)
        }
    }
}

impl Response {
    /// Where the response redirects to, if it is a redirect that was not followed.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        if !is_redirect(self.status) {
            return None;
        }
        let (_, value) = self.headers.iter().find(|(name, _)| name == "location")?;
        Location::new(&String::from_utf8_lossy(value))
    }
}

#[cfg(test)]
mod tests {
    use super::Location;
    use crate::response::Response;

    #[track_caller]
    fn shown(text: &str) -> String {
        Location::new(text).map_or(String::new(), |location| location.to_string())
    }

    #[test]
    fn a_location_is_as_written_without_secrets() {
        for (text, expected) in [
            ("/login", "/login"),
            (" /login ", "/login"),
            ("/login?next=me@host", "/login"),
            ("/login#top", "/login"),
            ("/login;jsessionid=1", "/login"),
            ("login?next=http://me:pw@host/", "login"),
            ("../@me/a", "../@me/a"),
            ("/users/@me", "/users/@me"),
            ("?next=/", ""),
            ("#top", ""),
            ("", ""),
            ("http://host/login?next=a", "http://host/login"),
            ("https://host/@me", "https://host/@me"),
            ("//host:8000/a", "//host:8000/a"),
            ("http://me:pw@host/a?b", "http://***@host/a"),
            ("http://me:p?w#@host/a@b", "http://***@host/a@b"),
            ("http://me:pw@host?a", "http://***@host"),
            ("//me:pw@host/", "//***@host/"),
            ("\\\\me:pw@host\\a", "\\\\***@host\\a"),
            ("/\\me:pw@host", "/\\***@host"),
            ("http:/me:pw@host/", "http:/***@host/"),
            ("http:////me:pw@host/", "http:////***@host/"),
            ("http:me:pw@host", "http:***@host"),
            ("me:pw@host", "me:***@host"),
            ("//me:pw@", "//***@"),
            ("http://", "http://"),
            ("//", "//"),
            (":", ":"),
            ("é@", "é@"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_location_in_a_sentence_is_one_short_word() {
        assert_eq!(shown("/a b"), "\"/a b\"");
        assert_eq!(shown("/a\u{a0}\"\n"), "\"/a\\u{a0}\\\"\"");
        let long = shown(&format!("/{}", "é".repeat(500)));
        assert!(long.len() <= 80 && long.ends_with("é…"), "{long}");
    }

    #[test]
    fn only_a_redirect_has_one() {
        for (status, location) in [
            (301, Some("/a")),
            (308, Some("/a")),
            (201, None),
            (300, None),
            (304, None),
            (503, None),
        ] {
            let response = Response {
                status,
                headers: vec![
                    ("x-location".into(), b"/x".to_vec()),
                    ("location".into(), b"/a".to_vec()),
                    ("location".into(), b"/b".to_vec()),
                ],
                ..Response::example()
            };
            let found = response.location();
            assert_eq!(found.as_ref().map(Location::as_str), location, "{status}");
        }
    }
}
