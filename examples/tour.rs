//! A tour of healthprobe: `cargo run --example tour`.
//!
//! Starts a small model server in this process, runs the real binary against it in several
//! states, and shows every command with its output and exit code. Exits 1 if a probe does not
//! end as expected.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One state of the server, and the probes of it.
struct Scene {
    title: &'static str,
    story: &'static str,
    server: Behaviour,
    probes: &'static [Probe],
}

struct Probe {
    path: &'static str,
    flags: &'static [(&'static str, &'static str)],
    exit: i32,
}

#[derive(Clone, Copy)]
struct Behaviour {
    pace: Pace,
    status: &'static str,
    health: &'static str,
    prediction: &'static str,
}

#[derive(Clone, Copy)]
enum Pace {
    Prompt,
    Slow(Duration),
    /// Accepts connections and never answers.
    Stuck,
}

const READY: Behaviour = Behaviour {
    pace: Pace::Prompt,
    status: "200 OK",
    health: r#"{"status":"ok","model":{"name":"iris","loaded":true}}"#,
    prediction: r#"{"predictions":[{"label":"virginica","score":0.742}]}"#,
};

const SCENES: &[Scene] = &[
    Scene {
        title: "Loading",
        story: "The server is up, but its model is not loaded. The status shows it.",
        server: Behaviour {
            status: "503 Service Unavailable",
            health: r#"{"detail":"Model not loaded"}"#,
            ..READY
        },
        probes: &[Probe {
            path: "/health",
            flags: &[],
            exit: 1,
        }],
    },
    Scene {
        title: "Healthy",
        story: "The model is loaded, and an inference returns a good answer.",
        server: READY,
        probes: &[
            Probe {
                path: "/health",
                flags: &[("--expect", "status=ok")],
                exit: 0,
            },
            Probe {
                path: "/predict/sample",
                flags: &[
                    ("--expect", "length(predictions)>0"),
                    ("--expect", "predictions[0].label!=Unknown"),
                    ("--expect", "predictions[0].score=0.74+-1%"),
                ],
                exit: 0,
            },
        ],
    },
    Scene {
        title: "Slow",
        story: "The answer is right, but late.",
        server: Behaviour {
            pace: Pace::Slow(Duration::from_millis(120)),
            ..READY
        },
        probes: &[Probe {
            path: "/predict/sample",
            flags: &[("--max-latency", "100ms")],
            exit: 1,
        }],
    },
    Scene {
        title: "Stuck",
        story: "The server accepts the connection and hangs. The probe stops before Docker kills it.",
        server: Behaviour {
            pace: Pace::Stuck,
            ..READY
        },
        probes: &[Probe {
            path: "/health",
            flags: &[("--timeout", "300ms")],
            exit: 1,
        }],
    },
    Scene {
        title: "Wrong",
        story: "The status is 200, but the server does not work.",
        server: Behaviour {
            health: r#"{"status":"error","model":{"name":"iris","loaded":false}}"#,
            prediction: r#"{"predictions":[]}"#,
            ..READY
        },
        probes: &[
            Probe {
                path: "/health",
                flags: &[("--expect", "status=ok"), ("--expect", "model.loaded")],
                exit: 1,
            },
            Probe {
                path: "/predict/sample",
                flags: &[("--expect", "length(predictions)>0")],
                exit: 1,
            },
        ],
    },
    Scene {
        title: "Green but dead",
        story: "The server reports ok. Only an inference reveals that the weights are broken.",
        server: Behaviour {
            prediction: r#"{"predictions":[{"label":"Unknown","score":NaN}]}"#,
            ..READY
        },
        probes: &[
            Probe {
                path: "/health",
                flags: &[("--expect", "status=ok")],
                exit: 0,
            },
            Probe {
                path: "/predict/sample",
                flags: &[
                    ("--expect", "predictions[0].label!=Unknown"),
                    ("--expect", "predictions[0].score>=0.5"),
                ],
                exit: 1,
            },
        ],
    },
    Scene {
        title: "Mistyped",
        story: "A syntax error in an assertion is reported before anything is sent.",
        server: READY,
        probes: &[Probe {
            path: "/predict/sample",
            flags: &[("--expect", "predictions[0.score>=0.5")],
            exit: 1,
        }],
    },
];

