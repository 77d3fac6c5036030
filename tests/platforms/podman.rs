//! `examples/podman`: the page's commands run as written, in a storage of the test, and its claims about Podman are
//! checked. The image is that of `docker/server.rs`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::build::context;
use crate::support::{Folder, program, skip, vars, without_times};

const REQUIRED: &str = vars::REQUIRE_SERVERS;

const PAGE: &str = include_str!("../../examples/podman/README.md");

/// The page's code blocks.
const BUILD_AND_RUN: usize = 0;
const PROBE: usize = 1;
const LOG: usize = 2;
const RESTART: usize = 3;

/// Podman with its own images and containers, removed when dropped.
struct Podman {
    page: String,
    context: Folder,
    storage: Folder,
}

impl Podman {
    /// The image's HEALTHCHECK has this start period and a single retry.
    fn or_skip(page: &str, start_period: &str) -> Option<Self> {
        program("podman")?;
        let context = context();
        let dockerfile = fs::read_to_string(context.0.join("Dockerfile")).unwrap();
        let quick = dockerfile
            .replace("--start-period=60s", start_period)
            .replace("ENTRYPOINT", "STOPSIGNAL KILL\nENTRYPOINT");
        assert!(quick.contains(start_period) && quick.contains("STOPSIGNAL"));
        fs::write(context.0.join("Dockerfile.example"), quick).unwrap();

        let storage = Folder::new("podman");
        let at = |name: &str| storage.0.join(name).display().to_string();
        // No network, and limits that an unprivileged machine can set.
        let containers = format!(
            "[containers]\nnetns = \"none\"\n\
             default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\
             [engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\ntmp_dir = \"{}\"\n",
            at("tmp")
        );
        fs::write(at("containers.conf"), containers).unwrap();
        let places = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n",
            at("root"),
            at("run")
        );
        fs::write(at("storage.conf"), places).unwrap();
        let podman = Self {
            page: page.to_owned(),
            context,
            storage,
        };
        let info = podman.sh("podman info");
        if info.status.success() {
            return Some(podman);
        }
        skip(
            REQUIRED,
            &format!(
                "Podman does not work here: {}",
                String::from_utf8_lossy(&info.stderr)
            ),
        );
        None
    }

    fn sh(&self, commands: &str) -> Output {
        let conf = |name: &str| -> PathBuf { self.storage.0.join(name) };
        Command::new("sh")
            .args(["-euc", commands])
            .current_dir(&self.context.0)
            .env("CONTAINERS_CONF", conf("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", conf("storage.conf"))
            // The test runs the probes itself, also where systemd could.
            .env("DISABLE_HC_SYSTEMD", "true")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The output of these commands, which have to succeed.
    #[track_caller]
    fn run(&self, commands: &str) -> String {
        let output = self.sh(commands);
        assert!(output.status.success(), "{commands}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The commands in a block of the page.
    fn block(&self, number: usize) -> &str {
        let after = self.page.split("```sh\n").nth(number + 1).unwrap();
        after.split("```").next().unwrap()
    }

    fn set_mode(&self, mode: &str) {
        self.run(&format!(
            "podman exec iris /healthprobe :8000/mode/{mode} --wait 2m"
        ));
    }

    fn inspect(&self, what: &str) -> Value {
        let printed = self.run(&format!(
            "podman inspect --format '{{{{json {what}}}}}' iris"
        ));
        serde_json::from_str(&printed).unwrap()
    }

    /// The page's claims about the HEALTHCHECK.
    fn check_probes(&self) -> Result<(), String> {
        let wrong = |what: &str, output: &Output| Err(format!("{what}: {output:?}"));
        let started = self.sh(self.block(BUILD_AND_RUN));
        if !started.status.success() {
            return wrong("not started", &started);
        }
        for (mode, code, health) in [("healthy", 0, "healthy"), ("loading", 1, "unhealthy")] {
            self.set_mode(mode);
            let probed = self.sh(self.block(PROBE));
            if probed.status.code() != Some(code) {
                return wrong(mode, &probed);
            }
            assert_eq!(self.inspect(".State.Health.Status"), health);
        }
        let log = self.sh(self.block(LOG));
        let lines = "healthy: 200 OK in <t>; GET http://localhost:8000/health\n\
            unhealthy: status 503, expected 200-399; GET http://localhost:8000/health in <t>; \
            body: {\"detail\":\"Model not loaded\"}\n";
        let printed = without_times(&String::from_utf8_lossy(&log.stdout));
        if printed.trim_end() != lines.trim_end() {
            return wrong("log", &log);
        }
        Ok(())
    }

    /// The page's claims about restarts.
    fn check_restart(&self) -> Result<(), String> {
        self.run(self.block(RESTART));
        self.set_mode("loading");
        let before = self.inspect(".State.StartedAt");
        self.sh(self.block(PROBE));
        if self.inspect(".State.StartedAt") == before {
            return Err("not restarted".to_owned());
        }
        assert_eq!(self.inspect(".State.Status"), "running");
        Ok(())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.sh("podman rm --force --all --time 0; podman rmi --force --all");
    }
}

#[test]
fn podman_runs_the_pages_commands() {
    let Some(podman) = Podman::or_skip(PAGE, "--start-period=1ms") else {
        return;
    };
    podman.check_probes().unwrap();
    podman.check_restart().unwrap();
}

#[test]
fn a_broken_page_fails() {
    type Check = fn(&Podman) -> Result<(), String>;
    // The correct text, its replacement, the check, and a part of the expected error.
    let breakages: [(&str, &str, Check, &str); 4] = [
        (
            "--format docker ",
            "",
            Podman::check_probes,
            "has no defined healthcheck",
        ),
        (
            "healthcheck run",
            "healthcheck start",
            Podman::check_probes,
            "unrecognized command",
        ),
        (
            ".Output",
            ".ExitCode",
            Podman::check_probes,
            "stdout: \"0\\n1\\n",
        ),
        (
            "--health-on-failure=restart",
            "--health-on-failure=none",
            |podman| podman.check_probes().and_then(|()| podman.check_restart()),
            "not restarted",
        ),
    ];
    for (right, wrong, check, noticed) in breakages {
        let broken = PAGE.replacen(right, wrong, 2);
        assert_ne!(broken, PAGE, "{right}");
        let Some(podman) = Podman::or_skip(&broken, "--start-period=1ms") else {
            return;
        };
        let found = check(&podman).expect_err(wrong);
        assert!(found.contains(noticed), "{right} → {wrong}: {found}");
    }
}

#[test]
fn podman_differs_from_docker_as_the_page_says() {
    let Some(podman) = Podman::or_skip(PAGE, "--start-period=60s") else {
        return;
    };
    let version = podman.run("podman version --format '{{.Client.Version}}'");
    if !version.starts_with("4.") {
        skip(
            REQUIRED,
            &format!("the page speaks of Podman 4.3, and this is {version}"),
        );
        return;
    }
    // Unlike Docker, the first success does not end the start period.
    podman.run(podman.block(BUILD_AND_RUN));
    podman.set_mode("healthy");
    podman.run("podman healthcheck run iris");
    podman.set_mode("loading");
    assert!(!podman.sh("podman healthcheck run iris").status.success());
    assert_eq!(podman.inspect(".State.Health.Status"), "healthy");
    assert_eq!(podman.inspect(".State.Health.FailingStreak"), 0);

    // Podman keeps 500 characters of output; only an array in --health-cmd runs without a shell.
    let run = "podman run --detach --replace --name iris";
    podman.run(&format!(
        "{run} --health-cmd='[\"/healthprobe\", \"--help\"]' iris; podman healthcheck run iris"
    ));
    let log = podman.inspect(".State.Health.Log");
    let output = log[0]["Output"].as_str().unwrap();
    assert_eq!(output.chars().count(), 500, "{output}");
    podman.run(&format!("{run} --health-cmd='/healthprobe --help' iris"));
    assert_eq!(podman.inspect(".Config.Healthcheck.Test")[0], "CMD-SHELL");

    // Without --health-cmd, other health flags are ignored.
    podman.run(&format!("{run} --health-retries=7 iris"));
    assert_eq!(podman.inspect(".Config.Healthcheck.Retries"), 1);
}
