//! `match()` and `search()` in filters (RFC 9535, sections 2.4.6 and 2.4.7), by the registry
//! of `serde_json_path`. Its own feature for them would link a second, larger regex crate.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::sync::LazyLock;

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;
use serde_json_path::functions::{
    Evaluator, Function, FunctionArgType, FunctionExprArg, FunctionValidationError, JsonPathType,
    JsonPathValue, LogicalType, Validator,
};

use super::iregexp::{self, PatternError, Translation};
use super::non_finite::non_finite;

/// The maximum length of a pattern, in bytes.
const MAX_PATTERN: usize = 4096;

/// The maximum size of a compiled pattern, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// Enough for every group that a translation can have.
const MAX_NESTING: u32 = 250;

/// The number of compiled patterns that are kept: a filter names few, but asks for each
/// of them at every node.
const MAX_CACHED: usize = 16;

/// The maximum steps of the document's compiled patterns that are kept, each about 40 bytes.
const MAX_CACHED_STEPS: u64 = 1 << 15;

/// The maximum steps that patterns of the document take in one query, about a second. Those
/// of the query itself have no such limit, like that of `~`.
const MAX_STEPS: u64 = 1 << 28;

/// The steps of compiling a pattern, for each step that it takes to match a character.
const STEPS_TO_COMPILE: u64 = 64;

/// Why a query has no result: a limit of what the document's patterns may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitError {
    /// A pattern of the document takes too much memory.
    TooLarge,
    /// The patterns and the texts are too long.
    TooManySteps,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Matching {
    /// `match()`: the whole text.
    Whole,
    /// `search()`: any part of it.
    Part,
}

struct Compiled {
    pattern: String,
    matching: Matching,
    /// Whether it is from the query.
    is_free: bool,
    /// The expression, and the steps that it takes for each character.
    regex: Result<(Regex, u64), PatternError>,
}

/// What the functions share with those who call the query: the crate has no place for it.
struct Shared {
    cache: RefCell<Vec<Compiled>>,
    /// The steps left, and what went wrong first.
    budget: Cell<(u64, Option<LimitError>)>,
    /// What is wrong with a pattern in the query that is parsed.
    pattern_error: RefCell<Option<PatternError>>,
}

thread_local! {
    /// Only a pointer, and only once a filter has one of the functions: with two words more, musl would map
    /// another page for the variables of threads at each start.
    static SHARED: Cell<Option<&'static Shared>> = const { Cell::new(None) };
}

fn shared() -> &'static Shared {
    SHARED.get().unwrap_or_else(|| {
        let shared: &Shared = Box::leak(Box::new(Shared {
            cache: RefCell::default(),
            budget: Cell::new((MAX_STEPS, None)),
            pattern_error: RefCell::default(),
        }));
        SHARED.set(Some(shared));
        shared
    })
}

static VALIDATOR: Validator = LazyLock::new(|| Box::new(validate));
static MATCH: Evaluator = LazyLock::new(|| Box::new(|pair| evaluate(&pair, Matching::Whole)));
static SEARCH: Evaluator = LazyLock::new(|| Box::new(|pair| evaluate(&pair, Matching::Part)));

inventory::submit!(Function::new(
    "match",
    FunctionArgType::Logical,
    &MATCH,
    &VALIDATOR,
));
inventory::submit!(Function::new(
    "search",
    FunctionArgType::Logical,
    &SEARCH,
    &VALIDATOR,
));

/// Runs a query with a budget of its own.
pub(super) fn within_budget<T>(query: impl FnOnce() -> T) -> Result<T, LimitError> {
    if let Some(shared) = SHARED.get() {
        shared.budget.set((MAX_STEPS, None));
    }
    let result = query();
    match SHARED.get().and_then(|shared| shared.budget.get().1) {
        Some(exceeded) => Err(exceeded),
        None => Ok(result),
    }
}

/// Why the query that was parsed last on this thread was refused, if for one of its patterns.
#[cold]
pub(super) fn take_pattern_error() -> Option<PatternError> {
    SHARED.get()?.pattern_error.take()
}

