//! `--location`: which redirects are followed, and with what request.

use crate::support::{Server, assert_phases_sum, assert_within, free_port, response};
use std::io::Write;
use std::time::Duration;

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Answers `/` and `/start/here?q=1` with this redirect, everything else with 200 and the request line as JSON.
fn server(status: u16, location: &str) -> Server {
    let redirect = redirect(status, location);
    Server::handling_body(move |stream, head, body| {
        let (line, _) = head.split_once("\r\n").unwrap();
        let target = line.split(' ').nth(1).unwrap();
        let answer = match target {
            "/" | "/start/here?q=1" => redirect.replace("PORT", &port_of(head)),
            _ => response(
                "200 OK",
                &serde_json::json!({"line": line, "length": body.len()}).to_string(),
            ),
        };
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn port_of(head: &str) -> String {
    let host = head.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().rsplit(':').next().unwrap().to_owned()
}

#[track_caller]
fn assert_leads(location: &str, to: &str) {
    let server = server(302, location);
    let line = format!("line=GET {to} HTTP/1.1");
    let outcome = server.probe(&["127.0.0.1:PORT/start/here?q=1", "-L", "-e", &line]);
    assert_eq!(outcome.code, Some(0), "{location}: {outcome:?}");
}

/// Bytes in a location: white space, and text in any charset.
#[test]
fn encodes_the_raw_bytes_of_a_location_one_by_one() {
    for (location, to) in [
        (&b"/my model/a\tb"[..], "/my%20model/a%09b"),
        (b"/m\xfcller", "/m%FCller"),
        (b"/\xe6\xa8\xa1", "/%E6%A8%A1"),
        (b"  a b?q=c d \xfc#e f", "/start/a%20b?q=c%20d%20%FC"),
        (b"?\xff \xfe", "/start/here?%FF%20%FE"),
        (b"http://127.0.0.1:PORT/\xfc b", "/%FC%20b"),
        (b"//127.0.0.1:PORT?\xfc b", "/?%FC%20b"),
        (b"/already%20encoded%FC", "/already%20encoded%FC"),
        (b"a//\xfc", "/start/a//%FC"),
    ] {
        let shown = String::from_utf8_lossy(location);
        let location = location.to_vec();
        let server = Server::handling_body(move |stream, head, _| {
            let (line, _) = head.split_once("\r\n").unwrap();
            let target = line.split(' ').nth(1).unwrap();
            let answer = if target == "/start/here?q=1" {
                let port = port_of(head);
                let mut location = location.clone();
                if let Some(at) = location.windows(4).position(|window| window == b"PORT") {
                    location.splice(at..at + 4, port.bytes());
                }
                [
                    b"HTTP/1.1 302 Found\r\nLocation: ",
                    &location[..],
                    b"\r\n\r\n",
                ]
                .concat()
            } else {
                let target = serde_json::json!({ "target": target }).to_string();
                response("200 OK", &target).into_bytes()
            };
            let _ = stream.write_all(&answer);
        });
        let expected = format!("target={to}");
        let outcome = server.probe(&["127.0.0.1:PORT/start/here?q=1", "-L", "-e", &expected]);
        assert_eq!(outcome.code, Some(0), "{shown}: {outcome:?}");
    }
}

#[test]
fn encodes_no_byte_of_a_host() {
    for (location, shown) in [
        ("http://a host/x", "http://a host/x"),
        ("http://m\u{fc}ller/x y", "http://m\u{fc}ller/x%20y"),
    ] {
        let server = Server::answering(redirect(302, location));
        let outcome = server.probe(&["127.0.0.1:PORT", "-L"]);
        let start = format!("unhealthy: redirect 302 to \"{shown}\", which is not a valid URL: ");
        outcome.assert_starts(start);
    }
}

/// RFC 3986, section 5.2, with the leniency of browsers.
#[test]
fn resolves_relative_references() {
    for (location, to) in [
        ("http://127.0.0.1:PORT/new?a=b", "/new?a=b"),
        ("//127.0.0.1:PORT/new", "/new"),
        ("/new", "/new"),
        ("/a/./b/../new", "/a/new"),
        ("new", "/start/new"),
        ("./new/", "/start/new/"),
        ("../new", "/new"),
        ("../../../new", "/new"),
        ("?q=2", "/start/here?q=2"),
        ("new?q=/../x", "/start/new?q=/../x"),
        ("/new#part", "/new"),
        (" /new ", "/new"),
        ("/né|w", "/n%C3%A9%7Cw"),
    ] {
        assert_leads(location, to);
    }
}

#[test]
fn follows_redirects_only_with_the_flag() {
    let server = server(302, "/new");
    server.assert_verdict(
        &["127.0.0.1:PORT", "--expect-header", "location=/new"],
        "healthy: 302 Found → /new in <t>; GET http://127.0.0.1:PORT/",
    );
    server.assert_verdict(
        &["127.0.0.1:PORT", "-L"],
        "healthy: 200 OK in <t>; \
         GET http://127.0.0.1:PORT/, redirected to http://127.0.0.1:PORT/new",
    );
}

#[test]
fn follows_only_redirect_statuses_with_a_location() {
    for (status, phrase) in [
        (300, "Multiple Choices"),
        (304, "Not Modified"),
        (201, "Created"),
    ] {
        let outcome = server(status, "/new").probe(&["127.0.0.1:PORT", "-L"]);
        outcome.assert_verdict(format!(
            "healthy: {status} {phrase} in <t>; GET http://127.0.0.1:PORT/"
        ));
    }
    let nowhere = Server::answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    nowhere.assert_verdict(
        &["127.0.0.1:PORT", "-L"],
        "healthy: 302 Found in <t>; GET http://127.0.0.1:PORT/",
    );
}

/// As in the Fetch standard's HTTP-redirect fetch: 303 becomes a GET, 307 and 308 repeat the request.
#[test]
fn changes_method_and_body_as_fetch_does() {
    for (status, method, data, then, length) in [
        (301, "POST", true, "GET", 0),
        (302, "POST", true, "GET", 0),
        (303, "POST", true, "GET", 0),
        (307, "POST", true, "POST", 5),
        (308, "POST", true, "POST", 5),
        (301, "PUT", true, "PUT", 5),
        (303, "PUT", true, "GET", 0),
        (303, "GET", false, "GET", 0),
        (302, "DELETE", false, "DELETE", 0),
    ] {
        let server = server(status, "/new");
        let line = format!("line={then} /new HTTP/1.1");
        let length = format!("length={length}");
        let mut arguments = vec![
            "127.0.0.1:PORT",
            "-L",
            "-X",
            method,
            "-e",
            &line,
            "-e",
            &length,
        ];
        if data {
            arguments.extend(["-d", "[1,2]"]);
        }
        let outcome = server.probe(&arguments);
        assert_eq!(outcome.code, Some(0), "{status} {method}: {outcome:?}");
        server.request();
        let described = server.request().contains("content-type");
        assert_eq!(described, data && then != "GET", "{status} {method}");
    }
}

#[test]
fn drops_credentials_for_another_origin() {
    let arguments = [
        "http://me:s3cr3t@127.0.0.1:PORT/",
        "-L",
        "-H",
        "X-Api-Key: k3y-k3y",
        "-H",
        "Cookie: c00kie",
        "-H",
        "Accept: application/json",
        "-v",
    ];
    let same = server(302, "/new");
    let outcome = same.probe(&arguments);
    assert!(
        outcome
            .err
            .starts_with("* redirected by 302 to http://127.0.0.1:PORT/new\n"),
        "{outcome:?}"
    );
    same.request();
    let request = same.request();
    for kept in [
        "authorization: Basic",
        "x-api-key: k3y-k3y",
        "cookie: c00kie",
    ] {
        assert!(request.contains(kept), "{request}");
    }
    // Another port is another origin.
    let other = Server::json("{}");
    let from = server(
        302,
        &format!(
            "http://you:y0u-y0u@127.0.0.1:{}/new?token=t0ken",
            other.port()
        ),
    );
    let outcome = from.probe(&arguments);
    let to = format!("http://127.0.0.1:{}/new", other.port());
    assert_eq!(
        (outcome.out, outcome.code),
        (
            format!("healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/, redirected to {to}\n"),
            Some(0)
        )
    );
    assert!(
        outcome.err.starts_with(&format!(
            "* redirected by 302 to {to}, without credentials\n"
        )),
        "{}",
        outcome.err
    );
    assert_eq!(
        other.request(),
        format!(
            "GET /new?token=t0ken HTTP/1.1\r\nhost: 127.0.0.1:{}\r\naccept: application/json\r\n\
             user-agent: healthprobe/{}\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n",
            other.port(),
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn drops_the_host_header_for_another_origin() {
    let other = Server::json("{}");
    let from = Server::answering(redirect(
        307,
        &format!("http://127.0.0.1:{}/", other.port()),
    ));
    let outcome = from.probe(&["127.0.0.1:PORT", "-L", "-H", "Host: model.internal"]);
    outcome.assert_code(0);
    assert!(from.request().contains("\r\nhost: model.internal\r\n"));
    assert!(!other.request().contains("model.internal"));
}

#[test]
fn follows_at_most_ten_redirects() {
    let counting = |last: usize| {
        Server::handling_body(move |stream, head, _| {
            let path = head.split(' ').nth(1).unwrap();
            let count: usize = path[1..].parse().unwrap_or(0);
            let answer = if count < last {
                redirect(302, &format!("/{}", count + 1))
            } else {
                response("200 OK", "{}")
            };
            let _ = stream.write_all(answer.as_bytes());
        })
    };
    counting(10).assert_verdict(
        &["127.0.0.1:PORT", "-L"],
        "healthy: 200 OK in <t>; \
         GET http://127.0.0.1:PORT/, redirected to http://127.0.0.1:PORT/10",
    );
    counting(11).assert_verdict(
        &["127.0.0.1:PORT", "-L"],
        "unhealthy: more than 10 redirects; \
         GET http://127.0.0.1:PORT/, redirected to http://127.0.0.1:PORT/10",
    );
}

#[test]
fn reports_a_redirect_that_cannot_be_followed() {
    let closed = free_port();
    for (location, reason, after) in [
        (
            "ftp://127.0.0.1/x",
            "redirect 302 to \"ftp://127.0.0.1/x\", which is not a valid URL: column 1: expected http:// or https://",
            String::new(),
        ),
        (
            "mailto:me@example.com",
            "redirect 302 to \"***@example.com\", which is neither http nor https",
            String::new(),
        ),
        (
            "http://u:p4ss@h:0/?token=t0ken",
            "redirect 302 to \"http://***@h:0/?…\", which is not a valid URL: column 17: expected a port from 1 to 65535",
            String::new(),
        ),
        (
            &format!("http://127.0.0.1:{closed}/new"),
            &format!("connection refused (127.0.0.1:{closed})"),
            format!(", redirected to http://127.0.0.1:{closed}/new"),
        ),
    ] {
        let outcome = server(302, location).probe(&["127.0.0.1:PORT", "-L"]);
        outcome.assert_verdict(format!(
            "unhealthy: {reason}; GET http://127.0.0.1:PORT/{after}"
        ));
    }
}

#[test]
fn applies_one_deadline_to_all_redirects() {
    let slow = Server::handling_body(|stream, _, _| {
        // Not for synchronization: slowness is under test.
        std::thread::sleep(Duration::from_millis(600));
        let _ = stream.write_all(redirect(302, "/again").as_bytes());
    });
    assert_within(Duration::from_secs(10), || {
        slow.assert_verdict(
            &["127.0.0.1:PORT", "-L", "-t", "1500ms"],
            "unhealthy: timed out after 1s 500ms waiting for the response; \
             GET http://127.0.0.1:PORT/, redirected to http://127.0.0.1:PORT/again",
        );
    });
}

#[test]
fn sums_the_phases_of_all_requests() {
    let slow = Server::handling_body(|stream, head, _| {
        // Not for synchronization: slowness is under test.
        std::thread::sleep(Duration::from_millis(60));
        let answer = if head.contains("GET / ") {
            redirect(302, "/new")
        } else {
            response("200 OK", "{}")
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let (object, _) = slow.prepare(&["127.0.0.1:PORT", "-L", "-t", "20s"]).json();
    assert!(
        object["phases_ms"]["processing"].as_f64().unwrap() >= 120.0,
        "{object}"
    );
    assert_phases_sum(&object);
    let to = format!("http://127.0.0.1:{}/new", slow.port());
    assert_eq!(object["redirects"], serde_json::json!([to]));
}
