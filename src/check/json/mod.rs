//! `--expect`: assertions on a JSON body.
//!
//! ```text
//! assertion = operand [ operator value ]  |  "!" operand
//! operand   = query  |  function "(" query ")"
//! query     = JSONPath, RFC 9535; the leading "$" and the first "." may be left out
//! function  = length | count | type | sum | min | max | avg
//! operator  = "=" "==" | "!=" | "<" "<=" ">" ">=" | "~" "=~" | "!~"
//! value     = JSON literal  |  bare text  |  number "+-" number["%"]
//! ```

use std::fmt;

use serde_json::{Number, Value};
use serde_json_path::JsonPath;

use super::pattern::Pattern;
use crate::syntax::SyntaxError;

pub mod baseline;
pub mod document;
mod eval;
pub mod number;
mod parse;
mod path;
mod predicate;
mod span;
mod value;

/// An operand and what must hold of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    operand: Operand,
    predicate: Predicate,
}

/// What an assertion speaks about.
#[derive(Debug, Clone, PartialEq)]
struct Operand {
    function: Option<Function>,
    query: Query,
}

/// A `JSONPath` query, with the text that the user wrote for it.
#[derive(Debug, Clone, PartialEq)]
struct Query {
    text: String,
    path: JsonPath,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Length,
    Count,
    Type,
    Sum,
    Min,
    Max,
    Avg,
}

#[derive(Debug, Clone, PartialEq)]
enum Predicate {
    Truthy,
    Falsy,
    Equals(Expected),
    Differs(Expected),
    Compares(Comparison, Number),
    Matches(Pattern),
    MatchesNot(Pattern),
}

#[derive(Debug, Clone, PartialEq)]
enum Expected {
    Value(Value),
    Within {
        number: Number,
        tolerance: Tolerance,
    },
}

/// How far a number may be off.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerance {
    amount: Number,
    /// Whether `amount` is a percentage of the expected number.
    relative: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Function {
    const ALL: [Self; 7] = [
        Self::Length,
        Self::Count,
        Self::Type,
        Self::Sum,
        Self::Min,
        Self::Max,
        Self::Avg,
    ];

    fn name(self) -> &'static str {
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
    fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl Default for Tolerance {
    /// None: equal.
    fn default() -> Self {
        Self {
            amount: Number::from(0),
            relative: false,
        }
    }
}

/// Reads a query as `--expect` has it: the leading `$` and the first `.` may be left out.
///
/// # Errors
/// Text that is no `JSONPath` (RFC 9535).
pub fn query(text: &str) -> Result<JsonPath, SyntaxError> {
    parse::whole_query(text)
}

impl Assertion {
    /// What would make it hold, as a noun: `"ok"`, `>= 0.5`.
    pub(super) fn expected(&self) -> String {
        match &self.predicate {
            Predicate::Truthy => "anything but null or false".to_owned(),
            Predicate::Falsy => "nothing, null or false".to_owned(),
            Predicate::Equals(expected) => expected.shown(),
            Predicate::Differs(expected) => format!("anything but {}", expected.shown()),
            Predicate::Compares(comparison, number) => format!("{} {number}", comparison.symbol()),
            Predicate::Matches(pattern) => format!("text matching {pattern}"),
            Predicate::MatchesNot(pattern) => format!("text not matching {pattern}"),
        }
    }
}

impl Expected {
    /// The value as JSON, whichever way it was written.
    fn shown(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Within { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = &self.operand;
        match &self.predicate {
            Predicate::Truthy => operand.fmt(f),
            Predicate::Falsy => write!(f, "!{operand}"),
            Predicate::Equals(expected) => write!(f, "{operand}={expected}"),
            Predicate::Differs(expected) => write!(f, "{operand}!={expected}"),
            Predicate::Compares(comparison, number) => {
                write!(f, "{operand}{}{number}", comparison.symbol())
            }
            Predicate::Matches(pattern) => write!(f, "{operand}~{}", pattern_text(pattern)),
            Predicate::MatchesNot(pattern) => write!(f, "{operand}!~{}", pattern_text(pattern)),
        }
    }
}

/// An expression that bare text cannot say (it has outer space, or would read
/// as a JSON string) in quotes.
fn pattern_text(pattern: &Pattern) -> String {
    let text = pattern.to_string();
    if text.trim() != text || text.starts_with('"') {
        Value::from(text).to_string()
    } else {
        text
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Some(function) => write!(f, "{}({})", function.name(), self.query.text),
            None => f.write_str(&self.query.text),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(Value::String(text)) if value::is_bare(text) => f.write_str(text),
            Self::Value(value) => value.fmt(f),
            Self::Within { number, tolerance } => write!(f, "{number}+-{tolerance}"),
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = if self.relative { "%" } else { "" };
        write!(f, "{}{percent}", self.amount)
    }
}