/// A pattern in the query itself must be valid: by RFC 9535 another one selects nothing,
/// so that `count([?match(@.id,'\\d')])=0` would always hold.
fn validate(arguments: &[FunctionExprArg]) -> Result<(), FunctionValidationError> {
    let [_, pattern] = arguments else {
        return Err(FunctionValidationError::NumberOfArgsMismatch {
            expected: 2,
            received: arguments.len(),
        });
    };
    for argument in arguments {
        if !argument.as_type_kind()?.converts_to(JsonPathType::Value) {
            return Err(FunctionValidationError::IncorrectFunctionReturnType);
        }
    }
    if let FunctionExprArg::Literal(literal) = pattern
        && let JsonPathValue::Value(Value::String(pattern)) = literal.into()
        && let Err(error) = compile(&pattern, Matching::Whole)
    {
        shared().pattern_error.replace(Some(error));
        return Err(FunctionValidationError::IncorrectFunctionReturnType);
    }
    Ok(())
}

fn evaluate<'v>(arguments: &VecDeque<JsonPathValue<'v>>, matching: Matching) -> JsonPathValue<'v> {
    let mut arguments = arguments.iter();
    let is_match = match (arguments.next(), arguments.next()) {
        (Some(searched), Some(pattern)) => {
            // The literals of the query come as values.
            let is_free = matches!(pattern, JsonPathValue::Value(_));
            match (text(searched), text(pattern)) {
                (Some(searched), Some(pattern)) => is_match(searched, pattern, matching, is_free),
                _ => false,
            }
        }
        _ => false,
    };
    JsonPathValue::Logical(LogicalType::from(is_match))
}

/// The string that an argument is.
fn text<'a>(argument: &'a JsonPathValue) -> Option<&'a str> {
    let value = match argument {
        JsonPathValue::Value(value) => value,
        JsonPathValue::Node(value) => *value,
        _ => return None,
    };
    value.as_str().filter(|_| non_finite(value).is_none())
}

fn is_match(text: &str, pattern: &str, matching: Matching, is_free: bool) -> bool {
    let mut cache = shared().cache.borrow_mut();
    let is_it = |entry: &Compiled| entry.matching == matching && entry.pattern == pattern;
    let index = match cache.iter().position(is_it) {
        Some(index) => index,
        None if is_free || spend(steps_to_compile(pattern)) => {
            let compiled = Compiled {
                pattern: pattern.to_owned(),
                matching,
                is_free,
                regex: compile(pattern, matching),
            };
            make_room(&mut cache, &compiled);
            cache.push(compiled);
            cache.len() - 1
        }
        // Not cached: the next query has a budget for it.
        None => return false,
    };
    match cache.get(index).map(|entry| &entry.regex) {
        Some(Ok((regex, steps))) => {
            let steps = steps.saturating_mul(text.len() as u64 + 1);
            (is_free || spend(steps)) && regex.is_match(text)
        }
        Some(Err(PatternError::TooLarge)) => stop(LimitError::TooLarge),
        Some(Err(PatternError::Invalid(_))) | None => false,
    }
}

/// Drops the oldest patterns until there is room for another one. Those of the query take as
/// much memory as it says.
fn make_room(cache: &mut Vec<Compiled>, another: &Compiled) {
    let steps = |entry: &Compiled| match &entry.regex {
        Ok((_, steps)) if !entry.is_free => *steps,
        _ => 0,
    };
    if cache.len() == MAX_CACHED {
        cache.remove(0);
    }
    while cache.iter().map(steps).sum::<u64>() + steps(another) > MAX_CACHED_STEPS
        && let Some(oldest) = cache.iter().position(|entry| !entry.is_free)
    {
        cache.remove(oldest);
    }
}

fn compile(pattern: &str, matching: Matching) -> Result<(Regex, u64), PatternError> {
    let Translation { mut regex, steps } = translate(pattern)?;
    if matching == Matching::Whole {
        regex.insert_str(0, "^(?:");
        regex.push_str(")$");
    }
    RegexBuilder::new(&regex)
        .size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
        .map(|regex| (regex, steps))
        .map_err(|_| PatternError::TooLarge)
}

fn translate(pattern: &str) -> Result<Translation, PatternError> {
    if pattern.len() > MAX_PATTERN {
        return Err(PatternError::TooLarge);
    }
    iregexp::translate(pattern)
}

fn steps_to_compile(pattern: &str) -> u64 {
    let steps = translate(pattern).map_or(1, |translation| translation.steps);
    steps.saturating_mul(STEPS_TO_COMPILE)
}

