//! `HEALTHPROBE_*`: every option from the environment.

use crate::support::{Server, assert_error, help_flags, probe, response};

fn server() -> Server {
    Server::answering(response("200 OK", "{\"status\":\"ok\",\"n\":2}"))
}

const HEALTHY: &str = "healthy: 200 OK in <t>; GET http://localhost:PORT/";

#[test]
fn reads_every_option_from_the_environment() {
    let server = server();
    let url = format!(":{}/${{MODEL}}", server.port());
    server
        .prepare(&[])
        .env("HEALTHPROBE_URL", &url)
        .env("MODEL", "m")
        .env("HEALTHPROBE_REQUEST", "POST")
        .env("HEALTHPROBE_HEADER", "X-A: 1\nX-B: 2\n\n")
        .env("HEALTHPROBE_USER", "user:pass")
        .env("HEALTHPROBE_TIMEOUT", "20s")
        .env("HEALTHPROBE_MAX_BODY", "1k")
        .env("HEALTHPROBE_IPV4", "true")
        .env("HEALTHPROBE_IPV6", "0")
        .env("HEALTHPROBE_EXPECT_STATUS", "200")
        .env("HEALTHPROBE_EXPECT_HEADER", "content-type\n!x-error")
        .env("HEALTHPROBE_EXPECT_BODY", "status\nok")
        .env("HEALTHPROBE_EXPECT_BODY_REGEX", "^..status")
        .env("HEALTHPROBE_REJECT_BODY_REGEX", "error")
        .env("HEALTHPROBE_EXPECT", "status=ok\nn=2\n")
        .env("HEALTHPROBE_MAX_LATENCY", "20s")
        .env("HEALTHPROBE_QUIET", "no")
        .env("HEALTHPROBE_VERBOSE", "off")
        .env("HEALTHPROBE_OUTPUT", "text")
        .run()
        .assert_verdict("healthy: 200 OK in <t>; POST http://localhost:PORT/m");
    let request = server.request();
    for line in ["x-a: 1", "x-b: 2", "authorization: Basic dXNlcjpwYXNz"] {
        assert!(request.lines().any(|sent| sent == line), "{request}");
    }
}

/// Every flag in the help has a variable.
#[test]
fn reads_a_variable_for_every_flag() {
    for [_, flag, _] in help_flags() {
        let flag = flag.as_str();
        if matches!(flag, "help" | "version") {
            continue;
        }
        let name = format!("HEALTHPROBE_{}", flag.to_uppercase().replace('-', "_"));
        // A value that no flag accepts; an unused variable would cause no error.
        let value = match flag {
            // Any path is valid, unless it is too long.
            "unix-socket" => "\u{1}".repeat(200),
            "metrics-file" => "/nowhere/x".to_owned(),
            _ => "\u{1}".to_owned(),
        };
        let mut outcome = probe(&[":1", "-t", "1ms"]).env(&name, &value).run();
        if matches!(flag, "timeout") {
            outcome = probe(&[":1"]).env(&name, "\u{1}").run();
        }
        if flag == "metrics-file" {
            let warning = "warning: cannot write /nowhere/x: No such file or directory\n";
            assert_eq!(outcome.err, warning, "{outcome:?}");
            continue;
        }
        let accepts_anything = matches!(
            flag,
            "expect-body" | "expect-body-regex" | "reject-body-regex" | "data" | "write-baseline"
        );
        if accepts_anything {
            outcome = probe(&[":1", "-X", "HEAD"]).env(&name, "x").run();
            assert!(
                outcome.err.starts_with("error: --request \"HEAD\": "),
                "{name}: {outcome:?}"
            );
        } else {
            assert!(
                outcome.err.starts_with(&format!("error: {name}")),
                "{name}: {outcome:?}"
            );
        }
    }
}

#[test]
fn flags_override_variables() {
    let server = server();
    server
        .prepare(&[":PORT", "-e", "status=ok", "-4", "-s", "200"])
        .env("HEALTHPROBE_URL", "http://nowhere.invalid/")
        .env("HEALTHPROBE_EXPECT", "status=bad")
        .env("HEALTHPROBE_IPV6", "1")
        .env("HEALTHPROBE_EXPECT_STATUS", "500")
        .run()
        .assert_verdict(HEALTHY);
    server
        .prepare(&[":PORT"])
        .env("HEALTHPROBE_EXPECT", "n=2\nstatus=bad")
        .run()
        .assert_verdict(
            "unhealthy: status is \"ok\", expected \"bad\"; GET http://localhost:PORT/ in <t>",
        );
}

