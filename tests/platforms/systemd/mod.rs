//! `examples/systemd`: Debian's systemd accepts the units and runs them in a container. `systemctl start` waits for
//! the model or fails with the reason, and a hung model is restarted.

mod system;

use std::fs;
use std::path::Path;
use std::process::Command;

use self::system::System;
use crate::support::files::executable;
use crate::support::{Finished, Folder, changed, program};

const MODEL: &str = include_str!("../../../examples/systemd/model.service");
const PROBE: &str = include_str!("../../../examples/systemd/model-probe.service");
const TIMER: &str = include_str!("../../../examples/systemd/model-probe.timer");

/// `systemd-analyze verify` of these units; all their executables exist.
fn verify(analyze: &Path, [model, probe, timer]: [&str; 3]) -> Finished {
    let folder = Folder::new("units");
    let anything = folder.0.join("anything");
    executable(&anything, "#!/bin/sh\n");
    for (name, text) in [
        ("model.service", model),
        ("model-probe.service", probe),
        ("model-probe.timer", timer),
    ] {
        let text = ["/opt/model/venv/bin/python", "/usr/local/bin/healthprobe"]
            .iter()
            .fold(text.to_owned(), |text, path| {
                text.replace(path, anything.to_str().unwrap())
            });
        fs::write(folder.0.join(name), text).unwrap();
    }
    let output = Command::new(analyze)
        .args([
            "verify",
            "--man=no",
            "model.service",
            "model-probe.service",
            "model-probe.timer",
        ])
        .current_dir(&folder.0)
        // Otherwise this machine's units of the same names are used.
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.0.display()))
        .output();
    output.unwrap().into()
}

#[test]
fn systemd_accepts_the_units_and_rejects_broken_ones() {
    let Some(analyze) = program("systemd-analyze") else {
        return;
    };
    let ended = verify(&analyze, [MODEL, PROBE, TIMER]);
    assert_eq!((ended.code, ended.text.as_str()), (Some(0), ""));
    for (unit, right, wrong, error) in [
        (0, "[Service]", "[Sevice]", "Unknown section 'Sevice'"),
        (
            0,
            "ExecStartPost=",
            "ExecPostStart=",
            "Unknown key 'ExecPostStart'",
        ),
        (
            0,
            "ExecStartPost=/usr/local",
            "ExecStartPost=usr/local",
            "Neither a valid executable name nor an absolute path",
        ),
        (0, "ExecStart=/opt", "ExecStart=/opp", "is not executable"),
        (0, "Type=exec", "Type=exe", "Failed to parse service type"),
        (
            0,
            "TimeoutStartSec=120s",
            "TimeoutStartSec=120z",
            "Failed to parse",
        ),
        (
            0,
            "Restart=on-failure",
            "Restart=on-fail",
            "Failed to parse",
        ),
        (
            0,
            "DynamicUser=yes",
            "DynamicUser=indeed",
            "Failed to parse",
        ),
        (
            0,
            "SystemCallFilter=@system-service",
            "SystemCallFilter=@services",
            "Unknown system call group",
        ),
        (
            1,
            "Type=oneshot",
            "Type=oneshoot",
            "Failed to parse service type",
        ),
        (1, "ExecStart=", "#", "has no ExecStart="),
        (
            1,
            "try-restart model.service'",
            "try-restart model.service",
            "nbalanced quoting",
        ),
        (
            2,
            "OnUnitInactiveSec=30s",
            "OnUnitInactiveSec=often",
            "Failed to parse",
        ),
        (2, "[Timer]", "[Time]", "Unknown section 'Time'"),
    ] {
        let mut units = [MODEL, PROBE, TIMER].map(str::to_owned);
        units[unit] = changed(&units[unit], right, wrong);
        let ended = verify(&analyze, [&units[0], &units[1], &units[2]]);
        assert!(ended.text.contains(error), "{right} → {wrong}: {ended:?}");
    }
}

/// The units with short intervals, in the order of `System::boot`.
fn quick_units() -> [String; 3] {
    [
        changed(MODEL, "RestartSec=5s", "RestartSec=50ms"),
        changed(
            PROBE,
            "--wait 30s --interval 5s",
            "--wait 5s --interval 200ms",
        ),
        TIMER.replace("30s", "500ms"),
    ]
}

/// The model's unit with a short wait, which begins when the server listens.
fn impatient(model: &str) -> String {
    let listens = "ExecStartPost=/usr/local/bin/healthprobe :${PORT}/health --wait 100s --interval 200ms --expect-status 100-599 -q";
    let model = changed(model, "--wait 90s", "--wait 3s --interval 200ms");
    changed(
        &model,
        "ExecStartPost=",
        &format!("{listens}\nExecStartPost="),
    )
}

const NOT_LOADED: &str = "unhealthy: status 503, expected 200-399; status is missing, expected \"ok\"; \
    GET http://localhost:8000/health in <t>; attempt ";

