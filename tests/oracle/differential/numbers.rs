//! Comparisons, tolerances, sums and means, compared with exact rational arithmetic at the limits of doubles and
//! 64-bit integers.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::oracle::evaluate::reasons;
use crate::oracle::generate::seed;
use crate::oracle::reference::{exact, mean};

/// Whether each assertion holds for a document.
fn judged(document: &str, assertions: &[String]) -> Vec<bool> {
    reasons(document, assertions)
        .iter()
        .map(Option::is_none)
        .collect()
}

/// A JSON number at a limit, or a common one.
pub fn number() -> impl Strategy<Value = String> {
    let integer = (
        prop::sample::select(vec![0_i128, 1 << 53, 1 << 63, 1 << 64, 10_i128.pow(22)]),
        -3_i128..=3,
        any::<bool>(),
    )
        .prop_map(|(edge, off, negative)| {
            if negative { -(edge + off) } else { edge + off }.to_string()
        });
    let double = prop_oneof![
        // The largest, the smallest, around 2^53 and 2^63, and any.
        0x7fef_ffff_ffff_fff0_u64..=0x7fef_ffff_ffff_ffff,
        0x7fe0_0000_0000_0000_u64..=0x7fe0_0000_0000_0008,
        0_u64..=16,
        0x000f_ffff_ffff_fff8_u64..=0x0010_0000_0000_0008,
        0x433f_ffff_ffff_fff8_u64..=0x4340_0000_0000_0008,
        0x43df_ffff_ffff_fff8_u64..=0x43e0_0000_0000_0008,
        0_u64..0x7ff0_0000_0000_0000,
    ]
    .prop_flat_map(|bits| (Just(f64::from_bits(bits)), any::<bool>()))
    .prop_map(|(double, negative)| format!("{:e}", if negative { -double } else { double }));
    let decimal =
        (-9_999_i64..=9_999, 0_u32..=6).prop_map(|(digits, scale)| format!("{digits}e-{scale}"));
    let long = "-?[1-9][0-9]{0,3}\\.[0-9]{1,25}";
    prop_oneof![3 => integer, 4 => double, 3 => decimal, 1 => long]
}

/// A pair of numbers, often equal or adjacent.
fn pair() -> impl Strategy<Value = (String, String)> {
    let near = number().prop_flat_map(|text| {
        let double: f64 = text.parse().unwrap();
        let next = format!(
            "{:e}",
            if double.next_up().is_finite() {
                double.next_up()
            } else {
                double
            }
        );
        (
            Just(text.clone()),
            prop::sample::select(vec![text, next, format!("{double:e}")]),
        )
    });
    prop_oneof![(number(), number()), near]
}

/// The double nearest to a non-negative number, in JSON notation; at most the largest double.
fn written(number: &BigRational) -> String {
    use num_traits::ToPrimitive;
    let double = number.to_f64().unwrap();
    format!("{:e}", if double.is_finite() { double } else { f64::MAX })
}

pub fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn compares_numbers_as_rationals((a, b) in pair()) {
        let (left, right) = (exact(&a), exact(&b));
        let assertions = ["=", "!=", "<", "<=", ">", ">="].map(|operator| format!("${operator}{b}"));
        let expected = [left == right, left != right, left < right, left <= right, left > right, left >= right];
        prop_assert_eq!(judged(&a, &assertions), expected, "{} and {}", a, b);
    }

    /// The tolerance is usually the distance itself or an adjacent double, where rounding errors show.
    #[test]
    fn applies_tolerances_as_rationals((a, b) in pair(), other in number(), step in 0_u8..5, percent in any::<bool>()) {
        let (left, right) = (exact(&a), exact(&b));
        let distance = (&left - &right).abs();
        let hundred = BigRational::from(BigInt::from(100));
        let whole = if percent && right != exact("0") { &distance * &hundred / right.abs() } else { distance.clone() };
        let edge: f64 = written(&whole).parse().unwrap();
        let amount = match step {
            0 => edge.next_up().min(f64::MAX),
            1 => edge.next_down().max(0.0),
            2 => other.trim_start_matches('-').parse::<f64>().unwrap(),
            _ => edge,
        };
        let amount = format!("{amount:e}");
        let sign = if percent { "%" } else { "" };
        let allowed = if percent { right.abs() * exact(&amount) / hundred } else { exact(&amount) };
        let holds = distance <= allowed;
        let assertions = [format!("$={b}+-{amount}{sign}"), format!("$!={b}+-{amount}{sign}"), format!("sum($)={b}+-{amount}{sign}")];
        prop_assert_eq!(judged(&a, &assertions), [holds, !holds, holds], "{} within {} of {}", a, amount, b);
    }

    /// The absolute part is usually what the relative part leaves of the distance, or an adjacent double.
    #[test]
    fn adds_both_parts_of_a_tolerance_as_rationals((a, b) in pair(), percentage in number(), step in 0_u8..5) {
        let (left, right) = (exact(&a), exact(&b));
        let distance = (&left - &right).abs();
        let whole = &distance * exact("100") / if right == exact("0") { exact("1") } else { right.abs() };
        let percentage = percentage.trim_start_matches('-').to_owned();
        // A share of the distance, if the random percentage allows more.
        let percentage = if exact(&percentage) > whole { written(&(&whole / exact("4"))) } else { percentage };
        let relative = right.abs() * exact(&percentage) / exact("100");
        let edge: f64 = written(&(&distance - &relative).max(exact("0"))).parse().unwrap();
        let absolute = match step {
            0 => edge.next_up().min(f64::MAX),
            1 => edge.next_down().max(0.0),
            2 => 0.0,
            _ => edge,
        };
        let absolute = format!("{absolute:e}");
        let holds = distance <= relative + exact(&absolute);
        let assertions = ["$=", "$!=", "sum($)="].map(|operand| format!("{operand}{b}+-{absolute}+{percentage}%"));
        prop_assert_eq!(judged(&a, &assertions), [holds, !holds, holds], "{} within {} and {} % of {}", a, absolute, percentage, b);
    }

    /// Sums of short decimals are exact; a mean with an infinite expansion is the nearest double.
    #[test]
    fn computes_sums_and_means_as_rationals(numbers in prop::collection::vec((-99_999_999_i64..=99_999_999, 0_u32..=9), 1..=7)) {
        let texts: Vec<String> = numbers.iter().map(|(digits, scale)| format!("{digits}e-{scale}")).collect();
        let exacts: Vec<BigRational> = texts.iter().map(|text| exact(text)).collect();
        let sum: BigRational = exacts.iter().sum();
        let mean = mean(&sum, exacts.len());
        let mut assertions = Vec::new();
        let mut expected = Vec::new();
        for (function, value) in [("sum", &sum), ("avg", &mean), ("min", exacts.iter().min().unwrap()), ("max", exacts.iter().max().unwrap())] {
            use num_traits::ToPrimitive;
            let double = value.to_f64().unwrap();
            for double in [double, double.next_up(), double.next_down()] {
                let text = format!("{double:e}");
                for (operator, holds) in [("=", *value == exact(&text)), ("<=", *value <= exact(&text)), (">", *value > exact(&text))] {
                    assertions.push(format!("{function}($){operator}{text}"));
                    expected.push(holds);
                }
            }
        }
        let document = format!("[{}]", texts.join(","));
        let judged = judged(&document, &assertions);
        for ((assertion, judged), expected) in assertions.iter().zip(judged).zip(expected) {
            prop_assert_eq!(judged, expected, "{} of {}", assertion, document);
        }
    }
}
