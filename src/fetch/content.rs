//! What the headers of a response say of its body.

use ureq::http::HeaderMap;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING};

use crate::text::truncate;

/// Maximum length of what is shown of codings, in bytes.
const MAX_CODINGS: usize = 40;

/// How a text in another Unicode encoding than UTF-8 begins. UTF-32 comes first, because
/// UTF-16's mark begins that of UTF-32 too.
const BYTE_ORDER_MARKS: [(&[u8], &str); 4] = [
    (b"\xFF\xFE\0\0", UTF_32),
    (b"\0\0\xFE\xFF", UTF_32),
    (b"\xFF\xFE", UTF_16),
    (b"\xFE\xFF", UTF_16),
];

const CODINGS: [HeaderName; 2] = [CONTENT_ENCODING, TRANSFER_ENCODING];

const UTF_16: &str = "UTF-16";
const UTF_32: &str = "UTF-32";

/// Whether the chunks of the body say where it ends.
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    list(headers, &TRANSFER_ENCODING).any(|coding| coding == "chunked")
}

/// Whether the body may never end.
pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media_type| {
        let name = media_type.split(';').next().unwrap_or_default();
        name.trim() == "text/event-stream"
    })
}

/// The names of the codings that keep the body from being read: content codings (RFC 9110,
/// section 8.4) and transfer codings (RFC 9112, section 7), of which none was asked for.
pub(super) fn codings(headers: &HeaderMap) -> Option<String> {
    // Comparing the names costs less than two lookups.
    if !headers.keys().any(|name| CODINGS.contains(name)) {
        return None;
    }
    let codings: Vec<String> = list(headers, &CONTENT_ENCODING)
        .chain(list(headers, &TRANSFER_ENCODING))
        .filter(|coding| !matches!(coding.as_str(), "" | "identity" | "chunked"))
        .map(|coding| match coding.strip_prefix("x-") {
            // Old names (RFC 9110, sections 8.4.1.1 and 8.4.1.3).
            Some(name @ ("gzip" | "compress")) => name.to_owned(),
            _ => coding,
        })
        .collect();
    (!codings.is_empty()).then(|| truncate(&codings.join(", "), MAX_CODINGS).into_owned())
}

/// The Unicode encoding of the body, if that is not UTF-8.
pub(super) fn unicode_encoding(headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    let mark = BYTE_ORDER_MARKS
        .iter()
        .find(|(mark, _)| body.starts_with(mark));
    if let Some((_, encoding)) = mark {
        return Some(encoding);
    }
    // Without a mark, the text has a NUL in one of its first characters.
    if !body[..body.len().min(4)].contains(&0) {
        return None;
    }
    let media_type = media_type(headers)?;
    let charset = media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim() == "charset").then(|| value.trim().trim_matches('"'))
    })?;
    match charset {
        "utf-16" | "utf-16le" | "utf-16be" => Some(UTF_16),
        "utf-32" | "utf-32le" | "utf-32be" => Some(UTF_32),
        _ => None,
    }
}

/// The media type with its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.to_ascii_lowercase())
}

/// The elements of a list, in lower case.
fn list(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    headers.get_all(name).iter().flat_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let elements = value.split(',').map(|element| element.trim().to_owned());
        elements.collect::<Vec<_>>()
    })
}
