//! The parts of a parsed assertion.

use serde_json::{Number, Value};
use serde_json_path::JsonPath;

use super::tolerance::Tolerance;
use crate::check::pattern::Pattern;

/// A condition on the values that an operand selects.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    pub(super) operand: Operand,
    pub(super) predicate: JsonPredicate,
}

/// The left side of an assertion.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operand {
    pub(super) function: Option<Function>,
    pub(super) query: Query,
}

/// A `JSONPath` query, with the text that the user wrote for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) text: String,
    pub(super) path: JsonPath,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Count,
    Type,
    Sum,
    Min,
    Max,
    Avg,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonPredicate {
    Truthy,
    Falsy,
    Equals(Expected),
    Differs(Expected),
    Compares(Comparison, Number),
    Matches(Pattern),
    MatchesNot(Pattern),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    Value(Value),
    Within {
        number: Number,
        tolerance: Tolerance,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Function {
    pub(super) const ALL: [Self; 7] = [
        Self::Length,
        Self::Count,
        Self::Type,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Avg,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Count => "count",
            Self::Type => "type",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
        }
    }
}

impl Comparison {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}
