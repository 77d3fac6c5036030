//! Running the real executable, and servers that write raw bytes to it.

pub mod certificates;
pub mod machine;
pub mod schemas;
pub mod uvicorn;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must come. Never a wait that a passing test needs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One run of healthprobe: with these arguments and this environment only.
pub struct Probe {
    command: Command,
    port: Option<u16>,
}

/// What a run left. Times are `<t>`, the server's port is `PORT`.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn probe<S: AsRef<str>>(arguments: &[S]) -> Probe {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthprobe"));
    command
        .args(arguments.iter().map(AsRef::as_ref))
        .env_clear()
        .stdin(Stdio::null());
    Probe {
        command,
        port: None,
    }
}

impl Probe {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The folder to run in.
    pub fn folder(mut self, folder: &str) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Where no server of a test answers, its port may still be in the texts.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    pub fn output(&mut self) -> Output {
        self.command.output().unwrap()
    }

    pub fn run(mut self) -> Ran {
        let output = self.output();
        Ran {
            code: output.status.code(),
            out: self.normal(&output.stdout),
            err: self.normal(&output.stderr),
        }
    }

    fn normal(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let text = match self.port {
            Some(port) => text.replace(&format!(":{port}"), ":PORT"),
            None => text,
        };
        without_times(&text)
    }
}

/// Each measured time as `<t>`.
pub fn without_times(text: &str) -> String {
    let times = regex_lite::Regex::new(r"\b\d+\.\d+m?s\b").unwrap();
    times.replace_all(text, "<t>").into_owned()
}

/// Expects exactly this of a run.
#[track_caller]
pub fn assert_ran(ran: &Ran, code: i32, out: &str, err: &str) {
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str(), ran.code),
        (out, err, Some(code))
    );
}

/// A server on a free port that answers each connection in a thread of its own.
pub struct Server {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Server {
    /// Answers each request with these bytes and closes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::playing(move |stream| {
            let _ = stream.write_all(&bytes);
        })
    }

    /// Answers each request with what stands there when it comes, and closes.
    pub fn answering_now(bytes: &Arc<Mutex<Vec<u8>>>) -> Self {
        let bytes = Arc::clone(bytes);
        Self::playing(move |stream| {
            let now = bytes.lock().unwrap().clone();
            let _ = stream.write_all(&now);
        })
    }

    /// Answers 200 with this JSON body and its length.
    pub fn json(body: &str) -> Self {
        Self::answering(response("200 OK", body))
    }

    /// Reads each request's head and body, then does this with the connection.
    pub fn playing(play: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> Self {
        Self::on("127.0.0.1:0", play)
    }

    /// As `playing`, with the request's head and body.
    pub fn playing_with_body(
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

    /// As `playing`, at an address of the test's choice.
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

    /// The next request that came.
    pub fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    /// Whether no request came at all.
    pub fn heard_nothing(&self) -> bool {
        self.requests.try_recv().is_err()
    }

    /// Probes it; `PORT` in an argument becomes the port.
    pub fn prepare(&self, arguments: &[&str]) -> Probe {
        let port = self.port().to_string();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| argument.replace("PORT", &port))
            .collect();
        probe(&arguments).port(self.port())
    }

    pub fn probe(&self, arguments: &[&str]) -> Ran {
        self.prepare(arguments).run()
    }

    /// Probes `http://127.0.0.1:PORT/` with further arguments, expects a healthy line.
    #[track_caller]
    pub fn assert_healthy(&self, arguments: &[&str]) {
        let ran = self.probe(&[&["127.0.0.1:PORT"], arguments].concat());
        assert_ran(
            &ran,
            0,
            "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/\n",
            "",
        );
    }

    /// As `assert_healthy`; expects these reasons before the request, and this after it.
    #[track_caller]
    pub fn assert_unhealthy(&self, arguments: &[&str], reasons: &str, after: &str) {
        let ran = self.probe(&[&["127.0.0.1:PORT"], arguments].concat());
        let line = format!("unhealthy: {reasons}; GET http://127.0.0.1:PORT/{after}\n");
        assert_ran(&ran, 1, &line, "");
    }
}

/// A whole response with its length.
pub fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A text with one change.
#[track_caller]
pub fn changed(text: &str, right: &str, wrong: &str) -> String {
    assert!(text.contains(right), "{right}");
    text.replacen(right, wrong, 1)
}

/// Waits until the client has gone.
pub fn hold(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    while !matches!(stream.read(&mut rest), Ok(0) | Err(_)) {}
}

/// Writes these bytes one by one, some milliseconds apart, until the client has gone.
pub fn drip(stream: &mut TcpStream, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            return;
        }
        // Not a synchronisation: the slowness is the subject.
        thread::sleep(Duration::from_millis(20));
    }
}

/// A port of 127.0.0.1 that nothing listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A program of the machine's; `None` after saying so where there is none, which
/// `HEALTHPROBE_REQUIRE_SERVERS=1` makes a failure.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    if found.is_none() {
        skip(
            "HEALTHPROBE_REQUIRE_SERVERS",
            &format!("{name} is not installed"),
        );
    }
    found
}

/// Says why a test is skipped, or fails where this variable is `1`, as it is in CI.
#[track_caller]
pub fn skip(required: &str, reason: &str) {
    assert!(!is_required(required), "{required}=1, but {reason}");
    say_skipped(reason);
}

/// Not eprintln!, which the test harness captures: a skipped test must not look like one that ran.
pub fn say_skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// Whether this variable, such as `HEALTHPROBE_REQUIRE_DOCKER`, is `1`.
pub fn is_required(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "1")
}

/// Sends this signal, such as `TERM`, to these processes, and says whether that went well.
pub fn signal(name: &str, pids: &[u32]) -> bool {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    // The shell's own kill: a small Debian has no other.
    let status = Command::new("sh")
        .args(["-c", &format!("kill -s {name} {}", pids.join(" "))])
        .status();
    status.is_ok_and(|status| status.success())
}

/// The cargo that runs the tests, without what it tells them of their package: ring's
/// build script looks at that, and all from ring up to the executable that other tests
/// are running would be built anew.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let told = name.as_encoded_bytes();
        if told.starts_with(b"CARGO_PKG_") || told.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Whether IPv6's loopback exists here.
pub fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// Runs and measures: a deadline may be late by this little.
#[track_caller]
pub fn assert_within(limit: Duration, run: impl FnOnce()) {
    let started = Instant::now();
    run();
    let took = started.elapsed();
    assert!(took < limit, "took {took:?}");
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
