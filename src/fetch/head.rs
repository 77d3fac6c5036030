//! The head of a response as it arrives → as ureq's parser accepts it.
//!
//! What RFC 9112 lets a user agent read is rewritten: folded lines, white space before a
//! colon, several spaces in the status line, and the version of HTTP/1.0 with chunks, which
//! ureq would not decode. Anything else is left to ureq to refuse.

use crate::request::header::is_token as is_token_character;

/// Maximum length of a head, in bytes: ureq's.
const MAX_HEAD: usize = 64 << 10;

const VERSION: &[u8] = b"HTTP/1.";

/// Where the minor version is in a status line.
const MINOR_VERSION: usize = VERSION.len();

/// Where the status ends in a status line with single spaces.
const STATUS_END: usize = MINOR_VERSION + 2 + STATUS_LEN;

const STATUS_LEN: usize = 3;

/// What is known of bytes that should begin with a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// The end of the head is not among them.
    Incomplete,
    /// They are not the head of an HTTP/1 response.
    Invalid,
    /// The head is complete.
    Complete(Head),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its length, in bytes.
    pub(super) len: usize,
    /// Whether it has to be rewritten.
    pub(super) is_irregular: bool,
    /// Whether another response follows this one (RFC 9110, section 15.2). 101 is final:
    /// what follows it is not HTTP/1.
    pub(super) is_interim: bool,
    /// Whether the body is in chunks.
    pub(super) is_chunked: bool,
}

/// Finds the end of the head that `bytes` begin with.
pub(super) fn scan(bytes: &[u8]) -> Scan {
    // ureq skips empty lines too.
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    let start = start.unwrap_or(bytes.len());
    let known = bytes.len().min(start + VERSION.len());
    if !VERSION.starts_with(&bytes[start..known]) {
        return Scan::Invalid;
    }
    let mut lines = Lines(&bytes[start..]);
    let Some(status_line) = lines.next() else {
        return incomplete(bytes);
    };
    let mut head = Head {
        len: 0,
        is_irregular: has_odd_blanks(status_line),
        is_interim: false,
        is_chunked: false,
    };
    let mut is_first = true;
    for line in &mut lines {
        if line.is_empty() {
            head.len = bytes.len() - lines.0.len();
            head.is_interim = is_interim(status_line);
            return if head.len > MAX_HEAD {
                Scan::Invalid
            } else {
                Scan::Complete(head)
            };
        }
        if is_blank(line.first()) && !is_first {
            head.is_irregular = true;
        } else if let Some(colon) = find(b':', line)
            && !is_blank(line.first())
        {
            let name = trim_blanks_end(&line[..colon]);
            head.is_irregular |= name.len() < colon;
            head.is_chunked |=
                name.eq_ignore_ascii_case(b"transfer-encoding") && has_chunked(&line[colon + 1..]);
        } else {
            return Scan::Invalid;
        }
        is_first = false;
    }
    incomplete(bytes)
}

fn incomplete(bytes: &[u8]) -> Scan {
    if bytes.len() > MAX_HEAD {
        Scan::Invalid
    } else {
        Scan::Incomplete
    }
}

/// The head without what makes it irregular. It is not longer than before.
pub(super) fn rewrite(head: &[u8]) -> Vec<u8> {
    let mut rewritten: Vec<u8> = Vec::with_capacity(head.len());
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if is_blank(line.first()) {
            // Each fold becomes one space (RFC 9112, section 5.2).
            let before = rewritten.strip_suffix(b"\n").unwrap_or(&rewritten);
            let before = before.strip_suffix(b"\r").unwrap_or(before);
            rewritten.truncate(trim_blanks_end(before).len());
            rewritten.push(b' ');
            rewritten.extend_from_slice(trim_blanks(line));
        } else if line.starts_with(VERSION) {
            rewrite_status_line(line, &mut rewritten);
        } else {
            let colon = find(b':', line).unwrap_or_default();
            rewritten.extend_from_slice(trim_blanks_end(&line[..colon]));
            rewritten.extend_from_slice(&line[colon..]);
        }
    }
    rewritten
}

/// Any white space separates the words of a status line (RFC 9112, section 4).
fn rewrite_status_line(line: &[u8], rewritten: &mut Vec<u8>) {
    let (version, rest) = split_word(line.trim_ascii_end());
    let (status, reason) = split_word(rest);
    rewritten.extend_from_slice(version);
    for word in [status, reason] {
        if !word.is_empty() {
            rewritten.push(b' ');
            rewritten.extend_from_slice(word);
        }
    }
    let line_end: &[u8] = if line.ends_with(b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    };
    rewritten.extend_from_slice(line_end);
}

