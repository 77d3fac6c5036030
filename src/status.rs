//! Sets of status codes, as users write them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::syntax::SyntaxError;

const EXPECTED: &str = "expected a status such as 200, 2xx or 200-299, or a list of these";

/// Status codes, as ranges: `200`, `200,204`, `2xx`, `200-299`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<RangeInclusive<u16>>);

impl Default for StatusSet {
    /// 200–399, as in Kubernetes.
    fn default() -> Self {
        Self(vec![200..=399])
    }
}

impl StatusSet {
    /// No status.
    pub const EMPTY: Self = Self(Vec::new());

    /// Whether the set contains this status.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl FromStr for StatusSet {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let mut offset = 0;
        let mut ranges = Vec::new();
        for part in text.split(',') {
            let lead = part.len() - part.trim_start().len();
            ranges.push(
                range(part.trim())
                    .map_err(|expected| SyntaxError::at(text, offset + lead, expected))?,
            );
            offset += part.len() + 1;
        }
        Ok(Self(ranges))
    }
}

fn range(text: &str) -> Result<RangeInclusive<u16>, &'static str> {
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        return match class.as_bytes() {
            [digit @ b'1'..=b'9'] => {
                let first = u16::from(digit - b'0') * 100;
                Ok(first..=first + 99)
            }
            _ => Err(EXPECTED),
        };
    }
    match text.split_once('-') {
        Some((first, last)) => {
            let (first, last) = (code(first.trim())?, code(last.trim())?);
            if first <= last {
                Ok(first..=last)
            } else {
                Err("expected the lower status first")
            }
        }
        None => code(text).map(|code| code..=code),
    }
}

fn code(text: &str) -> Result<u16, &'static str> {
    let is_three_digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(code @ 100..=999) if is_three_digits => Ok(code),
        _ => Err(EXPECTED),
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            let (first, last) = (*range.start(), *range.end());
            if first == last {
                write!(f, "{first}")?;
            } else if first.is_multiple_of(100) && last == first + 99 {
                write!(f, "{}xx", first / 100)?;
            } else {
                write!(f, "{first}-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::StatusSet;

    #[test]
    fn a_set_contains_its_codes_and_ranges() {
        for (text, shown, inside, outside) in [
            ("200", "200", &[200][..], &[199, 201][..]),
            ("200,204", "200,204", &[200, 204], &[201, 203]),
            ("2xx", "2xx", &[200, 299], &[199, 300]),
            ("200-299", "2xx", &[200, 299], &[199, 300]),
            (" 200-204 , 3XX ", "200-204,3xx", &[202, 399], &[205]),
            ("999", "999", &[999], &[200]),
        ] {
            let set: StatusSet = text.parse().unwrap();
            assert_eq!(set.to_string(), shown);
            assert_eq!(set.to_string().parse::<StatusSet>().unwrap(), set);
            assert!(inside.iter().all(|status| set.contains(*status)), "{text}");
            assert!(
                !outside.iter().any(|status| set.contains(*status)),
                "{text}"
            );
        }
        assert_eq!(StatusSet::default().to_string(), "200-399");
    }

    #[test]
    fn rejects_anything_else_with_its_column() {
        const EXPECTED: &str = "expected a status such as 200, 2xx or 200-299, or a list of these";
        for (text, column, expected) in [
            ("", 1, EXPECTED),
            ("ok", 1, EXPECTED),
            ("200,", 5, EXPECTED),
            ("200, 20", 6, EXPECTED),
            ("0xx", 1, EXPECTED),
            ("099", 1, EXPECTED),
            ("+200", 1, EXPECTED),
            ("1000", 1, EXPECTED),
            ("200-", 1, EXPECTED),
            ("200,299-200", 5, "expected the lower status first"),
        ] {
            let error = text.parse::<StatusSet>().unwrap_err();
            assert_eq!(
                (error.column, error.expected.as_str()),
                (column, expected),
                "{text}"
            );
        }
    }
}
