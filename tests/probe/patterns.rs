//! `match()` and `search()` in filters (RFC 9535, 2.4.6 and 2.4.7).

use crate::support::{Server, assert_error, response};

const MODELS: &str = r#"{"pattern":"llama-[0-9]+","broken":"\\d+","models":[{"id":"llama-3","ready":true},{"id":"my-llama-3-lora","ready":false},{"id":"größe","ready":false},{"id":7,"ready":false}]}"#;

#[test]
fn filters_by_pattern() {
    let server = Server::answering(response("200 OK", MODELS));
    for assertion in [
        "models[?match(@.id,'llama-[0-9]+')].ready=true",
        "count(models[?search(@.id,'llama-[0-9]+')])=2",
        "count(models[?search(@.id,\"^llama|lora$\")])=2",
        r"models[?match(@.id,'\\p{L}+')].id=größe",
        "models[?match(@.id,$.pattern)].id=llama-3",
        // RFC 9535: not an I-Regexp, so LogicalFalse.
        "count(models[?match(@.id,$.broken)])=0",
        "count(models[?!search(@.id,'')])=1",
    ] {
        server.assert_healthy(&["-e", assertion]);
    }
    server.assert_unhealthy(
        &["-e", "models[?search(@.id,'llama')].ready=true"],
        "models[1].ready is false, expected true",
        " in <t>",
    );
    server.assert_unhealthy(
        &["-e", "models[?match(@.id,'gpt.*')].ready"],
        "models[?match(@.id,'gpt.*')].ready is missing, expected anything but null or false",
        &format!(" in <t>; body: {MODELS}"),
    );
}

/// It would select nothing, and such a count would always be 0.
#[test]
fn rejects_a_pattern_that_could_only_select_nothing() {
    for (pattern, reason) in [
        (r"\\d+", r"\d is not part of it; write [0-9]"),
        ("(?i)gpt", "? repeats nothing"),
        (
            r"\\p{Greek}",
            r"\p takes a general category, as in \p{L} or \p{Lu}",
        ),
        ("[a", "a [ has no closing ]"),
        ("(a{1000}){60000}", "it is too large"),
    ] {
        let query = format!("models[?match(@.id,'{pattern}')]");
        let expected = format!(
            "expected an I-Regexp (RFC 9485) as the pattern of match() or search(): {reason}"
        );
        let assertion = format!("count({query})=0");
        assert_error(
            &[":1", "-e", &assertion],
            format!("--expect \"{assertion}\": column 15: {expected}"),
        );
        assert_error(
            &[":1", "--baseline", "/dev/null", "--ignore", &query],
            format!("--ignore \"{query}\": column 9: {expected}"),
        );
    }
    assert_error(
        &[":1", "-e", r"count(a[?match(@.b,'\d')])=0"],
        r#"--expect "count(a[?match(@.b,'\d')])=0": column 21: expected an escape such as \n or \u00e9; write \\ for a backslash"#,
    );
}

#[test]
fn a_response_cannot_make_its_own_patterns_hold() {
    let too_large = r#"{"pattern":"a{70000}","texts":["b"]}"#;
    let too_long = format!(
        r#"{{"pattern":"(a?){{9000}}b","texts":["{}"]}}"#,
        "a".repeat(100_000)
    );
    for (body, reason) in [
        (
            too_large,
            "a pattern from the body is too large for match() and search()",
        ),
        (&too_long, "match() and search() take too long on this body"),
    ] {
        let server = Server::answering(response("200 OK", body));
        for assertion in [
            "count(texts[?search(@,$.pattern)])=0",
            "count(texts[?!search(@,$.pattern)])=1",
        ] {
            server.assert_unhealthy(
                &["-e", assertion],
                &format!("{reason}, expected {assertion}"),
                " in <t>",
            );
        }
    }
}

#[test]
fn a_number_that_is_not_finite_is_no_text() {
    let server = Server::answering(response("200 OK", r#"{"a":[NaN,"NaN","x"],"b":1}"#));
    server.assert_healthy(&[
        "-e",
        "count(a[?match(@,'.*')])=2",
        "-e",
        "count(a[?search(@,'N')])=1",
    ]);
    server.assert_unhealthy(
        &["-e", "a[?!match(@,'.*')]>0"],
        "a[0] is NaN, expected a number > 0",
        " in <t>",
    );
}
