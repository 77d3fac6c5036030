//! A real Docker Engine through its command line: images and containers that are removed when dropped, their health,
//! and the engine's events.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::files::unique;
use super::process::DEADLINE;
use super::skip::skip;
use super::vars;

/// Returns from a test if no engine answers.
macro_rules! engine_or_skip {
    () => {
        if !$crate::support::engine::answers() {
            return;
        }
    };
}
pub(crate) use engine_or_skip;

/// Whether an engine answers; otherwise prints that, or fails if CI requires an engine.
pub fn answers() -> bool {
    static ANSWER: LazyLock<Result<(), String>> =
        LazyLock::new(|| try_docker(&["version"]).map(drop));
    match &*ANSWER {
        Ok(()) => true,
        Err(error) => {
            skip(
                vars::REQUIRE_DOCKER,
                &format!("no Docker Engine answers: {error}"),
            );
            false
        }
    }
}

/// Runs `docker` and returns its output.
#[track_caller]
pub fn docker(args: &[&str]) -> String {
    try_docker(args).unwrap_or_else(|error| panic!("{error}"))
}

pub fn try_docker(args: &[&str]) -> Result<String, String> {
    let output = Command::new("docker")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("docker: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    } else {
        Err(format!(
            "docker {}: {}\n{}{}",
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        ))
    }
}

/// A label with the image's name, inherited by images built from it.
const LABEL: &str = "healthprobe-test";

/// An image, removed when dropped.
pub struct Image(String);

impl Image {
    /// Builds `context` with these options, for example `--build-arg`s.
    #[track_caller]
    pub fn build(what: &str, context: &Path, options: &[&str]) -> Self {
        Self::try_build(what, context, options).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As `build`; the error is the output.
    pub fn try_build(what: &str, context: &Path, options: &[&str]) -> Result<Self, String> {
        let name = unique(what);
        let label = format!("--label={LABEL}={name}");
        let mut args = vec!["build", "--tag", &name, &label];
        args.extend(options);
        args.push(context.to_str().expect("a path in UTF-8"));
        try_docker(&args)?;
        Ok(Self(name))
    }

    pub fn name(&self) -> &str {
        &self.0
    }

    /// An image built elsewhere, removed when dropped.
    pub fn named(name: String) -> Self {
        Self(name)
    }

    /// `docker inspect` with a Go template.
    pub fn inspect(&self, template: &str) -> Value {
        inspect("image", &self.0, template)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = try_docker(&["image", "rm", "--force", &self.0]);
        // Earlier stages of images built from it have no name, but carry its label.
        let label = format!("--filter=label={LABEL}={}", self.0);
        let _ = try_docker(&["image", "prune", "--force", &label]);
    }
}

/// A container, removed when dropped.
pub struct Container {
    name: String,
    events: Events,
}

/// One entry of `.State.Health.Log`.
pub struct Probe {
    pub exit_code: i64,
    pub output: String,
}

impl Container {
    /// Starts a container with these `docker create` options and arguments.
    pub fn start(image: &Image, options: &[&str], args: &[&str]) -> Self {
        let name = unique("container");
        let mut create = vec!["create", "--name", &name];
        create.extend(options);
        create.push(image.name());
        create.extend(args);
        docker(&create);
        let created = inspect("container", &name, "{{json .Created}}");
        let container = Self {
            events: Events::of(&name, created.as_str().expect("a time")),
            name,
        };
        docker(&["start", &container.name]);
        container
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn exec(&self, command: &[&str]) -> String {
        let mut args = vec!["exec", &self.name];
        args.extend(command);
        docker(&args)
    }

    /// The output and exit status of a command that has to fail.
    pub fn exec_failing(&self, command: &[&str]) -> String {
        let args = [&["exec", &self.name], command].concat();
        try_docker(&args).expect_err("a command that fails")
    }

    /// Waits until the engine reports this health.
    #[track_caller]
    pub fn wait_until(&self, health: &str) {
        self.wait_for(&format!("health_status: {health}"));
    }

    /// Waits until the engine has run the HEALTHCHECK once more.
    #[track_caller]
    pub fn wait_for_a_probe(&self) {
        self.wait_for("exec_die");
    }

    #[track_caller]
    fn wait_for(&self, action: &str) {
        if let Err(seen) = self.events.wait_for(action, DEADLINE) {
            let state = inspect("container", &self.name, "{{json .State}}");
            let logs = Command::new("docker").args(["logs", &self.name]).output();
            panic!("no {action:?}, but {seen:?}; state: {state:#}; logs: {logs:?}");
        }
    }

    /// `docker inspect` with a Go template.
    pub fn inspect(&self, template: &str) -> Value {
        inspect("container", &self.name, template)
    }

    pub fn health(&self) -> String {
        let status = inspect("container", &self.name, "{{json .State.Health.Status}}");
        status.as_str().expect("a status").to_owned()
    }

    /// The newest entry of the health log.
    pub fn last_probe(&self) -> Probe {
        let log = inspect("container", &self.name, "{{json .State.Health.Log}}");
        let last = log.as_array().and_then(|log| log.last()).expect("an entry");
        Probe {
            exit_code: last["ExitCode"].as_i64().expect("an exit code"),
            output: last["Output"].as_str().expect("an output").to_owned(),
        }
    }

    /// The commands of all processes in the container, zombies included.
    pub fn processes(&self) -> Vec<String> {
        let top = docker(&["top", &self.name, "-eo", "pid,comm"]);
        let commands = top.lines().skip(1);
        commands
            .map(|line| {
                line.split_whitespace()
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = try_docker(&["rm", "--force", "--volumes", &self.name]);
    }
}

fn inspect(kind: &str, name: &str, template: &str) -> Value {
    let text = docker(&["inspect", "--type", kind, "--format", template, name]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The engine's events, in order.
pub struct Events {
    child: Child,
    lines: Receiver<String>,
}

impl Events {
    fn of(container: &str, since: &str) -> Self {
        let container = format!("container={container}");
        let events = ["event=health_status", "event=exec_die", "event=die"];
        let filters = [&[container.as_str()], &events[..]].concat();
        Self::watch(since, &filters, "{{.Action}}")
    }

    /// Events that match the filters, in this format.
    pub fn watch(since: &str, filters: &[&str], format: &str) -> Self {
        let mut child = Command::new("docker")
            .args(["events", "--since", since, "--format", format])
            .args(filters.iter().map(|filter| format!("--filter={filter}")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("docker events");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Reads events up to this one and returns those before it. The error has the events read until the container
    /// died or time was up.
    pub fn wait_for(&self, line: &str, patience: Duration) -> Result<Vec<String>, Vec<String>> {
        let deadline = Instant::now() + patience;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(next) if next == line => return Ok(seen),
                Ok(next) => {
                    let died = next == "die";
                    seen.push(next);
                    if died {
                        return Err(seen);
                    }
                }
                Err(_) => return Err(seen),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
