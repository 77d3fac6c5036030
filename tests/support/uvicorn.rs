//! Python applications of `examples/` under uvicorn.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use regex_lite::Regex;

use super::process::DEADLINE;

/// A running uvicorn, killed when dropped.
pub struct Uvicorn {
    pub process: Child,
    pub port: u16,
}

impl Uvicorn {
    /// Serves `app:app` of this folder, on a port of uvicorn's choice.
    pub fn start(python: &Path, directory: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let mut process = Command::new(python)
            .args(["-m", "uvicorn", "app:app", "--port", "0", "--no-access-log"])
            .current_dir(directory)
            .envs(variables.iter().copied())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        let log = process.stderr.take().expect("a piped stderr");
        // Create the guard first: a service that never prints its port must not outlive the test.
        let mut uvicorn = Self { process, port: 0 };
        uvicorn.port = port(log);
        uvicorn
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Uvicorn {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The port in uvicorn's log. Keeps reading the log, so that it never fills the pipe.
fn port(log: ChildStderr) -> u16 {
    let (line, lines) = mpsc::channel();
    thread::spawn(move || {
        for text in BufReader::new(log).lines().map_while(Result::ok) {
            _ = line.send(text);
        }
    });
    let running = Regex::new(r"Uvicorn running on http://127\.0\.0\.1:(\d+) ").expect("a regex");
    let deadline = Instant::now() + DEADLINE;
    let mut seen = String::new();
    while let Ok(text) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        if let Some(found) = running.captures(&text) {
            return found[1].parse().expect("a port");
        }
        seen.push_str(&text);
        seen.push('\n');
    }
    panic!("uvicorn did not start:\n{seen}");
}
