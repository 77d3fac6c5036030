//! Faults of the name server: a test server in a network namespace, set in that namespace's `/etc/resolv.conf`.
//!
//! Needs root; otherwise the test is skipped, or fails with `HP_TEST_REQUIRE_SERVERS=1`.

use std::env;
use std::process::Command;

use serde_json::Value;

use super::{LATENESS, TIMEOUT, TRIES, executables, without_counts};
use crate::support::{new_file, program, skip, vars};

/// Answers all questions on UDP port 53 with one fault, runs the probe several times and prints the outcomes.
const NETWORK: &str = r#"
import json, os, socket, subprocess, sys, threading, time
fault, resolver, tries, *command = sys.argv[1:]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)

def serve(server):
    while True:
        question, client = server.recvfrom(512)
        name = question[12:question.index(b"\0", 12) + 5]
        def answer(flags, records=b"", count=0):
            head = question[:2] + flags + b"\0\1" + count.to_bytes(2, "big") + b"\0\0\0\0"
            server.sendto(head + name + records, client)
        if fault == "refused":
            answer(b"\x81\x85")
        elif fault == "drip":
            time.sleep(1)
            answer(b"\x81\x80")
        elif fault == "garbage":
            server.sendto(os.urandom(100), client)
        elif fault == "early close":
            answer(b"\x83\x80")
        elif fault == "endless":
            for _ in range(500):
                server.sendto(os.urandom(500), client)
        elif fault == "half-close":
            answer(b"\x81\x80")
        elif fault == "none":
            if name[-4:] == b"\0\1\0\1":
                answer(b"\x81\x80", b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1", 1)
            else:
                answer(b"\x81\x80")

if fault != "reset":
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=[server], daemon=True).start()
runs = []
for _ in range(int(tries)):
    started = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, env={})
    runs.append([ran.stdout, ran.stderr, ran.returncode, time.monotonic() - started])
print(json.dumps(runs))
"#;

/// Runs the probe in a namespace with that name server; `None` if there can be none.
fn run(fault: &str, executable: &str) -> Option<Value> {
    for name in ["unshare", "ip", "mount", "python3"] {
        program(name)?;
    }
    let resolver = new_file("nameserver 127.0.0.1\n");
    let timeout = format!("{}ms", TIMEOUT.as_millis());
    let output = Command::new("unshare")
        .args([
            "--net", "--mount", "python3", "-c", NETWORK, fault, &resolver,
        ])
        .arg(TRIES.to_string())
        .args([executable, "http://model.test:8000/", "-t", &timeout])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    if err.contains("unshare failed") {
        let reason = format!("the name server's faults: {err}");
        skip(vars::REQUIRE_SERVERS, &reason);
        return None;
    }
    assert!(output.status.success(), "{err}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn reports_faults_of_the_name_server() {
    let silence = "timed out after 400ms looking up model.test";
    let failed = |words: &str| format!("cannot look up model.test: {words}");
    // The reason with glibc and the one with musl.
    for (fault, glibc, musl) in [
        // Without a fault, the lookup succeeds.
        (
            "none",
            "connection refused (127.0.0.1:PORT)".to_owned(),
            "connection refused (127.0.0.1:PORT)".to_owned(),
        ),
        (
            "refused",
            failed("Temporary failure in name resolution"),
            // musl repeats the question until it gets an answer.
            silence.to_owned(),
        ),
        (
            "reset",
            failed("Temporary failure in name resolution"),
            silence.to_owned(),
        ),
        ("silence", silence.to_owned(), silence.to_owned()),
        ("drip", silence.to_owned(), silence.to_owned()),
        ("garbage", silence.to_owned(), silence.to_owned()),
        (
            "early close",
            failed("Temporary failure in name resolution"),
            failed("Name does not resolve"),
        ),
        ("endless", silence.to_owned(), silence.to_owned()),
        (
            "half-close",
            failed("No address associated with hostname"),
            failed("Name does not resolve"),
        ),
    ] {
        for executable in executables() {
            let executable = executable.to_str().unwrap();
            let Some(runs) = run(fault, executable) else {
                return;
            };
            let runs = runs.as_array().unwrap();
            let reason = if executable == env!("CARGO_BIN_EXE_healthprobe") {
                &glibc
            } else {
                &musl
            };
            let says = format!("unhealthy: {reason}; GET http://model.test:8000/\n");
            for run in runs {
                let printed = without_counts(run[0].as_str().unwrap());
                assert_eq!(
                    (printed, run[1].as_str(), run[2].as_i64()),
                    (says.clone(), Some(""), Some(1)),
                    "name, {fault}"
                );
            }
            let latest = (TIMEOUT + LATENESS).as_secs_f64();
            let in_time = runs.iter().any(|run| run[3].as_f64().unwrap() <= latest);
            assert!(in_time, "name, {fault}: {runs:?}");
        }
    }
}
