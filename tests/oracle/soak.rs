//! Many probes in a row against one server with random responses: each verdict must match its response.
//!
//! `HP_TEST_SOAK` sets the count; the executable is the one in `HP_TEST_STATIC`, if set.

use super::generate::rng::Rng;
use crate::support::build::named_static;
use crate::support::{Server, response, vars};
use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Enough for a smoke test; CI runs a hundred thousand.
const FEW: usize = 1000;

/// A status, a body, and whether the default status check and `-e status=ok` hold.
const KINDS: [(&str, &str, bool); 8] = [
    ("200 OK", "{\"status\":\"ok\"}", true),
    ("200 OK", "{\"n\":[1,2,3],\"status\":\"ok\"}", true),
    ("200 OK", "{\"status\":\"loading\"}", false),
    ("200 OK", "{\"status\":NaN}", false),
    ("200 OK", "[]", false),
    ("200 OK", "not JSON", false),
    ("503 Service Unavailable", "{\"status\":\"ok\"}", false),
    ("302 Found", "{\"status\":\"ok\"}", true),
];

/// The kind of the response to request number `number`.
fn kind(number: usize) -> (&'static str, &'static str, bool) {
    Rng::new(0, number as u64).pick(&KINDS)
}

#[test]
fn every_verdict_follows_from_the_response() {
    let count = env::var(vars::SOAK).map_or(FEW, |count| count.parse().unwrap());
    let executable =
        named_static().unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_healthprobe")));
    let server = Server::handling_body(|stream, head, _| {
        let number = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        let (status, body, _) = kind(number);
        let _ = stream.write_all(response(status, body).as_bytes());
    });
    let port = server.port();
    let next = AtomicUsize::new(0);
    let healthy = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let url = format!("http://127.0.0.1:{port}/{number}");
                    let output = Command::new(&executable)
                        .args([&url, "-e", "status=ok", "-t", "20s"])
                        .env_clear()
                        .output()
                        .unwrap();
                    let (status, body, expected) = kind(number);
                    let out = String::from_utf8_lossy(&output.stdout);
                    assert_eq!(
                        (output.status.code(), out.starts_with("healthy: ")),
                        (Some(i32::from(!expected)), expected),
                        "{number}: {status} {body}: {out}"
                    );
                    healthy.fetch_add(usize::from(expected), Ordering::Relaxed);
                }
            });
        }
    });
    let healthy = healthy.into_inner();
    // Both verdicts occurred.
    assert!(
        healthy > count / 8 && healthy < count / 2,
        "{healthy} of {count}"
    );
}
