//! Connections to another place than the URL's host: another address, a unix socket, a proxy.

use crate::support::unix::{socket_path, unix_server, unix_server_on};
use crate::support::{
    Server, assert_error, assert_outcome, assert_verdict, assert_within, free_port, has_ipv6,
    new_file, probe, response,
};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::time::Duration;

const LATEST: Duration = Duration::from_secs(10);

#[test]
fn connects_to_a_unix_socket() {
    let path = socket_path("answer");
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    let requests = unix_server(&path, answer);
    let outcome = probe(&[
        "http://model/health",
        "--unix-socket",
        &path,
        "-e",
        "status=ok",
        "-v",
    ])
    .run();
    assert_outcome(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET http://model/health\n",
        &format!(
            "* connected to unix:{path}\n* took <t>: resolve <t>, connect <t>, processing <t>, transfer <t>\n\
             * passed: expect-status 200-399 (200)\n* passed: expect status=ok (\"ok\")\n\
             < 200 OK\n< content-length: 15\n"
        ),
    );
    assert!(
        requests
            .recv()
            .unwrap()
            .starts_with("GET /health HTTP/1.1\r\nhost: model\r\n")
    );
}

#[test]
fn reports_a_unix_socket_without_a_listener() {
    let path = socket_path("none");
    let run = |path: &str| probe(&[":80", "--unix-socket", path]).run();
    let line =
        |reason: &str| format!("unhealthy: {reason} (unix:{path}); GET http://localhost:80/");
    run(&path).assert_verdict(line("no such socket"));
    drop(UnixListener::bind(&path).unwrap());
    run(&path).assert_verdict(line("connection refused"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    run(&path).assert_verdict(line("connection refused"));
    let long = "x".repeat(108);
    run(&long).assert_error(format!(
        "--unix-socket \"{long}\": column 108: expected a path of at most 107 bytes"
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn connects_to_an_abstract_unix_socket() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    // Its name may be as long as the system allows.
    let name = format!("{:x<107}", format!("hp-abstract-{}", std::process::id()));
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    let socket = format!("@{name}");
    let arguments = ["http://model/health", "--unix-socket", &socket];
    let requests = unix_server_on(listener, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    let healthy = "healthy: 200 OK in <t>; GET http://model/health";
    assert_verdict(&arguments, healthy);
    assert!(requests.recv().unwrap().starts_with("GET /health "));
    // A config's folder does not belong to the name.
    let config = new_file(format!(
        "{{\"url\": \"http://model/health\", \"unix_socket\": \"{socket}\"}}"
    ));
    assert_verdict(&["--config", &config], healthy);
}

#[test]
fn reports_an_abstract_unix_socket_without_a_listener() {
    let run = |socket: &str| probe(&[":80", "--unix-socket", socket]).run();
    run("@hp-none")
        .assert_verdict("unhealthy: connection refused (unix:@hp-none); GET http://localhost:80/");
    run("@").assert_error("--unix-socket \"@\": column 2: expected the name of a socket");
    let long = format!("@{}", "x".repeat(108));
    run(&long).assert_error(format!(
        "--unix-socket \"{long}\": column 109: expected a name of at most 107 bytes"
    ));
    // A file whose name begins with @.
    run("./@none")
        .assert_verdict("unhealthy: no such socket (unix:./@none); GET http://localhost:80/");
}

/// A server too busy to accept: connecting waits until its backlog has room.
#[test]
fn times_out_connecting_to_a_full_unix_socket() {
    use socket2::{Domain, SockAddr, Socket, Type};
    let path = socket_path("full");
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let address = SockAddr::unix(&path).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let waiting = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    waiting.connect(&address).unwrap();
    assert_within(LATEST, || {
        assert_verdict(
            &[":80", "--unix-socket", &path, "-t", "1s"],
            format!(
                "unhealthy: timed out after 1s connecting to unix:{path}; GET http://localhost:80/"
            ),
        );
    });
}

#[test]
fn connects_elsewhere_and_keeps_the_urls_host() {
    let server = Server::json("{}");
    for to in ["127.0.0.1:PORT", "localhost:PORT", ":PORT"] {
        server.assert_verdict(
            &["http://model.internal/health", "--connect-to", to],
            "healthy: 200 OK in <t>; GET http://model.internal/health",
        );
        assert!(server.request().contains("\r\nhost: model.internal\r\n"));
    }
    // The default port is the URL's.
    server.assert_verdict(
        &["http://model.internal:PORT/", "--connect-to", "127.0.0.1"],
        "healthy: 200 OK in <t>; GET http://model.internal:PORT/",
    );
    if has_ipv6() {
        let server = Server::on("[::1]:0", |stream| {
            let _ = stream.write_all(response("200 OK", "{}").as_bytes());
        });
        server.assert_verdict(
            &["http://model.internal/", "--connect-to", "[::1]:PORT"],
            "healthy: 200 OK in <t>; GET http://model.internal/",
        );
    }
}

#[test]
fn rejects_invalid_connect_targets() {
    for (arguments, message) in [
        (
            &["--connect-to", "h:0"][..],
            "--connect-to \"h:0\": column 3: expected a port from 1 to 65535",
        ),
        (
            &["--connect-to", "http://h/"],
            "--connect-to \"http://h/\": column 6: expected a port from 1 to 65535",
        ),
        (
            &["--connect-to", ""],
            "--connect-to \"\": column 1: expected a host, as in localhost:8000/health",
        ),
        (
            &["--connect-to", "[::1]", "-4"],
            "--ipv4: the host to connect to is the IPv6 address ::1",
        ),
        (
            &["--unix-socket", ""],
            "--unix-socket \"\": column 1: expected the name of a file",
        ),
        (
            &["--proxy", "socks5://h:1"],
            "--proxy \"socks5://h:1\": column 1: expected http:// or https://",
        ),
        (
            &["--proxy", "http://me:s3cr3t@h:0"],
            "--proxy \"http://***@h:0\": column 20: expected a port from 1 to 65535",
        ),
        (
            &["--proxy", "http://me:s3cr3t@h/path"],
            "--proxy \"http://h/path\": expected an HTTP proxy such as http://proxy:3128",
        ),
        (
            &["--proxy", ":1", "--unix-socket", "x"],
            "--proxy cannot be used with --unix-socket; see healthprobe --help",
        ),
        (
            &["--connect-to", "h", "--unix-socket", "x"],
            "--connect-to cannot be used with --unix-socket; see healthprobe --help",
        ),
    ] {
        assert_error(&[&[":1"], arguments].concat(), message);
    }
}

#[test]
fn asks_a_proxy_for_the_absolute_url() {
    let server = Server::json("{}");
    server.assert_verdict(
        &[
            "http://model.internal:8000/health?q=1",
            "--proxy",
            "http://me:pr0xy-s3cret@127.0.0.1:PORT",
            "-u",
            "you:s3rv3r",
        ],
        "healthy: 200 OK in <t>; GET http://model.internal:8000/health",
    );
    assert_eq!(
        server.request(),
        format!(
            "GET http://model.internal:8000/health?q=1 HTTP/1.1\r\nhost: model.internal:8000\r\n\
             authorization: Basic eW91OnMzcnYzcg==\r\nuser-agent: healthprobe/{}\r\naccept: */*\r\n\
             accept-encoding: identity\r\nconnection: close\r\n\
             proxy-authorization: Basic bWU6cHIweHktczNjcmV0\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn ignores_proxy_variables() {
    let server = Server::json("{}");
    let proxy = Server::json("{}");
    let mut run = server.prepare(&["127.0.0.1:PORT"]);
    let url = format!("http://127.0.0.1:{}", proxy.port());
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HTTPS_PROXY",
    ] {
        run = run.env(name, &url);
    }
    run.run()
        .assert_verdict("healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/");
    assert!(proxy.received_nothing());
}

#[test]
fn reports_a_failing_proxy_as_the_proxy() {
    let closed = free_port();
    assert_verdict(
        &["http://model/", "--proxy", &format!("127.0.0.1:{closed}")],
        format!("unhealthy: proxy: connection refused (127.0.0.1:{closed}); GET http://model/"),
    );
    // For plain HTTP, the proxy's response is the response.
    let gone = Server::answering(response("502 Bad Gateway", "no model"));
    gone.assert_verdict(
        &["http://model/", "--proxy", "127.0.0.1:PORT"],
        "unhealthy: status 502, expected 200-399; GET http://model/ in <t>; body: no model",
    );
}