fn main() -> ExitCode {
    match tour(&mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            _ = writeln!(io::stderr(), "tour: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every probe ended as expected.
fn tour(out: &mut impl Write) -> Result<bool> {
    let healthprobe = build_healthprobe()?;
    let server = Server::start()?;
    let paint = Paint::for_stdout();
    let origin = format!("http://localhost:{}", server.port);
    writeln!(out, "A model server on {origin}, probed in several states.")?;

    let mut unexpected = 0;
    for scene in SCENES {
        server.behave(scene.server);
        writeln!(out, "\n\n{}\n{}", paint.bold(scene.title), scene.story)?;
        for probe in scene.probes {
            let output = run(&healthprobe, &origin, probe)?;
            writeln!(out, "\n{}", paint.bold(&command_line(&origin, probe)))?;
            write!(
                out,
                "{}",
                paint.verdict(&String::from_utf8_lossy(&output.stdout))
            )?;
            write!(out, "{}", String::from_utf8_lossy(&output.stderr))?;
            writeln!(out, "exit code {}", exit_code(&output))?;
            if output.status.code() != Some(probe.exit) {
                unexpected += 1;
                writeln!(out, "UNEXPECTED: this should exit with {}", probe.exit)?;
            }
        }
    }

    let probes: usize = SCENES.iter().map(|scene| scene.probes.len()).sum();
    if unexpected == 0 {
        writeln!(out, "\n\nAll {probes} probes ended as expected.")?;
    } else {
        writeln!(
            out,
            "\n\n{unexpected} of {probes} probes did not end as expected."
        )?;
    }
    Ok(unexpected == 0)
}

/// `cargo run --example` does not build the binary, so the tour does. Cargo reports its path.
fn build_healthprobe() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build
        .args(["build", "--quiet", "--bin", "healthprobe"])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    // ring's build script depends on these variables, and would compile ring again.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&name);
        }
    }
    let output = build.output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build: {}", output.status).into());
    }
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo build reported no executable".into())
}

fn run(healthprobe: &Path, origin: &str, probe: &Probe) -> Result<Output> {
    let mut command = Command::new(healthprobe);
    command
        .arg(format!("{origin}{}", probe.path))
        .args(probe.flags.iter().flat_map(|(flag, value)| [flag, value]))
        .stdin(Stdio::null());
    // The user's own settings would change the output.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("HEALTHPROBE_") {
            command.env_remove(name);
        }
    }
    command
        .output()
        .map_err(|error| format!("{}: {error}", healthprobe.display()).into())
}

/// The command as typed in a shell; several flags take a line each.
fn command_line(origin: &str, probe: &Probe) -> String {
    let mut line = format!(
        "$ healthprobe {}",
        quoted(&format!("{origin}{}", probe.path))
    );
    let separator = if probe.flags.len() > 1 {
        " \\\n    "
    } else {
        " "
    };
    for (flag, value) in probe.flags {
        _ = write!(line, "{separator}{flag} {}", quoted(value));
    }
    line
}

/// Quotes for a POSIX shell, if needed.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn exit_code(output: &Output) -> String {
    match output.status.code() {
        Some(code) => code.to_string(),
        None => output.status.to_string(),
    }
}

struct Server {
    port: u16,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Server {
    /// On port 8000, or on any other if that is taken.
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 8000))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let port = listener.local_addr()?.port();
        let behaviour = Arc::new(Mutex::new(READY));
        let current = Arc::clone(&behaviour);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let behaviour = *current.lock().unwrap_or_else(PoisonError::into_inner);
                thread::spawn(move || answer(&client, behaviour));
            }
        });
        Ok(Self { port, behaviour })
    }

    fn behave(&self, behaviour: Behaviour) {
        *self
            .behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = behaviour;
    }
}

fn answer(mut client: &TcpStream, behaviour: Behaviour) -> io::Result<()> {
    let mut request = BufReader::new(client);
    let mut request_line = String::new();
    request.read_line(&mut request_line)?;
    let mut header = String::new();
    while request.read_line(&mut header)? > 0 && header != "\r\n" {
        header.clear();
    }
    match behaviour.pace {
        Pace::Prompt => {}
        Pace::Slow(delay) => thread::sleep(delay),
        Pace::Stuck => {
            // Ends when the client gives up.
            _ = request.read(&mut [0])?;
            return Ok(());
        }
    }
    let (status, body) = match request_line.split(' ').nth(1) {
        Some("/health") => (behaviour.status, behaviour.health),
        Some("/predict/sample") => (behaviour.status, behaviour.prediction),
        _ => ("404 Not Found", r#"{"detail":"Not Found"}"#),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}");
    client.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
}

/// Colours on a terminal, unless `NO_COLOR` is set.
struct Paint(bool);

impl Paint {
    fn for_stdout() -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(io::stdout().is_terminal() && !no_color)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    /// Colours the verdict's first word green or red.
    fn verdict(&self, line: &str) -> String {
        match line.split_once(':') {
            Some(("healthy", rest)) => self.with("32", "healthy") + ":" + rest,
            Some(("unhealthy", rest)) => self.with("31", "unhealthy") + ":" + rest,
            _ => line.to_owned(),
        }
    }

    fn with(&self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
