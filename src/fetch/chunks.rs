//! Chunks as they arrive (RFC 9112, section 7.1) → the same chunks without extensions and
//! trailers. ureq refuses a line of more than 20 bytes.

use std::ops::Range;

use crate::response::{ChunkError, MAX_SHOWN};

/// Maximum length of a chunk's line with its extensions, and of a trailer, in bytes.
const MAX_LINE: usize = 16 << 10;

/// Maximum length of all trailers, in bytes.
const MAX_TRAILERS: usize = 64 << 10;

const CRLF: usize = 2;

/// What comes next.
#[derive(Debug)]
pub(super) enum Chunks {
    /// The line with a size.
    Size,
    /// So many bytes of a chunk.
    Data(usize),
    /// The line end after a chunk.
    DataEnd,
    /// A trailer, or the empty line that ends the body. So many bytes of trailers came before.
    Trailers(usize),
    /// Nothing more of this body.
    End,
}

/// How much of some bytes was read, and how much was written over their beginning.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) read: usize,
    pub(super) written: usize,
}

impl Moved {
    fn write(&mut self, bytes: &mut [u8], kept: Range<usize>) {
        let written = self.written + kept.len();
        if kept.start != self.written {
            bytes.copy_within(kept, self.written);
        }
        self.written = written;
    }
}

impl Chunks {
    /// Reads what is complete of `bytes`, and writes the plain chunks over them.
    ///
    /// # Errors
    /// Malformed chunks. What was moved before is valid.
    pub(super) fn filter(&mut self, bytes: &mut [u8], moved: &mut Moved) -> Result<(), ChunkError> {
        loop {
            let unread = &bytes[moved.read..];
            let start = moved.read;
            match self {
                Self::Size => {
                    let Some(line) = find_line(unread)? else {
                        return Ok(());
                    };
                    let (size, digits) = parse_size(line)?;
                    let end = start + line.len();
                    moved.write(bytes, start + digits.start..start + digits.end);
                    moved.write(bytes, end..end + CRLF);
                    moved.read = end + CRLF;
                    *self = match size {
                        0 => Self::Trailers(0),
                        size => Self::Data(size),
                    };
                }
                Self::Data(missing) => {
                    let len = unread.len().min(*missing);
                    moved.write(bytes, start..start + len);
                    moved.read += len;
                    *missing -= len;
                    if *missing > 0 {
                        return Ok(());
                    }
                    *self = Self::DataEnd;
                }
                Self::DataEnd => {
                    let known = unread.len().min(CRLF);
                    if !b"\r\n".starts_with(&unread[..known]) {
                        return Err(ChunkError::MissingEnd);
                    }
                    if known < CRLF {
                        return Ok(());
                    }
                    moved.write(bytes, start..start + CRLF);
                    moved.read += CRLF;
                    *self = Self::Size;
                }
                Self::Trailers(before) => {
                    let Some(line) = find_line(unread)? else {
                        return Ok(());
                    };
                    let len = line.len() + CRLF;
                    moved.read += len;
                    *before += len;
                    if len == CRLF {
                        moved.write(bytes, start..start + CRLF);
                        *self = Self::End;
                    } else if *before > MAX_TRAILERS {
                        return Err(ChunkError::TrailersTooLong {
                            limit: MAX_TRAILERS,
                        });
                    }
                }
                Self::End => {
                    moved.read = bytes.len();
                    return Ok(());
                }
            }
        }
    }
}

/// The line that `bytes` begin with, without its CRLF, if it is complete.
fn find_line(bytes: &[u8]) -> Result<Option<&[u8]>, ChunkError> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    if end.unwrap_or(bytes.len()) > MAX_LINE {
        return Err(ChunkError::LineTooLong { limit: MAX_LINE });
    }
    match end.map(|end| bytes[..end].strip_suffix(b"\r")) {
        None => Ok(None),
        Some(None) => Err(ChunkError::MissingCarriageReturn),
        Some(line) => Ok(line),
    }
}