/// Whether a head says that the body is in chunks.
pub(super) fn is_chunked(head: &[u8]) -> bool {
    matches!(scan(head), Scan::Complete(head) if head.is_chunked)
}

/// Where the minor version is, if this head is of HTTP/1.0.
pub(super) fn find_minor_version_0(head: &[u8]) -> Option<usize> {
    let start = head.iter().position(|byte| *byte == b'H')?;
    let version = start + MINOR_VERSION;
    (head.get(version) == Some(&b'0')).then_some(version)
}

/// The first line that keeps the head of `bytes` from being read, for an error that shows it.
///
/// `is_length_invalid` is set if the trouble is the value of Content-Length. A status line
/// is not looked at; it is shown as the beginning.
pub(super) fn find_invalid_line(bytes: &[u8], is_length_invalid: bool) -> Option<&[u8]> {
    let mut lines = Lines(bytes).skip_while(|line| line.is_empty());
    lines.next().filter(|line| line.starts_with(VERSION))?;
    let headers = lines.take_while(|line| !line.is_empty());
    let invalid = headers.enumerate().find(|(index, line)| {
        let colon = find(b':', line).unwrap_or_default();
        let name = trim_blanks_end(&line[..colon]);
        let is_fold = *index > 0 && is_blank(line.first());
        line.iter()
            .any(|byte| byte.is_ascii_control() && *byte != b'\t')
            || !is_fold && !is_token(name)
            || is_length_invalid && name.eq_ignore_ascii_case(b"content-length")
    });
    invalid.map(|(_, line)| line)
}

/// Whether these are the characters of a name (RFC 9110, section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .all(|byte| is_token_character(char::from(*byte)))
}

/// Whether a value of Transfer-Encoding has `chunked`, by the rule that ureq has.
fn has_chunked(value: &[u8]) -> bool {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    let mut codings = value.split(|byte| *byte == b',');
    value.iter().all(is_text)
        && codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

fn is_interim(status_line: &[u8]) -> bool {
    // Most are not.
    if matches!(status_line.get(STATUS_END - STATUS_LEN), Some(b'2'..=b'9')) {
        return false;
    }
    let (status, _) = split_word(split_word(status_line).1);
    matches!(status, [b'1', b'0'..=b'9', b'0'..=b'9']) && status != b"101"
}

fn trim_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn trim_blanks_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn has_odd_blanks(status_line: &[u8]) -> bool {
    let at = |place: usize| status_line.get(place);
    let status = STATUS_END - STATUS_LEN;
    at(status - 1) == Some(&b'\t') || is_blank(at(status)) || at(STATUS_END) == Some(&b'\t')
}

/// The bytes before the first blank, and those from the next word on.
fn split_word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| is_blank(Some(byte)));
    let (word, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    (word, trim_blanks(rest))
}

fn is_blank(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b' ' | b'\t'))
}

/// Eight bytes at once, because every probe searches a whole head: byte by byte it takes
/// 2 % of all instructions.
fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let pattern = LOW_BITS * u64::from(byte);
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let difference = u64::from_le_bytes(*word) ^ pattern;
        // The lowest bit that is set belongs to the first byte that is zero.
        let zeros = difference.wrapping_sub(LOW_BITS) & !difference & HIGH_BITS;
        if zeros != 0 {
            return Some(8 * index + zeros.trailing_zeros() as usize / 8);
        }
    }
    let position = rest.iter().position(|other| *other == byte)?;
    Some(8 * words.len() + position)
}

/// The complete lines, without CRLF or LF; then the rest.
struct Lines<'b>(&'b [u8]);

