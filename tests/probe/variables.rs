//! Variables that a tired user, Windows or Kubernetes has set.

use crate::support::{Server, assert_outcome, probe};

const HEALTHY: &str = "healthy: 200 OK in <t>; GET http://localhost:PORT/\n";

fn server() -> Server {
    Server::json("{\"status\":\"ok\"}")
}

#[test]
fn warns_of_a_variable_that_is_no_flags() {
    let server = server();
    for (name, nearest) in [
        ("TIMOUT", "TIMEOUT"),
        ("EXPCT", "EXPECT"),
        ("EXPECTED_STATUS", "EXPECT_STATUS"),
        ("HEADERS", "HEADER"),
        ("expect", "EXPECT"),
    ] {
        let name = format!("HEALTHPROBE_{name}");
        let warning =
            format!("warning: unknown variable {name}; did you mean HEALTHPROBE_{nearest}?\n");
        let outcome = server.prepare(&[":PORT"]).env(&name, "x").run();
        assert_outcome(&outcome, 0, HEALTHY, &warning);
        // The check that was meant may be what would have failed.
        let outcome = server.prepare(&[":PORT", "-q"]).env(&name, "x").run();
        assert_outcome(&outcome, 0, "", &warning);
        // With no effect on an error's own text.
        let outcome = probe(&[":0"]).env(&name, "x").run();
        let error = "error: URL \":0\": column 2: expected a port from 1 to 65535\n";
        assert_outcome(&outcome, 1, "", &format!("{error}{warning}"));
        // Unset for every other purpose, too.
        let outcome = server.prepare(&[":PORT"]).env(&name, "").run();
        assert_outcome(&outcome, 0, HEALTHY, "");
    }
    let outcome = probe::<&str>(&[]).env("HEALTHPROBE_ULR", ":1").run();
    assert!(
        outcome.err.ends_with(
            "\nwarning: unknown variable HEALTHPROBE_ULR; did you mean HEALTHPROBE_URL?\n"
        ),
        "{outcome:?}"
    );
}

#[test]
fn warns_in_a_few_short_lines() {
    let server = server();
    let mut run = server.prepare(&[":PORT"]);
    for number in 0..100 {
        let name = format!("HEALTHPROBE_{number:03}_\u{1b}[2J\n{}", "x".repeat(9000));
        run = run.env(&name, "x");
    }
    let outcome = run.run();
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(0), HEALTHY));
    let lines: Vec<&str> = outcome.err.lines().collect();
    assert_eq!(lines.len(), 4, "{outcome:?}");
    assert!(outcome.err.len() < 800, "{outcome:?}");
    assert!(
        lines[0].starts_with("warning: unknown variable HEALTHPROBE_0"),
        "{outcome:?}"
    );
    assert!(lines[0].contains("_\\u001b[2J\\nxxx"), "{outcome:?}");
    assert_eq!(lines[3], "warning: unknown variables not shown: 97");
}

