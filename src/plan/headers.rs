//! The headers to send, and which of them are secret.

use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::expand::expand;
use crate::args::env::Environment;
use crate::request::header::{Header, RESERVED_HEADERS, is_token};
use crate::request::secret::Secret;
use crate::syntax::SyntaxError;

/// Maximum length of a header's value, in bytes: more than any server accepts.
const MAX_HEADER: usize = 64 << 10;

/// Headers that must not be repeated (RFC 9110, section 5.3).
const SINGLE_HEADERS: [&str; 4] = ["authorization", "content-type", "host", "user-agent"];

/// Minimum length of a text to hide, in bytes: shorter ones would hide half of every line.
const MIN_SECRET: usize = 4;

/// The headers of a request.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// In the order of sending. Without a `Host` here, `fetch` adds one.
    pub sent: Vec<Header>,
    /// Texts that must not be shown, should a server repeat them; the longest
    /// first, so that none hides only a part of another.
    pub secrets: Vec<Secret>,
}

/// An error in a file of headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderFileError {
    /// The line, from 1.
    pub line: usize,
    /// The column and what was expected there.
    pub error: SyntaxError,
}

impl fmt::Display for HeaderFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.line, self.error)
    }
}

impl Error for HeaderFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// Why a text is not a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// It is blank.
    Empty,
    /// It is too long, or contains what could break out of its line.
    Malformed,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "expected a token, found nothing",
            Self::Malformed => "expected one token of visible ASCII characters, at most 64 KiB",
        })
    }
}

impl Error for TokenError {}

impl Headers {
    /// Adds a header from its line, `NAME: VALUE`.
    ///
    /// # Errors
    /// A line that is not a header, a value that could break out of its line, or a
    /// header that only healthprobe sets.
    pub fn add(&mut self, line: &str, environment: &Environment) -> Result<(), SyntaxError> {
        let (name, raw) = split_line(line)?;
        let prefix = &line[..=name.len()];
        let value = expand(raw, environment).map_err(|error| error.after(prefix))?;
        self.push(line, name, &value.text)
    }

    /// Adds the headers of a file, one per line. Variables are not expanded: a secret
    /// may contain a `$`.
    ///
    /// # Errors
    /// As `add`, and a file without any header.
    pub fn add_file(&mut self, text: &str) -> Result<(), HeaderFileError> {
        let before = self.sent.len();
        for (index, line) in text.lines().enumerate() {
            if !line.trim().is_empty() {
                split_line(line)
                    .and_then(|(name, value)| self.push(line, name, value))
                    .map_err(|error| HeaderFileError {
                        line: index + 1,
                        error,
                    })?;
            }
        }
        if self.sent.len() == before {
            return Err(HeaderFileError {
                line: 1,
                error: SyntaxError::at(text, 0, "expected NAME: VALUE"),
            });
        }
        Ok(())
    }

    fn push(&mut self, line: &str, name: &str, value: &str) -> Result<(), SyntaxError> {
        let header = header(line, name, value)?;
        let twice = self.sent.iter().any(|other| other.name == header.name);
        if twice && SINGLE_HEADERS.contains(&header.name.as_str()) {
            return Err(SyntaxError::at(
                line,
                0,
                format!("expected {} only once", header.name),
            ));
        }
        if !header.is_public() {
            self.mark_secret(header.value.expose());
            // A server may repeat the token of `Bearer TOKEN` alone.
            if let Some((_, token)) = header.value.expose().split_once(' ') {
                self.mark_secret(token);
            }
        }
        self.sent.push(header);
        Ok(())
    }

    /// Adds Basic credentials (RFC 7617) unless there is an `Authorization` header, as curl does.
    pub fn authorize(&mut self, credentials: &Secret) {
        let value = self.basic(credentials);
        self.add_default("authorization", value.expose());
    }

