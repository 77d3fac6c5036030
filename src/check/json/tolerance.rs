//! How far a number may be from the expected one.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde_json::Number;

use super::decimal::{Decimal, sign_of_sum};
use super::literal;
use super::span::Span;
use crate::syntax::SyntaxError;

/// The allowed distance from a number: `0.02`, `2%`, or the sum of both as in numpy's
/// `allclose`, `0.001+0.1%`. The default is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerance {
    absolute: Option<Number>,
    /// A percentage of the expected number.
    relative: Option<Number>,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            absolute: Some(Number::from(0)),
            relative: None,
        }
    }
}

impl FromStr for Tolerance {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let span = Span::of(text).trimmed();
        parse(span, "expected a tolerance such as 0.02, 2% or 0.001+0.1%")
    }
}

/// Reads a tolerance. `expected` is the error for anything else.
pub(super) fn parse(span: Span, expected: &str) -> Result<Tolerance, SyntaxError> {
    let Some(percentage) = span.text().strip_suffix('%') else {
        return Ok(Tolerance {
            absolute: Some(amount(span, expected)?),
            relative: None,
        });
    };
    let (sum, _) = span.split_at(percentage.len());
    let (absolute, relative) = match plus(percentage) {
        Some(offset) => {
            let (absolute, relative) = sum.split_at(offset);
            (Some(amount(absolute, expected)?), relative.skip(1))
        }
        None => (None, sum),
    };
    Ok(Tolerance {
        absolute,
        relative: Some(amount(relative, expected)?),
    })
}

/// Where the first plus is that does not belong to an exponent.
fn plus(text: &str) -> Option<usize> {
    text.match_indices('+')
        .map(|(offset, _)| offset)
        .find(|offset| !text[..*offset].ends_with(['e', 'E']))
}

fn amount(span: Span, expected: &str) -> Result<Number, SyntaxError> {
    let span = span.trimmed();
    if span.text().starts_with('-') {
        return Err(span.error(0, "expected a tolerance that is not negative"));
    }
    literal::number(span).map_err(|_| span.error(0, expected))
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.absolute, &self.relative) {
            (Some(absolute), Some(relative)) => write!(f, "{absolute}+{relative}%"),
            (None, Some(relative)) => write!(f, "{relative}%"),
            (Some(absolute), None) => absolute.fmt(f),
            (None, None) => Ok(()),
        }
    }
}

impl Tolerance {
    fn absolute(&self) -> Decimal {
        self.absolute.as_ref().map_or(Decimal::ZERO, Decimal::from)
    }

    /// The relative part as a factor of the expected number.
    fn factor(&self) -> Option<Decimal> {
        Some(Decimal::from(self.relative.as_ref()?).percent())
    }

    /// The largest allowed distance from the expected number; `None` where it exceeds a double.
    pub(super) fn around(&self, expected: Decimal) -> Option<Decimal> {
        match self.factor() {
            Some(factor) => expected.abs().times(factor)?.plus(self.absolute()),
            None => Some(self.absolute()),
        }
    }

    /// Whether a number is within the tolerance. Binary arithmetic decides where its
    /// error cannot matter, which is nearly always; exact arithmetic decides the rest.
    pub(super) fn holds(&self, number: &Number, expected: &Number) -> bool {
        let (Some(a), Some(b)) = (number.as_f64(), expected.as_f64()) else {
            return false;
        };
        let amount = |amount: &Option<Number>| amount.as_ref().and_then(Number::as_f64);
        let mut allowed = amount(&self.absolute).unwrap_or(0.0);
        if let Some(percentage) = amount(&self.relative) {
            allowed += b.abs() * percentage / 100.0;
        }
        let distance = (a - b).abs();
        // A few roundings of 2^-53 each; subnormal numbers have fewer bits.
        let error = (a.abs() + b.abs() + allowed) * 1e-15;
        if a.is_subnormal() || b.is_subnormal() {
            self.allows(Decimal::from(number), Decimal::from(expected))
        } else if distance > allowed + error {
            false
        } else if distance < allowed - error {
            true
        } else {
            self.allows(Decimal::from(number), Decimal::from(expected))
        }
    }

    /// As [`holds`](Self::holds), with exact arithmetic alone: neither number - expected
    /// nor expected - number exceeds what is allowed.
    pub(super) fn allows(&self, number: Decimal, expected: Decimal) -> bool {
        let absolute = self.absolute().negated();
        let factor = self.factor().unwrap_or(Decimal::ZERO);
        let [a, b] = expected
            .abs()
            .parts_of_product(factor)
            .map(Decimal::negated);
        [
            [number, expected.negated(), absolute, a, b],
            [number.negated(), expected, absolute, a, b],
        ]
        .iter()
        .all(|terms| sign_of_sum(terms) != Ordering::Greater)
    }
}

