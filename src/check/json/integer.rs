//! Integers of any size, as far as comparing sums of products takes them.

use std::cmp::Ordering;

use super::decimal::Decimal;

const BASE: i128 = 1_000_000_000;
const BASE_DIGITS: usize = 9;

/// An integer as its digits in base 10^9, the lowest first. Until it is normal, each
/// of them may be negative or exceed the base.
pub(super) struct Integer(Vec<i128>);

impl Integer {
    pub(super) const ZERO: Self = Self(Vec::new());

    /// The number times 10^-`exponent`, which may not exceed the number's own.
    pub(super) fn scaled(number: Decimal, exponent: i32) -> Self {
        let (digits, own) = number.parts();
        let zeros = usize::try_from(own - exponent).unwrap_or(0);
        let mut limbs = vec![0; zeros / BASE_DIGITS];
        // The digits of a JSON number fit 64 bits, and these zeros 27.
        let mut rest = digits;
        for _ in 0..zeros % BASE_DIGITS {
            rest *= 10;
        }
        while rest != 0 {
            limbs.push(rest % BASE);
            rest /= BASE;
        }
        Self(limbs)
    }

    /// Adds a product of two normal integers.
    pub(super) fn add_product(&mut self, a: &Self, b: &Self) {
        let length = a.0.len() + b.0.len();
        if self.0.len() < length {
            self.0.resize(length, 0);
        }
        for (low, x) in a.0.iter().enumerate().filter(|(_, x)| **x != 0) {
            for (limb, y) in self.0[low..].iter_mut().zip(&b.0) {
                *limb += x * y;
            }
        }
    }

    /// The product of two normal integers, which is normal too.
    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = Self::ZERO;
        product.add_product(self, other);
        product.normal()
    }

    /// Carries: each limb is in 0..10^9 then, but for a last one of -1 in a negative integer.
    pub(super) fn normal(self) -> Self {
        let Self(mut limbs) = self;
        let mut carry = 0;
        for limb in &mut limbs {
            let total = *limb + carry;
            *limb = total.rem_euclid(BASE);
            carry = total.div_euclid(BASE);
        }
        while !(-1..=0).contains(&carry) {
            limbs.push(carry.rem_euclid(BASE));
            carry = carry.div_euclid(BASE);
        }
        if carry == -1 {
            limbs.push(carry);
        }
        Self(limbs)
    }

    /// The order of normal integers.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let mut limbs = self.0.clone();
        limbs.resize(limbs.len().max(other.0.len()), 0);
        for (limb, subtrahend) in limbs.iter_mut().zip(&other.0) {
            *limb -= subtrahend;
        }
        let Self(difference) = Self(limbs).normal();
        match difference.iter().rev().find(|limb| **limb != 0) {
            Some(highest) => highest.cmp(&0),
            None => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Integer;
    use crate::check::json::decimal::Decimal;
    use num_bigint::BigInt;
    use proptest::prelude::*;
    use serde_json::Number;

    /// An integer and the same as a `BigInt`: a sum of products of numbers with zeros behind them.
    fn both(terms: &[(i64, u64, u32, u32)]) -> (Integer, BigInt) {
        let (mut sum, mut expected) = (Integer::ZERO, BigInt::ZERO);
        for (a, b, a_zeros, b_zeros) in terms {
            let scaled = |number: Number, zeros: u32| {
                Integer::scaled(Decimal::from(&number), -i32::try_from(zeros).unwrap())
            };
            sum.add_product(
                &scaled(Number::from(*a), *a_zeros),
                &scaled(Number::from(*b), *b_zeros),
            );
            expected +=
                BigInt::from(*a) * BigInt::from(*b) * BigInt::from(10).pow(a_zeros + b_zeros);
        }
        (sum.normal(), expected)
    }

    fn terms() -> impl Strategy<Value = Vec<(i64, u64, u32, u32)>> {
        let a = prop_oneof![any::<i64>(), -3..=3_i64, Just(i64::MIN)];
        let b = prop_oneof![any::<u64>(), 0..=3_u64, Just(u64::MAX)];
        prop::collection::vec((a, b, 0..60_u32, 0..60_u32), 0..5)
    }

    proptest! {
        #[test]
        fn sums_products_and_orders_as_big_integers(a in terms(), b in terms()) {
            let ((one, big_one), (other, big_other)) = (both(&a), both(&b));
            prop_assert_eq!(one.compare(&other), big_one.cmp(&big_other));
            let square = one.times(&one);
            prop_assert_eq!(square.compare(&other), (&big_one * &big_one).cmp(&big_other));
            // A sum less itself, in another order of its terms, is nothing.
            let mut both_ways = a.clone();
            both_ways.extend(a.iter().rev().map(|(a, b, x, y)| (a.saturating_neg(), *b, *x, *y)));
            if a.iter().all(|(a, ..)| *a != i64::MIN) {
                prop_assert_eq!(both(&both_ways).0.compare(&Integer::ZERO), std::cmp::Ordering::Equal);
            }
        }
    }
}