/// The size of a chunk, and where in the line its digits are, without leading zeros.
fn parse_size(line: &[u8]) -> Result<(usize, Range<usize>), ChunkError> {
    let invalid = || ChunkError::InvalidSize(line[..line.len().min(MAX_SHOWN)].to_vec());
    let end = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let zeros = line[..end].iter().take_while(|byte| **byte == b'0').count();
    // White space is allowed before an extension, and some servers pad the size with it.
    let rest = line[end..].trim_ascii_start();
    if end == 0 || !(rest.is_empty() || rest.starts_with(b";")) {
        return Err(invalid());
    }
    let digits = zeros.min(end - 1)..end;
    let size = str::from_utf8(&line[digits.clone()]).map_err(|_| invalid())?;
    let size = usize::from_str_radix(size, 16).map_err(|_| invalid())?;
    Ok((size, digits))
}

#[cfg(test)]
mod tests {
    use super::{Chunks, MAX_LINE, MAX_TRAILERS, Moved};
    use crate::response::ChunkError;

    /// What becomes of chunks that arrive in these parts.
    fn filter(parts: &[&[u8]]) -> Result<Vec<u8>, ChunkError> {
        let mut chunks = Chunks::Size;
        let (mut pending, mut written) = (Vec::new(), Vec::new());
        for part in parts {
            pending.extend_from_slice(part);
            let mut moved = Moved::default();
            let result = chunks.filter(&mut pending, &mut moved);
            written.extend_from_slice(&pending[..moved.written]);
            pending.drain(..moved.read);
            result?;
        }
        Ok(written)
    }

    #[test]
    fn drops_extensions_and_trailers_wherever_the_bytes_are_split() {
        let chunks =
            b"0002 ;x=\"a;b\" ; y\r\nok\r\nA\r\n0123456789\r\n000;z\r\nX: t\r\nY: u\r\n\r\nmore";
        let plain = b"2\r\nok\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(filter(&[chunks]).unwrap(), plain);
        for first in 0..chunks.len() {
            let (head, tail) = chunks.split_at(first);
            for second in 0..tail.len() {
                let (middle, end) = tail.split_at(second);
                assert_eq!(
                    filter(&[head, middle, end]).unwrap(),
                    plain,
                    "{first} {second}"
                );
            }
        }
    }

    #[test]
    fn rejects_malformed_chunks() {
        let size = |line: &str| ChunkError::InvalidSize(line.into());
        for (chunks, error) in [
            ("+2\r\n", size("+2")),
            ("-2\r\n", size("-2")),
            (" 2\r\n", size(" 2")),
            ("0x2\r\n", size("0x2")),
            ("2 2\r\n", size("2 2")),
            ("\r\n", size("")),
            (";x\r\n", size(";x")),
            ("2\0\r\n", size("2\0")),
            ("FFFFFFFFFFFFFFFF2\r\n", size("FFFFFFFFFFFFFFFF2")),
            ("2\n", ChunkError::MissingCarriageReturn),
            ("2\r\nokay\r\n", ChunkError::MissingEnd),
            ("2\r\nok\rx", ChunkError::MissingEnd),
            ("0\r\nX: t\n", ChunkError::MissingCarriageReturn),
        ] {
            assert_eq!(filter(&[chunks.as_bytes()]), Err(error), "{chunks:?}");
        }
    }

    #[test]
    fn bounds_lines_and_trailers() {
        let extension = |len: usize| format!("2;{}\r\nok\r\n0\r\n\r\n", "x".repeat(len));
        let plain = b"2\r\nok\r\n0\r\n\r\n";
        assert_eq!(filter(&[extension(1000).as_bytes()]).unwrap(), plain);
        assert_eq!(
            filter(&[extension(MAX_LINE - 3).as_bytes()]).unwrap(),
            plain
        );
        let too_long = Err(ChunkError::LineTooLong { limit: MAX_LINE });
        assert_eq!(filter(&[extension(MAX_LINE).as_bytes()]), too_long);
        assert_eq!(filter(&["1".repeat(MAX_LINE + 1).as_bytes()]), too_long);
        let trailers = format!("0\r\n{}", "X: t\r\n".repeat(MAX_TRAILERS / 6 + 1));
        assert_eq!(
            filter(&[trailers.as_bytes()]),
            Err(ChunkError::TrailersTooLong {
                limit: MAX_TRAILERS
            })
        );
    }
}
