//! The headers to send, and which of them are secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::expand;
use crate::args::env::Environment;
use crate::request::header::{Header, RESERVED_HEADERS, is_token};
use crate::request::secret::Secret;
use crate::syntax::SyntaxError;

/// The longest header taken, in bytes: more than any server accepts.
const MAX_HEADER: usize = 64 << 10;

/// Headers of which servers take one or none (RFC 9110, section 5.3).
const SINGLE_HEADERS: [&str; 4] = ["authorization", "content-type", "host", "user-agent"];

/// The shortest text worth hiding. Shorter ones would blot out half of every line.
const MIN_SECRET: usize = 4;

/// What a request says besides its first line.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// In the order of sending. `Host` is added on the way where the user gives none.
    pub sent: Vec<Header>,
    /// Texts that must not be shown, should a server repeat them; the longest
    /// first, so that none hides only a part of another.
    pub secrets: Vec<Secret>,
}

impl Headers {
    /// Adds a header from its line, `NAME: VALUE`.
    ///
    /// # Errors
    /// A line that is no header, a value that could break out of its line, or a
    /// header that follows from how a probe works.
    pub fn add(&mut self, line: &str, environment: &Environment) -> Result<(), SyntaxError> {
        let (name, raw) = named(line)?;
        let prefix = &line[..=name.len()];
        let value = expand::expand(raw, environment).map_err(|error| error.after(prefix))?;
        self.push(line, name, &value)
    }

    /// Adds the headers of a file, one a line. Nothing is replaced in them: a
    /// secret may hold a `$`.
    ///
    /// # Errors
    /// As `add`, with the line's number, and a file without any header.
    pub fn add_file(&mut self, text: &str) -> Result<(), (usize, SyntaxError)> {
        let before = self.sent.len();
        for (index, line) in text.lines().enumerate() {
            if !line.trim().is_empty() {
                named(line)
                    .and_then(|(name, value)| self.push(line, name, value))
                    .map_err(|error| (index + 1, error))?;
            }
        }
        if self.sent.len() == before {
            return Err((1, SyntaxError::at(text, 0, "expected NAME: VALUE")));
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
            // `Bearer TOKEN`, of which a server may repeat the second part alone.
            if let Some((_, token)) = header.value.expose().split_once(' ') {
                self.mark_secret(token);
            }
        }
        self.sent.push(header);
        Ok(())
    }

    /// Adds Basic credentials (RFC 7617) unless a header authorizes already, as curl does.
    pub fn authorize(&mut self, credentials: &Secret) {
        let value = self.basic(credentials);
        self.add_default("authorization", value.expose());
    }

    /// Adds a bearer token (RFC 6750) unless a header authorizes already.
    ///
    /// # Errors
    /// No token, or one that could break out of its line.
    pub fn bearer_token(&mut self, text: &str) -> Result<(), &'static str> {
        let token = text.trim();
        if token.is_empty() {
            return Err("expected a token, found nothing");
        }
        if token.len() > MAX_HEADER || token.contains(|c: char| !c.is_ascii_graphic()) {
            return Err("expected one token of visible ASCII characters, at most 64 KiB");
        }
        self.mark_secret(token);
        self.add_default("authorization", &format!("Bearer {token}"));
        Ok(())
    }

    /// Basic credentials as a header's value; neither they nor it are shown.
    pub fn basic(&mut self, credentials: &Secret) -> Secret {
        let encoded = BASE64.encode(credentials.expose());
        self.mark_secret(credentials.expose());
        self.mark_secret(&encoded);
        if let Some((_, password)) = credentials.expose().split_once(':') {
            self.mark_secret(password);
        }
        Secret::new(format!("Basic {encoded}"))
    }

    /// Adds the type of a body unless the user has.
    pub fn default_content_type(&mut self) {
        self.add_default("content-type", "application/json");
    }

    /// Adds what every request carries and the user has not replaced.
    pub fn add_defaults(&mut self) {
        self.add_default(
            "user-agent",
            concat!("healthprobe/", env!("CARGO_PKG_VERSION")),
        );
        self.add_default("accept", "*/*");
        self.add_default("accept-encoding", "identity");
        self.add_default("connection", "close");
    }

    /// Keeps a text out of everything that is shown.
    pub fn mark_secret(&mut self, text: &str) {
        if text.len() < MIN_SECRET {
            return;
        }
        // A server that repeats it will most likely do so in JSON.
        let quoted = Value::from(text).to_string();
        let in_json = &quoted[1..quoted.len() - 1];
        for form in [text, in_json] {
            if self.secrets.iter().all(|other| other.expose() != form) {
                let place = self
                    .secrets
                    .partition_point(|other| other.expose().len() > form.len());
                self.secrets.insert(place, Secret::new(form));
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

/// The two sides of a header's line; of the name, that it is one.
fn named(line: &str) -> Result<(&str, &str), SyntaxError> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| SyntaxError::at(line, line.len(), "expected NAME: VALUE"))?;
    if let Some(offset) = name.find(|c| !is_token(c)) {
        return Err(SyntaxError::at(
            line,
            offset,
            "expected a header's name without spaces, then a colon",
        ));
    }
    if name.is_empty() {
        return Err(SyntaxError::at(line, 0, "expected a header's name"));
    }
    Ok((name, value))
}

fn header(line: &str, name: &str, value: &str) -> Result<Header, SyntaxError> {
    let lower = name.to_ascii_lowercase();
    if RESERVED_HEADERS.contains(&lower.as_str()) {
        return Err(SyntaxError::at(
            line,
            0,
            format!("expected another header: healthprobe sets {name} itself"),
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
    let expanded = expand::expand(text, environment)?;
    if expanded.contains(':') {
        Ok(Secret::new(expanded))
    } else {
        Err(SyntaxError::at(text, text.len(), "expected USER:PASSWORD"))
    }
}
