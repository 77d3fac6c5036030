//! A header field of the request (RFC 9110, section 5).

use super::secret::Secret;

/// Headers that only healthprobe sets.
pub const RESERVED_HEADERS: [&str; 5] = [
    "connection",
    "accept-encoding",
    "content-length",
    "transfer-encoding",
    "expect",
];

/// Headers without credentials, whose values may be shown.
const PUBLIC_HEADERS: [&str; 5] = [
    "accept",
    "accept-language",
    "content-type",
    "host",
    "user-agent",
];

/// A header to send.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name, in lower case.
    pub name: String,
    /// The value.
    pub value: Secret,
}

impl Header {
    /// Whether the value may be shown.
    #[must_use]
    pub fn is_public(&self) -> bool {
        PUBLIC_HEADERS.contains(&self.name.as_str())
    }

    /// Whether the header is still sent after a redirect to another origin.
    #[must_use]
    pub fn survives_cross_origin(&self) -> bool {
        let name = self.name.as_str();
        (self.is_public() && name != "host") || RESERVED_HEADERS.contains(&name)
    }
}

/// Whether a character is allowed in a token (RFC 9110, section 5.6.2).
#[must_use]
pub fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
