//! TLS through tunnels, redirects and unix sockets.

use crate::support::certificates::{Authority, Certificate};
use crate::support::tls::{config, play, serve};
use crate::support::unix::socket_path;
use crate::support::{Server, assert_verdict, assert_within, hold};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

const LATEST: Duration = Duration::from_secs(10);

/// A proxy that connects to this port, whatever it is asked for.
fn proxy(to: u16) -> Server {
    Server::handling(move |stream| {
        let mut server = std::net::TcpStream::connect(("127.0.0.1", to)).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
        let (mut from, mut back) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut back, &mut from);
            let _ = from.shutdown(std::net::Shutdown::Write);
        });
        let _ = std::io::copy(stream, &mut server);
    })
}

#[test]
fn speaks_tls_through_a_proxy_tunnel() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["model.internal"])));
    let proxy = proxy(server.port());
    proxy.assert_verdict(
        &[
            "https://model.internal/health",
            "--cacert",
            &authority.file(),
            "--proxy",
            "http://me:pr0xy@127.0.0.1:PORT",
            "-e",
            "status=ok",
        ],
        "healthy: 200 OK in <t>; GET https://model.internal/health",
    );
    assert_eq!(
        proxy.request(),
        format!(
            "CONNECT model.internal:443 HTTP/1.1\r\nhost: model.internal:443\r\n\
             user-agent: healthprobe/{}\r\nproxy-authorization: Basic bWU6cHIweHk=\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn reports_a_proxy_that_opens_no_tunnel() {
    for (answer, reason) in [
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "it answered 403 Forbidden to CONNECT model:443",
        ),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "it requires credentials (407); put them in its URL, http://USER:PASSWORD@HOST:PORT",
        ),
        (
            "SSH-2.0-OpenSSH\r\n\r\n",
            "its response to CONNECT is not HTTP",
        ),
        (
            "HTTP/1.1 200 OK\r\nVia: x",
            "it closed the connection instead of answering CONNECT",
        ),
        (
            &format!("HTTP/1.1 200 OK\r\nVia: {}", "x".repeat(20_000)),
            "its response to CONNECT has headers longer than 16KiB",
        ),
    ] {
        let proxy = Server::answering(answer);
        proxy.assert_verdict(
            &["https://model/", "-k", "--proxy", "127.0.0.1:PORT"],
            format!("unhealthy: proxy: {reason}; GET https://model/"),
        );
    }
}

#[test]
fn times_out_waiting_for_a_proxy() {
    let proxy = Server::handling(hold);
    assert_within(LATEST, || {
        let arguments = [
            "https://model/",
            "-k",
            "--proxy",
            "127.0.0.1:PORT",
            "-t",
            "1s",
        ];
        proxy.assert_verdict(
            &arguments,
            "unhealthy: timed out after 1s waiting for the proxy; GET https://model/",
        );
    });
}

#[test]
fn verifies_the_urls_host_not_the_connected_one() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["model.internal"])));
    let cacert = authority.file();
    let run =
        |url: &str| server.probe(&[url, "--cacert", &cacert, "--connect-to", "127.0.0.1:PORT"]);
    run("https://model.internal/")
        .assert_verdict("healthy: 200 OK in <t>; GET https://model.internal/");
    run("https://localhost/").assert_verdict(
        "unhealthy: certificate is for model.internal, not for localhost; GET https://localhost/",
    );
}

#[test]
fn follows_redirects_to_https_but_not_back_to_http() {
    let authority = Authority::new("Test CA");
    let certificate = authority.sign(&["localhost"]);
    let secured = serve(config(&certificate));
    let to = format!("https://localhost:{}/", secured.port());
    let plain = Server::answering(format!(
        "HTTP/1.1 301 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
    ));
    plain.assert_verdict(
        &[
            "localhost:PORT",
            "-L",
            "--cacert",
            &authority.file(),
            "--min-cert-validity",
            "7d",
        ],
        format!("healthy: 200 OK in <t>; GET http://localhost:PORT/, redirected to {to}"),
    );
    let back = play(config(&Certificate::self_signed("localhost")), |stream| {
        let answer =
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/?q=1\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes());
    });
    back.assert_verdict(
        &["https://localhost:PORT", "-k", "-L"],
        "unhealthy: redirect 302 from https to http://localhost:1/, which is not followed; \
         GET https://localhost:PORT/",
    );
}

#[test]
fn speaks_tls_over_a_unix_socket() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["model"])));
    let path = socket_path("tls");
    let listener = UnixListener::bind(&path).unwrap();
    let port = server.port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
            let (mut stream, mut server) = (stream, server);
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || {
                let _ = std::io::copy(&mut server, &mut stream);
                let _ = stream.shutdown(std::net::Shutdown::Write);
            });
        }
    });
    assert_verdict(
        &[
            "https://model/",
            "--unix-socket",
            &path,
            "--cacert",
            &authority.file(),
        ],
        "healthy: 200 OK in <t>; GET https://model/",
    );
}
