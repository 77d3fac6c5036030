//! `examples/compose.yaml` under Compose: start order and restarts, observed through the engine's events.
//!
//! Real are Compose (1.29, Debian's), the engine, the application, its image, and the sidecar's client and shell. The
//! base images are stand-ins from `example.rs`, selected by the file's own variables.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::example::{Example, example, stand_in};
use crate::support::build::{image, shared_fixture};
use crate::support::engine::{Container, Events, Image, docker, engine_or_skip, try_docker};
use crate::support::{DEADLINE, Folder, changed, free_port, program, source, unique};

const FILE: &str = include_str!("../../../examples/compose.yaml");

/// What a probe says while the server is not up yet.
const NOT_UP: [&str; 2] = ["connection refused (127.0.0.1:8000", "timed out after "];

/// The file, but Docker waits long for a probe, which a busy machine runs late.
fn file() -> String {
    changed(FILE, "timeout: 3s", "timeout: 30s")
}

/// Compose's labels.
const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";

/// The images for the file's variables.
struct Images {
    example: Arc<Example>,
    cli: Arc<Image>,
    compose: PathBuf,
}

impl Images {
    fn or_skip() -> Option<Arc<Self>> {
        static CLI: Mutex<Weak<Image>> = Mutex::new(Weak::new());
        let (compose, busybox) = (program("docker-compose")?, program("busybox")?);
        Some(Arc::new(Self {
            example: example()?,
            cli: shared_fixture(&CLI, || build_cli(&busybox)),
            compose,
        }))
    }
}

fn build_cli(busybox: &Path) -> Image {
    stand_in("cli", "ENV PATH=/bin\n", &[busybox])
}

/// A Compose project, removed when dropped.
struct Project {
    name: String,
    images: Arc<Images>,
    model_image: String,
    folder: Folder,
    events: Events,
}

impl Project {
    fn new(images: &Arc<Images>, file: &str) -> Self {
        let name = unique("compose");
        let folder = Folder::new("compose");
        fs::write(folder.0.join("compose.yaml"), file).expect("a file");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let label = format!("label={PROJECT}={name}");
        let events = Events::watch(
            &now.expect("a time").as_secs().to_string(),
            &[
                &label,
                "event=start",
                "event=health_status",
                "event=kill",
                "event=restart",
            ],
            &format!("{{{{.Action}}}} {{{{index .Actor.Attributes \"{SERVICE}\"}}}}"),
        );
        Self {
            model_image: images.example.image.name().to_owned(),
            name,
            images: Arc::clone(images),
            folder,
            events,
        }
    }