/// Whether the budget has these steps.
fn spend(steps: u64) -> bool {
    let budget = &shared().budget;
    let (left, exceeded) = budget.get();
    match left.checked_sub(steps) {
        Some(left) => {
            budget.set((left, exceeded));
            true
        }
        None => stop(LimitError::TooManySteps),
    }
}

#[cold]
fn stop(reason: LimitError) -> bool {
    let budget = &shared().budget;
    let (_, first) = budget.get();
    budget.set((0, first.or(Some(reason))));
    false
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "a pattern from the body is too large for match() and search()",
            Self::TooManySteps => "match() and search() take too long on this body",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use serde_json_path::JsonPath;

    use super::{LimitError, MAX_CACHED, MAX_STEPS, STEPS_TO_COMPILE, shared, within_budget};
    use crate::check::json::iregexp::translate;

    fn select(query: &str, document: &Value) -> Result<Value, LimitError> {
        let path = JsonPath::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        within_budget(|| path.query(document).all().into_iter().cloned().collect())
    }

    #[track_caller]
    fn assert_selects(query: &str, document: &Value, expected: Value) {
        assert_eq!(select(query, document), Ok(expected), "{query}");
    }

    #[test]
    fn match_takes_the_whole_text_and_search_a_part() {
        let document = json!(["ab", "xaby", "a\nb", "", "b", 1, null, ["ab"]]);
        for (query, expected) in [
            ("$[?match(@,'ab')]", json!(["ab"])),
            ("$[?search(@,'ab')]", json!(["ab", "xaby"])),
            ("$[?search(@,'^ab|b$')]", json!(["ab", "a\nb", "b"])),
            ("$[?match(@,'a|b|')]", json!(["", "b"])),
            ("$[?match(@,'a.b')]", json!([])),
            ("$[?search(@,'b$')]", json!(["ab", "a\nb", "b"])),
            ("$[?!match(@,'.*')]", json!(["a\nb", 1, null, ["ab"]])),
            ("$[?match(@,'a\\\\nb')]", json!(["a\nb"])),
            ("$[?match(@,'a\\nb')]", json!(["a\nb"])),
        ] {
            assert_selects(query, &document, expected);
        }
    }

    #[test]
    fn a_pattern_of_the_document_that_is_invalid_or_no_text_selects_nothing() {
        for pattern in [
            json!("\\d"),
            json!("a**"),
            json!("("),
            json!(1),
            json!(null),
        ] {
            let document = json!({"pattern": pattern, "texts": ["1", "aa", "(", ""]});
            for query in [
                "$.texts[?match(@,$.pattern)]",
                "$.texts[?search(@,$.pattern)]",
            ] {
                assert_selects(query, &document, json!([]));
            }
            let negated = "$.texts[?!match(@,$.pattern)]";
            assert_selects(negated, &document, json!(["1", "aa", "(", ""]));
        }
        let document = json!(["a"]);
        assert_selects("$[?match(@,$.missing)]", &document, json!([]));
        assert_selects("$[?match($.missing,'.*')]", &document, json!([]));
    }

    /// Inside, they are strings with a prefix.
    #[test]
    fn a_non_finite_number_is_no_text() {
        let document = json!(["\u{fdd0}NaN", "NaN"]);
        assert_selects("$[?search(@,'NaN')]", &document, json!(["NaN"]));
        assert_selects("$[?!search(@,'NaN')]", &document, json!(["\u{fdd0}NaN"]));
        assert_selects("$[?search('aNaNb',@)]", &document, json!(["NaN"]));
    }

    #[test]
    fn patterns_that_are_compiled_stay_few() {
        let patterns: Vec<String> = (0..100).map(|number| format!("x{number}")).collect();
        let document = json!(patterns);
        assert_selects("$[?match(@,@)]", &document, document.clone());
        assert_eq!(shared().cache.borrow().len(), MAX_CACHED);
    }

    #[test]
    fn patterns_that_are_compiled_take_little_memory() {
        let patterns: Vec<String> = ('a'..='z').map(|c| format!("{c}{{20000}}")).collect();
        let document = json!(patterns);
        assert_selects("$[?match('',@)]", &document, json!([]));
        assert_eq!(shared().cache.borrow().len(), 1);
        // Those of the query are asked for at every node.
        let query = "$[?match('','x{20000}') || match('','y{20000}') || match('',@)]";
        assert_selects(query, &document, json!([]));
        let cache = shared().cache.borrow();
        let kept: Vec<&str> = cache.iter().map(|entry| entry.pattern.as_str()).collect();
        assert_eq!(kept, ["x{20000}", "y{20000}", "z{20000}"]);
    }

    #[test]
    fn many_nodes_do_not_compile_the_pattern_again() {
        let document = json!({"texts": vec!["ab"; 1000], "pattern": "a(b|c)"});
        let query = "$.texts[?match(@,$.pattern)]";
        let selected = select(query, &document).unwrap();
        assert_eq!(selected.as_array().map(Vec::len), Some(1000));
        let (left, _) = shared().budget.get();
        let steps = translate("a(b|c)").unwrap().steps;
        assert_eq!(MAX_STEPS - left, steps * (STEPS_TO_COMPILE + 3 * 1000));
        // Compiled before.
        select(query, &document).unwrap();
        let (left, _) = shared().budget.get();
        assert_eq!(MAX_STEPS - left, steps * 3 * 1000);
    }

    #[test]
    fn patterns_of_the_query_have_no_budget() {
        let document = json!(["a".repeat(100_000)]);
        assert_selects("$[?search(@,'[\\\\p{L}]{1,60}b')]", &document, json!([]));
        assert_eq!(shared().budget.get(), (MAX_STEPS, None));
    }

    #[test]
    fn hostile_documents_are_not_judged_and_end_soon() {
        let long = "a".repeat(1 << 20);
        let large = [
            "(a{1000}){1000}".to_owned(),
            "a{60000}{".repeat(2),
            "\\p{L}{60000}".to_owned(),
            "a".repeat(5000),
            "(".repeat(40),
        ];
        for pattern in &large {
            let document = json!({"pattern": pattern, "text": "aaaa"});
            let selected = select("$[?match(@,$.pattern)]", &document);
            let is_invalid = pattern.ends_with('{');
            assert_eq!(selected.is_err(), !is_invalid, "{pattern}: {selected:?}");
        }
        let costly = json!({"pattern": "(a|aa|aaa|.|a?)*(a?){500}b", "text": long});
        let query = "$[?search($.text,$.pattern)]";
        assert_eq!(select(query, &costly), Err(LimitError::TooManySteps));
        // Also when the result is negated.
        let query = "$[?!search($.text,$.pattern)]";
        assert_eq!(select(query, &costly), Err(LimitError::TooManySteps));
        // Each pattern is another one.
        let patterns: Vec<String> = (0..100_000).map(|n| format!("(a{n}|b){{1,90}}")).collect();
        assert_eq!(
            select("$[?match('b',@)]", &json!(&patterns)),
            Err(LimitError::TooManySteps)
        );
        // The next query has a budget of its own.
        let first = &costly["pattern"];
        let query = format!("$[?search(@,{first})]");
        assert_selects(&query, &json!(["aab"]), json!(["aab"]));
        let small = json!([{"pattern": patterns[0], "text": "b"}]);
        assert_selects("$[?match(@.text,@.pattern)]", &small, small.clone());
        let last = json!([{"pattern": patterns[99_999], "text": "b"}]);
        assert_selects("$[?match(@.text,@.pattern)]", &last, last.clone());
        assert_selects("$[?match(@,'a')]", &json!(["a"]), json!(["a"]));
    }

    #[test]
    fn queries_with_wrong_arguments_are_refused() {
        for query in [
            "$[?match(@)]",
            "$[?match(@,'a','b')]",
            "$[?match()]",
            "$[?match(@.*,'a')]",
            "$[?match(@,@..a)]",
            "$[?match(match(@,'a'),'a')]",
            "$[?match(@==1,'a')]",
            "$[?match(@,'a')==true]",
            "$[?true==search(@,'a')]",
            "$[?length(match(@,'a'))>1]",
            "$[?match(@,'\\\\d')]",
            "$[?search(@,\"[\")]",
            "$[?!(@.a && search(@,'a{70000}'))]",
        ] {
            assert!(JsonPath::parse(query).is_err(), "{query}");
        }
    }
}
