//! `examples/swarm.yaml` on a single-node swarm: unhealthy tasks are replaced and bad updates rolled back.
//!
//! The image is that of `server.rs`. The port is published but not used: that needs the kernel's IPVS, which some
//! machines lack.
//!
//! An engine that is not a swarm manager becomes one only with `HP_TEST_REQUIRE_DOCKER=1`; otherwise these tests
//! are skipped.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::build::{image, shared_fixture};
use crate::support::engine::{Image, docker, engine_or_skip, try_docker};
use crate::support::{DEADLINE, Folder, changed, free_port, is_required, run, skip, unique, vars};

const FILE: &str = include_str!("../../../examples/swarm.yaml");

/// The file, but with more time for the engine and for becoming unhealthy, on a busy machine.
fn file() -> String {
    let file = changed(FILE, "timeout: 3s", "timeout: 30s");
    changed(&file, "monitor: 30s", "monitor: 10m")
}

/// The swarm on this machine. An existing one is kept.
struct Swarm {
    ours: bool,
    // One test run at a time joins, uses and leaves it.
    _lock: File,
}

fn is_manager() -> bool {
    docker(&["info", "--format", "{{.Swarm.ControlAvailable}}"]) == "true"
}

impl Swarm {
    fn can_be_used() -> bool {
        // CI requires an engine of its own, which may be changed.
        let required = vars::REQUIRE_DOCKER;
        let can = is_required(required) || is_manager();
        if !can {
            skip(required, "this engine is no manager of a swarm");
        }
        can
    }

    fn join() -> Self {
        let path = std::env::temp_dir().join("healthprobe-test-swarm.lock");
        let lock = File::open(&path).or_else(|_| File::create(&path));
        let lock = lock.expect("a file to lock");
        lock.lock().expect("a lock");
        let ours = !is_manager();
        if ours {
            let loopback = ["--advertise-addr=127.0.0.1", "--listen-addr=127.0.0.1:2377"];
            docker(&[&["swarm", "init"], &loopback[..]].concat());
        }
        Self { ours, _lock: lock }
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        // Another test run may still use it.
        let unused = try_docker(&["service", "ls", "--quiet"]).is_ok_and(|left| left.is_empty());
        if self.ours && unused {
            let _ = try_docker(&["swarm", "leave", "--force"]);
            let _ = try_docker(&["network", "rm", "docker_gwbridge"]);
        }
    }
}

/// The images that all stacks share.
struct Images {
    good: Image,
    // Its model never loads.
    bad: Image,
    // Healthy until a test changes its mode.
    later: Image,
    _server: Arc<Image>,
    _swarm: Swarm,
}

fn images() -> Arc<Images> {
    static IMAGES: Mutex<Weak<Images>> = Mutex::new(Weak::new());
    shared_fixture(&IMAGES, || {
        let server = image();
        Images {
            good: build(&server, "healthy"),
            bad: build(&server, "loading"),
            later: build(&server, "healthy"),
            _server: server,
            _swarm: Swarm::join(),
        }
    })
}

fn build(server: &Image, mode: &str) -> Image {
    let folder = Folder::new(mode);
    let dockerfile = format!(
        "FROM {}\nSTOPSIGNAL SIGKILL\nCMD [\"{mode}\"]\n",
        server.name()
    );
    fs::write(folder.0.join("Dockerfile"), dockerfile).expect("a Dockerfile");
    let built = Image::build(mode, &folder.0, &[]);
    // Swarm first asks the registry in the name, here a port of this machine without a listener.
    let name = format!("127.0.0.1:1/{}", built.name());
    docker(&["tag", built.name(), &name]);
    Image::named(name)
}

/// A stack, removed when dropped.
struct Stack {
    images: Arc<Images>,
    name: String,
    folder: Folder,
    port: u16,
}

impl Stack {
    fn new(file: &str) -> Self {
        let folder = Folder::new("stack");
        fs::write(folder.0.join("swarm.yaml"), file).expect("a file");
        Self {
            images: images(),
            name: unique("stack"),
            folder,
            port: free_port(),
        }
    }

    fn deploy(&self, image: &Image) {
        run(Command::new("docker")
            .args(["stack", "deploy", "--resolve-image=never", "--compose-file"])
            .arg(self.folder.0.join("swarm.yaml"))
            .arg(&self.name)
            .env("MODEL_IMAGE", image.name())
            .env("MODEL_PORT", self.port.to_string())
            .env("PROBE_INTERVAL", "500ms")
            .env("START_PERIOD", "10s"));
    }

    /// The containers of this image in this health.
    fn containers(&self, image: &Image, health: &str) -> BTreeSet<String> {
        let namespace = format!("--filter=label=com.docker.stack.namespace={}", self.name);
        let ancestor = format!("--filter=ancestor={}", image.name());
        let health = format!("--filter=health={health}");
        let listed = docker(&["ps", "--quiet", &namespace, &ancestor, &health]);
        listed.lines().map(str::to_owned).collect()
    }

    fn service(&self) -> String {
        format!("{}_model", self.name)
    }

    /// How many tasks Swarm wants, those that are not up yet included.
    fn wanted(&self) -> usize {
        let format = "--format={{.DesiredState}}";
        let states = docker(&["service", "ps", format, &self.service()]);
        states.lines().filter(|state| *state != "Shutdown").count()
    }

    /// One line per failed task.
    fn failures(&self) -> String {
        let format = "--format={{if .Error}}{{.Image}} {{.Error}}{{end}}";
        docker(&["service", "ps", "--no-trunc", format, &self.service()])
    }

