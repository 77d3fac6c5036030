//! Bodies that are not the UTF-8 text that checks look at, although no header says so.

use std::fmt;

/// What a body is instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Compressed (RFC 1952).
    Gzip,
    /// Text in UTF-16 of either byte order, without the byte order mark that `fetch` sees.
    Utf16,
}

impl Encoding {
    /// As the first bytes have it. UTF-16 is recognised by ASCII at the beginning, as in
    /// RFC 4627, section 3: most texts and every JSON text that begins with `{` or `[`.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [1..=255, 0, 1..=255, 0, ..] | [0, 1..=255, 0, 1..=255, ..] => Some(Self::Utf16),
            _ => None,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "is gzip, which was not asked for",
            Self::Utf16 => "looks like UTF-16, expected UTF-8",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn only_what_is_certain_is_recognised() {
        for (bytes, encoding) in [
            (&b"\x1f\x8b\x08\x00"[..], Some(Encoding::Gzip)),
            (b"{\0}\0", Some(Encoding::Utf16)),
            (b"\0[\0]", Some(Encoding::Utf16)),
            (b"", None),
            (b"\x1f", None),
            (b"o\0", None),
            (b"ok\0\0", None),
            (b"a\0b", None),
            // A frame of gRPC-Web: a flag, and the length in four bytes.
            (b"\0\0\0\0\x05hello", None),
            (b"o\0\0\0", None),
        ] {
            assert_eq!(Encoding::of(bytes), encoding, "{bytes:?}");
        }
    }
}