#[test]
fn start_waits_until_the_model_answers() {
    let Some(system) = System::boot(MODEL, PROBE, TIMER) else {
        return;
    };
    system.run("systemctl start --no-block client");
    system.wait_until("it loads", || system.journal("model").contains(NOT_LOADED));
    assert_eq!(system.show("model", "ActiveState"), "activating");
    assert_eq!(system.show("client", "ActiveState"), "inactive");
    assert!(!system.journal("client").contains("healthy"));
    // A late failing probe does not restart a model that is loading.
    let pid = system.show("model", "MainPID");
    let after = PROBE
        .lines()
        .find_map(|line| line.strip_prefix("ExecStopPost=+"));
    let outcome = system.run(&format!("SERVICE_RESULT=exit-code {}", after.unwrap()));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");

    system.put_model();
    // Joins the job that is already running.
    let started = system.run("systemctl start client");
    assert_eq!(started.code, Some(0), "{started:?}");
    assert_eq!(system.show("model", "ActiveState"), "active");
    assert_eq!(system.show("model", "MainPID"), pid);
    let journal = system.journal("model");
    assert!(
        journal.contains("\nhealthy: 200 OK in <t>; GET http://localhost:8000/health; attempt "),
        "{journal}"
    );
    let journal = system.journal("client");
    assert!(
        journal.contains("healthy: 200 OK in <t>; GET http://localhost:8000/predict/sample\n"),
        "{journal}"
    );
    // The model does not run as root.
    assert_ne!(
        system
            .run("stat --format=%u /proc/$(systemctl show --value --property=MainPID model)")
            .text,
        "0\n"
    );
}

#[test]
fn start_fails_with_the_reason_without_a_model() {
    let [model, probe, timer] = quick_units();
    let Some(system) = System::boot(&impatient(&model), &probe, &timer) else {
        return;
    };
    let started = system.run("systemctl start model");
    assert_eq!(started.code, Some(1), "{started:?}");
    assert!(
        started.text.contains("Job for model.service failed"),
        "{started:?}"
    );
    // Three attempts, then it gives up.
    system.wait_until("it gives up", || {
        system.show("model", "ActiveState") == "failed"
    });
    let journal = system.journal("model");
    assert!(journal.contains(NOT_LOADED), "{journal}");
    assert_eq!(
        journal.matches("Starting model.service").count(),
        3,
        "{journal}"
    );
}

#[test]
fn start_needs_the_probe_and_its_deadline() {
    let [model, probe, timer] = quick_units();
    let probed = model
        .lines()
        .find(|line| line.starts_with("ExecStartPost="))
        .unwrap();
    let Some(system) = System::boot(&changed(&model, probed, ""), &probe, &timer) else {
        return;
    };
    let started = system.run("systemctl start model");
    assert_eq!(
        (started.code, started.text.as_str()),
        (Some(0), ""),
        "without a model"
    );
    // The shorter of the two deadlines applies.
    let model = changed(&model, "TimeoutStartSec=120s", "TimeoutStartSec=10s");
    fs::write(system.folder.0.join("units/model.service"), model).unwrap();
    system.run("systemctl stop model; systemctl daemon-reload");
    let started = system.run("systemctl start model");
    let journal = system.journal("model");
    assert_eq!(started.code, Some(1), "{started:?}");
    assert!(
        started.text.contains("timeout was exceeded"),
        "{started:?}\n{journal}"
    );
    assert!(
        journal.contains("start-post operation timed out"),
        "{journal}"
    );
}

#[test]
fn restarts_a_model_that_hangs() {
    let [model, probe, timer] = quick_units();
    let Some(system) = System::boot(&model, &probe, &timer) else {
        return;
    };
    system.put_model();
    let enabled = system.run("systemctl enable model-probe.timer && systemctl start model");
    assert_eq!(enabled.code, Some(0), "{enabled:?}");
    assert_eq!(system.show("model-probe.timer", "ActiveState"), "active");
    let pid = system.show("model", "MainPID");

    // Without the right to restart, nothing happens.
    let powerless = changed(&probe, "ExecStopPost=+", "ExecStopPost=");
    fs::write(system.folder.0.join("units/model-probe.service"), powerless).unwrap();
    system.run(&format!("systemctl daemon-reload; kill -STOP {pid}"));
    system.wait_until("it may not", || {
        system.journal("model-probe").contains("\nFailed to ")
    });
    assert_eq!(system.show("model", "MainPID"), pid);

    fs::write(system.folder.0.join("units/model-probe.service"), &probe).unwrap();
    system.run("systemctl daemon-reload");
    system.wait_until("it is restarted", || {
        let now = system.show("model", "MainPID");
        now != pid && now != "0" && system.show("model", "ActiveState") == "active"
    });
    let journal = system.journal("model-probe");
    assert!(journal.contains("unhealthy: timed out after "), "{journal}");
    assert!(
        journal.contains(" waiting for the response; GET http://localhost:8000/health"),
        "{journal}"
    );

    // The timer continues with the restarted model, and ends with it.
    system.wait_until("the timer runs", || {
        system.show("model-probe.timer", "ActiveState") == "active"
    });
    let stopped = system.run("systemctl stop model");
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert_eq!(system.show("model-probe.timer", "ActiveState"), "inactive");
}