impl<'b> Iterator for Lines<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let end = find(b'\n', self.0)?;
        let line = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, MAX_HEAD, Scan, find, find_invalid_line, rewrite, scan};

    #[track_caller]
    fn complete(bytes: &[u8]) -> Head {
        match scan(bytes) {
            Scan::Complete(head) => head,
            other => panic!("{other:?}: {}", String::from_utf8_lossy(bytes)),
        }
    }

    #[test]
    fn finds_a_byte_wherever_it_is() {
        for len in 0..40 {
            for at in 0..len {
                // Neighbours in value, and a second one behind.
                for filler in [b'\t', 0x0b, 0x8a, 0x00, 0xff] {
                    let mut bytes = vec![filler; len];
                    bytes[at] = b'\n';
                    bytes[len - 1] = b'\n';
                    assert_eq!(find(b'\n', &bytes), Some(at), "{at} of {len}");
                }
            }
            assert_eq!(find(b'\n', &vec![0x0b; len]), None);
        }
    }

    #[test]
    fn finds_the_end_of_a_head_and_not_before() {
        let head = b"\r\nHTTP/1.1 200 OK\r\nX: a\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(scan(&head[..end]), Scan::Incomplete, "{end}");
        }
        let expected = Head {
            len: head.len(),
            is_irregular: false,
            is_interim: false,
            is_chunked: true,
        };
        assert_eq!(scan(head), Scan::Complete(expected));
        assert_eq!(
            complete(&[&head[..], b"body\r\n\r\n"].concat()).len,
            head.len()
        );
    }

    #[test]
    fn tells_interim_responses() {
        for (status, is_interim) in [
            ("100", true),
            ("103", true),
            ("101", false),
            ("200", false),
            ("10", false),
            ("1000", false),
            ("1x0", false),
        ] {
            let head = complete(format!("HTTP/1.1  {status} X\r\nA: b\r\n\r\n").as_bytes());
            assert_eq!(head.is_interim, is_interim, "{status}");
        }
    }

    #[test]
    fn leaves_to_ureq_what_is_not_a_head() {
        let too_long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD));
        for bytes in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "ok",
            "HTTP/2 200\r\n",
            "HTTP/1.1 200 OK\r\noops\r\n",
            "HTTP/1.1 200 OK\r\n X: a\r\n",
            &too_long,
            &format!("{too_long}\r\n\r\n"),
        ] {
            assert_eq!(scan(bytes.as_bytes()), Scan::Invalid, "{bytes:.40}");
        }
    }

    #[test]
    fn rewrites_folds_and_white_space() {
        for (head, rewritten) in [
            (
                "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a b\r\n\r\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nX: a \r\n\t \tb\r\n  c\r\nY: d\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a b c\r\nY: d\r\n\r\n",
            ),
            (
                "HTTP/1.1 200 OK\nX:\n a\n \n\n",
                "HTTP/1.1 200 OK\nX: a \n\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nX \t: a\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\r\n\r\n",
            ),
            (
                "HTTP/1.1  200   All right\r\n\r\n",
                "HTTP/1.1 200 All right\r\n\r\n",
            ),
            ("HTTP/1.1\t200\tOK\n\n", "HTTP/1.1 200 OK\n\n"),
            ("HTTP/1.1\t200\r\n\r\n", "HTTP/1.1 200\r\n\r\n"),
        ] {
            assert!(complete(head.as_bytes()).is_irregular, "{head:?}");
            let written = String::from_utf8(rewrite(head.as_bytes())).unwrap();
            assert_eq!(written, rewritten);
            let again = complete(written.as_bytes());
            assert!(
                !again.is_irregular && written.len() <= head.len(),
                "{head:?}"
            );
        }
        for head in [
            "HTTP/1.1 200 OK\r\nX:a\r\n\r\n",
            "HTTP/1.1 200 \r\n: a\r\n\r\n",
            "HTTP/1.1 200\r\nX: a b\t\r\n\r\n",
            "HTTP/1.1 200 A  B\tC\r\n\r\n",
            "HTTP/1.1\r\n\r\n",
        ] {
            assert!(!complete(head.as_bytes()).is_irregular, "{head:?}");
        }
    }

    #[test]
    fn finds_the_line_that_cannot_be_read() {
        let invalid = |lines: &str| {
            let head = format!("HTTP/1.1 200 OK\r\nX: a\r\n{lines}\r\n\r\nno: \x01\r\n");
            find_invalid_line(head.as_bytes(), false)
                .map(|line| String::from_utf8_lossy(line).into_owned())
        };
        for line in ["oops", ": a", "X Y: a", "X@: a", "Y: a\0", "Y: a\rb"] {
            assert_eq!(invalid(line).as_deref(), Some(line));
        }
        assert_eq!(invalid("Y : \u{e9}\t\r\n b"), None);
        let first = b"HTTP/1.1 200 OK\r\n X: a\r\n\r\n";
        assert_eq!(find_invalid_line(first, false), Some(&b" X: a"[..]));
        let length = b"HTTP/1.1 200 OK\r\nX: a\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(
            find_invalid_line(length, true),
            Some(&b"Content-Length: -1"[..])
        );
        assert_eq!(find_invalid_line(length, false), None);
    }
}
