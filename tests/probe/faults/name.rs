//! Faults of the name server: a test server in a network namespace, set in that namespace's `/etc/resolv.conf`.
//!
//! Needs root; otherwise the tests are skipped, or fail with `HP_TEST_REQUIRE_SERVERS=1`.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::{LATE, LATENESS, PATIENCE, TIMEOUT, executables, without_counts};
use crate::support::namespace::in_namespace;
use crate::support::{has_ipv6, new_file, without_times};

/// Answers questions on UDP port 53, runs the probe and prints the outcome. The case names the fault of A
/// and that of AAAA, the number of addresses where there is no fault, what to add to the hosts file, and the addresses
/// whose port 8000 answers 200.
const NETWORK: &str = r#"
import json, os, socket, sys, threading, time
case, resolver, hosts, *command = sys.argv[1:]
case = json.loads(case)
subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)

asked = set()

def serve_names(server):
    while True:
        question, client = server.recvfrom(512)
        name = question[12:question.index(b"\0", 12) + 5]
        kind = {1: "A", 28: "AAAA"}.get(name[-3])
        asked.add(kind)
        # The same name in another domain of the search list.
        fault = "none" if b"\5other" in name else case.get(kind, "half-close")
        def answer(flags, records=b"", count=0):
            head = question[:2] + flags + b"\0\1" + count.to_bytes(2, "big") + b"\0\0\0\0"
            server.sendto(head + name + records, client)
        if fault == "refused":
            answer(b"\x81\x85")
        elif fault == "servfail":
            answer(b"\x81\x82")
        elif fault == "nxdomain":
            answer(b"\x81\x83")
        elif fault == "drip":
            time.sleep(1)
            answer(b"\x81\x80")
        elif fault == "slow":
            time.sleep(0.2)
            fault = "none"
        elif fault == "garbage":
            server.sendto(os.urandom(100), client)
        elif fault == "early close":
            answer(b"\x83\x80")
        elif fault == "endless":
            for _ in range(500):
                server.sendto(os.urandom(500), client)
        elif fault == "half-close":
            answer(b"\x81\x80")
        if fault == "none":
            count = case.get("addresses", 1)
            if kind == "A":
                addresses = [bytes([127, 0, 0, number]) for number in range(1, count + 1)]
            else:
                addresses = [bytes(15) + b"\1"]
            records = (b"\xc0\x0c" + name[-4:] + b"\0\0\0\0" + len(address).to_bytes(2, "big") + address for address in addresses)
            answer(b"\x81\x80", b"".join(records), len(addresses))

def serve_http(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.close()

def start(serve, server):
    threading.Thread(target=serve, args=[server], daemon=True).start()

if case["A"] != "reset":
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    start(serve_names, server)
for address in case.get("listen", []):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    start(serve_http, socket.create_server((address, 8000), family=family))
started = time.monotonic()
ran = subprocess.run(command, capture_output=True, text=True, env={})
ended = time.monotonic()
subprocess.run([command[0], "--version"], stdout=subprocess.DEVNULL)
startup = time.monotonic() - ended
print(json.dumps([ran.stdout, ran.stderr, ran.returncode, ended - started - startup, sorted(asked)]))
"#;

/// Runs the probe in a namespace with that name server; `None` if there can be none.
fn run(case: &Value, executable: &Path, arguments: &[&str]) -> Option<Value> {
    let search = case["search"].as_str().unwrap_or(".");
    let resolver = new_file(format!("nameserver 127.0.0.1\nsearch {search}\n"));
    let hosts = new_file(case["hosts"].as_str().unwrap_or_default());
    let case = case.to_string();
    let executable = executable.to_str().unwrap();
    let command = [&case, &resolver, &hosts, executable];
    in_namespace(NETWORK, &[&command, arguments].concat())
}

/// Expects this of one probe by each executable. One that a busy machine made time out is repeated.
#[track_caller]
fn assert_line(case: &Value, arguments: &[&str], line: &str) {
    for executable in executables() {
        let deadline = Instant::now() + PATIENCE;
        let ran = loop {
            let Some(ran) = run(case, &executable, arguments) else {
                return;
            };
            let is_late = ran[0].as_str().unwrap().starts_with(TIMED_OUT);
            if !is_late || Instant::now() > deadline {
                break ran;
            }
        };
        assert_eq!(
            (without_times(ran[0].as_str().unwrap()), &ran[1], &ran[2]),
            (
                format!("{line}\n"),
                &json!(""),
                &json!(i32::from(line.starts_with("unhealthy")))
            ),
            "{case} {arguments:?} {}",
            executable.display()
        );
    }
}

#[test]
fn reports_faults_of_the_name_server() {
    let silence = "timed out after 400ms looking up model.test";
    let failed = |words: &str| format!("cannot look up model.test: {words}");
    // The reason with glibc and the one with musl.
    for (fault, glibc, musl) in [
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
            let timeout = format!("{}ms", TIMEOUT.as_millis());
            let arguments = [URL, "-t", &timeout];
            let case = json!({"A": fault, "AAAA": fault});
            let reason = if executable.as_os_str() == env!("CARGO_BIN_EXE_healthprobe") {
                &glibc
            } else {
                &musl
            };
            let says = format!("unhealthy: {reason}; GET http://model.test:8000/\n");
            // Until it is in time once, as the other cells.
            let deadline = Instant::now() + PATIENCE;
            loop {
                let Some(run) = run(&case, &executable, &arguments) else {
                    return;
                };
                let printed = without_counts(run[0].as_str().unwrap());
                if !printed.starts_with(LATE) {
                    assert_eq!(printed, says, "name, {fault}");
                }
                assert_eq!(
                    (run[1].as_str(), run[2].as_i64()),
                    (Some(""), Some(1)),
                    "name, {fault}"
                );
                let latest = (TIMEOUT + LATENESS).as_secs_f64();
                if printed == says && run[3].as_f64().unwrap() <= latest {
                    break;
                }
                assert!(Instant::now() < deadline, "name, {fault}: {run}");
            }
        }
    }
}

