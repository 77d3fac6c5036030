//! Handshakes that hang or fail.

use crate::support::certificates::{Authority, Certificate};
use crate::support::tls::{TlsStream, close, config, play, serve};
use crate::support::{Server, assert_within, drip, hold, response};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LATEST: Duration = Duration::from_secs(10);

#[track_caller]
fn assert_unhealthy(server: &Server, arguments: &[&str], reason: &str, after: &str) {
    let outcome = server.probe(&[&["https://localhost:PORT", "-k"], arguments].concat());
    outcome.assert_verdict(format!(
        "unhealthy: {reason}; GET https://localhost:PORT/{after}"
    ));
}

/// A server that reads the start of the client's first message and then does this.
fn after_hello(play: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> Server {
    Server::unread("127.0.0.1:0", move |stream| {
        let mut hello = [0; 16];
        let _ = stream.read_exact(&mut hello);
        play(stream);
    })
}

#[test]
fn times_out_on_silence() {
    assert_within(LATEST, || {
        let reason = "timed out after 1s in the TLS handshake";
        assert_unhealthy(&after_hello(hold), &["-t", "1s"], reason, "");
    });
}

#[test]
fn times_out_on_a_dripping_handshake() {
    // The head of a record that announces 16 KiB of handshake.
    let bytes = [0x16, 0x03, 0x03, 0x40, 0x00, 0x02];
    let server = after_hello(move |stream| {
        drip(stream, bytes.into_iter().chain(std::iter::repeat(0)));
    });
    assert_within(LATEST, || {
        let reason = "timed out after 1s in the TLS handshake";
        assert_unhealthy(&server, &["-t", "1s"], reason, "");
    });
}

#[test]
fn reports_a_close_in_the_handshake() {
    // Reads everything first, because closing with unread input sends a reset.
    let server = Server::unread("127.0.0.1:0", |stream| {
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut hello = vec![0; usize::from(head[3]) << 8 | usize::from(head[4])];
        stream.read_exact(&mut hello).unwrap();
    });
    assert_unhealthy(&server, &[], "connection closed in the TLS handshake", "");
}

#[test]
fn reports_a_server_that_does_not_speak_tls() {
    let http = after_hello(|stream| {
        let _ = stream.write_all(response("400 Bad Request", "{}").as_bytes());
        hold(stream);
    });
    let reason = "the server speaks plain HTTP on this port, not TLS: write http://";
    assert_unhealthy(&http, &[], reason, "");
    let other = after_hello(|stream| {
        let _ = stream.write_all(b"220 mail ESMTP\r\n");
        hold(stream);
    });
    let reason = "the server does not speak TLS on this port";
    assert_unhealthy(&other, &[], reason, "");
    // A handshake record with invalid content.
    let broken = after_hello(|stream| {
        let _ = stream.write_all(&[0x16, 0x03, 0x03, 0x00, 0x04, 0x63, 0x00, 0x00, 0x00]);
        hold(stream);
    });
    let reason = "TLS failed: received unexpected handshake message: got HandshakeType(0x63) \
                  when expecting ServerHello or HelloRetryRequest";
    assert_unhealthy(&broken, &[], reason, "");
}

#[test]
fn reports_plain_http_to_a_tls_port() {
    let server = serve(config(&Certificate::self_signed("localhost")));
    server.assert_verdict(
        &["localhost:PORT"],
        "unhealthy: the server speaks TLS on this port: write https://; GET http://localhost:PORT/",
    );
}

#[test]
fn reports_a_server_that_speaks_only_http_2() {
    let mut config = config(&Certificate::self_signed("localhost"));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let reason = "the server refused TLS (NoApplicationProtocol): it does not speak HTTP/1.1";
    assert_unhealthy(&serve(config), &[], reason, "");
}

#[test]
fn times_out_after_the_handshake() {
    let server = play(config(&Certificate::self_signed("localhost")), |stream| {
        hold(&mut stream.sock);
    });
    assert_within(LATEST, || {
        let reason = "timed out after 1s waiting for the response";
        assert_unhealthy(&server, &["-t", "1s"], reason, "");
    });
}

/// Without `close_notify`, an attacker may have truncated the body (RFC 9112, section 9.8).
#[test]
fn rejects_a_body_without_length_or_close_notify() {
    let answering = |bytes: String, end: fn(&mut TlsStream)| {
        play(
            config(&Certificate::self_signed("localhost")),
            move |stream| {
                let _ = stream.write_all(bytes.as_bytes());
                end(stream);
            },
        )
    };
    let delimited = "HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}".to_owned();
    let arguments = ["https://localhost:PORT", "-k", "-e", "status=ok"];
    let healthy = "healthy: 200 OK in <t>; GET https://localhost:PORT/";
    let server = answering(delimited.clone(), close);
    server.assert_verdict(&arguments, healthy);
    let server = answering(response("200 OK", "{\"status\":\"ok\"}"), |_| {});
    server.assert_verdict(&arguments, healthy);
    let server = answering(delimited, |_| {});
    assert_unhealthy(
        &server,
        &["-e", "status=ok"],
        "body cut short after 15 bytes, or the server closed TLS without its close_notify",
        " in <t>; body: {\"status\":\"ok\"}",
    );
}

#[test]
fn rejects_a_host_that_cannot_be_in_a_certificate() {
    let authority = Authority::new("Test CA");
    let server = serve(config(&authority.sign(&["localhost"])));
    server.assert_verdict(
        &["https://-x-:PORT", "-k", "--connect-to", "localhost"],
        "unhealthy: the host -x- is not a valid name in a certificate; GET https://-x-:PORT/",
    );
}
