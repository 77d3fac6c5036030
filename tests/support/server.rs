//! Test servers that write raw bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::probe::{Outcome, PATIENCE, Probe, probe};

/// A server on a free port, with one thread per connection.
pub struct Server {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Server {
    /// Answers each request with these bytes and closes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::handling(move |stream| {
            let _ = stream.write_all(&bytes);
        })
    }

    /// Answers each request with the current bytes and closes.
    pub fn answering_current(bytes: &Arc<Mutex<Vec<u8>>>) -> Self {
        let bytes = Arc::clone(bytes);
        Self::handling(move |stream| {
            let now = bytes.lock().unwrap().clone();
            let _ = stream.write_all(&now);
        })
    }

    /// Answers each request with these bytes and keeps the connection open.
    pub fn holding(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::handling(move |stream| {
            let _ = stream.write_all(&bytes);
            hold(stream);
        })
    }

    /// Answers 200 with this JSON body and its length.
    pub fn json(body: &str) -> Self {
        Self::answering(response("200 OK", body))
    }

    /// Reads each request's head, then handles the connection.
    pub fn handling(play: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> Self {
        Self::on("127.0.0.1:0", play)
    }

    /// As `handling`, with the request's head and body.
    pub fn handling_body(
        play: impl Fn(&mut TcpStream, &str, &[u8]) + Clone + Send + 'static,
    ) -> Self {
        let (sender, requests) = mpsc::channel();
        let server = Self::start("127.0.0.1:0", false, move |stream| {
            let head = read_request(stream);
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            if stream.read_exact(&mut body).is_ok() {
                // The test may be over and its receiver gone.
                let _ = sender.send(head.clone());
                play(stream, &head, &body);
            }
        });
        Self { requests, ..server }
    }

    /// As `handling`, at this address.
    pub fn on(address: &str, play: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> Self {
        Self::start(address, true, play)
    }

    /// As `on`, but leaves the request unread.
    pub fn unread(address: &str, play: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> Self {
        Self::start(address, false, play)
    }

    fn start(
        address: &str,
        reads: bool,
        play: impl Fn(&mut TcpStream) + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(mut stream), play, sender) = (stream, play.clone(), sender.clone()) else {
                    continue;
                };
                thread::spawn(move || {
                    if reads {
                        // The test may be over and its receiver gone.
                        let _ = sender.send(read_request(&mut stream));
                    }
                    play(&mut stream);
                });
            }
        });
        Self { address, requests }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next request received.
    pub fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    /// Whether no further request was received.
    pub fn received_nothing(&self) -> bool {
        self.requests.try_recv().is_err()
    }

    /// Prepares a probe; `PORT` in an argument becomes the port.
    pub fn prepare(&self, arguments: &[&str]) -> Probe {
        let port = self.port().to_string();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| argument.replace("PORT", &port))
            .collect();
        probe(&arguments).port(self.port())
    }

    pub fn probe(&self, arguments: &[&str]) -> Outcome {
        self.prepare(arguments).run()
    }

    /// Probes it with these arguments and expects this verdict.
    #[track_caller]
    pub fn assert_verdict(&self, arguments: &[&str], line: impl AsRef<str>) {
        self.probe(arguments).assert_verdict(line);
    }

    /// Probes `http://127.0.0.1:PORT/` with further arguments and expects it to be healthy.
    #[track_caller]
    pub fn assert_healthy(&self, arguments: &[&str]) {
        self.assert_verdict(
            &[&["127.0.0.1:PORT"], arguments].concat(),
            "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/",
        );
    }

    /// As `assert_healthy`, but expects these reasons before the request and this text after it.
    #[track_caller]
    pub fn assert_unhealthy(&self, arguments: &[&str], reasons: &str, after: &str) {
        self.assert_verdict(
            &[&["127.0.0.1:PORT"], arguments].concat(),
            format!("unhealthy: {reasons}; GET http://127.0.0.1:PORT/{after}"),
        );
    }
}

/// A whole response with its length.
pub fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Gives these responses in turn, then repeats the last one.
pub fn in_turn(answers: &[String]) -> Server {
    let answers = answers.to_vec();
    let count = Arc::new(AtomicUsize::new(0));
    Server::handling(move |stream| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let answer = &answers[number.min(answers.len() - 1)];
        let _ = stream.write_all(answer.as_bytes());
    })
}

/// Waits until the client disconnects.
pub fn hold(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    while !matches!(stream.read(&mut rest), Ok(0) | Err(_)) {}
}

/// Writes these bytes 20 ms apart, until the client disconnects.
pub fn drip(stream: &mut TcpStream, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            return;
        }
        // Not for synchronization: slowness is under test.
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port of 127.0.0.1 without a listener. It is below the ephemeral range, so that nothing takes it before the test's
/// server does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test runs at the same time have process ids close to each other.
    let first = std::process::id() % 90 * 131;
    loop {
        let next = (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = 20_000 + u16::try_from(next).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether IPv6's loopback exists.
pub fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    String::from_utf8(request).unwrap()
}
