//! Chunks that cannot be read.

use std::error::Error;
use std::fmt;

use crate::size;

/// What is wrong with the chunks of a body (RFC 9112, section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkError {
    /// A line that does not begin with a hexadecimal size: its first bytes, at most `MAX_SHOWN`.
    InvalidSize(Vec<u8>),
    /// A line that ends in LF without CR.
    MissingCarriageReturn,
    /// No line end where a chunk ends by its size.
    MissingEnd,
    /// A line that is too long.
    LineTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The trailers are too long.
    TrailersTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidSize(line) => write!(
                f,
                "chunk size {:?}, expected a hexadecimal number",
                String::from_utf8_lossy(line)
            ),
            Self::MissingCarriageReturn => f.write_str("line of a chunk ends without CR"),
            Self::MissingEnd => f.write_str("chunk does not end where its size says"),
            Self::LineTooLong { limit } => write!(
                f,
                "line of a chunk is longer than {}",
                size::format_exact(*limit)
            ),
            Self::TrailersTooLong { limit } => {
                write!(f, "trailers are longer than {}", size::format_exact(*limit))
            }
        }
    }
}

impl Error for ChunkError {}
