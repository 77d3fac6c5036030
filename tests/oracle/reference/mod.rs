//! A reference implementation of assertions: simple, and with rational numbers.

pub mod select;

use std::ptr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

use self::select::select;
use super::generate::assertion::{Assertion, Expected, Operator, Pattern, Predicate, Tolerance};
use super::generate::document::Json;

/// The expected result of an assertion.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Holds,
    Fails,
    /// Fails, and the reason names one of these: `NaN`.
    Names(Vec<&'static str>),
    /// The result is unspecified: a sum of more than 38 digits.
    Unspecified,
}

/// The non-finite numbers met during evaluation. The reason may name any of them.
#[derive(Debug, Clone)]
struct NonFinite(Vec<&'static str>);

pub fn judge(document: &Json, assertion: &Assertion) -> Verdict {
    let nodes = select(document, &assertion.query, None);
    for stand_in in [f64::MAX, f64::MIN] {
        let others = select(document, &assertion.query, Some(stand_in));
        if nodes.len() != others.len()
            || nodes
                .iter()
                .zip(others)
                .any(|(one, other)| !ptr::eq(*one, other))
        {
            return Verdict::Names(non_finite(document));
        }
    }
    let test = &assertion.test;
    match assertion.function {
        None if nodes.is_empty() && matches!(test, Predicate::Falsy) => Verdict::Holds,
        None => of_all(nodes.iter().map(|node| value(node, test))),
        Some("length") => of_all(nodes.iter().map(|node| length(node, test))),
        Some("type") => of_all(nodes.iter().map(|node| match node {
            Json::NotFinite(name) => Err(NonFinite(vec![*name])),
            other => value(&Json::Text(type_name(other)), test),
        })),
        Some("count") => match test {
            Predicate::Truthy => verdict(!nodes.is_empty()),
            Predicate::Falsy => verdict(nodes.is_empty()),
            _ => verdict(number(&BigRational::from(BigInt::from(nodes.len())), test)),
        },
        Some(function) => reduced(function, &nodes, test),
    }
}

fn verdict(holds: bool) -> Verdict {
    if holds {
        Verdict::Holds
    } else {
        Verdict::Fails
    }
}

/// Holds if there is at least one result and every one holds.
fn of_all(each: impl Iterator<Item = Result<bool, NonFinite>>) -> Verdict {
    let each: Vec<Result<bool, NonFinite>> = each.collect();
    let failed: Vec<&Result<bool, NonFinite>> =
        each.iter().filter(|one| !matches!(one, Ok(true))).collect();
    let met: Vec<&NonFinite> = failed.iter().filter_map(|one| one.as_ref().err()).collect();
    if each.is_empty() {
        Verdict::Fails
    } else if failed.is_empty() {
        Verdict::Holds
    } else if met.len() == failed.len() {
        Verdict::Names(met.into_iter().flat_map(|met| met.0.clone()).collect())
    } else {
        Verdict::Fails
    }
}

fn length(node: &Json, test: &Predicate) -> Result<bool, NonFinite> {
    let length = match node {
        Json::NotFinite(name) => return Err(NonFinite(vec![*name])),
        other => length_of(other),
    };
    Ok(length.is_some_and(|length| number(&BigRational::from(BigInt::from(length)), test)))
}

pub fn length_of(node: &Json) -> Option<usize> {
    match node {
        Json::Text(text) => Some(text.chars().count()),
        Json::List(elements) => Some(elements.len()),
        Json::Members(members) => Some(members.len()),
        _ => None,
    }
}

fn type_name(node: &Json) -> &'static str {
    match node {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) | Json::NotFinite(_) => "number",
        Json::Text(_) => "string",
        Json::List(_) => "array",
        Json::Members(_) => "object",
    }
}

fn reduced(function: &str, nodes: &[&Json], test: &Predicate) -> Verdict {
    let mut elements: Vec<&Json> = Vec::new();
    for node in nodes {
        match node {
            Json::List(list) => elements.extend(list),
            single => elements.push(single),
        }
    }
    let mut names = Vec::new();
    let mut numbers = Vec::new();
    let mut odd = elements.is_empty();
    for element in elements {
        match element {
            Json::Number(text) => numbers.push(exact(text)),
            Json::NotFinite(name) => names.push(*name),
            _ => odd = true,
        }
    }
    if odd {
        return Verdict::Fails;
    }
    if !names.is_empty() {
        return Verdict::Names(names);
    }
    let least = numbers.iter().min().unwrap().clone();
    let most = numbers.iter().max().unwrap().clone();
    let result = match function {
        "min" => least,
        "max" => most,
        _ => {
            let Some(sum) = sum(&numbers) else {
                return Verdict::Unspecified;
            };
            if function == "sum" {
                sum
            } else {
                mean(&sum, numbers.len())
            }
        }
    };
    verdict(number(&result, test))
}

/// `None` if the digits of all numbers at a common exponent are too many to add exactly.
fn sum(numbers: &[BigRational]) -> Option<BigRational> {
    let finest = BigRational::from(BigInt::from(10).pow(18));
    let coarsest = BigRational::from(BigInt::from(10).pow(19));
    let exact = numbers
        .iter()
        .all(|number| (number * &finest).is_integer() && number.abs() < coarsest);
    exact.then(|| numbers.iter().sum())
}