#[test]
fn treats_an_empty_variable_as_unset() {
    let server = server();
    let mut run = server.prepare(&[":PORT"]);
    for name in [
        "URL",
        "TIMEOUT",
        "EXPECT",
        "QUIET",
        "IPV4",
        "OUTPUT",
        "USER",
        "EXPECT_STATUS",
    ] {
        run = run.env(&format!("HEALTHPROBE_{name}"), "");
    }
    run.run().assert_verdict(HEALTHY);
}

#[test]
fn the_last_of_a_repeated_flag_wins() {
    let server = server();
    server.assert_verdict(
        &[":PORT", "-s", "500", "-s", "200", "-t", "x", "-t", "20s"],
        HEALTHY,
    );
}

#[test]
fn names_the_variable_in_errors() {
    for (name, value, message) in [
        (
            "TIMEOUT",
            "5x",
            "HEALTHPROBE_TIMEOUT \"5x\": column 2: expected a duration such as 500ms, 2s or 1m 30s",
        ),
        (
            "EXPECT",
            "a=1\nb=",
            "HEALTHPROBE_EXPECT \"b=\": column 3: expected a value; the empty string is written \"\"",
        ),
        (
            "QUIET",
            "maybe",
            "HEALTHPROBE_QUIET \"maybe\": expected true or false",
        ),
        (
            "HEADER",
            "s3cret",
            "HEALTHPROBE_HEADER: column 7: expected NAME: VALUE",
        ),
        (
            "USER",
            "s3cret",
            "HEALTHPROBE_USER: column 7: expected USER:PASSWORD",
        ),
        (
            "EXPECT_STATUS",
            "--quiet",
            "HEALTHPROBE_EXPECT_STATUS \"--quiet\": column 1: expected a status such as 200, 2xx or 200-299, or a list of these",
        ),
    ] {
        probe(&[":1"])
            .env(&format!("HEALTHPROBE_{name}"), value)
            .run()
            .assert_error(message);
    }
    probe::<&str>(&[])
        .env("HEALTHPROBE_URL", "h:0")
        .run()
        .assert_error("HEALTHPROBE_URL \"h:0\": column 3: expected a port from 1 to 65535");
    probe::<&str>(&[])
        .env("HEALTHPROBE_URL", "--quiet")
        .run()
        .assert_error(
            "HEALTHPROBE_URL \"--quiet\": expected a URL such as http://localhost:8000/health",
        );
    probe(&[":1"])
        .env("HEALTHPROBE_IPV4", "1")
        .env("HEALTHPROBE_IPV6", "1")
        .run()
        .assert_error("HEALTHPROBE_IPV4 cannot be used with HEALTHPROBE_IPV6");
}

#[test]
fn reports_a_usage_error_in_one_sentence() {
    for (arguments, message) in [
        (&["--frobnicate"][..], "unknown flag --frobnicate"),
        (&[":1", "--dat", "x"], "unknown flag --dat"),
        (&[":1", "-4", "-6"], "--ipv4 cannot be used with --ipv6"),
        (&[":1", "-t"], "--timeout: expected a value"),
        (&[":1", "--quiet=yes"], "--quiet: expected no value"),
        (
            &[":1", "-H", "Authorization:", "s3cret"],
            "a second URL was given; quote values that contain spaces",
        ),
    ] {
        assert_error(arguments, format!("{message}; see healthprobe --help"));
    }
    probe::<&str>(&[]).run().assert_error(
        "no URL: expected one such as http://localhost:8000/health, \
         or HEALTHPROBE_URL; see healthprobe --help",
    );
}

#[test]
fn truncates_usage_errors_to_500_bytes() {
    let long = "x".repeat(100_000);
    for arguments in [
        ["-e", &format!("{long}-")],
        ["-H", &format!("{long}:")],
        ["-t", &long],
        ["--expect-status", &format!("2\n{long}")],
        ["-q", &format!("--{long}")],
    ] {
        let output = probe(&[&[":1"], &arguments[..]].concat()).output();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(1), 0),
            "{err}"
        );
        assert!(
            err.len() <= 500 && err.starts_with("error: "),
            "{}",
            err.len()
        );
        assert_eq!(err.matches('\n').count(), 1);
    }
}
