//! `--min-cosine`, compared with exact rational arithmetic: vectors whose cosine is the minimum, or next to it.

use healthprobe::check::Check;
use healthprobe::check::json::{Baseline, Ignored, Tolerance};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use proptest::prelude::*;

use super::numbers::{config, number};
use crate::oracle::evaluate::outcomes;
use crate::oracle::reference::{exact, is_similar};

/// Why a vector differs from the recorded one, if it does.
fn reason(recorded: &[String], actual: &[String], minimum: &str) -> Option<String> {
    let [recorded, actual] = [recorded, actual].map(|vector| format!("[{}]", vector.join(",")));
    let check = Check::Baseline(Baseline {
        name: String::new(),
        recorded: serde_json::from_str(&recorded).unwrap(),
        tolerance: Tolerance::default(),
        min_cosine: Some(minimum.parse().unwrap()),
        ignored: Ignored::default(),
    });
    outcomes(&actual, &[check]).remove(0)
}

/// A recorded vector, and one that is a multiple of it, or nearly, or any.
fn vectors() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let element = prop_oneof![
        3 => (-99_i64..=99).prop_map(|digits| digits.to_string()),
        3 => (-99_999_999_i64..=99_999_999).prop_map(|digits| format!("{digits}e-9")),
        1 => number(),
    ];
    let vector = prop::collection::vec(element, 2..6);
    (
        vector,
        -9_i64..=9,
        prop::sample::select(vec![-300, -9, 0, 17]),
        0..6_usize,
        number(),
    )
        .prop_map(|(recorded, factor, power, nudged, other)| {
            let scale = BigRational::from(BigInt::from(factor)) * exact(&format!("1e{power}"));
            let mut actual: Vec<String> = recorded
                .iter()
                .map(|element| nearest(&(exact(element) * &scale)))
                .collect();
            let at = nudged % actual.len();
            let double: f64 = actual[at].parse().unwrap();
            match nudged {
                0 => {}
                1 | 2 => actual[at] = finite(double.next_up()),
                3 => actual[at] = finite(double * 1.0001),
                4 => actual[at] = "1e-30".into(),
                _ => actual[at] = other,
            }
            (recorded, actual)
        })
}

/// The number itself if a 64-bit integer can be it, else the double nearest to it.
fn nearest(number: &BigRational) -> String {
    let integer = number.to_integer();
    if number.is_integer() && (integer.to_i64().is_some() || integer.to_u64().is_some()) {
        return integer.to_string();
    }
    finite(number.to_f64().unwrap())
}

fn finite(double: f64) -> String {
    format!("{:e}", double.clamp(f64::MIN, f64::MAX))
}

/// The double nearest to the cosine, or one next to it, in the range of minima; 1 without a cosine.
fn minimum_near(recorded: &[BigRational], actual: &[BigRational], steps: i8) -> String {
    let dot = |one: &[BigRational], other: &[BigRational]| -> BigRational {
        one.iter().zip(other).map(|(a, b)| a * b).sum()
    };
    let (product, squares) = (
        dot(recorded, actual),
        dot(recorded, recorded) * dot(actual, actual),
    );
    if squares.is_zero() || !product.is_positive() {
        return "1".to_owned();
    }
    let mut minimum = (&product * &product / squares).to_f64().unwrap().sqrt();
    for _ in 0..steps.unsigned_abs() {
        minimum = if steps < 0 {
            minimum.next_down()
        } else {
            minimum.next_up()
        };
    }
    format!("{:e}", minimum.clamp(f64::from_bits(1), 1.0))
}

/// Two numbers and the root of their squares' sum, a power of 5.
fn triple() -> impl Strategy<Value = (i64, i64, i64)> {
    let triples = [
        (3, 4, 5),
        (7, 24, 25),
        (44, 117, 125),
        (336, 527, 625),
        (1, 0, 1),
    ];
    prop::sample::select(triples.to_vec())
}

fn check(recorded: &[String], actual: &[String], minimum: &str) -> Result<bool, TestCaseError> {
    let exacts = |vector: &[String]| vector.iter().map(|text| exact(text)).collect::<Vec<_>>();
    let holds = is_similar(&exacts(recorded), &exacts(actual), &exact(minimum));
    let reason = reason(recorded, actual, minimum);
    prop_assert_eq!(
        reason.is_none(),
        holds,
        "{:?} {:?} {}: {:?}",
        recorded,
        actual,
        minimum,
        reason
    );
    // What is printed is below the minimum, too.
    if let Some((_, cosine)) = reason
        .as_deref()
        .and_then(|reason| reason.split_once("cosine "))
        && let Some((cosine, rest)) = cosine.split_once(" < ")
    {
        let (minimum, _) = rest.split_once(' ').unwrap();
        prop_assert!(exact(cosine) < exact(minimum), "{:?}", reason);
    }
    Ok(holds)
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn compares_cosines_as_rationals((recorded, actual) in vectors(), steps in -2..=2_i8, other in 1..=1_000_u32) {
        let exacts = |vector: &[String]| vector.iter().map(|text| exact(text)).collect::<Vec<_>>();
        let near = minimum_near(&exacts(&recorded), &exacts(&actual), steps);
        for minimum in [near, "1".to_owned(), format!("{other}e-3")] {
            check(&recorded, &actual, &minimum)?;
        }
    }
}

proptest! {
    #![proptest_config(config(400))]

    /// With two Pythagorean triples the cosine is a short decimal, which is seldom a double: it holds, and the next does not.
    #[test]
    fn a_short_decimal_is_met_exactly(
        (a, b, length) in triple(),
        (c, d, other_length) in triple(),
        swapped in any::<bool>(),
        scales in (-200..200_i32, -200..200_i32),
        zeros in 0..20_usize,
    ) {
        let (c, d) = if swapped { (d, c) } else { (c, d) };
        let cosine = BigRational::new(BigInt::from(a * c + b * d), BigInt::from(length * other_length));
        prop_assume!(cosine.is_positive());
        let minimum = nearest(&cosine);
        prop_assert_eq!(exact(&minimum), cosine, "is not a short decimal");
        let vector = |x: i64, y: i64, scale: i32| {
            let mut vector = vec![format!("{x}e{scale}"), format!("{y}e{scale}")];
            vector.resize(2 + zeros, "0".to_owned());
            vector
        };
        let (recorded, actual) = (vector(a, b, scales.0), vector(c, d, scales.1));
        prop_assert!(check(&recorded, &actual, &minimum)?);
        let next = minimum.parse::<f64>().unwrap().next_up();
        if next <= 1.0 {
            let holds = check(&recorded, &actual, &finite(next))?;
            prop_assert!(!holds);
        }
    }
}
