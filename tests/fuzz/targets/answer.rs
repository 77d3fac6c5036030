//! Bytes from the network → verdict line: a real connection over loopback, as the transport has no other seam.
#![no_main]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use healthprobe::args::Args;
use healthprobe::args::env::Environment;
use healthprobe::check::{self, Outcome};
use healthprobe::fetch;
use healthprobe::inputs::Input;
use healthprobe::plan::Plan;
use healthprobe::report::{self, Report};
use healthprobe::verdict::Verdict;
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "hunter2-of-the-probe";
/// The server closes at once, so that a probe takes as long only where the machine is busy.
const DEADLINE: Duration = Duration::from_secs(5);

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Where the answer is cut in two writes; 0 for one.
static CUT: AtomicUsize = AtomicUsize::new(0);
static PLANS: OnceLock<[Plan; 2]> = OnceLock::new();

fuzz_target!(|answer: &[u8]| {
    let [checked, plain] = PLANS.get_or_init(|| plans(serve()));
    answer.clone_into(&mut ANSWER.lock().unwrap_or_else(PoisonError::into_inner));
    let sum: usize = answer.iter().map(|byte| usize::from(*byte)).sum();
    let cut = sum.checked_rem(answer.len()).unwrap_or_default();
    for plan in [checked, plain] {
        CUT.store(0, Ordering::SeqCst);
        let verdict = assert_sound(plan, answer);
        CUT.store(cut, Ordering::SeqCst);
        assert_eq!(assert_sound(plan, answer), verdict, "cut at {cut}");
    }
});

/// The verdict, whose line has to be sound.
fn assert_sound(plan: &Plan, answer: &[u8]) -> Verdict {
    let started = Instant::now();
    let (verdict, line) = probe(plan);
    assert!(started.elapsed() < DEADLINE + Duration::from_secs(1));
    let text = line.strip_suffix('\n').expect("an end of line");
    assert!(line.len() <= 500, "{} bytes: {line}", line.len());
    assert!(!text.contains(char::is_control), "{line:?}");
    assert!(!text.contains(PASSWORD), "{line}");
    match verdict {
        Verdict::Healthy => {
            assert!(text.starts_with("healthy: "), "{line}");
            let needs_body = plan.checks.len() > 1;
            assert!(could_be_healthy(answer, needs_body), "{line}");
        }
        Verdict::Unhealthy => assert!(text.starts_with("unhealthy: "), "{line}"),
    }
    verdict
}

/// What every answer that passes has in it: a status line, the end of a head, and some body if a check needs it. Chunks may cut the rest apart.
fn could_be_healthy(answer: &[u8], needs_body: bool) -> bool {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_start_matches(['\r', '\n']);
    let body = ["\n\r\n", "\n\n"]
        .iter()
        .filter_map(|end| text.split_once(end))
        .map(|(_, body)| body.len())
        .max();
    let body = &text[text.len() - body.unwrap_or(0)..];
    text.starts_with("HTTP/1.") && (!needs_body || body.contains('o') && body.contains('k'))
}

fn probe(plan: &Plan) -> (Verdict, String) {
    let told = |result, outcomes: &[Outcome]| {
        let report = Report {
            verdict: Verdict::of(outcomes),
            method: &plan.request.method,
            url: plan.request.url.redacted(),
            result,
            outcomes,
            secrets: &plan.output.secrets,
            wait_stats: None,
        };
        (report.verdict, report::text::line(&report))
    };
    match fetch::fetch(&plan.request) {
        Ok(mut answer) => {
            let outcomes = check::evaluate(&plan.checks, &answer.response);
            if outcomes.iter().any(Outcome::is_explained_by_body) {
                answer.read_excerpt(report::EXCERPT_READ);
            }
            told(Ok(&answer.response), &outcomes)
        }
        Err(none) => {
            let outcomes = check::without_response(&plan.checks, &none.error);
            told(Err(&none), &outcomes)
        }
    }
}

/// With checks of the body, and without.
fn plans(port: u16) -> [Plan; 2] {
    [
        plan(port, &["--expect=status~ok", "--expect-header=!x-refused"]),
        plan(port, &[]),
    ]
}

fn plan(port: u16, checks: &[&str]) -> Plan {
    let environment = Environment::default();
    let none = |_: Input, _| Err(io::ErrorKind::NotFound.into());
    let arguments = [
        "healthprobe".to_owned(),
        format!("http://probe:{PASSWORD}@127.0.0.1:{port}/"),
        format!("--timeout={}ms", DEADLINE.as_millis()),
    ];
    let arguments = arguments
        .iter()
        .map(String::as_str)
        .chain(checks.iter().copied());
    let arguments = arguments.map(OsString::from);
    let given = Args::read(arguments, &environment, &none).expect("arguments");
    Plan::new(given, &environment, &none).expect("a plan")
}

fn serve() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = ANSWER
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            // The client may have heard enough.
            let _ = play(stream, &answer);
        }
    });
    port
}

fn play(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&part[..read]),
        }
    }
    stream.set_nodelay(true)?;
    let (first, second) = answer.split_at(CUT.load(Ordering::SeqCst).min(answer.len()));
    stream.write_all(first)?;
    thread::yield_now();
    stream.write_all(second)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    while stream.read(&mut part)? > 0 {}
    Ok(())
}
