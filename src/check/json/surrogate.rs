//! Escapes of lone surrogates in JSON strings, such as `"\ud83d"`. RFC 8259, section 8.2,
//! allows them and leaves open what they mean; programs that cut text between the two
//! halves of an emoji write them. Rust's strings cannot hold them.

/// Replaces each by U+FFFD, which is escaped with as many bytes. Returns `None` if there is
/// none.
pub(super) fn replace_lone(text: &[u8]) -> Option<Vec<u8>> {
    let mut replaced: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(offset) = text[at..].iter().position(|byte| *byte == b'\\') {
        at += offset;
        at += match (unit(&text[at..]), text.get(at + 6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                let copy = replaced.get_or_insert_with(|| text.to_vec());
                copy[at..at + 6].copy_from_slice(b"\\ufffd");
                6
            }
            // The escaped character may be another backslash.
            _ => 2,
        };
        if at >= text.len() {
            break;
        }
    }
    replaced
}

/// The code unit of the `\uXXXX` that the text begins with.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::replace_lone;
    use proptest::prelude::*;
    use serde_json::Value;

    fn parsed(text: &str) -> Option<String> {
        let replaced = replace_lone(text.as_bytes())?;
        serde_json::from_slice(&replaced).ok()
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_not() {
        for (text, value) in [
            (r#""\udc80abc""#, "\u{fffd}abc"),
            (r#""abc\ud83d""#, "abc\u{fffd}"),
            (r#""\uD83D\ud83d\udE00\uDE00""#, "\u{fffd}😀\u{fffd}"),
            (r#""\ud83d\n\\\ude00""#, "\u{fffd}\n\\\u{fffd}"),
            (r#""\ud83dx\u0041""#, "\u{fffd}xA"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(value), "{text}");
        }
        for text in [
            r#""😀\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\ud83""#,
            r#""\u+d83""#,
            "\\",
            "\\u",
            "",
        ] {
            assert_eq!(replace_lone(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// As reading the UTF-16 of the string, with the lone halves replaced.
        #[test]
        fn replaces_as_utf_16_does(units in prop::collection::vec(
            prop_oneof![0xd7fe_u16..0xe002, Just(0x5c), Just(0x22), Just(0x75)], 0..12
        )) {
            let escaped: Vec<String> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let text = format!("\"{}\"", escaped.concat());
            let bytes = replace_lone(text.as_bytes()).unwrap_or_else(|| text.clone().into_bytes());
            prop_assert_eq!(bytes.len(), text.len());
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(value.as_str().unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn no_bytes_panic(text in "[\\\\ud8cf0\"]{0,20}") {
            let _ = replace_lone(text.as_bytes());
        }
    }
}