    fn update(&self) -> String {
        let format = "--format={{with .UpdateStatus}}{{.State}}{{end}}";
        docker(&["service", "inspect", format, &self.service()])
    }

    fn wait_for(&self, what: &str, holds: impl Fn() -> bool) -> Result<(), String> {
        let started = Instant::now();
        while !holds() {
            if started.elapsed() > DEADLINE {
                return Err(format!(
                    "not {what}; update: {}; failures: {}",
                    self.update(),
                    self.failures()
                ));
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn starts(&self) -> Result<BTreeSet<String>, String> {
        let healthy = || self.containers(&self.images.good, "healthy");
        self.deploy(&self.images.good);
        self.wait_for("up", || healthy().len() == 2)?;
        Ok(healthy())
    }

    /// An unhealthy task is replaced by one that becomes healthy.
    fn replaces(&self) -> Result<(), String> {
        let before = self.starts()?;
        let victim = before.first().expect("a container");
        let label = "{{index .Config.Labels \"com.docker.swarm.task.id\"}}";
        let task = docker(&["inspect", "--format", label, victim]);
        docker(&["exec", victim, "/healthprobe", ":8000/mode/loading"]);
        self.wait_for("failed", || self.failures().contains("unhealthy container"))?;
        // The decision: in one transaction the failed task is shut down and another one created.
        self.wait_for("shut down", || {
            let state = "--format={{.DesiredState}}";
            docker(&["inspect", "--type=task", state, &task]) == "shutdown"
        })?;
        if self.wanted() < 2 {
            return Err(format!("not replaced; failures: {}", self.failures()));
        }
        self.wait_for("replaced", || {
            let now = self.containers(&self.images.good, "healthy");
            now.len() == 2 && !now.contains(victim)
        })
    }

    /// An update that never becomes healthy is rolled back and disturbs nothing.
    fn rolls_back(&self) -> Result<(), String> {
        let before = self.starts()?;
        self.deploy(&self.images.bad);
        self.is_taken_back(&self.images.bad)?;
        let now = self.containers(&self.images.good, "healthy");
        if now == before {
            Ok(())
        } else {
            Err(format!("{before:?} has become {now:?}"))
        }
    }

    /// An update that becomes unhealthy soon after being healthy is rolled back.
    fn rolls_back_later(&self) -> Result<(), String> {
        self.starts()?;
        let later = &self.images.later;
        self.deploy(later);
        let healthy = || self.containers(later, "healthy");
        self.wait_for("updated", || !healthy().is_empty())?;
        let victim = healthy().pop_first().expect("a container");
        docker(&["exec", &victim, "/healthprobe", ":8000/mode/loading"]);
        self.is_taken_back(later)?;
        self.wait_for("as before", || {
            self.containers(&self.images.good, "healthy").len() == 2
        })
    }

    fn is_taken_back(&self, image: &Image) -> Result<(), String> {
        self.wait_for("at an end", || {
            let update = self.update();
            ["rollback_completed", "paused", "completed"].contains(&update.as_str())
        })?;
        let (update, failures) = (self.update(), self.failures());
        if update != "rollback_completed" {
            return Err(format!("the update is {update}"));
        }
        let unhealthy =
            |line: &str| line.starts_with(image.name()) && line.contains("unhealthy container");
        if failures.lines().any(unhealthy) {
            Ok(())
        } else {
            Err(format!("failed otherwise: {failures}"))
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = try_docker(&["stack", "rm", &self.name]);
        // Swarm removes containers later, but an image in use cannot be removed.
        let namespace = format!("--filter=label=com.docker.stack.namespace={}", self.name);
        let list = ["ps", "--all", "--quiet", &namespace];
        let started = Instant::now();
        while let Ok(left) = try_docker(&list)
            && !left.is_empty()
            && started.elapsed() < DEADLINE
        {
            for container in left.lines() {
                let _ = try_docker(&["rm", "--force", container]);
            }
        }
    }
}

type Check = fn(&Stack) -> Result<(), String>;

#[test]
fn swarm_replaces_unhealthy_tasks_and_rolls_back_bad_updates() {
    engine_or_skip!();
    if !Swarm::can_be_used() {
        return;
    }
    let checks: [Check; 3] = [Stack::replaces, Stack::rolls_back, Stack::rolls_back_later];
    // In parallel, because they mostly wait.
    thread::scope(|scope| {
        for check in checks {
            scope.spawn(move || check(&Stack::new(&file())).unwrap());
        }
    });
}

#[test]
fn a_broken_stack_fails() {
    engine_or_skip!();
    if !Swarm::can_be_used() {
        return;
    }
    // The correct text, its replacement, the check, and a part of the expected error.
    let breakages: [(&str, &str, Check, &str); 4] = [
        (
            "condition: any",
            "condition: none",
            Stack::replaces,
            "not replaced",
        ),
        (
            "failure_action: rollback",
            "failure_action: pause",
            Stack::rolls_back,
            "is paused",
        ),
        (
            "order: start-first",
            "order: stop-first",
            Stack::rolls_back,
            "has become",
        ),
        (
            "monitor: 10m",
            "monitor: 1ms",
            Stack::rolls_back_later,
            "is completed",
        ),
    ];
    thread::scope(|scope| {
        for (right, wrong, check, noticed) in breakages {
            let broken = changed(&file(), right, wrong);
            scope.spawn(move || {
                let found = check(&Stack::new(&broken)).expect_err(wrong);
                assert!(found.contains(noticed), "{right} → {wrong}: {found}");
            });
        }
    });
}
