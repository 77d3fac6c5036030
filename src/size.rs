//! Sizes of data: `1MiB`, `64k`, `1048576`.
//!
//! Parsed here because no crate reports the column of an error.

use crate::syntax::SyntaxError;

const UNITS: [(&str, u64); 13] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("byte", 1),
    ("bytes", 1),
];

/// Parses a number of bytes. A single letter is binary, as in `docker run --memory`.
///
/// # Errors
/// Not a whole number, an unknown unit, or more than this machine can address.
pub fn parse(text: &str) -> Result<usize, SyntaxError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = text[digits..].trim().to_ascii_lowercase();
    let number: u64 = text[..digits].parse().map_err(|_| {
        SyntaxError::at(
            text,
            0,
            "expected a size such as 64KiB, 1MiB or a number of bytes",
        )
    })?;
    let factor = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor)
        .ok_or_else(|| {
            SyntaxError::at(
                text,
                digits,
                "expected a unit: B, kB, KiB, MB, MiB, GB or GiB",
            )
        })?;
    match number.checked_mul(factor).map(isize::try_from) {
        Some(Ok(bytes)) => Ok(bytes.unsigned_abs()),
        _ => Err(SyntaxError::at(text, 0, "expected a smaller size")),
    }
}

/// The size in the largest binary unit that divides it: `1MiB`, `1000 bytes`.
#[must_use]
pub fn format_exact(bytes: usize) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] {
        if bytes > 0 && bytes.is_multiple_of(1 << shift) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::{format_exact, parse};

    #[test]
    fn parses_binary_and_decimal_units() {
        for (text, bytes) in [
            ("1048576", 1_048_576),
            ("1MiB", 1_048_576),
            ("1 mib", 1_048_576),
            ("1MB", 1_000_000),
            ("64k", 65_536),
            ("2GiB", 2_147_483_648),
            ("7B", 7),
            ("0", 0),
            ("0MiB", 0),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn rejects_other_text_and_names_the_column() {
        for (text, message) in [
            (
                "",
                "column 1: expected a size such as 64KiB, 1MiB or a number of bytes",
            ),
            (
                "-1",
                "column 1: expected a size such as 64KiB, 1MiB or a number of bytes",
            ),
            (
                "1.5MiB",
                "column 2: expected a unit: B, kB, KiB, MB, MiB, GB or GiB",
            ),
            (
                "3 parsecs",
                "column 2: expected a unit: B, kB, KiB, MB, MiB, GB or GiB",
            ),
            ("99999999999GiB", "column 1: expected a smaller size"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn formats_with_the_largest_exact_unit() {
        assert_eq!(format_exact(1 << 20), "1MiB");
        assert_eq!(format_exact(3 << 10), "3KiB");
        assert_eq!(format_exact(1_000), "1000 bytes");
    }
}
