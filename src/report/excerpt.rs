//! What came from the network, made fit to show: without secrets, without
//! control characters, bounded.

use crate::request::secret::Secret;
use crate::response::{Body, BodyEnd};
use crate::text::{escape, truncate};

/// The most of a body that is shown, in bytes.
const MAX_BODY: usize = 200;

const REDACTED: &str = "***";

/// The shortest part of a secret that is recognised before a cut: less of it tells
/// nothing, and stands before many a cut.
const MIN_PART: usize = 4;

/// Text without the secrets and control characters in it.
pub(super) fn sanitize(text: &str, secrets: &[Secret]) -> String {
    let mut clean = String::with_capacity(text.len());
    // Values are bounded before they come here, wherever that cuts them.
    for part in redact(text, secrets).split_inclusive('…') {
        match part.strip_suffix('…') {
            Some(part) => {
                let mut part = part.to_owned();
                drop_partial_secret(&mut part, secrets, MIN_PART);
                clean.push_str(&part);
                clean.push('…');
            }
            None => clean.push_str(part),
        }
    }
    escape(&clean).into_owned()
}

/// The beginning of a body on one line; `None` of an empty one.
pub(super) fn body_excerpt(body: &Body, secrets: &[Secret]) -> Option<String> {
    let text =
        String::from_utf8_lossy(&body.bytes[..body.bytes.len().min(4 * super::EXCERPT_READ)]);
    let whole = text.len() >= body.bytes.len() && body.end == BodyEnd::Complete;
    let mut text = redact(&text, secrets);
    if !whole {
        drop_partial_secret(&mut text, secrets, 1);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    // A secret of several words may have become one only now.
    let line = redact(&words.join(" "), secrets);
    (!line.is_empty()).then(|| truncate(&escape(&line), MAX_BODY).into_owned())
}

/// Text without the secrets in it.
pub(super) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if text.contains(secret.expose()) {
            text = text.replace(secret.expose(), REDACTED);
        }
    }
    text
}

/// A secret that the end of the text cuts in two is still recognised by its beginning,
/// of at least so many bytes.
fn drop_partial_secret(text: &mut String, secrets: &[Secret], shortest: usize) {
    for secret in secrets {
        let secret = secret.expose();
        let longest = secret
            .char_indices()
            .map(|(offset, _)| offset)
            .rfind(|offset| *offset >= shortest && text.ends_with(&secret[..*offset]));
        if let Some(length) = longest {
            text.truncate(text.len() - length);
            text.push_str(REDACTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{body_excerpt, sanitize};
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
    fn a_secret_of_two_words_is_hidden_however_they_are_spaced() {
        let secrets = [Secret::new("correct horse")];
        let spaced = body("a correct \n horse", BodyEnd::Complete);
        assert_eq!(body_excerpt(&spaced, &secrets).as_deref(), Some("a ***"));
    }

    #[test]
    fn secrets_are_hidden_also_where_the_end_cuts_them() {
        let secrets = [Secret::new("user:s3cr3t"), Secret::new("s3cr3t")];
        assert_eq!(
            sanitize("bad s3cr3t of user:s3cr3t", &secrets),
            "bad *** of ***"
        );
        let cut = body("token s3cr", BodyEnd::Partial);
        assert_eq!(body_excerpt(&cut, &secrets).as_deref(), Some("token ***"));
        assert_eq!(
            sanitize("token is \"at s3cr…, expected \"s3…", &secrets),
            "token is \"at ***…, expected \"s3…"
        );
        let whole = body("these", BodyEnd::Complete);
        assert_eq!(body_excerpt(&whole, &secrets).as_deref(), Some("these"));
    }
}
