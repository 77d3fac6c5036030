//! Faults before the request: in connecting and in the TLS handshake.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::json;
use socket2::{Domain, Socket, Type};

use super::{assert_cell, assert_reset, drip, executables, flood, half_close, reset};
use crate::support::namespace::in_namespace;
use crate::support::{Server, free_port, has_ipv6, hold};

#[test]
fn reports_faults_while_connecting() {
    let url = format!("http://127.0.0.1:{}/", free_port());
    let line = |reason: &str| format!("unhealthy: {reason}; GET http://127.0.0.1:PORT/");
    // The kernel refuses with a reset.
    assert_cell(
        "connect, refused",
        &[&url],
        &line("connection refused (127.0.0.1:PORT)"),
    );

    // The kernel decides whether the reset hits the connection or the request.
    let server = Server::unread("127.0.0.1:0", |stream| reset(stream));
    assert_reset("connect, reset", &server, &[]);

    // A listener with a full queue does not answer.
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    let waiting: Vec<Socket> = (0..4)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            // It stays in progress.
            let _ = socket.connect(&address.into());
            socket
        })
        .collect();
    let url = format!("http://{address}/");
    assert_cell(
        "connect, silence",
        &[&url],
        &line("timed out after 400ms connecting to 127.0.0.1:PORT"),
    );
    drop(waiting);
}

/// If nobody listens on the only port that the system can give to a client, it connects to itself.
#[test]
fn reports_a_connection_to_itself_as_refused() {
    const SCRIPT: &str = r#"
import json, socket, sys
port = 40000
with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
    file.write(f"{port} {port}")
runs = []
for host in ["127.0.0.1", "[::1]"]:
    ran = subprocess.run([sys.argv[1], f"http://{host}:{port}/"], capture_output=True, text=True, env={})
    # The server can have its port.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind((host.strip("[]"), port))
    runs.append([ran.stdout, ran.stderr, ran.returncode])
print(json.dumps(runs))
"#;
    if !has_ipv6() {
        return;
    }
    for executable in executables() {
        let Some(runs) = in_namespace(SCRIPT, &[executable.to_str().unwrap()]) else {
            return;
        };
        let line = |host: &str| {
            format!("unhealthy: connection refused ({host}:40000); GET http://{host}:40000/\n")
        };
        let expected = json!([[line("127.0.0.1"), "", 1], [line("[::1]"), "", 1]]);
        assert_eq!(runs, expected);
    }
}

/// A fault, the server's behaviour, and the expected reason.
type Cell = (&'static str, fn(&mut TcpStream), &'static str);

/// Reads the client's whole first message.
fn hear_hello(stream: &mut TcpStream) {
    let mut head = [0; 5];
    if stream.read_exact(&mut head).is_ok() {
        let mut hello = vec![0; usize::from(head[3]) << 8 | usize::from(head[4])];
        let _ = stream.read_exact(&mut hello);
    }
}

#[test]
fn reports_faults_in_the_tls_handshake() {
    const EMPTY_RECORD: [u8; 5] = [0x16, 0x03, 0x03, 0x00, 0x00];
    let cells: [Cell; 9] = [
        (
            "refused",
            |stream| {
                let _ = stream.write_all(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);
            },
            "the server refused TLS (HandshakeFailure): no cipher or key type in common, or it wants a client certificate \
             (--cert and --key)",
        ),
        (
            "reset",
            |stream| reset(stream),
            "connection reset in the TLS handshake",
        ),
        (
            "silence",
            hold,
            "timed out after 400ms in the TLS handshake",
        ),
        (
            "drip",
            |stream| {
                drip(
                    stream,
                    [0x16, 0x03, 0x03, 0x40, 0x00, 0x02]
                        .into_iter()
                        .chain(std::iter::repeat(0)),
                );
            },
            "timed out after 400ms in the TLS handshake",
        ),
        (
            "garbage",
            |stream| {
                let _ = stream.write_all(b"\x00\xff\x13 garbage and more of it");
                hold(stream);
            },
            "the server does not speak TLS on this port",
        ),
        (
            "early close",
            |_| (),
            "connection closed in the TLS handshake",
        ),
        (
            "endless",
            |stream| flood(stream, &EMPTY_RECORD),
            "TLS failed: received corrupt message of type InvalidEmptyPayload",
        ),
        // A message with an announced length of 16 MiB, sent completely.
        (
            "endless message",
            |stream| {
                let record = [
                    &[0x16, 0x03, 0x03, 0x40, 0x00][..],
                    &[0x02, 0xff, 0xff, 0xff],
                    &[0; 16380],
                ]
                .concat();
                flood(stream, &record);
            },
            "TLS failed: received corrupt message of type HandshakePayloadTooLarge",
        ),
        (
            "half-close",
            half_close,
            "connection closed in the TLS handshake",
        ),
    ];
    for (fault, play, reason) in cells {
        let server = Server::unread("127.0.0.1:0", move |stream| {
            hear_hello(stream);
            play(stream);
        });
        let url = format!("https://127.0.0.1:{}/", server.port());
        let says = format!("unhealthy: {reason}; GET https://127.0.0.1:PORT/");
        assert_cell(&format!("TLS handshake, {fault}"), &[&url, "-k"], &says);
    }
}
