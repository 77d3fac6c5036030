//! A redirect that is the response shows where it leads.

use crate::support::{Server, new_file};

fn server(location: &str) -> Server {
    Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[test]
fn shows_the_location_without_credentials_and_query() {
    for (location, shown) in [
        ("/login", " → /login"),
        ("/login?next=/health&token=s3cret#s3cret", " → /login"),
        ("/login;jsessionid=s3cret", " → /login"),
        ("login", " → login"),
        (
            "https://me:s3cret@sso.example/auth?state=s3cret",
            " → https://***@sso.example/auth",
        ),
        ("//me:s3cret?#@sso.example/", " → //***@sso.example/"),
        ("http:/me:s3cret@sso.example/", " → http:/***@sso.example/"),
        ("?token=s3cret", ""),
        ("", ""),
        // A location that could be taken for the rest of the line.
        (
            "/a in 0.1ms, GET http://h/",
            " → \"/a in 0.1ms, GET http://h/\"",
        ),
        ("/\u{202e}x\u{9b}", " → /\\u202ex\\u009b"),
        ("/é", " → /é"),
    ] {
        let server = server(location);
        server.assert_verdict(
            &["127.0.0.1:PORT/h"],
            format!(
                "healthy: 302 Found{} in <t>; GET http://127.0.0.1:PORT/h",
                shown.replace("0.1ms", "<t>")
            ),
        );
        server.assert_unhealthy(
            &["-s", "2xx"],
            &format!("status 302{}, expected 2xx", shown.replace("0.1ms", "<t>")),
            " in <t>",
        );
    }
}

#[test]
fn shows_no_location_of_what_is_not_a_redirect() {
    for (status, phrase) in [
        (201, "Created"),
        (300, "Multiple Choices"),
        (304, "Not Modified"),
    ] {
        Server::answering(format!(
            "HTTP/1.1 {status} Oh\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"
        ))
        .assert_verdict(
            &["127.0.0.1:PORT"],
            format!("healthy: {status} {phrase} in <t>; GET http://127.0.0.1:PORT/"),
        );
    }
}

#[test]
fn a_location_is_short_and_keeps_secrets() {
    let token = new_file(b"t0ken-of-file");
    let server = server(&format!("/{}/t0ken-of-file", "x".repeat(60_000)));
    for arguments in [&["127.0.0.1:PORT"][..], &["127.0.0.1:PORT", "-s", "200"]] {
        let outcome = server.probe(arguments);
        assert!(
            outcome.out.contains("xxx…") && outcome.out.len() < 250,
            "{outcome:?}"
        );
    }
    for path in ["/t0ken-of-file/x", "/a b/t0ken-of-file"] {
        let server = self::server(path);
        for output in ["text", "json"] {
            for status in ["302", "200"] {
                let outcome = server.probe(&[
                    "127.0.0.1:PORT",
                    "--bearer-file",
                    &token,
                    "-o",
                    output,
                    "-s",
                    status,
                    "-v",
                ]);
                let printed = outcome.out + &outcome.err;
                assert!(
                    !printed.contains("t0ken") && printed.contains("***"),
                    "{printed}"
                );
            }
        }
    }
}

#[test]
fn json_output_has_the_location() {
    for (location, expected) in [
        ("/login?next=/", "/login".into()),
        ("/a b", "/a b".into()),
        ("?next", serde_json::Value::Null),
    ] {
        let (object, code) = server(location).prepare(&["127.0.0.1:PORT"]).json();
        assert_eq!((&object["location"], code), (&expected, Some(0)));
    }
    let (object, _) = server("/login")
        .prepare(&["127.0.0.1:PORT", "-s", "200"])
        .json();
    assert_eq!(object["location"], "/login");
    assert_eq!(object["reason"], "status 302 → /login, expected 200");
    assert_eq!(object["checks"][0]["actual"], "302");
}