    /// Compose's output.
    fn compose(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.images.compose)
            .args(["--project-name", &self.name])
            // The file's relative paths are relative to `examples`.
            .arg("--project-directory")
            .arg(source("examples"))
            .arg("--file")
            .arg(self.folder.0.join("compose.yaml"))
            .args(arguments)
            .env("MODEL_IMAGE", &self.model_image)
            .env("HEALTHPROBE_IMAGE", self.images.example.probe.name())
            .env("PYTHON_IMAGE", self.images.example.python.name())
            .env("DOCKER_CLI_IMAGE", self.images.cli.name())
            .env("MODEL_PORT", free_port().to_string())
            .env("PROBE_INTERVAL", "1s")
            .stdin(Stdio::null())
            .output()
            .expect("Compose");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        if output.status.success() {
            Ok(printed)
        } else {
            Err(printed)
        }
    }

    /// The events before this one.
    fn wait_for(&self, event: &str, patience: Duration) -> Result<Vec<String>, String> {
        self.events
            .wait_for(event, patience)
            .map_err(|seen| format!("no {event:?}, but {seen:?}"))
    }

    /// The container of a service; its name depends on Compose's version.
    fn container(&self, service: &str) -> String {
        let project = format!("--filter=label={PROJECT}={}", self.name);
        let service = format!("--filter=label={SERVICE}={service}");
        docker(&["ps", "--all", "--quiet", &project, &service])
    }

    /// The model's last probes, if any.
    fn health_log(&self) -> String {
        let model = self.container("model");
        let log = "{{json .State.Health.Log}}";
        try_docker(&["inspect", "--format", log, &model]).unwrap_or_default()
    }

    /// Dependents start only after the model is healthy.
    fn starts_in_order(&self) -> Result<(), String> {
        self.starts(&[])
    }

    /// As `starts_in_order`, without the sidecar.
    fn starts_in_order_alone(&self) -> Result<(), String> {
        self.starts(&["smoke-test"])
    }

    fn starts(&self, services: &[&str]) -> Result<(), String> {
        let deadline = Instant::now() + DEADLINE;
        while let Err(said) = self.compose(&[&["up", "--detach"], services].concat()) {
            let log = self.health_log();
            // A server that starts slowly makes any probe fail.
            if Instant::now() > deadline || !NOT_UP.iter().any(|sign| log.contains(sign)) {
                return Err(format!("{said}{log}"));
            }
        }
        let before = self.wait_for("start smoke-test", DEADLINE)?;
        if !before.contains(&"health_status: healthy model".to_owned()) {
            return Err(format!("smoke-test started after {before:?}"));
        }
        match docker(&["wait", &self.container("smoke-test")]).as_str() {
            "0" => Ok(()),
            code => Err(format!("smoke-test ended with {code}")),
        }
    }

    /// A hung model is restarted, and the log gives the reason.
    fn restarts_hung_model(&self) -> Result<(), String> {
        // A stopped process still accepts connections but never answers.
        docker(&["kill", "--signal=STOP", &self.container("model")]);
        self.wait_for("health_status: unhealthy model", DEADLINE)?;
        self.wait_for_a_round()?;
        // The sidecar is done with it; only its events may be on their way.
        self.wait_for("kill model", Duration::from_secs(2))?;
        self.wait_for("restart model", DEADLINE)?;
        self.wait_for("health_status: healthy model", DEADLINE)?;
        let reason = ": unhealthy: timed out after 2s waiting for the response; \
            GET http://localhost:8000/predict/sample";
        let log = docker(&["logs", &self.container("autoheal")]);
        if log.starts_with("restarting /") && log.contains(reason) {
            Ok(())
        } else {
            Err(format!("autoheal said {log:?}"))
        }
    }

    /// Waits until the sidecar has looked at all containers once more: it sleeps before and after that, in a process of
    /// its own.
    fn wait_for_a_round(&self) -> Result<(), String> {
        let sidecar = self.container("autoheal");
        let deadline = Instant::now() + DEADLINE;
        let mut sleeps = BTreeSet::new();
        while sleeps.len() < 3 {
            if Instant::now() > deadline {
                return Err(format!("the sidecar slept only {sleeps:?}"));
            }
            let processes = try_docker(&["top", &sidecar, "-eo", "pid,comm"]).unwrap_or_default();
            let found = processes.lines().filter(|line| line.ends_with(" sleep"));
            sleeps.extend(found.map(str::to_owned));
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// As `restarts_hung_model`; containers without the label and containers of other projects are left alone.
    fn restarts_only_its_project(&self, label: &str) -> Result<(), String> {
        let elsewhere = format!("{PROJECT}={}", unique("other-project"));
        let here = format!("{PROJECT}={}", self.name);
        let image = image();
        let others = [
            bystander(&image, &[label, &elsewhere]),
            bystander(&image, &[&here]),
        ];
        let started = |other: &Container| other.inspect("{{json .State.StartedAt}}");
        let before = others.each_ref().map(started);
        self.restarts_hung_model()?;
        // autoheal handles the newest container first, so the others would have been restarted before the model.
        if others.each_ref().map(started) == before {
            Ok(())
        } else {
            Err("restarted a bystander".to_owned())
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "--timeout=0", "--volumes"]);
        // `down` with a broken file may miss containers.
        let label = format!("--filter=label={PROJECT}={}", self.name);
        for (list, remove) in [
            (
                ["ps", "--all", "--quiet", &label].as_slice(),
                ["rm", "--force"],
            ),
            (&["network", "ls", "--quiet", &label], ["network", "rm"]),
        ] {
            for left in try_docker(list).unwrap_or_default().lines() {
                let _ = try_docker(&[&remove[..], &[left]].concat());
            }
        }
    }
}

/// An unhealthy container with these labels.
fn bystander(image: &Image, labels: &[&str]) -> Container {
    let labels: Vec<String> = labels
        .iter()
        .map(|label| format!("--label={label}"))
        .collect();
    let mut options = vec![
        "--network=none",
        "--stop-signal=KILL",
        "--health-start-period=1ms",
        "--health-interval=2s",
    ];
    options.extend(labels.iter().map(String::as_str));
    let container = Container::start(image, &options, &["loading"]);
    container.wait_until("unhealthy");
    container
}