    /// Adds a bearer token (RFC 6750) unless there is an `Authorization` header.
    ///
    /// # Errors
    /// No token, or one that could break out of its line.
    pub fn bearer_token(&mut self, text: &str) -> Result<(), TokenError> {
        let token = text.trim();
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if token.len() > MAX_HEADER || token.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(TokenError::Malformed);
        }
        self.mark_secret(token);
        self.add_default("authorization", &format!("Bearer {token}"));
        Ok(())
    }

    /// Basic credentials as a header's value, both marked as secrets.
    pub fn basic(&mut self, credentials: &Secret) -> Secret {
        let encoded = BASE64.encode(credentials.expose());
        self.mark_secret(credentials.expose());
        self.mark_secret(&encoded);
        if let Some((_, password)) = credentials.expose().split_once(':') {
            self.mark_secret(password);
        }
        Secret::new(format!("Basic {encoded}"))
    }

    /// Adds the body's type unless the user has set it.
    pub fn default_content_type(&mut self) {
        self.add_default("content-type", "application/json");
    }

    /// Adds what every request has and the user has not replaced.
    pub fn add_defaults(&mut self) {
        self.add_default(
            "user-agent",
            concat!("healthprobe/", env!("CARGO_PKG_VERSION")),
        );
        self.add_default("accept", "*/*");
        self.add_default("accept-encoding", "identity");
        self.add_default("connection", "close");
    }

    /// Hides a text wherever it would be shown.
    pub fn mark_secret(&mut self, text: &str) {
        if text.len() < MIN_SECRET {
            return;
        }
        // A server that repeats it most likely does so in JSON.
        let quoted = Value::from(text).to_string();
        let in_json = &quoted[1..quoted.len() - 1];
        for form in [text, in_json] {
            if self.secrets.iter().all(|other| other.expose() != form) {
                let index = self
                    .secrets
                    .partition_point(|other| other.expose().len() > form.len());
                self.secrets.insert(index, Secret::new(form));
            }
        }
    }

    fn add_default(&mut self, name: &str, value: &str) {
        if self.sent.iter().all(|header| header.name != name) {
            self.sent.push(Header {
                name: name.to_owned(),
                value: Secret::new(value),
            });
        }
    }
}

/// The name and the value of a header's line. The name is valid.
fn split_line(line: &str) -> Result<(&str, &str), SyntaxError> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| SyntaxError::at(line, line.len(), "expected NAME: VALUE"))?;
    if let Some(offset) = name.find(|c| !is_token(c)) {
        return Err(SyntaxError::at(
            line,
            offset,
            "expected a header name without spaces, then a colon",
        ));
    }
    if name.is_empty() {
        return Err(SyntaxError::at(line, 0, "expected a header name"));
    }
    Ok((name, value))
}

fn header(line: &str, name: &str, value: &str) -> Result<Header, SyntaxError> {
    let lower = name.to_ascii_lowercase();
    if RESERVED_HEADERS.contains(&lower.as_str()) {
        return Err(SyntaxError::at(
            line,
            0,
            format!("{name} is set by healthprobe and cannot be overridden"),
        ));
    }
    let start = name.len() + 1;
    let value = value.trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(SyntaxError::at(
            line,
            line.len(),
            format!("expected a value for {name}"),
        ));
    }
    if value.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return Err(SyntaxError::at(
            line,
            start,
            format!("expected a value for {name} without line breaks or control characters"),
        ));
    }
    if value.len() > MAX_HEADER {
        return Err(SyntaxError::at(
            line,
            start,
            format!("expected a value for {name} of at most 64 KiB"),
        ));
    }
    Ok(Header {
        name: lower,
        value: Secret::new(value),
    })
}

/// Reads `USER:PASSWORD`.
///
/// # Errors
/// No colon, or a variable that is not set.
pub fn user(text: &str, environment: &Environment) -> Result<Secret, SyntaxError> {
    let expanded = expand(text, environment)?.text;
    if expanded.contains(':') {
        Ok(Secret::new(expanded))
    } else {
        Err(SyntaxError::at(text, text.len(), "expected USER:PASSWORD"))
    }
}
