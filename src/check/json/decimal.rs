//! Exact decimal arithmetic, so that `1` equals `1.0`, 64-bit ids keep all their digits,
//! and `0.4` is within `0.3+-0.1`, which it is not in binary floating point.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Number;

/// `digits` × 10^`exponent`. It represents every number of `serde_json` (64-bit
/// integers and doubles in their shortest form) without loss. Sums,
/// differences and products are exact up to 38 digits and fall back to the
/// nearest double beyond.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// Zero.
    pub(super) const ZERO: Self = Self {
        digits: 0,
        exponent: 0,
    };

    /// The normal form: `digits` does not end in 0, so equal values have equal parts.
    fn normal(mut digits: i128, mut exponent: i32) -> Self {
        if digits == 0 {
            return Self::ZERO;
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }

    /// The shortest decimal that reads back as this double; `None` for NaN and infinities.
    pub(super) fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let exponent: i32 = exponent.parse().ok()?;
        let shift = i32::try_from(fraction.len()).ok()?;
        Some(Self::normal(digits, exponent - shift))
    }

    /// The nearest double; infinite beyond their range.
    pub(super) fn to_f64(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent)
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// Its digits, which do not end in 0, and the exponent of their last.
    pub(super) fn parts(self) -> (i128, i32) {
        (self.digits, self.exponent)
    }

    fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// The value without its sign.
    pub(super) fn abs(self) -> Self {
        Self {
            digits: self.digits.saturating_abs(),
            ..self
        }
    }

    /// The value with the other sign.
    pub(super) fn negated(self) -> Self {
        Self {
            digits: self.digits.saturating_neg(),
            ..self
        }
    }

    /// The sum; `None` if it is neither exact nor a double.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let exact = aligned(self, other).and_then(|(a, b, exponent)| {
            a.checked_add(b)
                .map(|digits| Self::normal(digits, exponent))
        });
        exact.or_else(|| Self::from_f64(self.to_f64() + other.to_f64()))
    }

    /// The difference; `None` if it is neither exact nor a double.
    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The product; `None` if it is neither exact nor a double.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        match self.digits.checked_mul(other.digits) {
            Some(digits) => Some(Self::normal(digits, self.exponent + other.exponent)),
            None => Self::from_f64(self.to_f64() * other.to_f64()),
        }
    }

    /// The exact product of two JSON numbers, as the sum of two numbers.
    pub(super) fn parts_of_product(self, other: Self) -> [Self; 2] {
        // The product of 20 and 10 digits fits in 128 bits, that of 20 and 20 does not.
        const HALF: i128 = 10_000_000_000;
        let exponent = self.exponent + other.exponent;
        let part = |digits, exponent| Self::normal(self.digits.saturating_mul(digits), exponent);
        [
            part(other.digits / HALF, exponent + 10),
            part(other.digits % HALF, exponent),
        ]
    }

    /// A hundredth.
    pub(super) fn percent(self) -> Self {
        Self::normal(self.digits, self.exponent - 2)
    }

    /// The quotient: exact if its digits end and fit, else the nearest double.
    pub(super) fn divided_by(self, count: usize) -> Option<Self> {
        let divisor = i128::try_from(count).ok().filter(|divisor| *divisor > 0)?;
        let mut digits = self.digits;
        let mut exponent = self.exponent;
        loop {
            if digits % divisor == 0 {
                return Some(Self::normal(digits / divisor, exponent));
            }
            let Some(more) = digits.checked_mul(10) else {
                // The appended 1 represents the remaining digits, so that this rounds once.
                let text = format!("{}1e{}", digits / divisor, exponent - 1);
                return text.parse().ok().and_then(Self::from_f64);
            };
            digits = more;
            exponent -= 1;
        }
    }

    /// The exponent of the first digit: 2 for 123, -1 for 0.5.
    fn magnitude(self) -> i32 {
        let length = self.digits.unsigned_abs().checked_ilog10().unwrap_or(0);
        self.exponent + i32::try_from(length).unwrap_or(0)
    }
}

/// Both numbers' digits at the lower of their exponents, and that exponent, if they fit.
fn aligned(a: Decimal, b: Decimal) -> Option<(i128, i128, i32)> {
    let exponent = a.exponent.min(b.exponent);
    let scale = |number: Decimal| {
        if number.digits == 0 {
            return Some(0);
        }
        let shift = u32::try_from(number.exponent - exponent).ok()?;
        number.digits.checked_mul(10_i128.checked_pow(shift)?)
    };
    Some((scale(a)?, scale(b)?, exponent))
}

impl From<usize> for Decimal {
    fn from(value: usize) -> Self {
        // A count is far below 2^127.
        Self::normal(i128::try_from(value).unwrap_or(i128::MAX), 0)
    }
}

impl From<&Number> for Decimal {
    fn from(number: &Number) -> Self {
        number
            .as_i128()
            .map(|integer| Self::normal(integer, 0))
            .or_else(|| number.as_f64().and_then(Self::from_f64))
            // `serde_json` has no other numbers.
            .unwrap_or(Self::ZERO)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        (self.digits, self.exponent) == (other.digits, other.exponent)
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some((a, b, _)) = aligned(*self, *other) {
            return a.cmp(&b);
        }
        sign_of_sum(&[*self, other.negated()])
    }
}

