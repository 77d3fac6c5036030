//! I-Regexp, the regular expressions of `JSONPath` (RFC 9485), in the syntax of `regex-lite`.
//!
//! As in the mappings of section 5, `.` is any character but a line feed and a carriage
//! return, and `^` and `$` are anchors.

use std::fmt::{self, Write};
use std::ops::RangeInclusive;
use std::str::Chars;

use super::category;

/// Limits the stack that translating and compiling take.
const MAX_DEPTH: usize = 16;

/// An expression that `regex-lite` understands.
#[derive(Debug)]
pub(super) struct Translation {
    pub(super) regex: String,
    /// About the number of steps that matching takes for each character.
    pub(super) steps: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PatternError {
    /// The text does not follow RFC 9485. The reason is a clause: `\d is not part of it`.
    Invalid(String),
    /// The expression follows RFC 9485, but takes too much memory.
    TooLarge,
}

/// The expression for `regex-lite`, neither anchored nor in parentheses.
pub(super) fn translate(pattern: &str) -> Result<Translation, PatternError> {
    let mut translator = Translator {
        rest: pattern.chars(),
        regex: String::with_capacity(pattern.len() + 16),
    };
    let steps = translator.alternatives(0)?;
    Ok(Translation {
        regex: translator.regex,
        steps,
    })
}

fn invalid<T>(reason: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError::Invalid(reason.into()))
}

struct Translator<'p> {
    rest: Chars<'p>,
    regex: String,
}

