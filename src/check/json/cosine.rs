//! `--min-cosine`: whether a vector still points where the recorded one does.
//!
//! Noise of another batch or GPU moves single numbers of an embedding, and hardly its
//! direction; another model turns it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde_json::Number;

use super::decimal::Decimal;
use super::integer::Integer;
use super::literal;
use super::span::Span;
use crate::syntax::SyntaxError;

/// The minimum cosine similarity of two vectors, above 0 and at most 1.
#[derive(Debug, Clone, PartialEq)]
pub struct MinCosine(Number);

/// Why two vectors are not similar.
#[derive(Debug, PartialEq)]
pub(super) enum Dissimilarity {
    /// Their cosine, as near as a double is, is too small.
    Cosine(f64),
    /// The response's vector is all zeros, so that it has no direction.
    Zero,
    /// The recorded vector is.
    RecordedZero,
}

impl FromStr for MinCosine {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let span = Span::of(text).trimmed();
        match literal::number(span) {
            Ok(number)
                if Decimal::from(&number) > Decimal::ZERO
                    && Decimal::from(&number) <= Decimal::from(1) =>
            {
                Ok(Self(number))
            }
            _ => Err(span.error(0, "expected a cosine above 0 and at most 1, such as 0.99")),
        }
    }
}

impl fmt::Display for MinCosine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl MinCosine {
    /// Compares pairs of a recorded number and the response's.
    ///
    /// # Errors
    /// Vectors that are not similar.
    pub(super) fn compare(&self, pairs: &[(&Number, &Number)]) -> Result<(), Dissimilarity> {
        let estimate = estimate(pairs)?;
        if pairs.iter().all(|(recorded, actual)| recorded == actual) {
            return Ok(());
        }
        let minimum = self.0.as_f64().unwrap_or(1.0);
        let holds = if estimate.cosine - estimate.error > minimum {
            true
        } else if estimate.cosine + estimate.error < minimum {
            false
        } else {
            self.holds_exactly(pairs)
        };
        if holds {
            Ok(())
        } else {
            Err(Dissimilarity::Cosine(estimate.cosine))
        }
    }

    /// With exact arithmetic alone: a·b ≥ 0, and (a·b)² ≥ cosine² × |a|² × |b|².
    #[cold]
    fn holds_exactly(&self, pairs: &[(&Number, &Number)]) -> bool {
        let lowest = |numbers: &mut dyn Iterator<Item = &Number>| {
            let exponents = numbers.map(|number| Decimal::from(number).parts().1);
            exponents.min().unwrap_or(0)
        };
        // Common factors of all numbers of a vector cancel out.
        let a_exponent = lowest(&mut pairs.iter().map(|pair| pair.0));
        let b_exponent = lowest(&mut pairs.iter().map(|pair| pair.1));
        let [mut dot, mut a_square, mut b_square] = [Integer::ZERO; 3];
        for (a, b) in pairs {
            let a = Integer::scaled(Decimal::from(*a), a_exponent);
            let b = Integer::scaled(Decimal::from(*b), b_exponent);
            dot.add_product(&a, &b);
            a_square.add_product(&a, &a);
            b_square.add_product(&b, &b);
        }
        let dot = dot.normal();
        if dot.compare(&Integer::ZERO) == Ordering::Less {
            return false;
        }
        // The minimum as digits / 10^-exponent: at most 1, it has no zeros before the point.
        let minimum = Decimal::from(&self.0);
        let exponent = minimum.parts().1;
        let digits = Integer::scaled(minimum, exponent);
        let dot = dot.times(&Integer::scaled(Decimal::from(1), exponent));
        let a_square = a_square.normal().times(&digits);
        let b_square = b_square.normal().times(&digits);
        dot.times(&dot).compare(&a_square.times(&b_square)) != Ordering::Less
    }

    /// How far two vectors are from being similar: infinite if one has no direction.
    pub(super) fn distance(&self, dissimilarity: &Dissimilarity) -> f64 {
        match dissimilarity {
            Dissimilarity::Cosine(cosine) => self.0.as_f64().unwrap_or(1.0) - cosine,
            Dissimilarity::Zero | Dissimilarity::RecordedZero => f64::INFINITY,
        }
    }