/// The sign of the exact sum, however far apart its terms are: `Less` if it is
/// negative.
pub(super) fn sign_of_sum(terms: &[Decimal]) -> Ordering {
    let lowest = terms.iter().map(|term| term.exponent).min().unwrap_or(0);
    // Long addition: a column for each power of ten.
    let mut columns: Vec<i32> = Vec::new();
    for term in terms {
        let mut digits = term.digits;
        let mut place = usize::try_from(term.exponent - lowest).unwrap_or(0);
        while digits != 0 {
            if columns.len() <= place {
                columns.resize(place + 1, 0);
            }
            // One digit, with the sign of its term.
            columns[place] += i32::try_from(digits % 10).unwrap_or(0);
            digits /= 10;
            place += 1;
        }
    }
    let mut carry = 0;
    let mut is_zero = true;
    for column in columns {
        let total: i32 = column + carry;
        is_zero &= total.rem_euclid(10) == 0;
        carry = total.div_euclid(10);
    }
    match carry.cmp(&0) {
        Ordering::Equal if !is_zero => Ordering::Greater,
        sign => sign,
    }
}

/// A JSON number: without an exponent if that is short.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let magnitude = self.magnitude();
        match (usize::try_from(self.exponent), usize::try_from(magnitude)) {
            (Ok(zeros), _) if magnitude <= 20 => write!(f, "{sign}{digits}{:0<zeros$}", ""),
            (Err(_), Ok(whole)) => {
                let (whole, fraction) = digits.split_at(whole + 1);
                write!(f, "{sign}{whole}.{fraction}")
            }
            (Err(_), Err(_)) if magnitude >= -7 => {
                let width = self.exponent.unsigned_abs() as usize;
                write!(f, "{sign}0.{digits:0>width$}")
            }
            _ => {
                let (first, rest) = digits.split_at(1);
                let point = if rest.is_empty() { "" } else { "." };
                write!(f, "{sign}{first}{point}{rest}e{magnitude}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use serde_json::Number;
    use std::cmp::Ordering;

    #[track_caller]
    fn decimal(text: &str) -> Decimal {
        let number: Number = serde_json::from_str(text).unwrap();
        Decimal::from(&number)
    }

    #[test]
    fn numbers_compare_by_value() {
        for (smaller, greater) in [
            ("9007199254740992", "9007199254740993"),
            ("18446744073709551614", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775807"),
            ("0.5", "0.9"),
            ("-1e300", "1e-300"),
            ("1e-300", "1e300"),
            ("-1e300", "-1e-300"),
            ("0", "5e-324"),
            ("-5e-324", "0"),
            ("1.7976931348623155e308", "1.7976931348623157e308"),
        ] {
            assert_eq!(
                decimal(smaller).cmp(&decimal(greater)),
                Ordering::Less,
                "{smaller}"
            );
            assert_eq!(
                decimal(greater).cmp(&decimal(smaller)),
                Ordering::Greater,
                "{smaller}"
            );
        }
        for (one, other) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("0", "-0"),
            ("0", "-0.0"),
            ("100", "1e2"),
        ] {
            assert_eq!(decimal(one), decimal(other), "{one}");
        }
        assert_ne!(decimal("9007199254740993"), decimal("9007199254740992.0"));
    }

    #[test]
    fn sums_of_38_digits_compare_by_value_too() {
        let just_over_one = decimal("1").plus(decimal("1e-38")).unwrap();
        assert_eq!(just_over_one.cmp(&decimal("9")), Ordering::Less);
        assert_eq!(decimal("9").cmp(&just_over_one), Ordering::Greater);
        let negative = decimal("-1").minus(decimal("1e-38")).unwrap();
        assert_eq!(negative.cmp(&decimal("-9")), Ordering::Greater);
        assert_eq!(just_over_one.cmp(&decimal("1")), Ordering::Greater);
    }

    #[test]
    fn arithmetic_is_decimal() {
        let sum = decimal("0.1").plus(decimal("0.2")).unwrap();
        assert_eq!(sum, decimal("0.3"));
        assert_eq!(
            decimal("0.4").minus(decimal("0.3")).unwrap(),
            decimal("0.1")
        );
        assert_eq!(
            decimal("0.87").times(decimal("2").percent()).unwrap(),
            decimal("0.0174")
        );
        assert_eq!(decimal("0.6").divided_by(3).unwrap(), decimal("0.2"));
        assert_eq!(
            decimal("295089.60982861").divided_by(6).unwrap(),
            decimal("49181.60163810167")
        );
        assert_eq!(decimal("1").divided_by(0), None);
        assert_eq!(
            decimal("5").divided_by(3).unwrap().to_string(),
            "1.6666666666666667"
        );
    }

    #[test]
    fn sums_beyond_38_digits_are_doubles() {
        let sum = decimal("1e300").plus(decimal("1e-300")).unwrap();
        assert_eq!(sum, decimal("1e300"));
        assert_eq!(
            decimal("1.7976931348623157e308")
                .plus(decimal("1.7976931348623157e308"))
                .map(Decimal::to_f64),
            Some(f64::INFINITY)
        );
    }

    #[test]
    fn displays_a_json_number() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("1200", "1200"),
            ("0.001", "0.001"),
            ("-12.34", "-12.34"),
            ("1e21", "1e21"),
            ("-1.5e-9", "-1.5e-9"),
            ("18446744073709551615", "18446744073709551615"),
            ("5e-324", "5e-324"),
        ] {
            assert_eq!(decimal(text).to_string(), shown);
        }
    }
}
