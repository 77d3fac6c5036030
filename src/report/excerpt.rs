//! Sanitizes what came from the network before it is printed: hides secrets, escapes
//! control characters and limits the length.

use std::fmt::Write as _;

use crate::request::secret::Secret;
use crate::response::{Body, BodyEnd};
use crate::text::{escape, truncate};

/// How much of a body to read in order to explain a failure, in bytes: what is printed,
/// and enough beyond it to recognise a secret that is cut.
pub const EXCERPT_READ: usize = 1024;

/// The maximum length of a body excerpt, in bytes.
const MAX_EXCERPT: usize = 200;

const REDACTED: &str = "***";

/// The shortest beginning of a secret that is recognised before a cut, in bytes: shorter
/// ones reveal little and match too much.
const MIN_PART: usize = 4;

/// Replaces secrets and escapes control characters.
pub(super) fn sanitize(text: &str, secrets: &[Secret]) -> String {
    let mut sanitized = String::with_capacity(text.len());
    // Long values are cut before they get here, so that an ellipsis may cut a secret.
    for part in redact(text, secrets).split_inclusive('…') {
        match part.strip_suffix('…') {
            Some(part) => {
                let mut part = part.to_owned();
                redact_partial_secret(&mut part, secrets, MIN_PART);
                sanitized.push_str(&part);
                sanitized.push('…');
            }
            None => sanitized.push_str(part),
        }
    }
    escape(&sanitized).into_owned()
}

/// The beginning of a body on one line, with single spaces; `None` if it is empty.
pub(super) fn body_excerpt(body: &Body, secrets: &[Secret]) -> Option<String> {
    shown(&words(&beginning(body, secrets), secrets))
}

/// As [`body_excerpt`], with its white space as received, escaped.
pub(super) fn exact_body_excerpt(body: &Body, secrets: &[Secret]) -> Option<String> {
    let text = beginning(body, secrets);
    let words = words(&text, secrets);
    if words.matches(REDACTED).count() > text.matches(REDACTED).count() {
        // A secret has other white space here, and is recognised among the words alone.
        return shown(&words);
    }
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_whitespace() && !character.is_ascii() {
            // Writing to a String cannot fail.
            let _ = write!(line, "\\u{:04x}", u32::from(character));
        } else {
            line.push(character);
        }
    }
    shown(&line)
}

fn shown(line: &str) -> Option<String> {
    (!line.is_empty()).then(|| truncate(&escape(line), MAX_EXCERPT).into_owned())
}

/// The words of a text, with single spaces between them.
fn words(text: &str, secrets: &[Secret]) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    // A secret with white space may match only now.
    redact(&words.join(" "), secrets)
}

/// The beginning of a body, without secrets.
fn beginning(body: &Body, secrets: &[Secret]) -> String {
    let text = String::from_utf8_lossy(&body.bytes[..body.bytes.len().min(4 * EXCERPT_READ)]);
    let is_complete = text.len() >= body.bytes.len() && matches!(body.end, BodyEnd::Complete);
    let mut text = redact(&text, secrets);
    if !is_complete {
        redact_partial_secret(&mut text, secrets, 1);
    }
    text
}

/// Replaces secrets.
pub(super) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if text.contains(secret.expose()) {
            text = text.replace(secret.expose(), REDACTED);
        }
    }
    text
}

/// Replaces the beginning of a secret, of at least `min` bytes, at the end of the text.
fn redact_partial_secret(text: &mut String, secrets: &[Secret], min: usize) {
    for secret in secrets {
        let secret = secret.expose();
        let longest = secret
            .char_indices()
            .map(|(offset, _)| offset)
            .rfind(|offset| *offset >= min && text.ends_with(&secret[..*offset]));
        if let Some(length) = longest {
            text.truncate(text.len() - length);
            text.push_str(REDACTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{body_excerpt, exact_body_excerpt, sanitize};
    use crate::request::secret::Secret;
    use crate::response::{Body, BodyEnd};

    fn body(text: &str, end: BodyEnd) -> Body {
        Body {
            bytes: text.as_bytes().to_vec(),
            end,
        }
    }

    #[test]
    fn a_body_becomes_one_bounded_line() {
        let pretty = body(
            "{\r\n  \"status\": \"\u{1b}[31mred\"\n}\n",
            BodyEnd::Complete,
        );
        assert_eq!(
            body_excerpt(&pretty, &[]).as_deref(),
            Some("{ \"status\": \"\\u001b[31mred\" }")
        );
        let long = body(&"é".repeat(5000), BodyEnd::Complete);
        let shown = body_excerpt(&long, &[]).unwrap();
        assert!(shown.len() <= 200 && shown.ends_with("é…"), "{shown}");
        assert_eq!(body_excerpt(&body(" \n", BodyEnd::Complete), &[]), None);
        let binary = Body {
            bytes: vec![0xff, 0x00, b'a'],
            end: BodyEnd::Complete,
        };
        assert_eq!(
            body_excerpt(&binary, &[]).as_deref(),
            Some("\u{fffd}\\u0000a")
        );
    }

    #[test]
    fn a_secret_with_white_space_is_hidden_however_it_is_spaced() {
        let secrets = [Secret::new("correct horse")];
        let spaced = body("a correct \n horse", BodyEnd::Complete);
        assert_eq!(body_excerpt(&spaced, &secrets).as_deref(), Some("a ***"));
    }

    #[test]
    fn white_space_is_shown_where_it_matters() {
        let shown = |text| exact_body_excerpt(&body(text, BodyEnd::Complete), &[]);
        assert_eq!(shown("OK\r\n").as_deref(), Some("OK\\r\\n"));
        assert_eq!(
            shown(" a\u{a0}b\u{2003}\t").as_deref(),
            Some(" a\\u00a0b\\u2003\\t")
        );
        assert_eq!(shown("\n").as_deref(), Some("\\n"));
        assert_eq!(shown(""), None);
        let secrets = [Secret::new("correct horse")];
        let spaced = body("a correct \n horse\n", BodyEnd::Complete);
        assert_eq!(
            exact_body_excerpt(&spaced, &secrets).as_deref(),
            Some("a ***")
        );
        let exact = body("a correct horse\n", BodyEnd::Complete);
        assert_eq!(
            exact_body_excerpt(&exact, &secrets).as_deref(),
            Some("a ***\\n")
        );
    }

    #[test]
    fn secrets_are_hidden_also_if_they_are_cut() {
        let secrets = [Secret::new("user:s3cr3t"), Secret::new("s3cr3t")];
        assert_eq!(
            sanitize("bad s3cr3t of user:s3cr3t", &secrets),
            "bad *** of ***"
        );
        let partial = body("token s3cr", BodyEnd::Partial);
        assert_eq!(
            body_excerpt(&partial, &secrets).as_deref(),
            Some("token ***")
        );
        assert_eq!(
            sanitize("token is \"at s3cr…, expected \"s3…", &secrets),
            "token is \"at ***…, expected \"s3…"
        );
        let whole = body("these", BodyEnd::Complete);
        assert_eq!(body_excerpt(&whole, &secrets).as_deref(), Some("these"));
    }
}