/// What an escape stands for.
enum Escape {
    Character(char),
    Category(Vec<RangeInclusive<char>>),
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn skip_if(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.rest.next();
        }
        found
    }

    /// Each function returns the steps of what it read.
    fn alternatives(&mut self, depth: usize) -> Result<u64, PatternError> {
        let mut steps: u64 = 1;
        loop {
            match self.rest.next() {
                None if depth == 0 => return Ok(steps),
                None => return invalid("a ( has no closing )"),
                Some(')') if depth > 0 => return Ok(steps),
                Some('|') => self.regex.push('|'),
                Some(first) => {
                    let atom = self.atom(first, depth)?;
                    steps = steps.saturating_add(self.quantified(atom)?);
                }
            }
        }
    }

    fn atom(&mut self, first: char, depth: usize) -> Result<u64, PatternError> {
        match first {
            '(' if depth == MAX_DEPTH => return Err(PatternError::TooLarge),
            '(' => {
                self.regex.push_str("(?:");
                let steps = self.alternatives(depth + 1)?;
                self.regex.push(')');
                return Ok(steps);
            }
            '[' => return self.class(),
            '\\' => match self.escape()? {
                Escape::Category(ranges) => return Ok(self.push_class(&ranges)),
                Escape::Character(character) => self.push_character(character),
            },
            '.' => self.regex.push_str("[^\\n\\r]"),
            '*' | '+' | '?' | '{' => return invalid(format!("{first} repeats nothing")),
            ')' | ']' | '}' => return invalid(format!("{first} closes nothing")),
            plain => self.regex.push(plain),
        }
        Ok(1)
    }

    fn quantified(&mut self, atom: u64) -> Result<u64, PatternError> {
        let Some(quantifier @ ('*' | '+' | '?' | '{')) = self.peek() else {
            return Ok(atom);
        };
        self.rest.next();
        self.regex.push(quantifier);
        if quantifier != '{' {
            return Ok(atom.saturating_add(1));
        }
        let min = self.number()?;
        let mut max = Some(min);
        if self.skip_if(',') {
            self.regex.push(',');
            max = match self.peek() {
                Some('}') => None,
                _ => Some(self.number()?),
            };
        }
        if !self.skip_if('}') {
            return invalid("a { has no closing }");
        }
        self.regex.push('}');
        if max.is_some_and(|max| max < min) {
            return invalid("the second number in { } is less than the first");
        }
        let repetitions = max.unwrap_or(min + 1).saturating_add(1);
        Ok(atom.saturating_mul(repetitions))
    }

    fn number(&mut self) -> Result<u64, PatternError> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|digit| digit.to_digit(10)) {
            self.rest.next();
            let value = number.unwrap_or(0_u64) * 10 + u64::from(digit);
            if value > u64::from(u16::MAX) {
                return Err(PatternError::TooLarge);
            }
            number = Some(value);
        }
        let Some(number) = number else {
            return invalid("{ } takes one or two numbers");
        };
        self.regex.push_str(&number.to_string());
        Ok(number)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Escape, PatternError> {
        let Some(escaped) = self.rest.next() else {
            return invalid("it ends in \\");
        };
        Ok(Escape::Character(match escaped {
            '(' | ')' | '*' | '+' | '-' | '.' | '?' | '[' | '\\' | ']' | '^' | '{' | '|' | '}' => {
                escaped
            }
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'p' | 'P' => return self.category(escaped == 'P').map(Escape::Category),
            _ => {
                let instead = match escaped {
                    'd' => "; write [0-9]",
                    's' => "; write [ \\t\\n\\r]",
                    'w' => "; write [0-9A-Za-z_]",
                    '$' => "; write [$]",
                    _ => "",
                };
                return invalid(format!("\\{escaped} is not part of it{instead}"));
            }
        }))
    }

    fn category(&mut self, complement: bool) -> Result<Vec<RangeInclusive<char>>, PatternError> {
        let rest = self.rest.as_str();
        let name = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'))
            .map_or("", |(name, _)| name);
        let Some(ranges) = category::ranges(name, complement) else {
            return invalid("\\p takes a general category, as in \\p{L} or \\p{Lu}");
        };
        self.rest = rest[name.len() + 2..].chars();
        Ok(ranges)
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Result<u64, PatternError> {
        let start = self.regex.len();
        let negated = self.skip_if('^');
        let mut ranges = Vec::new();
        loop {
            let Some(first) = self.rest.next() else {
                return invalid("a [ has no closing ]");
            };
            match first {
                ']' if !ranges.is_empty() => break,
                ']' => return invalid("[ ] is empty"),
                '-' if ranges.is_empty() || self.peek() == Some(']') => ranges.push('-'..='-'),
                first => match self.class_item(first)? {
                    Escape::Category(category) => ranges.extend(category),
                    Escape::Character(first) => {
                        let last = self.range_end()?.unwrap_or(first);
                        if last < first {
                            return invalid(format!("{first}-{last} is not a range"));
                        }
                        ranges.push(first..=last);
                    }
                },
            }
        }
        let steps = self.push_class(&ranges);
        if negated {
            self.regex.insert(start + 1, '^');
        }
        Ok(steps)
    }

    fn class_item(&mut self, first: char) -> Result<Escape, PatternError> {
        match first {
            '\\' => self.escape(),
            '-' | '[' | ']' => invalid(format!("{first} inside [ ] needs a \\")),
            plain => Ok(Escape::Character(plain)),
        }
    }

    /// The end of a range whose beginning was read; none if that is a single character.
    fn range_end(&mut self) -> Result<Option<char>, PatternError> {
        let mut rest = self.rest.clone();
        if rest.next() != Some('-') || rest.next() == Some(']') {
            return Ok(None);
        }
        self.rest.next();
        let Some(first) = self.rest.next() else {
            return invalid("a [ has no closing ]");
        };
        match self.class_item(first)? {
            Escape::Character(last) => Ok(Some(last)),
            Escape::Category(_) => invalid("a range ends in a category"),
        }
    }

    fn push_class(&mut self, ranges: &[RangeInclusive<char>]) -> u64 {
        self.regex.push('[');
        for range in ranges {
            self.push_character(*range.start());
            self.regex.push('-');
            self.push_character(*range.end());
        }
        self.regex.push(']');
        // The ranges of a class are compared in turn.
        1 + ranges.len() as u64 / 4
    }

    fn push_character(&mut self, character: char) {
        // Writing to a string never fails.
        let _ = write!(self.regex, "\\x{{{:x}}}", u32::from(character));
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => f.write_str(reason),
            Self::TooLarge => f.write_str("it is too large"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PatternError, translate};
    use proptest::prelude::*;

    #[track_caller]
    fn is_match(pattern: &str, text: &str) -> bool {
        let translation = translate(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let regex = format!("^(?:{})$", translation.regex);
        regex_lite::Regex::new(&regex)
            .unwrap_or_else(|error| panic!("{pattern}: {error}"))
            .is_match(text)
    }

    #[test]
    fn every_construct_matches_as_the_rfc_has_it() {
        for (pattern, matching, others) in [
            ("", &[""][..], &["a"][..]),
            ("a|", &["a", ""], &["b"]),
            ("a|b|cd", &["a", "b", "cd"], &["ad", "abcd"]),
            ("(a|b)c", &["ac", "bc"], &["a", "c"]),
            ("()", &[""], &["a"]),
            ("a*b+c?", &["b", "aabbc"], &["a", "ac"]),
            ("a{2}", &["aa"], &["a", "aaa"]),
            ("a{02,}", &["aa", "aaaaa"], &["a"]),
            ("a{1,2}", &["a", "aa"], &["", "aaa"]),
            ("a{0}", &[""], &["a"]),
            (
                ".",
                &["a", "\u{1d11e}", "\u{2028}", "\0"],
                &["\n", "\r", ""],
            ),
            ("\\n\\r\\t", &["\n\r\t"], &["nrt"]),
            (
                "\\(\\)\\*\\+\\-\\.\\?\\[\\\\\\]\\^\\{\\|\\}",
                &["()*+-.?[\\]^{|}"],
                &[],
            ),
            (" #&~/,:<>=!@%'\"`_é\n", &[" #&~/,:<>=!@%'\"`_é\n"], &[]),
            ("[abc]", &["a", "b", "c"], &["d", "ab"]),
            ("[^abc]", &["d", "\n"], &["a", ""]),
            ("[a-c]", &["a", "b", "c"], &["-", "d"]),
            ("[-a]", &["-", "a"], &["b"]),
            ("[a-]", &["-", "a"], &["b"]),
            ("[-]", &["-"], &["a"]),
            ("[^-]", &["a"], &["-"]),
            ("[a-c-]", &["-", "b"], &["d"]),
            ("[\\]\\-\\[\\^]", &["]", "-", "[", "^"], &["\\"]),
            ("[a^]", &["a", "^"], &["b"]),
            ("[.*+?(){}|$]", &[".", "*", "+", "$", "|"], &["a"]),
            ("[a&&b~~c]", &["&", "~", "a", "b", "c"], &["d"]),
            ("[:alpha:]", &[":", "a", "h"], &["b"]),
            ("[+-\\]]", &["+", "A", "]"], &["a", "*"]),
            ("[\\n-\\r]", &["\n", "\u{b}", "\r"], &["\t", "-"]),
            ("\\p{Lu}\\P{Lu}", &["Ж1", "Aa"], &["aA", "AA"]),
            ("[\\p{L}_]{2}", &["é_", "漢字"], &["1_"]),
            ("[^\\p{L}\\p{N}]", &["-", "\u{10ffff}"], &["a", "٣", "Ⅷ"]),
            ("[\\P{L}\\p{Ll}]", &["1", "a"], &["A"]),
            (
                "\\p{C}",
                &["\0", "\u{e000}", "\u{10ffff}", "\u{378}"],
                &["a"],
            ),
            ("[^\\p{L}\\P{L}]|x", &["x"], &["a", "1", ""]),
            ("^a$", &["a"], &["^a$"]),
            ("a^b", &[], &["a^b", "ab"]),
        ] {
            for text in matching {
                assert!(is_match(pattern, text), "{pattern} {text:?}");
            }
            for text in others {
                assert!(!is_match(pattern, text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for (pattern, reason) in [
            ("\\d+", "\\d is not part of it; write [0-9]"),
            ("[\\w]", "\\w is not part of it; write [0-9A-Za-z_]"),
            ("\\s", "\\s is not part of it; write [ \\t\\n\\r]"),
            ("\\$", "\\$ is not part of it; write [$]"),
            ("\\b", "\\b is not part of it"),
            ("\\u0041", "\\u is not part of it"),
            ("\\1", "\\1 is not part of it"),
            ("a\\", "it ends in \\"),
            ("a**", "* repeats nothing"),
            ("a+?", "? repeats nothing"),
            ("*", "* repeats nothing"),
            ("(?:a)", "? repeats nothing"),
            ("(?i)a", "? repeats nothing"),
            ("(*a)", "* repeats nothing"),
            ("a|*", "* repeats nothing"),
            ("a{1}{2}", "{ repeats nothing"),
            ("a{", "{ } takes one or two numbers"),
            ("a{,2}", "{ } takes one or two numbers"),
            ("a{1,x}", "{ } takes one or two numbers"),
            ("a{1", "a { has no closing }"),
            ("a{1 }", "a { has no closing }"),
            ("a{2,1}", "the second number in { } is less than the first"),
            ("(a", "a ( has no closing )"),
            ("a)", ") closes nothing"),
            ("]", "] closes nothing"),
            ("}", "} closes nothing"),
            ("[a", "a [ has no closing ]"),
            ("[a-", "a [ has no closing ]"),
            ("[", "a [ has no closing ]"),
            ("[]", "[ ] is empty"),
            ("[^]", "[ ] is empty"),
            ("[]a]", "[ ] is empty"),
            ("[[a]]", "[ inside [ ] needs a \\"),
            ("[[:alpha:]]", "[ inside [ ] needs a \\"),
            ("[--a]", "- inside [ ] needs a \\"),
            ("[a--b]", "- inside [ ] needs a \\"),
            ("[a-z-9]", "- inside [ ] needs a \\"),
            ("[z-a]", "z-a is not a range"),
            ("[a-\\p{L}]", "a range ends in a category"),
            ("[\\p{L}-z]", "- inside [ ] needs a \\"),
        ] {
            let error = translate(pattern).expect_err(pattern);
            assert_eq!(error.to_string(), reason, "{pattern}");
            assert_ne!(error, PatternError::TooLarge, "{pattern}");
        }
        for category in ["", "X", "Lx", "Cs", "LC", "l", "Letter", "^L", "??"] {
            for pattern in [format!("\\p{{{category}}}"), format!("[\\P{{{category}}}]")] {
                let error = translate(&pattern).expect_err(&pattern).to_string();
                assert!(error.contains("general category"), "{error}");
            }
        }
        for pattern in ["\\p", "\\pL", "\\p{L", "\\P{", "\\PL"] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_takes_too_much_is_refused() {
        let deep = format!("{}a{}", "(".repeat(17), ")".repeat(17));
        for pattern in ["a{65536}", "a{99999999999999999999999}", &deep] {
            assert_eq!(translate(pattern).unwrap_err(), PatternError::TooLarge);
        }
        let repeated = translate("(((a{60000}){60000}){60000}){60000}{").unwrap_err();
        assert_ne!(repeated, PatternError::TooLarge);
        let steps = |pattern| translate(pattern).unwrap().steps;
        assert_eq!(
            steps("((((((){9999}){9999}){9999}){9999}){9999})"),
            u64::MAX
        );
        assert!(steps("a{1000}") > 1000 && steps("a{1000,}") > 1000);
        assert!(steps("\\p{L}") > 100 && steps("abc") < 10);
    }

    proptest! {
        /// Otherwise it would be reported as too large.
        #[test]
        fn what_is_translated_compiles(pattern in "([ab^$.|é\\n-]|\\(|\\)|\\[\\^?[a-d\\\\-]{0,3}\\]|[*+?]|\\{[0-3](,[0-3]?)?\\}|\\\\[pP]\\{L[ul]?\\}|\\\\[.n\\]]){0,8}") {
            if let Ok(translation) = translate(&pattern) && translation.steps < 10_000 {
                let compiled = regex_lite::Regex::new(&translation.regex);
                prop_assert!(compiled.is_ok(), "{}: {:?}", translation.regex, compiled);
            }
        }
    }
}
