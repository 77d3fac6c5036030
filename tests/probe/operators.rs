//! Slips in an assertion that would otherwise hold whatever the server answers.

use crate::support::{Server, assert_error};

/// What the old reading made of a slip: a value that no server sends.
#[test]
fn rejects_an_operator_that_continues() {
    let after = |operator: &str, first: &str| {
        format!(
            "expected a value after {operator}; write a space before one that begins with {first}"
        )
    };
    for (assertion, column, operator, first) in [
        ("status!==error", 9, "!=", "="),
        ("status!=~error", 9, "!=", "~"),
        ("status!~=error", 9, "!~", "="),
        ("status!~~error", 9, "!~", "~"),
        ("status !== error", 10, "!=", "="),
        ("status===ok", 9, "==", "="),
        ("status==~ok", 9, "==", "~"),
        ("status=~~ok", 9, "=~", "~"),
        ("status=~=ok", 9, "=~", "="),
        ("status~=ok", 8, "~", "="),
        ("status~~ok", 8, "~", "~"),
        ("count(errors)!==1", 16, "!=", "="),
        ("type(a)!==null", 10, "!=", "="),
        ("größe!==1", 8, "!=", "="),
        ("a>==1", 4, ">=", "="),
        ("a<~1", 3, "<", "~"),
    ] {
        assert_error(
            &[":1", "-e", assertion],
            format!(
                "--expect {assertion:?}: column {column}: {}",
                after(operator, first)
            ),
        );
    }
    for (assertion, column, operator, first) in [
        ("X-Error!==boom", 10, "!=", "="),
        ("X-Error !=~ boom", 11, "!=", "~"),
        ("X-Error !~= boom", 11, "!~", "="),
        ("X-Error !~~ boom", 11, "!~", "~"),
        ("X-Error===boom", 10, "==", "="),
        ("X-Error ~= boom", 10, "~", "="),
        ("X-Error =~~ boom", 11, "=~", "~"),
    ] {
        assert_error(
            &[":1", "--expect-header", assertion],
            format!(
                "--expect-header {assertion:?}: column {column}: {}",
                after(operator, first)
            ),
        );
    }
}

#[test]
fn rejects_a_comparison_the_wrong_way_round() {
    for (flag, assertion, column, operator, first) in [
        ("--expect", "score=>0.5", 7, "=", ">"),
        ("--expect", "score =< 5e-1", 8, "=", "<"),
        ("--expect", "count(errors)!=>0", 16, "!=", ">"),
        ("--expect", "score==>=1", 8, "==", ">"),
        ("--expect-header", "Content-Length =>5", 17, "=", ">"),
    ] {
        assert_error(
            &[":1", flag, assertion],
            format!(
                "{flag} {assertion:?}: column {column}: expected a value after {operator}, or {first}=; \
                 write a space before a value that begins with {first}"
            ),
        );
    }
}

#[test]
fn rejects_values_that_are_not_what_they_look_like() {
    let one =
        "expected one condition; another is an assertion of its own, and text takes double quotes";
    let json = "expected a value without such quotes around it; JSON's double quotes are possible";
    for (flag, assertion, column, expected) in [
        ("--expect", "status!='error'", 9, json),
        ("--expect", "status = 'ok'", 10, json),
        ("--expect", "status!~'err|fail'", 9, json),
        ("--expect", "status!=“error”", 9, json),
        ("--expect", "status!=`error`", 9, json),
        (
            "--expect",
            "score!=1+ -2",
            9,
            "expected +- before the tolerance",
        ),
        ("--expect", "status!=error && ready=true", 15, one),
        ("--expect", "status!=error||failed", 14, one),
        ("--expect", "status!~err || count(x)>0", 13, one),
        (
            "--expect",
            "score!=1±0.1",
            9,
            "expected +- before the tolerance",
        ),
        (
            "--expect",
            "score != 1 +/- 2%",
            12,
            "expected +- before the tolerance",
        ),
        (
            "--expect",
            "score!=1-+0.1",
            9,
            "expected +- before the tolerance",
        ),
        (
            "--expect-header",
            "X-Error != 'boom'",
            12,
            "expected a value without such quotes around it",
        ),
        (
            "--tolerance",
            "±0.1",
            1,
            "expected a tolerance such as 0.02, 2% or 0.001+0.1%",
        ),
        (
            "--tolerance",
            "+-0.1",
            1,
            "expected a tolerance such as 0.02, 2% or 0.001+0.1%",
        ),
        (
            "--tolerance",
            "0,1",
            1,
            "expected a tolerance such as 0.02, 2% or 0.001+0.1%",
        ),
        (
            "--tolerance",
            "=0.1",
            1,
            "expected a tolerance such as 0.02, 2% or 0.001+0.1%",
        ),
    ] {
        assert_error(
            &[":1", "--baseline", "/dev/null", flag, assertion],
            format!("{flag} {assertion:?}: column {column}: {expected}"),
        );
    }
}

#[test]
fn rejects_operators_in_a_status_set() {
    for set in [
        "!500", "!=500", "=200", "==200", ">=200", "<500", "200|204", "200;204", "200-2xx",
        "200--299",
    ] {
        let outcome = crate::support::probe(&[":1", "-s", set]).run();
        outcome.assert_code(1);
        assert!(
            outcome
                .err
                .starts_with(&format!("error: --expect-status {set:?}: column ")),
            "{outcome:?}"
        );
    }
}

#[test]
fn accepts_the_operators_and_such_values_after_a_space_or_in_quotes() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\nX-Tag: =a\r\nContent-Security-Policy: default-src 'self'\r\n\r\n\
         {\"a\":\"=b\",\"t\":\"~c\",\"u\":\"<unk>\",\"age\":\"<18\",\"q\":\"'x'\",\"v\":\"1±2\",\"w\":\"!\",\"l\":\"None\",\"id\":\"007\"}",
    );
    for assertion in [
        "a= =b",
        "a = =b",
        "a=\"=b\"",
        "a== =b",
        "a=~b$",
        "a ~ =b",
        "a~\"=b\"",
        "t = ~c",
        "u=<unk>",
        "u!=<pad>",
        "age= <18",
        "age=\"<18\"",
        "q=\"'x'\"",
        "q~x'$",
        "v=\"1±2\"",
        "w=!",
        "l=None",
        "l!=True and a=1",
        "id=007",
        "a!=War and Peace",
        "a!=\"x && y=1\"",
        "a!~x|y",
    ] {
        server.assert_healthy(&["-e", assertion]);
    }
    for assertion in [
        "X-Tag = =a",
        "X-Tag == =a",
        "X-Tag =~ a$",
        "X-Tag ~ =a",
        "Content-Security-Policy ~ 'self'",
    ] {
        server.assert_healthy(&["--expect-header", assertion]);
    }
    for (assertion, reason) in [
        ("a!= =b", "a is \"=b\", expected anything but \"=b\""),
        ("a !~ =b", "a is \"=b\", expected text not matching =b"),
    ] {
        server.assert_unhealthy(&["-e", assertion], reason, " in <t>");
    }
}