    /// What is wrong with a vector: `cosine 0.93 < 0.99 (384 numbers)`.
    pub(super) fn describe(&self, dissimilarity: &Dissimilarity, numbers: usize) -> String {
        match dissimilarity {
            Dissimilarity::Cosine(cosine) => {
                let cosine = self.round_below(*cosine);
                format!("cosine {cosine} < {self} ({numbers} numbers)")
            }
            Dissimilarity::Zero => {
                format!("zero vector, expected a cosine >= {self} ({numbers} numbers)")
            }
            Dissimilarity::RecordedZero => {
                format!("zero vector recorded, which has no cosine ({numbers} numbers)")
            }
        }
    }

    /// The cosine with four decimals, or with as many as show that it is below the minimum.
    fn round_below(&self, cosine: f64) -> Decimal {
        let minimum = Decimal::from(&self.0);
        let mut scale = 1e4;
        while scale < 1e16 {
            let rounded = Decimal::from_f64((cosine * scale).round() / scale);
            if let Some(rounded) = rounded.filter(|rounded| *rounded < minimum) {
                return rounded;
            }
            scale *= 10.0;
        }
        // Nearer than that, the next double below is as good.
        let below = self.0.as_f64().map(f64::next_down);
        below.and_then(Decimal::from_f64).unwrap_or(Decimal::ZERO)
    }
}

/// A cosine in binary arithmetic.
struct Estimate {
    cosine: f64,
    /// The most by which it may be wrong.
    error: f64,
}

/// # Errors
/// A zero vector.
fn estimate(pairs: &[(&Number, &Number)]) -> Result<Estimate, Dissimilarity> {
    let double = |number: &Number| number.as_f64().unwrap_or_default();
    let (mut a_largest, mut b_largest) = (0.0_f64, 0.0_f64);
    // Subnormal numbers have fewer bits.
    let mut is_subnormal = false;
    for (a, b) in pairs {
        let (a, b) = (double(a), double(b));
        a_largest = a_largest.max(a.abs());
        b_largest = b_largest.max(b.abs());
        is_subnormal |= a.is_subnormal() || b.is_subnormal();
    }
    if a_largest == 0.0 {
        return Err(Dissimilarity::RecordedZero);
    }
    if b_largest == 0.0 {
        return Err(Dissimilarity::Zero);
    }
    let (mut dot, mut a_square, mut b_square, mut count) = (0.0, 0.0, 0.0, 0.0);
    for (a, b) in pairs {
        // The largest becomes 1, so that no square overflows and none that matters vanishes.
        let (a, b) = (double(a) / a_largest, double(b) / b_largest);
        dot += a * b;
        a_square += a * a;
        b_square += b * b;
        count += 1.0;
    }
    Ok(Estimate {
        cosine: dot / (f64::sqrt(a_square) * f64::sqrt(b_square)),
        // At most 2^-53 for each rounding: of each product and sum, twice (in the dot product, and
        // in half of each square), and of the numbers, the quotients and the roots.
        error: if is_subnormal {
            f64::INFINITY
        } else {
            4e-16 * count + 1e-14
        },
    })
}

#[cfg(test)]
mod tests {
    use super::MinCosine;
    use serde_json::Number;

    fn numbers(text: &str) -> Vec<Number> {
        serde_json::from_str(text).unwrap()
    }

    /// What is wrong, if anything is.
    fn compare(recorded: &str, actual: &str, minimum: &str) -> Option<String> {
        let minimum: MinCosine = minimum.parse().unwrap();
        let (recorded, actual) = (numbers(recorded), numbers(actual));
        let pairs: Vec<(&Number, &Number)> = recorded.iter().zip(&actual).collect();
        let dissimilarity = minimum.compare(&pairs).err()?;
        Some(minimum.describe(&dissimilarity, pairs.len()))
    }

    #[test]
    fn vectors_of_one_direction_hold_at_any_length() {
        for (recorded, actual) in [
            ("[3,4]", "[3,4]"),
            ("[1,2,3]", "[2,4,6]"),
            ("[0.1,0.2,0.7]", "[0.3,0.6,2.1]"),
            ("[0.1,-0.2]", "[1e-200,-2e-200]"),
            ("[0.1,-0.2,0]", "[1e300,-2e300,-0.0]"),
            (
                "[1.7976931348623157e308,1.7976931348623157e308]",
                "[5e-324,5e-324]",
            ),
            ("[5e-324,1e-323]", "[1.5e-323,3e-323]"),
            ("[9007199254740993,1]", "[9007199254740993,1]"),
            (
                "[9223372036854775807,9223372036854775806]",
                "[18446744073709551614,18446744073709551612]",
            ),
            ("[1,-9223372036854775808]", "[0.5,-4611686018427387904]"),
        ] {
            assert_eq!(compare(recorded, actual, "1"), None, "{recorded} {actual}");
        }
    }