/// How the line of a late probe begins. None of those below expects it.
const TIMED_OUT: &str = "unhealthy: timed out after ";
const URL: &str = "http://model.test:8000/";
const HEALTHY: &str = "healthy: 200 OK in <t>; GET http://model.test:8000/";
const FAULTS: [&str; 5] = ["nxdomain", "servfail", "refused", "silence", "half-close"];

#[test]
fn uses_ipv4_addresses_although_the_question_for_ipv6_fails() {
    for fault in FAULTS {
        let case = json!({"A": "none", "AAAA": fault, "listen": ["127.0.0.1"]});
        assert_line(&case, &[URL, "-t", "4s"], HEALTHY);
        assert_line(&case, &[URL, "-t", "4s", "-4"], HEALTHY);
        let refused = json!({"A": "none", "AAAA": fault});
        let says = "unhealthy: connection refused (127.0.0.1:8000); GET http://model.test:8000/";
        assert_line(&refused, &[URL, "-t", "400ms"], says);
        assert_line(&refused, &[URL, "-t", "400ms", "-4"], says);
    }
}

#[test]
fn uses_ipv6_addresses_although_the_question_for_ipv4_fails() {
    if !has_ipv6() {
        return;
    }
    for fault in FAULTS {
        let case = json!({"A": fault, "AAAA": "none", "listen": ["::1"]});
        assert_line(&case, &[URL, "-t", "4s"], HEALTHY);
        assert_line(&case, &[URL, "-t", "4s", "-6"], HEALTHY);
        let refused = json!({"A": fault, "AAAA": "none"});
        let says = "unhealthy: connection refused ([::1]:8000); GET http://model.test:8000/";
        assert_line(&refused, &[URL, "-t", "400ms"], says);
    }
}

#[test]
fn asks_for_the_family_of_the_flag_alone() {
    let case = json!({"A": "none", "AAAA": "half-close", "listen": ["127.0.0.1"]});
    for (flag, asked, says) in [
        ("-4", "A", "healthy: 200 OK in "),
        (
            "-6",
            "AAAA",
            "unhealthy: cannot look up model.test: no IPv6 address (",
        ),
    ] {
        for executable in executables() {
            let Some(ran) = run(&case, &executable, &[URL, "-t", "4s", flag]) else {
                return;
            };
            let out = ran[0].as_str().unwrap();
            assert!(out.starts_with(says), "{out}");
            assert_eq!(ran[4], json!([asked]));
        }
    }
}

#[test]
fn tries_every_address_of_a_name() {
    let many = |listen: &[&str]| json!({"A": "none", "addresses": 24, "listen": listen});
    assert_line(&many(&["127.0.0.20"]), &[URL, "-t", "4s"], HEALTHY);
    assert_line(&many(&["127.0.0.24"]), &[URL, "-t", "4s", "-4"], HEALTHY);
    assert_line(
        &many(&[]),
        &[URL, "-t", "4s"],
        "unhealthy: connection refused (127.0.0.1:8000, 127.0.0.2:8000, 127.0.0.3:8000 and 21 more); \
         GET http://model.test:8000/",
    );
}

#[test]
fn tries_the_addresses_that_come_late() {
    if !has_ipv6() {
        return;
    }
    let case = json!({"A": "none", "AAAA": "slow", "listen": ["::1"]});
    assert_line(&case, &[URL, "-t", "4s"], HEALTHY);
    let case = json!({"A": "slow", "AAAA": "none", "listen": ["127.0.0.1"]});
    assert_line(&case, &[URL, "-t", "4s"], HEALTHY);
}

#[test]
fn uses_no_ipv6_address_of_another_name_beside_an_ipv4_address() {
    if !has_ipv6() {
        return;
    }
    // The search list's second domain has an IPv6 address for each name.
    let case =
        json!({"A": "none", "AAAA": "half-close", "search": "first other", "listen": ["::1"]});
    assert_line(
        &case,
        &["http://model:8000/", "-t", "2s"],
        "unhealthy: connection refused (127.0.0.1:8000); GET http://model:8000/",
    );
    // The hosts file has an IPv4 address, and DNS another.
    let case = json!({
        "A": "none", "AAAA": "none", "hosts": "127.0.0.9 model.test\n", "listen": ["::1", "127.0.0.1"],
    });
    assert_line(
        &case,
        &[URL, "-t", "2s"],
        "unhealthy: connection refused (127.0.0.9:8000); GET http://model.test:8000/",
    );
}
