//! Recipes run against servers that pip can install: while the model loads, when it works, and when it is dead
//! although `/health` still succeeds.
//!
//! Two servers need a Python of their own: `bentoml`, whose requirements exclude those of
//! `mlserver`, and `fastapi`, which `mlserver` pins to a version that answers 500 to NaN.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::python::{bentoml_python, fastapi_python, recipes_python};
use crate::support::recipes::{self as page, ROLES, Recipe, Verdict};
use crate::support::{DEADLINE, Folder, Running, free_port, signal, wait_for_verdict};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn fastapi_recipe_detects_a_dead_model() {
    let Some(server) = Server::start(
        "FastAPI, uvicorn",
        fastapi_python,
        |python, port, weights| {
            let mut command = Command::new(python);
            command
                .args([
                    "-m",
                    "uvicorn",
                    "app:app",
                    "--no-access-log",
                    "--port",
                    port,
                ])
                .current_dir(Path::new(ROOT).join("examples/fastapi"))
                .env("MODEL_FILE", weights)
                .env("MODEL_POLL_SECONDS", "0.05");
            command
        },
    ) else {
        return;
    };
    let body = r#"body: {"detail":"Model not loaded"}"#;
    server.wait_for(
        "integrity",
        &format!(
            "unhealthy: status 503, expected 200-399; predictions[0].label is missing, expected anything but \
             \"Unknown\"; predictions[0].score is missing, expected a number >= 0.5; \
             POST http://localhost:8000/predict in <t>; {body}"
        ),
    );
    server.wait_for(
        "readiness",
        &format!(
            "unhealthy: status 503, expected 200-399; status is missing, expected \"ok\"; \
             GET http://localhost:8000/health in <t>; {body}"
        ),
    );
    server.wait_for(
        "liveness",
        "healthy: 503 Service Unavailable in <t>; GET http://localhost:8000/health",
    );

    let model = fs::read_to_string(Path::new(ROOT).join("examples/fastapi/model.json")).unwrap();
    server.put_weights(&model);
    server.wait_until_healthy(HEALTH_8000, HEALTH_8000, PREDICT_8000);
    let config = server.folder.0.join("probe.json");
    fs::write(&config, page::config()).unwrap();
    let url = format!("http://localhost:{}/predict", server.port);
    wait_for_verdict(
        &[&url, "-c", config.to_str().unwrap()],
        format!("healthy: 200 OK in <t>; POST {url}"),
    );

    server.put_weights(&model.replace("12.767", "NaN"));
    server.wait_until_only_integrity_fails(HEALTH_8000, HEALTH_8000);
}

#[test]
fn flask_recipe_detects_a_dead_model() {
    let Some(server) = Server::start(
        "Flask, gunicorn",
        recipes_python,
        |python, port, weights| {
            let mut command = Command::new(python);
            command
                .args(["-m", "gunicorn", "flask_app:app", "--no-control-socket"])
                .args(["--bind", &format!("127.0.0.1:{port}")])
                .env("WEIGHTS", weights);
            command
        },
    ) else {
        return;
    };
    server.wait_for(
        "readiness",
        "unhealthy: status 503, expected 200-399; status is \"loading\", expected \"ok\"; \
         GET http://localhost:8000/health in <t>; body: {\"status\":\"loading\"}",
    );
    server.wait_for(
        "liveness",
        "healthy: 503 Service Unavailable in <t>; GET http://localhost:8000/health",
    );

    server.put_weights("[0.5, 0.25]");
    server.wait_until_healthy(HEALTH_8000, HEALTH_8000, PREDICT_8000);

    server.put_weights("[NaN, 0.25]");
    server.wait_until_only_integrity_fails(HEALTH_8000, HEALTH_8000);
}