#[cfg(test)]
mod tests {
    use super::Tolerance;
    use crate::check::json::decimal::Decimal;
    use proptest::prelude::*;
    use serde_json::Number;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    proptest! {
        /// Binary and exact arithmetic agree, also at the very edge.
        #[test]
        fn binary_and_decimal_agree(
            expected in -100_000_i64..100_000,
            amount in 0_i64..10_000,
            off in -2_i64..=2,
            up in any::<bool>(),
            scale in 0_u32..6,
            kind in 0..3,
        ) {
            let shown = |digits: i64| format!("{digits}e-{scale}");
            let relative = expected.abs() * amount / 100;
            let (text, allowed) = match kind {
                0 => (shown(amount), amount),
                1 => (format!("{amount}%"), relative),
                _ => (format!("{}+{amount}%", shown(amount)), amount + relative),
            };
            let edge = expected + if up { allowed } else { -allowed } + off;
            let tolerance: Tolerance = text.parse().unwrap();
            let (edge, expected) = (number(&shown(edge)), number(&shown(expected)));
            prop_assert_eq!(
                tolerance.holds(&edge, &expected),
                tolerance.allows(Decimal::from(&edge), Decimal::from(&expected)),
                "{} against {} within {}", edge, expected, tolerance
            );
        }
    }

    #[test]
    fn the_edge_itself_is_allowed() {
        for (number_text, expected, tolerance, holds) in [
            ("0.4", "0.3", "0.1", true),
            ("0.8526", "0.87", "2%", true),
            ("0.85259", "0.87", "2%", false),
            ("1.1e308", "1e308", "10%", true),
            ("9007199254740993", "9007199254740992", "0", false),
            ("9007199254740993", "9007199254740992", "1", true),
            ("-1.7e308", "1.7e308", "1e308", false),
            ("1e308", "-5e-324", "1e308", false),
            ("1e308", "5e-324", "1e308", true),
            ("-5e-324", "1", "1", false),
            (
                "2.2250738585071974e-308",
                "5e-324",
                "4.450147717014394e17%",
                true,
            ),
            ("0", "18446744073709551615", "100%", true),
            (
                "-1e-30",
                "18446744073709551615",
                "100.00000000000001%",
                true,
            ),
            ("-1e-300", "18446744073709551615", "100%", false),
            // 0.1 % of 364 is 0.364.
            ("364.365", "364", "0.001+0.1%", true),
            ("363.635", "364", "0.001+0.1%", true),
            ("363.6349999", "364", "0.001+0.1%", false),
            ("-364.365", "-364", "0.001+0.1%", true),
            ("0.001", "0", "0.001+0.1%", true),
            ("-0.00100000001", "0", "0.001+0.1%", false),
            (
                "18446744073709551615",
                "9223372036854775807",
                "1+100%",
                true,
            ),
            (
                "18446744073709551615",
                "9223372036854775807",
                "0.5+100%",
                false,
            ),
            ("1.7e308", "-1.7e308", "1.7e308+100%", true),
            ("1.7e308", "-1.7e308", "1.6e308+100%", false),
            ("1e300", "-5e-324", "1e300+100%", true),
            ("1e300", "-5e-324", "1e300+99%", false),
        ] {
            let tolerance: Tolerance = tolerance.parse().unwrap();
            assert_eq!(
                tolerance.holds(&number(number_text), &number(expected)),
                holds,
                "{number_text}"
            );
        }
    }

    #[test]
    fn reads_what_it_displays_and_rejects_the_rest() {
        const EXPECTED: &str = "expected a tolerance such as 0.02, 2% or 0.001+0.1%";
        const NEGATIVE: &str = "expected a tolerance that is not negative";
        for text in [
            "0",
            "0.02",
            "2%",
            "1e-3",
            "1e+3",
            "1e+3%",
            " 5 % ",
            "0.001+0.1%",
            "0+2%",
            "1+0%",
            " 1e+1 + 2E+1 % ",
            "1e+21+1e-7%",
        ] {
            let tolerance: Tolerance = text.parse().unwrap();
            assert_eq!(tolerance.to_string().parse(), Ok(tolerance));
        }
        for text in ["0.02", "2%", "0.001+0.1%", "0+2%", "1+0%"] {
            assert_eq!(text.parse::<Tolerance>().unwrap().to_string(), text);
        }
        for (text, column, expected) in [
            ("-1", 1, NEGATIVE),
            ("5%%", 1, EXPECTED),
            ("nan", 1, EXPECTED),
            ("", 1, EXPECTED),
            ("%", 1, EXPECTED),
            ("+2%", 1, EXPECTED),
            ("1+%", 3, EXPECTED),
            ("1+2", 1, EXPECTED),
            ("2%+1", 1, EXPECTED),
            ("1%+2%", 1, EXPECTED),
            ("1 + x%", 5, EXPECTED),
            ("1++2%", 3, EXPECTED),
            ("1+2+3%", 3, EXPECTED),
            ("1e+%", 1, EXPECTED),
            ("1+-2%", 3, NEGATIVE),
            ("-1+2%", 1, NEGATIVE),
            ("1+1e999%", 3, EXPECTED),
        ] {
            let message = format!("column {column}: {expected}");
            assert_eq!(text.parse::<Tolerance>().unwrap_err().to_string(), message);
        }
    }
}
