//! Processes other than the probe.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The maximum wait for a server, a container or Python, even on a busy machine. Only a broken one takes this long.
pub const DEADLINE: Duration = Duration::from_mins(2);

/// Sends this signal, such as `TERM`, to these processes. Returns whether that succeeded.
pub fn signal(name: &str, pids: &[u32]) -> bool {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    // The shell's builtin: a minimal Debian has no other `kill`.
    let status = Command::new("sh")
        .args(["-c", &format!("kill -s {name} {}", pids.join(" "))])
        .status();
    status.is_ok_and(|status| status.success())
}

/// The cargo that runs the tests, without the variables that it sets for them: ring's build script reads those, so
/// that cargo would rebuild everything from ring up, including the executable that other tests are running.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"CARGO_PKG_") || name_bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// A process that is killed when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The exit code of a command, and its standard output followed by its standard error.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub text: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

/// Runs a command, which has to succeed.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a command with this standard input.
pub fn pipe(command: &mut Command, input: impl AsRef<[u8]>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_ref()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}