#[test]
fn does_not_warn_of_what_others_set() {
    let server = server();
    let mut run = server.prepare(&[
        ":PORT/${HEALTHPROBE_MODEL}",
        "-H",
        "X-Tag: ${HEALTHPROBE_TAG:-none}",
    ]);
    for (name, value) in [
        // Kubernetes, for a service `healthprobe` and one `healthprobe-api`.
        ("SERVICE_HOST", "10.0.0.1"),
        ("SERVICE_PORT", "80"),
        ("SERVICE_PORT_HTTP", "80"),
        ("PORT", "tcp://10.0.0.1:80"),
        ("PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("PORT_80_TCP_PROTO", "tcp"),
        ("PORT_80_TCP_PORT", "80"),
        ("PORT_80_TCP_ADDR", "10.0.0.1"),
        ("API_SERVICE_HOST", "10.0.0.2"),
        ("API_PORT_53_UDP_ADDR", "10.0.0.2"),
        // A Dockerfile.
        ("VERSION", "1.2.3"),
        // The user, who refers to them.
        ("MODEL", "iris"),
        ("TAG", "a"),
    ] {
        run = run.env(&format!("HEALTHPROBE_{name}"), value);
    }
    let line = HEALTHY.replace("PORT/", "PORT/iris");
    assert_outcome(&run.run(), 0, &line, "");
}

#[test]
fn drops_the_carriage_return_of_a_file_with_windows_line_ends() {
    let server = server();
    server
        .prepare(&[])
        .env(
            "HEALTHPROBE_URL",
            &format!(":{}/${{MODEL}}\r", server.port()),
        )
        .env("MODEL", "iris\r")
        .env("HEALTHPROBE_TIMEOUT", "20s\r")
        .env("HEALTHPROBE_REQUEST", "GET\r")
        .env("HEALTHPROBE_HEADER", "X-A: 1\r\nX-B: 2\r")
        .env("HEALTHPROBE_USER", "user:pass\r")
        .env("HEALTHPROBE_CONNECT_TO", "127.0.0.1\r")
        .env("HEALTHPROBE_IPV4", "true\r")
        .env("HEALTHPROBE_MAX_BODY", "1k\r")
        .env("HEALTHPROBE_EXPECT_STATUS", "200\r")
        .env("HEALTHPROBE_EXPECT_BODY", "status\r\nok\r")
        .env("HEALTHPROBE_EXPECT", "status=ok\r\nstatus~ok$\r")
        .env("HEALTHPROBE_OUTPUT", "text\r")
        .env("HEALTHPROBE_BASELINE", "\r")
        .run()
        .assert_verdict("healthy: 200 OK in <t>; GET http://localhost:PORT/iris");
    let request = server.request();
    for line in ["x-a: 1", "x-b: 2", "authorization: Basic dXNlcjpwYXNz"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{request}");
    }
    probe(&["h"])
        .env("HEALTHPROBE_UNIX_SOCKET", "/nowhere.sock\r")
        .run()
        .assert_verdict("unhealthy: no such socket (unix:/nowhere.sock); GET http://h/");
}

#[test]
fn names_the_variable_that_spoils_the_url() {
    let link = "tcp://10.0.0.1:8000";
    for (url, value, message) in [
        (
            ":${MODEL_PORT}/",
            link,
            "URL \":${MODEL_PORT}/\": column 2: MODEL_PORT is \"tcp://10.0.0.1:8000\"; expected a port from 1 to 65535; \
             IPv6 addresses take brackets, as in [::1]:8000",
        ),
        (
            "http://u:p@model:${MODEL_PORT:-8000}/?token=s3cret",
            "0x1F40",
            "URL \"http://***@model:${MODEL_PORT:-8000}/?…\": column 18: MODEL_PORT is \"0x1F40\"; \
             expected a port from 1 to 65535",
        ),
        (
            "é${MODEL_PORT}:80/",
            "b",
            "URL \"éb:80/\": column 1: expected a host of letters, digits, - and . (other alphabets as Punycode, xn--)",
        ),
        (
            "h/${MODEL_PORT}/",
            "a\nb",
            "URL \"h/${MODEL_PORT}/\": column 3: MODEL_PORT is \"a\\nb\"; expected no white space; a space is written %20",
        ),
        // What may be secret is not shown.
        (
            "http://user:${MODEL_PORT}@h/",
            "s3/cret",
            "URL \"http://***@h/\": column 13: expected a port from 1 to 65535",
        ),
        (
            "h/?token=${MODEL_PORT}",
            "s3 cret",
            "URL \"h/?…\": column 12: expected no white space; a space is written %20",
        ),
        // The rest of the URL is wrong.
        (
            "h:0/${MODEL_PORT}",
            "8000",
            "URL \"h:0/8000\": column 3: expected a port from 1 to 65535",
        ),
    ] {
        probe(&[url])
            .env("MODEL_PORT", value)
            .run()
            .assert_error(message);
    }
    let long = "9".repeat(1000);
    let outcome = probe(&[":${MODEL_PORT}/"]).env("MODEL_PORT", &long).run();
    assert!(
        outcome.err.contains("MODEL_PORT is \"99") && outcome.err.contains("…\"; expected "),
        "{outcome:?}"
    );
    probe(&[":1", "--proxy", "http://${MODEL_PORT}"])
        .env("MODEL_PORT", link)
        .run()
        .assert_error(
            "--proxy \"http://${MODEL_PORT}\": column 8: MODEL_PORT is \"tcp://10.0.0.1:8000\"; \
         expected a port from 1 to 65535",
        );
}
