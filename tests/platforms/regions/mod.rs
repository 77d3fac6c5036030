//! `examples/regions`: the run prints what its page shows, reports broken copies, and leaves nothing behind.
//!
//! Needs root, to create network namespaces, and the Python of `fastapi`.

mod example;
mod prometheus;

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::metrics::parse;
use crate::support::{DEADLINE, Outcome, signal};
use example::{Example, namespaces, normal};

const README: &str = include_str!("../../../examples/regions/README.md");

/// The last lines of a run, one per region.
fn verdicts(outcome: &Outcome) -> Vec<&str> {
    let (_, verdicts) = outcome.out.rsplit_once("\n\n").unwrap();
    verdicts.lines().collect()
}

#[test]
fn the_run_prints_what_the_page_shows_and_alerts_by_region() {
    let Some(copy) = Example::new("page") else {
        return;
    };
    // As on the page, but so far away that a busy machine does not make the near look distant.
    copy.change("run", "[us]=200", "[us]=700");
    copy.change("probe.json", "500ms", "2s");
    let outcome = copy.run();
    let (_, shown) = README
        .split_once("    # examples/regions/run metrics\n")
        .unwrap();
    let shown: Vec<&str> = shown
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    let shown = normal(&shown.join("\n")).replace("max-latency 500ms", "max-latency 2s");
    assert_eq!(
        (outcome.out.trim_end(), outcome.err.as_str(), outcome.code),
        (shown.trim_end(), "", Some(0))
    );

    // In milliseconds: three round trips with the delays of both regions.
    for (from, to, at_least) in [
        ("eu", "us", 2130),
        ("us", "eu", 2130),
        ("eu", "ap", 90),
        ("ap", "eu", 90),
        ("us", "ap", 2160),
        ("ap", "us", 2160),
    ] {
        let text = fs::read_to_string(copy.metrics(from, to)).unwrap();
        let took = parse(&text)
            .into_iter()
            .find(|((name, _), _)| name == "probe_duration_seconds");
        let took = Duration::from_secs_f64(took.unwrap().1);
        assert!(
            took >= Duration::from_millis(at_least),
            "{from}, {to}: {took:?}"
        );
    }
    prometheus::promtool_accepts(&copy);
    prometheus::alerts(&copy);
}

/// A queueing discipline without delay in place of netem, which also covers kernels that have netem.
#[test]
fn reports_every_region_healthy_without_delays() {
    let Some(copy) = Example::new("healthy") else {
        return;
    };
    copy.change("run", "[ap]=diverged.json", "[ap]=model.json");
    copy.change("probe.json", "500ms", "20s");
    copy.change(
        "run",
        "netem delay \"${delay[$1]}ms\"",
        "tbf rate 1gbit burst 100kb latency 1ms",
    );
    let outcome = copy.run();
    assert_eq!(
        (outcome.code, outcome.err.as_str(), verdicts(&outcome)),
        (
            Some(0),
            "",
            vec![
                "eu: healthy from everywhere",
                "us: healthy from everywhere",
                "ap: healthy from everywhere"
            ]
        ),
        "{}",
        outcome.out
    );
}

#[test]
fn a_higher_latency_limit_accepts_a_distant_region() {
    let Some(copy) = Example::new("lax") else {
        return;
    };
    copy.change("probe.json", "500ms", "20s");
    let outcome = copy.run();
    assert_eq!(
        verdicts(&outcome)[..2],
        ["eu: healthy from everywhere", "us: healthy from everywhere"]
    );
    assert!(
        verdicts(&outcome)[2].starts_with("ap: the instance: it fails locally"),
        "{outcome:?}"
    );
}

#[test]
fn connecting_to_the_wrong_instance_hides_the_fault() {
    let Some(copy) = Example::new("wrong") else {
        return;
    };
    copy.change("probe.json", "500ms", "20s");
    copy.change(
        "run",
        "--connect-to \"${address[$2]}\"",
        "--connect-to \"${address[eu]}\"",
    );
    let outcome = copy.run();
    assert!(outcome.out.contains("\nap: healthy: "), "{outcome:?}");
}

#[test]
fn reports_a_certificate_for_another_name() {
    let Some(copy) = Example::new("name") else {
        return;
    };
    copy.change("probe.json", "model.example", "eu.model.example");
    let outcome = copy.run();
    let reason = "certificate is for model.example, not for eu.model.example";
    for region in ["eu", "us", "ap"] {
        let line = format!("\n{region}: unhealthy: {reason}; GET ");
        assert!(outcome.out.contains(&line), "{outcome:?}");
    }
    // Distinguishes one failing region from all of them.
    let verdict = "every region: all fail locally, so the cause is shared";
    assert_eq!(verdicts(&outcome), [verdict], "{outcome:?}");
}

#[test]
fn rejects_a_misspelt_check() {
    let Some(copy) = Example::new("misspelt") else {
        return;
    };
    copy.change("probe.json", "label!=Unknown", "label!!Unknown");
    let outcome = copy.run();
    outcome.assert_code(1);
    assert!(outcome.err.starts_with("error: "), "{outcome:?}");
}

#[test]
fn cleans_up_when_terminated() {
    let Some(copy) = Example::new("ended") else {
        return;
    };
    let mut child = copy.command().spawn().unwrap();
    let pid = child.id();
    let started = Instant::now();
    let serves = || {
        fs::read_dir(copy.folder.join("tmp"))
            .unwrap()
            .any(|entry| entry.unwrap().path().join("ap.log").exists())
    };
    while !serves() {
        assert!(started.elapsed() < DEADLINE, "nothing is served");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(namespaces(pid).len(), 4);
    assert!(signal("TERM", &[pid]));
    assert!(!child.wait().unwrap().success());
    copy.assert_nothing_left(pid);
}

#[test]
fn requires_root() {
    let Some(copy) = Example::new("root") else {
        return;
    };
    let output = Command::new("unshare")
        .arg("--user")
        .arg(copy.command().get_program())
        .output()
        .unwrap();
    assert_eq!(
        (
            String::from_utf8_lossy(&output.stderr).as_ref(),
            output.status.code()
        ),
        (
            "error: creating network namespaces requires root\n",
            Some(1)
        )
    );
}
