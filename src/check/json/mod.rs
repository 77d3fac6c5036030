//! `--expect` and `--baseline`: checks of the body as JSON.
//!
//! ```text
//! assertion = operand [ operator value ]  |  "!" operand
//! operand   = query  |  function "(" query ")"
//! query     = JSONPath, RFC 9535; the leading "$" and the first "." may be left out
//! function  = length | count | type | sum | min | max | avg
//! operator  = "=" "==" | "!=" | "<" "<=" ">" ">=" | "~" "=~" | "!~"
//! value     = JSON literal  |  bare text  |  number "+-" tolerance
//! tolerance = number["%"]  |  number "+" number "%"
//! ```

mod assertion;
mod bare;
mod baseline;
mod category;
mod comparison;
mod cosine;
mod decimal;
mod difference;
mod display;
pub mod document;
mod error;
mod eval;
mod filter_functions;
mod ignored;
mod integer;
mod iregexp;
mod literal;
mod lookalike;
mod non_finite;
mod parse;
mod path;
mod predicate;
mod render;
mod span;
mod stream;
mod surrogate;
mod tolerance;
mod value;

pub use assertion::Assertion;
pub use baseline::Baseline;
pub use cosine::MinCosine;
pub use error::{JsonError, JsonErrorKind};
pub use ignored::{Ignored, RecordingError};
pub use lookalike::Lookalike;
pub use non_finite::find_non_finite;
pub use parse::query;
pub use tolerance::Tolerance;
