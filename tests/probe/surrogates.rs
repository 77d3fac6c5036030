//! JSON strings with half of a character, as text generators write them when they cut
//! between the two escapes of an emoji.

use std::fs;

use crate::support::{Server, folder};

#[test]
fn a_lone_surrogate_is_read_as_the_replacement_character() {
    let server = Server::json(
        r#"{"text":"\udc80abc","cut":"a\uD83D","emoji":"\ud83d\ude00","twice":"\ud83d\ud83d\ude00","n":NaN,"\ud800":1,"escaped":"\\ud83d","ok":true}"#,
    );
    server.assert_healthy(&[
        "-e",
        "ok=true",
        "-e",
        "text=\u{fffd}abc",
        "-e",
        "text~abc$",
        "-e",
        "length(text)=4",
        "-e",
        "cut=a\u{fffd}",
        "-e",
        "emoji=😀",
        "-e",
        "twice=\u{fffd}😀",
        "-e",
        "['\u{fffd}']=1",
        "-e",
        "escaped=\\ud83d",
        "-e",
        "count($.*)=8",
    ]);
    for (assertion, reason) in [
        ("text=abc", "text is \"\u{fffd}abc\", expected \"abc\""),
        (
            "text!~abc",
            "text is \"\u{fffd}abc\", expected text not matching abc",
        ),
        ("n>0", "n is NaN, expected a number > 0"),
    ] {
        server.assert_unhealthy(&["-e", assertion], reason, " in <t>");
    }
}

#[test]
fn everything_else_that_is_not_json_stays_so() {
    for (body, reason) in [
        (
            r#"{"a":"\ud83d","b":}"#,
            "body is not JSON: expected value at line 1 column 19",
        ),
        (
            r#"{"a":"\ud83d",\ud83d}"#,
            "body is not JSON: key must be a string at line 1 column 15",
        ),
        (
            r#"{"a":"\ud83"}"#,
            "body is not JSON: invalid escape at line 1 column 12",
        ),
        (
            r#"["\ud83d"#,
            "body is not JSON: it is cut short at line 1 column 8",
        ),
        (
            "[\"\\ud83d\",NaN,\n\"\\ud83d\",NaN x]",
            "body is not JSON: expected `,` or `]` at line 2 column 14",
        ),
    ] {
        let outcome = Server::json(body).probe(&["127.0.0.1:PORT", "-e", "$"]);
        outcome.assert_starts(format!("unhealthy: {reason}; GET "));
    }
}

#[test]
fn a_baseline_holds_against_the_response_it_was_recorded_from() {
    let file = folder("surrogates").join("baseline.json");
    let path = file.to_str().unwrap();
    let server = Server::json(r#"{"text":"cut \ud83d"}"#);
    server.assert_healthy(&["--write-baseline", path]);
    server.assert_healthy(&["--baseline", path]);
    // Also one that another tool has recorded.
    fs::write(&file, r#"{"text":"cut \ud83d"}"#).unwrap();
    server.assert_healthy(&["--baseline", path]);
    Server::json(r#"{"text":"cut"}"#).assert_unhealthy(
        &["--baseline", path],
        "drift at $.text: \"cut \u{fffd}\" → \"cut\"",
        " in <t>",
    );
}