#[test]
fn litserve_recipe_detects_a_dead_model() {
    let Some(server) = Server::start("LitServe", recipes_python, |python, port, weights| {
        let mut command = Command::new(python);
        command
            .arg("litserve_app.py")
            .env("PORT", port)
            .env("WEIGHTS", weights);
        command
    }) else {
        return;
    };
    server.put_weights("");
    server.wait_until_healthy(HEALTH_8000, HEALTH_8000, PREDICT_8000);

    // A request that never ends occupies the only worker.
    let url = format!(":{}/predict", server.port);
    let poison = Command::new(env!("CARGO_BIN_EXE_healthprobe"))
        .args([&url, "-d", r#"{"input": -1}"#, "-t", "1h"])
        .env_clear()
        .stdout(Stdio::null())
        .spawn();
    let mut poison = Running(poison.unwrap());
    server.wait_until_only_integrity_fails(HEALTH_8000, HEALTH_8000);
    let ended = poison.0.try_wait().unwrap();
    assert!(ended.is_none(), "{ended:?}\n{}", server.log());
}

#[test]
fn bentoml_recipe_detects_a_dead_model() {
    let Some(server) = Server::start("BentoML", bentoml_python, |python, port, weights| {
        let mut command = Command::new(python);
        command
            .args(["-m", "bentoml", "serve", "bentoml_app:Scorer"])
            .args(["--host", "127.0.0.1", "--port", port])
            .env("BENTOML_DO_NOT_TRACK", "True")
            .env("BENTOML_HOME", weights.parent().unwrap())
            .env("WEIGHTS", weights);
        command
    }) else {
        return;
    };
    let silent = "unhealthy: timed out after 2s waiting for the response";
    server.wait_for(
        "liveness",
        &format!("{silent}; GET http://localhost:3000/livez"),
    );
    server.wait_for(
        "readiness",
        &format!("{silent}; GET http://localhost:3000/readyz"),
    );
    server.wait_for(
        "integrity",
        &format!("{silent}; POST http://localhost:3000/predict"),
    );

    let ready = "healthy: 200 OK in <t>; GET http://localhost:3000/readyz";
    let live = "healthy: 200 OK in <t>; GET http://localhost:3000/livez";
    server.put_weights("0.25");
    server.wait_until_healthy(
        ready,
        live,
        "healthy: 200 OK in <t>; POST http://localhost:3000/predict",
    );

    server.put_weights("NaN");
    server.wait_until_only_integrity_fails(ready, live);
}

#[test]
fn mlserver_recipe_detects_a_dead_model() {
    let Some(server) = Server::start("MLServer", recipes_python, |python, port, weights| {
        let mut command = Command::new(python);
        command
            .args(["-m", "mlserver.cli.main", "start", "mlserver"])
            .env("MLSERVER_HOST", "127.0.0.1")
            .env("MLSERVER_HTTP_PORT", port)
            .env("MLSERVER_GRPC_PORT", free_port().to_string())
            .env("MLSERVER_METRICS_PORT", free_port().to_string())
            .env("MLSERVER_PARALLEL_WORKERS", "0")
            .env("WEIGHTS", weights);
        command
    }) else {
        return;
    };
    let live = "healthy: 200 OK in <t>; GET http://localhost:8080/v2/health/live";
    let ready = "healthy: 200 OK in <t>; GET http://localhost:8080/v2/models/toy/ready";
    let infer = "POST http://localhost:8080/v2/models/toy/infer in <t>";
    server.wait_for("liveness", live);
    server.wait_for(
        "readiness",
        "unhealthy: status 400, expected 200-399; GET http://localhost:8080/v2/models/toy/ready in <t>",
    );
    server.wait_for(
        "integrity",
        &format!(
            "unhealthy: status 400, expected 200-399; outputs[0].data[0] is missing, expected 0.5+-1%; \
             {infer}; body: {{\"error\":\"Model toy is not ready yet.\"}}"
        ),
    );

    server.put_weights("0.5");
    server.wait_until_healthy(
        ready,
        live,
        "healthy: 200 OK in <t>; POST http://localhost:8080/v2/models/toy/infer",
    );

    server.put_weights("NaN");
    server.wait_until_only_integrity_fails(ready, live);
}

const HEALTH_8000: &str = "healthy: 200 OK in <t>; GET http://localhost:8000/health";
const PREDICT_8000: &str = "healthy: 200 OK in <t>; POST http://localhost:8000/predict";

/// A running server with a folder for its weights.
struct Server {
    recipe: Recipe,
    process: Child,
    port: u16,
    folder: Folder,
}

impl Server {
    /// `None` if there is no Python for it; prints that. The server may not answer yet.
    fn start(
        name: &str,
        python: fn() -> Option<PathBuf>,
        command: impl Fn(&Path, &str, &Path) -> Command,
    ) -> Option<Self> {
        let python = python()?;
        let folder = Folder::new("recipe");
        let log = File::create(folder.0.join("log")).unwrap();
        let port = free_port();
        let mut command = command(&python, &port.to_string(), &folder.0.join("weights.json"));
        if command.get_current_dir().is_none() {
            command.current_dir(Path::new(ROOT).join("tests/platforms/recipes/servers"));
        }
        let process = command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        Some(Self {
            recipe: page::named(name),
            process,
            port,
            folder,
        })
    }

    /// Written atomically: a server never reads half a file.
    fn put_weights(&self, text: &str) {
        let new = self.folder.0.join("weights.json.new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, self.folder.0.join("weights.json")).unwrap();
    }

    fn probe(&self, role: &str) -> Verdict {
        let index = ROLES.iter().position(|known| *known == role).unwrap();
        self.recipe.lines[index].probe(self.port)
    }

    /// Waits until all three lines report these.
    #[track_caller]
    fn wait_until_healthy(&self, ready: &str, live: &str, infer: &str) {
        self.wait_for("readiness", ready);
        self.wait_for("liveness", live);
        self.wait_for("integrity", infer);
    }

    /// Waits until integrity fails as the page shows, while the others still report these.
    #[track_caller]
    fn wait_until_only_integrity_fails(&self, ready: &str, live: &str) {
        self.wait_for("integrity", &self.recipe.dead);
        self.wait_for("readiness", ready);
        self.wait_for("liveness", live);
    }

    /// Waits until the line in this role reports exactly this.
    #[track_caller]
    fn wait_for(&self, role: &str, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        let mut verdict = self.probe(role);
        while verdict != expected(text) && Instant::now() < deadline {
            // Not for synchronization: it leaves the processor to the server.
            thread::sleep(Duration::from_millis(20));
            verdict = self.probe(role);
        }
        assert_eq!(verdict, expected(text), "{role}\n{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Find the workers first, then kill all at once: some servers put them into separate process groups.
        let mut family = descendants(self.process.id());
        family.push(self.process.id());
        signal("KILL", &family);
        _ = self.process.wait();
    }
}

fn expected(text: &str) -> Verdict {
    Verdict {
        code: Some(i32::from(!text.starts_with("healthy: "))),
        text: text.to_owned(),
    }
}

/// The descendants of this process.
fn descendants(process: u32) -> Vec<u32> {
    let Ok(output) = Command::new("ps").args(["-e", "-o", "ppid=,pid="]).output() else {
        return Vec::new();
    };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs: Vec<(&str, &str)> = listed
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(parent, child)| (parent, child.trim()))
        .collect();
    let own = process.to_string();
    let mut family = BTreeSet::from([own.as_str()]);
    loop {
        let before = family.len();
        let known = family.clone();
        family.extend(
            pairs
                .iter()
                .filter(|(parent, _)| known.contains(parent))
                .map(|(_, child)| child),
        );
        if family.len() == before {
            family.remove(own.as_str());
            return family.iter().flat_map(|pid| pid.parse()).collect();
        }
    }
}