/// Exact if the expansion is finite, else the nearest double.
pub fn mean(sum: &BigRational, count: usize) -> BigRational {
    let mean = sum / BigRational::from(BigInt::from(count));
    let mut rest = mean.denom().clone();
    for factor in [2, 5] {
        while (&rest % BigInt::from(factor)).is_zero() {
            rest /= factor;
        }
    }
    if rest == BigInt::from(1) {
        mean
    } else {
        decimal(&format!("{:e}", mean.to_f64().unwrap()))
    }
}

fn value(node: &Json, test: &Predicate) -> Result<bool, NonFinite> {
    if let Json::NotFinite(name) = node {
        return Err(NonFinite(vec![*name]));
    }
    match test {
        Predicate::Truthy => Ok(!matches!(node, Json::Null | Json::Bool(false))),
        Predicate::Falsy => Ok(matches!(node, Json::Null | Json::Bool(false))),
        Predicate::Matches(wanted, pattern) => Ok(match node {
            Json::Text(text) => matches(*pattern, text) == *wanted,
            _ => false,
        }),
        Predicate::Compares(operator @ (Operator::Equal | Operator::Unequal), expected) => {
            let names = non_finite(node);
            if !names.is_empty() {
                return Err(NonFinite(names));
            }
            let equals = match (expected, node) {
                (Expected::Value(expected), _) => equal(expected, node),
                (Expected::Within { .. }, Json::Number(text)) => is_within(&exact(text), expected),
                (Expected::Within { .. }, _) => false,
            };
            Ok(equals == (*operator == Operator::Equal))
        }
        Predicate::Compares(..) => Ok(match node {
            Json::Number(text) => number(&exact(text), test),
            _ => false,
        }),
    }
}

/// The test of a function's result, which is never null or false.
fn number(number: &BigRational, test: &Predicate) -> bool {
    let (operator, expected) = match test {
        Predicate::Truthy => return true,
        Predicate::Falsy | Predicate::Matches(..) => return false,
        Predicate::Compares(operator, expected) => (*operator, expected),
    };
    let limit = match expected {
        Expected::Within { .. } => {
            return is_within(number, expected) == (operator == Operator::Equal);
        }
        Expected::Value(Json::Number(text)) => exact(text),
        Expected::Value(_) => return operator == Operator::Unequal,
    };
    match operator {
        Operator::Equal => *number == limit,
        Operator::Unequal => *number != limit,
        Operator::Less => *number < limit,
        Operator::AtMost => *number <= limit,
        Operator::Greater => *number > limit,
        Operator::AtLeast => *number >= limit,
    }
}

fn is_within(number: &BigRational, expected: &Expected) -> bool {
    let Expected::Within {
        number: center,
        tolerance,
    } = expected
    else {
        return false;
    };
    let center = exact(center);
    (number - &center).abs() <= allowed(*tolerance, &center)
}

/// As numpy's `allclose`: |a - b| <= atol + rtol * |b|.
pub fn allowed(tolerance: Tolerance, expected: &BigRational) -> BigRational {
    let exact_or_zero = |amount: Option<&str>| amount.map_or_else(BigRational::zero, exact);
    let hundred = BigRational::from(BigInt::from(100));
    exact_or_zero(tolerance.absolute)
        + exact_or_zero(tolerance.percentage) / hundred * expected.abs()
}

/// Whether two vectors have a cosine of at least this, which is above 0: never without a direction.
pub fn is_similar(recorded: &[BigRational], actual: &[BigRational], minimum: &BigRational) -> bool {
    let dot = |one: &[BigRational], other: &[BigRational]| -> BigRational {
        one.iter().zip(other).map(|(a, b)| a * b).sum()
    };
    let product = dot(recorded, actual);
    let squares = dot(recorded, recorded) * dot(actual, actual);
    product.is_positive() && &product * &product >= minimum * minimum * squares
}

fn equal(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(a), Json::Number(b)) => exact(a) == exact(b),
        (Json::List(a), Json::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Members(a), Json::Members(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.iter().any(|(other, b)| name == other && equal(a, b)))
        }
        _ => one == other,
    }
}

fn matches(pattern: Pattern, text: &str) -> bool {
    match (pattern.starts, pattern.ends) {
        (true, true) => text == pattern.text,
        (true, false) => text.starts_with(pattern.text),
        (false, true) => text.ends_with(pattern.text),
        (false, false) => text.contains(pattern.text),
    }
}

fn non_finite(node: &Json) -> Vec<&'static str> {
    match node {
        Json::NotFinite(name) => vec![*name],
        Json::List(elements) => elements.iter().flat_map(non_finite).collect(),
        Json::Members(members) => members
            .iter()
            .flat_map(|(_, value)| non_finite(value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The value of a number: 64-bit integers are exact, others are the shortest decimal of the nearest double.
pub fn exact(text: &str) -> BigRational {
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return decimal(text);
    }
    let double: f64 = text.parse().unwrap();
    decimal(&format!("{double:e}"))
}

fn decimal(text: &str) -> BigRational {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().unwrap();
    let exponent = exponent.parse::<i32>().unwrap() - i32::try_from(fraction.len()).unwrap();
    let scale = BigInt::from(10).pow(exponent.unsigned_abs());
    if exponent < 0 {
        BigRational::new(digits, scale)
    } else {
        BigRational::from(digits * scale)
    }
}
