//! A redirect → the next request, as browsers make it (Fetch, HTTP-redirect fetch).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::request::Request;
use crate::request::header::Header;
use crate::request::url::{self, Scheme, Url};
use crate::response::{Redirect, RedirectError};

/// Maximum number of redirects that are followed.
pub(super) const MAX_REDIRECTS: usize = 10;

/// What is encoded of ASCII before the URL's parser sees it, which refuses it.
const WHITE_SPACE: &AsciiSet = &CONTROLS.add(b' ');

/// Headers that describe a body and are dropped with it.
const CONTENT_HEADERS: [&str; 4] = [
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
];

/// The request that a response to `request` redirects to.
///
/// Another origin gets no credentials, and of the headers only those that say how to
/// respond.
///
/// # Errors
/// A location that is not a valid URL, or a redirect from https to http.
pub(super) fn follow(
    request: &Request,
    status: u16,
    location: &[u8],
) -> Result<(Request, Redirect), RedirectError> {
    let location = encode(location.trim_ascii());
    let location = resolve(&request.url, &location);
    let shown = || url::redact(&location);
    if !location.contains("://") {
        let to = shown();
        return Err(RedirectError::UnsupportedScheme { status, to });
    }
    let mut url = Url::parse(&location).map_err(|error| RedirectError::InvalidUrl {
        status,
        to: shown(),
        error,
    })?;
    if request.url.scheme == Scheme::Https && url.scheme == Scheme::Http {
        let to = url.redacted();
        return Err(RedirectError::Downgrade { status, to });
    }
    // Only the user says who the probe is, not a server.
    url.credentials = None;
    let cross_origin = !url.is_same_origin(&request.url);
    let redirect = Redirect {
        status,
        to: url.redacted(),
        cross_origin,
    };
    let mut next = Request {
        url,
        ..request.clone()
    };
    let becomes_get = match status {
        301 | 302 => next.method == "POST",
        303 => next.method != "HEAD",
        _ => false,
    };
    if becomes_get {
        "GET".clone_into(&mut next.method);
        next.data = None;
        next.headers
            .retain(|header| !CONTENT_HEADERS.contains(&header.name.as_str()));
    }
    if cross_origin {
        next.headers.retain(Header::survives_cross_origin);
    }
    Ok((next, redirect))
}

/// A reference as text. In path and query, white space and bytes outside of ASCII are
/// percent-encoded one by one, as in browsers and curl, whatever charset they are in.
fn encode(reference: &[u8]) -> String {
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?' | b'#');
    let slashes = reference.windows(2).position(|window| window == b"//");
    let path = match slashes {
        Some(slashes) if slashes == 0 || reference[slashes - 1] == b':' => {
            let authority = slashes + 2;
            let length = reference[authority..].iter().position(is_end);
            length.map_or(reference.len(), |length| authority + length)
        }
        _ => 0,
    };
    let (before, path) = reference.split_at(path);
    let before = String::from_utf8_lossy(before);
    format!("{before}{}", percent_encode(path, WHITE_SPACE))
}

/// A reference as an absolute URL (RFC 3986, section 5.2). As in browsers, characters
/// that are not allowed there are left to the URL's parser.
fn resolve<'r>(base: &Url, reference: &'r str) -> Cow<'r, str> {
    if has_scheme(reference) {
        return Cow::Borrowed(reference);
    }
    if reference.starts_with("//") {
        return Cow::Owned(format!("{}:{reference}", base.scheme));
    }
    let reference = reference.split('#').next().unwrap_or_default();
    let (path, query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference, None),
    };
    let (base_path, base_query) = match base.path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (base.path_and_query.as_str(), None),
    };
    let query = match (path, query) {
        ("", None) => base_query,
        _ => query,
    };
    let path = match path {
        "" => base_path.to_owned(),
        absolute if absolute.starts_with('/') => remove_dot_segments(absolute),
        relative => {
            let folder = base_path.rfind('/').map_or(0, |slash| slash + 1);
            remove_dot_segments(&format!("{}{relative}", &base_path[..folder]))
        }
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Cow::Owned(format!("{}://{}{path}{query}", base.scheme, base.authority))
}

fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?', '#']);
    end.is_some_and(|end| {
        reference[end..].starts_with(':')
            && reference.starts_with(|first: char| first.is_ascii_alphabetic())
    })
}

/// A path without its `.` and `..` (RFC 3986, section 5.2.4).
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}
