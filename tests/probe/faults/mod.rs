//! The fault matrix: every stage of a probe × every kind of fault. Each cell asserts the exit code, the line and the
//! time, and for the static executable also the memory.
//!
//! | | refused | reset | silence | drip | garbage | early close | endless | half-close |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | name (UDP) | REFUSED | ICMP | ✓ | late answer | ✓ | truncated | ✓ | no address |
//! | connect | ✓ | ✓ | ✓ | – | – | – | – | – |
//! | TLS handshake | alert | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
//! | request | 413 | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
//! | response head | 503 | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
//! | body | bad gateway | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |
//!
//! An unestablished connection cannot drip, close or send.
//!
//! Without `HP_TEST_STATIC`, only cargo's executable is probed, and its memory is not asserted.

mod after;
mod before;
mod name;

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::build::named_static;
use crate::support::{self, Server, new_file, program, without_times};

/// Long enough for a drip, and to reach each stage.
const TIMEOUT: Duration = Duration::from_millis(400);

/// The maximum lateness of a probe, without the time that the machine takes to run it at all.
const LATENESS: Duration = Duration::from_millis(50);

/// The maximum memory in kB, without TLS.
const MEMORY: u64 = 4096;

/// How long a cell is repeated until it is in time: a busy machine may cause a delay, the probe would cause it always.
const PATIENCE: Duration = support::PATIENCE;

/// How a line begins of a probe that the machine delays beyond its deadline.
const LATE: &str = "unhealthy: timed out after 400ms ";

/// The time between the bytes of a drip.
const DRIP: Duration = Duration::from_millis(50);

fn executables() -> Vec<PathBuf> {
    let mut executables = vec![PathBuf::from(env!("CARGO_BIN_EXE_healthprobe"))];
    executables.extend(named_static());
    executables
}

/// One cell of the matrix: the expected line, without times and byte counts.
#[track_caller]
fn assert_cell(cell: &str, arguments: &[&str], says: &str) {
    assert_large_cell(cell, arguments, says, 0);
}

/// A cell with this many kB of data to send.
#[track_caller]
fn assert_large_cell(cell: &str, arguments: &[&str], says: &str, data: u64) {
    let timeout = format!("{}ms", TIMEOUT.as_millis());
    let arguments = [&["-t", &timeout], arguments].concat();
    for executable in executables() {
        let mut command = Command::new(&executable);
        command.args(&arguments);
        assert_command(cell, &mut command, says);
        if executable.as_os_str() != env!("CARGO_BIN_EXE_healthprobe")
            && !arguments
                .iter()
                .any(|argument| argument.starts_with("https"))
        {
            assert_memory(cell, &executable, &arguments, MEMORY + data);
        }
    }
}

/// Runs the command until it is in time once. A late one may time out in an earlier stage.
#[track_caller]
fn assert_command(cell: &str, command: &mut Command, says: &str) {
    let expected = (
        format!("{says}\n"),
        String::new(),
        Some(i32::from(says.starts_with("unhealthy"))),
    );
    let mut tries = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let started = Instant::now();
        let output = command.env_clear().output().unwrap();
        let took = started.elapsed().saturating_sub(startup(command));
        let printed = (
            without_counts(&String::from_utf8(output.stdout).unwrap()),
            String::from_utf8(output.stderr).unwrap(),
            output.status.code(),
        );
        if !printed.0.starts_with(LATE) {
            assert_eq!(printed, expected, "{cell}");
        }
        if printed == expected && took <= TIMEOUT + LATENESS {
            return;
        }
        tries.push((took, printed.0));
    }
    panic!("{cell}: {tries:#?}");
}

/// How long the machine now takes to run the command's executable at all.
fn startup(command: &Command) -> Duration {
    let started = Instant::now();
    Command::new(command.get_program())
        .arg("--version")
        .output()
        .unwrap();
    started.elapsed()
}

#[track_caller]
fn assert_memory(cell: &str, executable: &std::path::Path, arguments: &[&str], most: u64) {
    let Some(time) = program("time") else {
        return;
    };
    let report = new_file("");
    Command::new(time)
        .args(["-f", "%M", "-o", &report])
        .arg(executable)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    let report = fs::read_to_string(&report).unwrap();
    let memory: u64 = report.lines().last().unwrap().parse().unwrap();
    assert!(memory > 0 && memory <= most, "{cell}: {memory} kB");
}

/// A reset, which may hit the connection, the request or the response, and may discard earlier bytes.
#[track_caller]
fn assert_reset(cell: &str, server: &Server, arguments: &[&str]) {
    let url = format!("127.0.0.1:{}", server.port());
    for executable in executables() {
        let output = Command::new(executable)
            .args(["-t", "20s", &url])
            .args(arguments)
            .env_clear()
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let printed = [
            "unhealthy: connection reset (127.0.0.1:",
            "unhealthy: connection reset before any response; ",
            "unhealthy: connection reset in the response headers, after ",
            "unhealthy: body cut short after ",
        ];
        assert!(
            output.status.code() == Some(1)
                && printed.iter().any(|printed| out.starts_with(printed)),
            "{cell}: {out}"
        );
    }
}

fn without_counts(text: &str) -> String {
    let counts = regex_lite::Regex::new(r"\b\d+ bytes").unwrap();
    let ports = regex_lite::Regex::new(r"(127\.0\.0\.1|localhost|\[::1\]):\d+").unwrap();
    let text = without_times(text);
    let text = counts.replace_all(&text, "<n> bytes");
    ports.replace_all(&text, "$1:PORT").into_owned()
}

/// Writes these bytes 50 ms apart, until the client disconnects.
fn drip(stream: &mut TcpStream, bytes: impl IntoIterator<Item = u8>) {
    use std::io::Write;
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            return;
        }
        // Not for synchronization: slowness is under test.
        std::thread::sleep(DRIP);
    }
}

/// Writes these bytes repeatedly, until the client disconnects.
fn flood(stream: &mut TcpStream, bytes: &[u8]) {
    use std::io::Write;
    while stream.write_all(bytes).is_ok() {}
}

/// Ends a connection with a reset.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// Shuts down the sending side and keeps the connection.
fn half_close(stream: &mut TcpStream) {
    let _ = stream.shutdown(std::net::Shutdown::Write);
    crate::support::hold(stream);
}
