//! SIGTERM and SIGINT to the first process of a container, in a namespace of its own: the system ignores a signal to it
//! unless it has a handler.
//!
//! Needs root; otherwise the test is skipped, or fails with `HP_TEST_REQUIRE_SERVERS=1`.

use crate::support::unix::socket_path;
use crate::support::{
    DEADLINE, PATIENCE, Server, assert_within, hold, program, run, signal, skip, vars,
};
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The probe as the first process of a namespace, and its process id outside.
struct First {
    unshare: Child,
    pid: u32,
}

impl First {
    /// `None` if there can be none.
    fn start(arguments: &[&str]) -> Option<Self> {
        program("unshare")?;
        let mut unshare = Command::new("unshare")
            .args(["--pid", "--fork", env!("CARGO_BIN_EXE_healthprobe")])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let children = format!("/proc/{0}/task/{0}/children", unshare.id());
        let deadline = Instant::now() + DEADLINE;
        while unshare.try_wait().unwrap().is_none() && Instant::now() < deadline {
            let child = fs::read_to_string(&children).unwrap_or_default();
            if let Ok(pid) = child.trim().parse() {
                return Some(Self { unshare, pid });
            }
            thread::sleep(Duration::from_millis(5));
        }
        let output = unshare.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains("unshare failed"), "{output:?}");
        skip(vars::REQUIRE_SERVERS, &format!("a first process: {err}"));
        None
    }

    #[track_caller]
    fn assert_ends_with_1_on(self, name: &str) {
        assert_within(PATIENCE, || {
            assert!(signal(name, &[self.pid]));
            let output = self.unshare.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
            assert_eq!((output.stdout, output.stderr), (vec![], vec![]), "{name}");
        });
    }
}

#[test]
fn the_first_process_ends_at_once_with_1() {
    for name in ["TERM", "INT"] {
        let server = Server::handling(hold);
        let url = format!("127.0.0.1:{}", server.port());
        let Some(first) = First::start(&[&url, "-t", "5m"]) else {
            return;
        };
        server.request();
        first.assert_ends_with_1_on(name);
    }
}

#[test]
fn the_first_process_ends_at_once_while_it_reads() {
    if program("mkfifo").is_none() {
        return;
    }
    let path = socket_path("first");
    run(Command::new("mkfifo").arg(&path));
    let Some(first) = First::start(&[":1", "-t", "5m", "-d", &format!("@{path}")]) else {
        return;
    };
    // Opening it takes until the probe reads it.
    let _writer = File::create(&path).unwrap();
    first.assert_ends_with_1_on("TERM");
}
