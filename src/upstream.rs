//! What must be read from other crates' error texts, because their types do not say it.
//!
//! Each function has a test that makes a real error, so that an update that changes
//! its words fails here and not in a user's log.

use std::io;

/// `serde_json`: the message without ` at line 1 column 2`, which callers print themselves.
#[must_use]
pub fn strip_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.find(" at line ") {
        text.truncate(end);
    }
    text
}

/// `serde_json`: whether the text nests deeper than the parser's 128 levels.
#[must_use]
pub fn is_too_deep(error: &serde_json::Error) -> bool {
    strip_position(error) == "recursion limit exceeded"
}

/// `serde_json`: whether more follows the first value.
#[must_use]
pub fn has_trailing_characters(error: &serde_json::Error) -> bool {
    strip_position(error) == "trailing characters"
}

/// `std`: the system's message without ` (os error 2)`.
#[must_use]
pub fn strip_os_error(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.find(" (os error") {
        text.truncate(end);
    }
    text
}

/// `clap`: the flag of `--timeout <DURATION>`, which an error names with its value.
#[must_use]
pub fn strip_value_name(argument: &str) -> &str {
    argument.split(" <").next().unwrap_or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ContextKind;
    use clap::{Arg, Command};
    use serde_json::Value;

    fn json_error(text: &str) -> serde_json::Error {
        serde_json::from_str::<Value>(text).unwrap_err()
    }

    #[test]
    fn serde_json_puts_the_position_last() {
        assert_eq!(strip_position(&json_error("[1 2]")), "expected `,` or `]`");
        assert_eq!(strip_position(&json_error("\"\\x\"")), "invalid escape");
    }

    #[test]
    fn serde_json_names_depth_and_trailing_characters() {
        let (deep, trailing) = (json_error(&"[".repeat(200)), json_error("{} x"));
        assert!(is_too_deep(&deep) && !is_too_deep(&trailing));
        assert!(has_trailing_characters(&trailing) && !has_trailing_characters(&deep));
    }

    #[test]
    fn std_puts_the_error_number_last() {
        let error = std::fs::read("/no/such/file").unwrap_err();
        assert_eq!(strip_os_error(&error), "No such file or directory");
        assert_eq!(strip_os_error(&io::Error::other("a reason")), "a reason");
    }

    #[test]
    fn clap_puts_the_value_name_after_the_flag() {
        let command = Command::new("x").arg(Arg::new("a").long("a").value_name("N"));
        let error = command.try_get_matches_from(["x", "--a"]).unwrap_err();
        let argument = error.get(ContextKind::InvalidArg).unwrap().to_string();
        assert_eq!(argument, "--a <N>");
        assert_eq!(strip_value_name(&argument), "--a");
        assert_eq!(strip_value_name("--quiet"), "--quiet");
    }
}