#[test]
fn compose_starts_in_order_and_restarts_a_hung_model() {
    engine_or_skip!();
    let Some(images) = Images::or_skip() else {
        return;
    };
    let mut project = Project::new(&images, &file());
    // Mostly cached from `example.rs`.
    let built = Image::named(unique("compose-built"));
    built.name().clone_into(&mut project.model_image);
    project.compose(&["build"]).unwrap();
    project.starts_in_order().unwrap();
    // The sidecar has the engine's socket, so it must have nothing else.
    let rights = "{{with .HostConfig}}{{.NetworkMode}} {{.ReadonlyRootfs}} {{.CapDrop}} {{.SecurityOpt}}{{end}}";
    assert_eq!(
        docker(&[
            "inspect",
            "--format",
            rights,
            &project.container("autoheal")
        ]),
        "none true [ALL] [no-new-privileges:true]"
    );
    project.restarts_only_its_project("autoheal=true").unwrap();
    // Drop the project before the image that it uses.
    drop(project);
}

/// The correct text, its replacement, and a part of the expected error.
type Breakage<'a> = (&'a str, &'a str, &'a str);

/// Applies each breakage in a project of its own.
fn assert_fails(
    file: &str,
    breakages: &[Breakage<'_>],
    check: impl Fn(&Project) -> Result<(), String> + Sync,
) {
    let Some(images) = Images::or_skip() else {
        return;
    };
    thread::scope(|scope| {
        for (right, wrong, noticed) in breakages {
            let broken = changed(file, right, wrong);
            let (images, check) = (&images, &check);
            scope.spawn(move || {
                let found = check(&Project::new(images, &broken)).expect_err(wrong);
                assert!(found.contains(noticed), "{right} → {wrong}: {found}");
            });
        }
    });
}

#[test]
fn a_broken_probe_keeps_dependents_from_starting() {
    engine_or_skip!();
    // Failures count at once. Without the sidecar, which would restart the model before its server is up.
    let impatient = changed(&file(), "start_period: 60s", "start_period: 5s");
    assert_fails(
        &impatient,
        &[
            (
                "predictions[0].label!=",
                "prediction[0].label!=",
                "prediction[0].label is missing, ",
            ),
            (
                "localhost:8000",
                "localhost:8001",
                "connection refused (127.0.0.1:8001)",
            ),
            ("/predict/sample", "/predict", "status 405, "),
            ("- CMD\n", "- CMD-SHELL\n", "error: no URL: "),
        ],
        Project::starts_in_order_alone,
    );
}

#[test]
fn a_broken_start_order_fails() {
    engine_or_skip!();
    // Not healthy before a smoke test that does not wait for it has started.
    let late = changed(&file(), "${PROBE_INTERVAL:-5s}", "1h");
    assert_fails(
        &late,
        &[(
            "service_healthy",
            "service_started",
            "smoke-test started after",
        )],
        Project::starts_in_order,
    );
    assert_fails(
        &file(),
        &[
            ("label=setosa", "label=virginica", "smoke-test ended with 1"),
            ("condition:", "conditions:", "conditions"),
        ],
        Project::starts_in_order,
    );
}

fn starts_and_restarts(project: &Project) -> Result<(), String> {
    project.starts_in_order()?;
    project.restarts_hung_model()
}

#[test]
fn a_broken_sidecar_fails() {
    engine_or_skip!();
    assert_fails(
        &file(),
        &[
            (
                "autoheal: \"true\"",
                "autoheal: \"no\"",
                "no \"kill model\"",
            ),
            ("health=unhealthy", "health=none", "no \"kill model\""),
        ],
        starts_and_restarts,
    );
}

#[test]
fn a_probe_that_ends_after_dockers_timeout_gives_no_reason() {
    engine_or_skip!();
    assert_fails(
        // Long enough for a probe that succeeds.
        &changed(FILE, "timeout: 3s", "timeout: 10s"),
        &[(
            "--timeout=2s",
            "--timeout=1m",
            "Health check exceeded timeout",
        )],
        starts_and_restarts,
    );
}

#[test]
fn a_sidecar_that_restarts_other_containers_fails() {
    engine_or_skip!();
    // A label of this test: the broken sidecar also sees other projects.
    let label = unique("autoheal");
    let file = file()
        .replace("autoheal: \"true\"", &format!("{label}: \"true\""))
        .replace("label=autoheal=true", &format!("label={label}=true"));
    assert_fails(
        &file,
        &[
            (
                "--filter \"label=com.docker.compose.project=$$project\"",
                "",
                "restarted a bystander",
            ),
            (
                &format!("--filter label={label}=true"),
                "",
                "restarted a bystander",
            ),
        ],
        |project| {
            project.starts_in_order()?;
            project.restarts_only_its_project(&format!("{label}=true"))
        },
    );
}
