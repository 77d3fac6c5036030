//! A probe leaves nothing behind and needs nothing around it.

use crate::support::build::named_static;
use crate::support::{self, Server, file, folder, hold, new_file, program, say_skipped};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_healthprobe");

/// The trace of these system calls during a probe.
fn trace(calls: &str, arguments: &[&str]) -> Option<String> {
    let strace = program("strace")?;
    let file = new_file("");
    let output = Command::new(strace)
        .args(["-f", "-o", &file, "-e", calls, EXECUTABLE])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    Some(fs::read_to_string(file).unwrap())
}

#[test]
fn starts_no_process_and_no_thread() {
    let server = Server::json("{}");
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("http://{host}:{}/", server.port());
        let Some(calls) = trace("trace=clone,clone3,fork,vfork", &[&url, "-e", "$"]) else {
            return;
        };
        assert!(
            !calls.contains("clone") && !calls.contains("fork"),
            "{calls}"
        );
    }
}

#[test]
fn writes_no_file_unless_asked_to() {
    let server = Server::json("{\"a\":1}");
    let url = format!("http://127.0.0.1:{}/", server.port());
    let writes = |calls: &str| {
        ["O_WRONLY", "O_RDWR", "O_CREAT", "rename", "mkdir", "unlink"]
            .iter()
            .any(|sign| calls.contains(sign))
    };
    let Some(calls) = trace("trace=%file", &[&url, "-e", "a=1", "-v"]) else {
        return;
    };
    assert!(!writes(&calls), "{calls}");
    // The trace would show it: with this flag it does.
    let file = file("side-effects.json", "");
    let calls = trace("trace=%file", &[&url, "--write-baseline", &file]).unwrap();
    assert!(writes(&calls), "{calls}");
}

/// A running probe that waits for its response.
fn waiting(server: &Server) -> Child {
    let url = format!("http://127.0.0.1:{}/", server.port());
    // A shell that starts the tests in the background makes them ignore SIGINT, and so their children.
    let child = Command::new("env")
        .args(["--default-signal=INT,TERM", EXECUTABLE])
        .args([&url, "-t", "60s"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // It has sent its request.
    server.request();
    child
}

#[test]
fn ends_at_once_on_a_signal() {
    let server = Server::handling(hold);
    for signal in ["TERM", "INT"] {
        let mut child = waiting(&server);
        let started = Instant::now();
        assert!(support::signal(signal, &[child.id()]));
        let status = child.wait().unwrap();
        assert!(!status.success(), "{signal}: {status}");
        assert!(started.elapsed() < Duration::from_secs(10), "{signal}");
    }
}

/// No library, no `/etc`, no `/tmp`, no `/proc`, no `/dev`: a root that contains only the executable.
#[test]
fn runs_in_an_empty_root() {
    let Some(path) = named_static() else {
        say_skipped("an empty root: HP_TEST_STATIC names no static executable");
        return;
    };
    let root = folder("empty-root");
    fs::copy(path, root.join("healthprobe")).unwrap();
    let server = Server::json("{\"status\":\"ok\"}");
    let port = server.port();
    for (host, code, line) in [
        ("127.0.0.1", 0, "healthy: 200 OK in "),
        ("localhost", 0, "healthy: 200 OK in "),
        (
            "model.invalid",
            1,
            "unhealthy: timed out after 2s looking up model.invalid; ",
        ),
    ] {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--net", "--root"])
            .arg(&root)
            .args([
                "/healthprobe",
                &format!("http://{host}:{port}/"),
                "-t",
                "2s",
            ]);
        if host != "model.invalid" {
            // In the server's network, except for the name lookup, which must fail.
            command = Command::new("unshare");
            command
                .args(["--user", "--map-root-user", "--root"])
                .arg(&root)
                .args(["/healthprobe", &format!("http://{host}:{port}/")])
                .args(["-e", "status=ok"]);
        }
        let output = command.env_clear().env("PATH", "/usr/bin:/bin").output();
        let output = output.unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(
            out.starts_with(line) && err.is_empty(),
            "{host}: {out}{err}"
        );
        assert_eq!(output.status.code(), Some(code), "{host}: {out}");
    }
}
