//! Running the executable, and expected outcomes.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use regex_lite::Regex;
use serde_json::Value;

use super::process::{DEADLINE, Finished};

/// The maximum wait for something that must happen. A passing test never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A run of healthprobe, with only these arguments and this environment.
pub struct Probe {
    command: Command,
    port: Option<u16>,
}

/// The result of a run. Times are `<t>`, the server's port is `PORT`.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub fn probe<S: AsRef<str>>(arguments: &[S]) -> Probe {
    probe_of(env!("CARGO_BIN_EXE_healthprobe"), arguments)
}

/// As `probe`, with another executable than cargo's.
pub fn probe_of<S: AsRef<str>>(executable: impl AsRef<OsStr>, arguments: &[S]) -> Probe {
    let mut command = Command::new(executable);
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

    pub fn stdin(mut self, input: impl Into<Stdio>) -> Self {
        self.command.stdin(input);
        self
    }

    /// The working directory.
    pub fn folder(mut self, folder: &str) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The port to show as `PORT`, where no test server provides it.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The object that `--output json` prints, and the exit code.
    pub fn json(mut self) -> (Value, Option<i32>) {
        let output = self.command.args(["-o", "json"]).output().unwrap();
        let object = serde_json::from_slice(&output.stdout).unwrap();
        (object, output.status.code())
    }

    pub fn output(&mut self) -> Output {
        self.command.output().unwrap()
    }

    pub fn run(mut self) -> Outcome {
        let output = self.output();
        Outcome {
            code: output.status.code(),
            out: self.normal(&output.stdout),
            err: self.normal(&output.stderr),
        }
    }

    /// Runs it with one pipe for both outputs, which keeps their order.
    pub fn run_as_on_a_terminal(mut self) -> Finished {
        let (mut reader, writer) = std::io::pipe().unwrap();
        self.command
            .stdout(writer.try_clone().unwrap())
            .stderr(writer);
        let mut child = self.command.spawn().unwrap();
        // Reading ends when all writers are closed, and the command holds two.
        drop(self.command);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        Finished {
            code: child.wait().unwrap().code(),
            text,
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

/// Replaces each measured time by `<t>`.
pub fn without_times(text: &str) -> String {
    let times = Regex::new(r"\b\d+\.\d+m?s\b").unwrap();
    times.replace_all(text, "<t>").into_owned()
}

impl Outcome {
    /// This verdict, with its exit code, and nothing on standard error.
    fn verdict(line: &str) -> Self {
        Self {
            code: Some(i32::from(!line.starts_with("healthy: "))),
            out: format!("{line}\n"),
            err: String::new(),
        }
    }

    /// Expects this verdict, with its exit code, and nothing on standard error.
    #[track_caller]
    pub fn assert_verdict(&self, line: impl AsRef<str>) {
        assert_eq!(*self, Self::verdict(line.as_ref()));
    }

    /// Expects a verdict that starts like this, with its exit code.
    #[track_caller]
    pub fn assert_starts(&self, start: impl AsRef<str>) {
        let start = start.as_ref();
        self.assert_code(i32::from(!start.starts_with("healthy: ")));
        assert!(self.out.starts_with(start), "{self:?}");
    }

    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }

    /// Expects a usage error with this message, and no verdict.
    #[track_caller]
    pub fn assert_error(&self, message: impl AsRef<str>) {
        assert_outcome(self, 1, "", &format!("error: {}\n", message.as_ref()));
    }
}

/// Expects exactly this exit code, standard output and standard error.
#[track_caller]
pub fn assert_outcome(outcome: &Outcome, code: i32, out: &str, err: &str) {
    assert_eq!(
        (outcome.out.as_str(), outcome.err.as_str(), outcome.code),
        (out, err, Some(code))
    );
}

/// Runs the probe and expects this verdict.
#[track_caller]
pub fn assert_verdict<S: AsRef<str>>(arguments: &[S], line: impl AsRef<str>) {
    probe(arguments).run().assert_verdict(line);
}

/// Runs the probe until it reports this verdict.
#[track_caller]
pub fn wait_for_verdict<S: AsRef<str>>(arguments: &[S], line: impl AsRef<str>) {
    wait_for_outcome(|| probe(arguments).run(), line);
}

/// As `wait_for_verdict`, for any run.
#[track_caller]
pub fn wait_for_outcome(run: impl Fn() -> Outcome, line: impl AsRef<str>) {
    let expected = Outcome::verdict(line.as_ref());
    let deadline = Instant::now() + DEADLINE;
    let mut outcome = run();
    while outcome != expected && Instant::now() < deadline {
        outcome = run();
    }
    assert_eq!(outcome, expected);
}

/// Runs the probe and expects a usage error with this message.
#[track_caller]
pub fn assert_error<S: AsRef<str>>(arguments: &[S], message: impl AsRef<str>) {
    probe(arguments).run().assert_error(message);
}

/// Expects the phases of a JSON output to sum up to the elapsed time.
#[track_caller]
pub fn assert_phases_sum(object: &Value) {
    let phases = object["phases_ms"].as_object().unwrap();
    let sum: f64 = phases.values().map(|phase| phase.as_f64().unwrap()).sum();
    let elapsed = object["elapsed_ms"].as_f64().unwrap();
    assert!((elapsed - sum).abs() < 1.0, "{object}");
}

/// Every flag in the help, such as `-t, --timeout <DURATION>`, with its long name and text.
pub fn help_flags() -> Vec<[String; 3]> {
    let help = probe(&["--help"]).run().out;
    let flag = Regex::new(r"(?m)^ +((?:-\w, )?--([a-z0-9-]+)(?: <[^>]+>)?)  +(.+(?:\n {20,}.+)*)$")
        .unwrap();
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let flags: Vec<[String; 3]> = flag
        .captures_iter(&help)
        .map(|found| [1, 2, 3].map(|group| one_line(&found[group])))
        .collect();
    assert!(flags.len() >= 32, "{help}");
    flags
}

/// Expects this to take less than the limit.
#[track_caller]
pub fn assert_within(limit: Duration, run: impl FnOnce()) {
    let started = Instant::now();
    run();
    let took = started.elapsed();
    assert!(took < limit, "took {took:?}");
}
