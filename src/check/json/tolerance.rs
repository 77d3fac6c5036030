//! How far a number may be from the expected one.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde_json::Number;

use super::decimal::{Decimal, sign_of_sum};
use super::literal;
use super::span::Span;
use crate::syntax::SyntaxError;

/// The allowed distance from a number: `0.02`, `2%`. The default is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerance {
    amount: Number,
    /// Whether `amount` is a percentage of the expected number.
    relative: bool,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            amount: Number::from(0),
            relative: false,
        }
    }
}

impl FromStr for Tolerance {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let span = Span::of(text).trimmed();
        parse(span, "expected a tolerance such as 0.02 or 2%")
    }
}

/// Reads a tolerance. `expected` is the error for anything but a number.
pub(super) fn parse(span: Span, expected: &str) -> Result<Tolerance, SyntaxError> {
    let text = span.text();
    let (amount, relative) = match text.strip_suffix('%') {
        Some(amount) => (span.split_at(amount.len()).0.trimmed(), true),
        None => (span, false),
    };
    if amount.text().starts_with('-') {
        return Err(amount.error(0, "expected a tolerance that is not negative"));
    }
    Ok(Tolerance {
        amount: literal::number(amount).map_err(|_| amount.error(0, expected))?,
        relative,
    })
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = if self.relative { "%" } else { "" };
        write!(f, "{}{percent}", self.amount)
    }
}

impl Tolerance {
    /// The largest allowed distance from the expected number; `None` where it exceeds a double.
    pub(super) fn around(&self, expected: Decimal) -> Option<Decimal> {
        let amount = Decimal::from(&self.amount);
        if self.relative {
            expected.abs().times(amount.percent())
        } else {
            Some(amount)
        }
    }

    /// Whether a number is within the tolerance. Binary arithmetic decides where its
    /// error cannot matter, which is nearly always; exact arithmetic decides the rest.
    pub(super) fn holds(&self, number: &Number, expected: &Number) -> bool {
        let (Some(a), Some(b), Some(amount)) =
            (number.as_f64(), expected.as_f64(), self.amount.as_f64())
        else {
            return false;
        };
        let allowed = if self.relative {
            b.abs() * amount / 100.0
        } else {
            amount
        };
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
        let amount = Decimal::from(&self.amount);
        let allowed = if self.relative {
            expected.abs().parts_of_product(amount.percent())
        } else {
            [amount, Decimal::ZERO]
        };
        let [a, b] = allowed.map(Decimal::negated);
        [
            [number, expected.negated(), a, b],
            [number.negated(), expected, a, b],
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
            relative in any::<bool>(),
        ) {
            let shown = |digits: i64| format!("{digits}e-{scale}");
            let allowed = if relative { expected.abs() * amount / 100 } else { amount };
            let edge = expected + if up { allowed } else { -allowed } + off;
            let percent = if relative { "%" } else { "" };
            let text = if relative { format!("{amount}{percent}") } else { shown(amount) };
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
        for text in ["0", "0.02", "2%", "1e-3", " 5 % "] {
            let tolerance: Tolerance = text.parse().unwrap();
            assert_eq!(tolerance.to_string().parse(), Ok(tolerance));
        }
        for (text, message) in [
            ("-1", "column 1: expected a tolerance that is not negative"),
            ("5%%", "column 1: expected a tolerance such as 0.02 or 2%"),
            ("nan", "column 1: expected a tolerance such as 0.02 or 2%"),
            ("", "column 1: expected a tolerance such as 0.02 or 2%"),
        ] {
            assert_eq!(text.parse::<Tolerance>().unwrap_err().to_string(), message);
        }
    }
}
