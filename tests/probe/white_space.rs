//! A body text check that fails only because of white space shows it.

use crate::support::{Server, response};

#[test]
fn shows_the_white_space_that_keeps_a_body_from_matching() {
    for (body, flag, value, reason, shown) in [
        (
            "OK\n",
            "--expect-body-regex",
            "^OK$",
            "body does not match ^OK$: it ends with \"\\n\"",
            "OK\\n",
        ),
        (
            "OK\r\n",
            "--expect-body-regex",
            "^OK$",
            "body does not match ^OK$: it ends with \"\\r\\n\"",
            "OK\\r\\n",
        ),
        (
            "\u{a0}OK",
            "--expect-body-regex",
            "^OK$",
            "body does not match ^OK$: it begins with \"\\u{a0}\"",
            "\\u00a0OK",
        ),
        (
            " OK\n",
            "--expect-body-regex",
            "^OK$",
            "body does not match ^OK$: it begins with \" \" and ends with \"\\n\"",
            " OK\\n",
        ),
        (
            "\n",
            "--expect-body-regex",
            "^$",
            "body does not match ^$: it is \"\\n\"",
            "\\n",
        ),
        (
            "all\n  good\n",
            "--expect-body-regex",
            "^all good$",
            "body does not match ^all good$: its white space differs",
            "all\\n  good\\n",
        ),
        (
            "all\tgood",
            "--expect-body",
            "all good",
            "body does not contain \"all good\": its white space differs",
            "all\\tgood",
        ),
        (
            "OK",
            "--expect-body",
            "OK\n",
            "body does not contain \"OK\\n\": its white space differs",
            "OK",
        ),
        // White space is not why.
        (
            "ok\n",
            "--expect-body-regex",
            "^OK$",
            "body does not match ^OK$",
            "ok",
        ),
        (
            "all\nbad\n",
            "--expect-body",
            "all good",
            "body does not contain \"all good\"",
            "all bad",
        ),
        (
            "an\nerror\n",
            "--reject-body-regex",
            "(?s)an.e",
            "body contains \"an\\ne\", rejected by (?s)an.e",
            "an error",
        ),
    ] {
        Server::answering(response("200 OK", body)).assert_unhealthy(
            &[flag, value],
            reason,
            &format!(" in <t>; body: {shown}"),
        );
    }
}

#[test]
fn the_line_stays_short_and_keeps_secrets() {
    let padded = format!("OK{}", " \n".repeat(4000));
    let server = Server::answering(response("200 OK", &padded));
    let outcome = server.probe(&["127.0.0.1:PORT", "--expect-body-regex", "^OK$"]);
    outcome.assert_starts(
        "unhealthy: body does not match ^OK$: it ends with \" \\n \\n …\"; GET http://127.0.0.1:PORT/ in <t>; body: OK \\n \\n",
    );
    assert!(outcome.out.len() <= 500, "{outcome:?}");
    // Beyond 16 KiB it is not looked at.
    let long = format!("OK{}", " ".repeat(16 << 10));
    Server::answering(response("200 OK", &long)).assert_unhealthy(
        &["--expect-body-regex", "^OK$"],
        "body does not match ^OK$",
        " in <t>; body: OK",
    );
    let server = Server::answering(response("200 OK", "user:correct\nhorse is OK\n"));
    server.assert_unhealthy(
        &["-u", "user:correct horse", "--expect-body-regex", "is OK$"],
        "body does not match is OK$: it ends with \"\\n\"",
        " in <t>; body: *** is OK",
    );
}

#[test]
fn json_output_shows_it_too() {
    let server = Server::answering(response("200 OK", "OK\n"));
    let (object, code) = server
        .prepare(&[":PORT", "--expect-body-regex", "^OK$"])
        .json();
    assert_eq!(code, Some(1));
    assert_eq!(
        object["reason"],
        "body does not match ^OK$: it ends with \"\\n\""
    );
    assert_eq!(object["body"], "OK\\n");
}