    #[test]
    fn a_cosine_of_exactly_the_minimum_holds() {
        // The doubles nearest to 0.6 and 0.8 are below and above them.
        for (recorded, actual, minimum) in [
            ("[3,4]", "[1,0]", "0.6"),
            ("[3,4]", "[0,1]", "0.8"),
            ("[0.3,0.4]", "[0,1e-9]", "0.8"),
            ("[3e200,4e200]", "[0,1e-200]", "0.8"),
            ("[3,4]", "[4,3]", "0.96"),
            ("[24,7]", "[7,24]", "0.5376"),
            ("[1,1]", "[1,0]", "0.7071067811865475"),
            ("[3,4]", "[1,1e-30]", "0.6"),
            ("[1e200,1e-200]", "[1e200,0]", "0.9999999999999999"),
            ("[1,1e-200]", "[1e-200,1]", "1e-300"),
        ] {
            assert_eq!(
                compare(recorded, actual, minimum),
                None,
                "{recorded} {actual}"
            );
        }
    }

    #[test]
    fn a_cosine_that_is_too_small_reads_so() {
        for (recorded, actual, minimum, cosine) in [
            ("[1,0]", "[0.93,0.37]", "0.99", "0.9292"),
            ("[1,0]", "[0,1]", "0.5", "0"),
            ("[1,0]", "[-1,0]", "1e-9", "-1"),
            ("[1,0]", "[-0.0,1]", "5e-324", "0"),
            ("[1,0]", "[-1e-300,1]", "1e-300", "0"),
            ("[3,4]", "[4,3]", "0.96001", "0.96"),
            // Four decimals would read as the minimum, or more.
            ("[3,4]", "[4.0001,3]", "0.96", "0.959997"),
            ("[24,7]", "[7,24]", "0.53761", "0.5376"),
            ("[1,0]", "[1,0.01415]", "0.9999", "0.9998999"),
            ("[3,4]", "[1,0]", "0.6000000000000001", "0.6"),
            // No double is as near.
            ("[1,0]", "[1,1e-8]", "1.0", "0.9999999999999999"),
            ("[1,0]", "[1,1e-200]", "1", "0.9999999999999999"),
            ("[3,4]", "[1,-1e-30]", "0.6", "0.5999999999999999"),
            (
                "[0.1,0.2,0.3]",
                "[0.1,0.2,0.30000000000000004]",
                "1",
                "0.9999999999999999",
            ),
            (
                "[9007199254740993,1]",
                "[9007199254740992,1]",
                "1",
                "0.9999999999999999",
            ),
            ("[1,1]", "[1,0]", "0.7071067811865476", "0.7071"),
        ] {
            let count = numbers(recorded).len();
            let reason = format!("cosine {cosine} < {minimum} ({count} numbers)");
            assert_eq!(
                compare(recorded, actual, minimum),
                Some(reason),
                "{recorded} {actual}"
            );
        }
    }

    #[test]
    fn a_zero_vector_has_no_cosine() {
        let recorded = "zero vector recorded, which has no cosine (2 numbers)";
        for (vector, actual, reason) in [
            ("[0,0]", "[1,2]", recorded),
            ("[0,-0.0]", "[0,-0.0]", recorded),
            (
                "[1,2]",
                "[0.0,-0.0]",
                "zero vector, expected a cosine >= 0.5 (2 numbers)",
            ),
        ] {
            assert_eq!(compare(vector, actual, "0.5").as_deref(), Some(reason));
        }
        assert_eq!(compare("[5e-324,0]", "[5e-324,0]", "1"), None);
    }

    #[test]
    fn reads_a_minimum_above_0_and_at_most_1() {
        for text in ["1", "0.99", "1.0", "5e-324", " 0.5 ", "1e-3"] {
            let minimum: MinCosine = text.parse().unwrap();
            assert_eq!(minimum.to_string().parse(), Ok(minimum));
        }
        for (text, column) in [
            ("", 1),
            ("0", 1),
            ("-0.5", 1),
            ("1.0000000000000002", 1),
            (" 2", 2),
            ("99%", 1),
            ("1e-400", 1),
            ("1e999", 1),
            ("nan", 1),
            (".9", 1),
            ("0.9 0.8", 1),
        ] {
            assert_eq!(
                text.parse::<MinCosine>().unwrap_err().to_string(),
                format!("column {column}: expected a cosine above 0 and at most 1, such as 0.99")
            );
        }
    }
}
