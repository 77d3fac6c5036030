//! GitHub Actions: steps run by the shell that GitHub uses, and a service container awaited as GitHub's runner does.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    HEALTHCHECK, Leftovers, NONE, RIGHT, WRONG, assert_schema, checkout, docker, read,
    wait_until_it_listens,
};
use crate::support::{DEADLINE, Finished, changed, engine, free_port, unique, without_times};

const WORKFLOW: &str = include_str!("../../../examples/ci/github-actions.yml");
const SCHEMA: &str = "vendor.github-workflows";

#[test]
fn github_accepts_the_workflow_and_rejects_broken_ones() {
    assert_schema(
        SCHEMA,
        WORKFLOW,
        &[
            ("runs-on:", "run-on:", "'runs-on' is a required property"),
            ("pull_request:", "pull-request:", "'pull-request'"),
            ("timeout-minutes: 15", "timeout-minutes: quarter", "is not"),
            ("if: failure()", "when: failure()", "'when' was unexpected"),
            (
                "run: docker build",
                "script: docker build",
                "'uses' is a required property",
            ),
            ("contents: read", "contents: reads", "is not one of"),
            (
                "        options:",
                "        option:",
                "'option' was unexpected",
            ),
            ("jobs:", "job:", "'jobs' is a required property"),
            (
                "    steps:\n",
                "    steps:\n    steps:\n",
                "cannot be parsed",
            ),
        ],
    );
}

/// A finished job: whether it passed, the output of its steps, and the steps that ran.
struct Job {
    is_green: bool,
    log: String,
    ran: Vec<String>,
}

/// Runs the steps of a job in a checkout. `contexts` are the expressions that GitHub expands.
fn run(
    job: &Value,
    checkout: &std::path::Path,
    contexts: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Job {
    let fill = |text: &str| {
        let filled = contexts
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("${{{{ {name} }}}}"), value)
            });
        assert!(!filled.contains("${{"), "{filled}");
        filled
    };
    let pairs = |value: &Value| -> Vec<(String, String)> {
        let object = value.as_object().into_iter().flatten();
        object
            .map(|(name, value)| (name.clone(), fill(value.as_str().unwrap())))
            .collect()
    };
    let mut done = Job {
        is_green: true,
        log: String::new(),
        ran: Vec::new(),
    };
    for step in job["steps"].as_array().unwrap() {
        if let Some(action) = step["uses"].as_str() {
            assert!(action.starts_with("actions/checkout@"), "{action}");
            continue;
        }
        let is_due = match step["if"].as_str() {
            None => done.is_green,
            Some("failure()") => !done.is_green,
            Some("always()") => true,
            Some(other) => panic!("{other}"),
        };
        if !is_due {
            continue;
        }
        let script = checkout.join("step.sh");
        fs::write(&script, fill(step["run"].as_str().unwrap())).unwrap();
        // GitHub's default shell.
        let output = Command::new("bash")
            .arg("-e")
            .arg(&script)
            .current_dir(checkout)
            .envs(pairs(&job["env"]))
            .envs(pairs(&step["env"]))
            .envs(variables.iter().copied())
            .env("RUNNER_TEMP", checkout)
            .output();
        let ended = Finished::from(output.unwrap());
        done.log.push_str(&ended.text);
        done.ran.push(step["name"].as_str().unwrap().to_owned());
        done.is_green &= ended.code == Some(0);
        if step["name"] == "Start" && done.is_green {
            wait_until_it_listens(&fill(job["env"]["MODEL"].as_str().unwrap()));
        }
    }
    done.log = without_times(&done.log);
    done
}

/// Runs the first job on a checkout with this model.
fn smoke_test(workflow: &Value, model: &str) -> Job {
    let id = unique("run").to_lowercase();
    let name = format!("model-{id}");
    let mut leftovers = Leftovers::default();
    leftovers.add(&["image", "rm", "--force", &name]);
    leftovers.add(&["rm", "--force", &name]);
    let folder = checkout(model);
    let port = free_port().to_string();
    let job = &workflow["jobs"]["smoke-test"];
    let mut done = run(
        job,
        &folder.0,
        &[("github.run_id", &id)],
        &[("PORT", &port)],
    );
    done.log = done.log.replace(&port, "PORT");
    let left = docker(&["ps", "--all", "--quiet", "--filter", &format!("name={id}")]);
    assert_eq!(left.text, "", "a container is left");
    done
}

#[test]
fn the_smoke_test_passes_only_with_a_working_model() {
    let waiting = |time: &str| changed(WORKFLOW, "--wait 60s", time);
    let texts = ["--wait 60s --interval 100ms", "--wait 4s --interval 100ms"];
    let Some([workflow, hasty]) = read(SCHEMA, &texts.map(waiting)) else {
        return;
    };
    if !engine::answers() {
        return;
    }
    let right = smoke_test(&workflow, RIGHT);
    assert!(right.is_green, "{}", right.log);
    let answered = "healthy: 200 OK in <t>; POST http://127.0.0.1:PORT/predict\n";
    assert!(
        right.log.contains("; attempt ") && right.log.contains(answered),
        "{}",
        right.log
    );
    assert!(
        !right.ran.contains(&"Show the server's log".to_owned()),
        "{:?}",
        right.ran
    );

    let none = smoke_test(&hasty, NONE);
    assert!(!none.is_green);
    let reason = "unhealthy: status 503, expected 200-399; model.loaded is missing, ";
    assert!(none.log.contains(reason), "{}", none.log);
    assert!(
        none.log.contains("model server, model of 0 bytes\n"),
        "{}",
        none.log
    );
    assert!(
        !none.ran.contains(&"Ask the model".to_owned()),
        "{:?}",
        none.ran
    );

    let wrong = smoke_test(&workflow, WRONG);
    assert!(!wrong.is_green);
    let reason = "unhealthy: predictions[0].label is \"Unknown\", expected \"virginica\"; predictions[0].score is NaN, ";
    assert!(wrong.log.contains(reason), "{}", wrong.log);
}

/// Changes that make the workflow fail although the model works.
#[test]
fn the_smoke_test_fails_without_any_of_its_lines() {
    let changes = [
        (" --wait 60s", "", "unhealthy: status 503, "),
        (
            "/predict\"",
            "/health\"",
            "unhealthy: predictions[0].label is missing, ",
        ),
        (
            ":/healthprobe\"",
            ":/bin/healthprobe\"",
            "file /bin/healthprobe in container",
        ),
        (":$PORT:8000", ":$PORT:8001", "unhealthy: conn"),
    ];
    let broken = changes.map(|(right, wrong, _)| {
        changed(WORKFLOW, right, wrong).replace("--wait 60s", "--wait 4s --interval 100ms")
    });
    let Some(broken) = read(SCHEMA, &broken) else {
        return;
    };
    if !engine::answers() {
        return;
    }
    for (workflow, (right, wrong, reason)) in broken.iter().zip(changes) {
        let done = smoke_test(workflow, RIGHT);
        let is_red = !done.is_green && done.log.contains(reason);
        assert!(is_red, "{right} → {wrong}: {}", done.log);
    }
}

/// Starts the second job's service and waits for its health if it has a HEALTHCHECK, as GitHub's runner does. Returns
/// the health, and the job if it ran.
fn client(workflow: &Value, model: &str, healthcheck: &str) -> (String, Option<Job>) {
    let name = unique("service");
    let folder = checkout(model);
    let mut leftovers = Leftovers::default();
    leftovers.add(&["image", "rm", "--force", &name]);
    leftovers.add(&["rm", "--force", &name]);
    let dockerfile = folder.0.join("Dockerfile");
    let text = fs::read_to_string(&dockerfile).unwrap();
    fs::write(dockerfile, changed(&text, HEALTHCHECK, healthcheck)).unwrap();
    let built = docker(&["build", "--tag", &name, folder.0.to_str().unwrap()]);
    assert_eq!(built.code, Some(0), "{built:?}");

    let job = &workflow["jobs"]["client"];
    let service = &job["services"]["model"];
    // Debian's engine is too old for it.
    let options = service["options"]
        .as_str()
        .unwrap_or_default()
        .replace(" --health-start-interval 1s", "");
    let options = options.split_whitespace();
    let mut command = vec!["run", "--detach", "--name", &name];
    command.extend(options);
    let ports: Vec<String> = service["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    command.extend(ports.iter().flat_map(|port| ["--publish", port]));
    command.push(&name);
    let started = docker(&command);
    assert_eq!(started.code, Some(0), "{started:?}");
    let template = "{{if .Config.Healthcheck}}{{print .State.Health.Status}}{{end}}";
    let deadline = Instant::now() + DEADLINE;
    let health = loop {
        let health = docker(&["inspect", "--format", template, &name])
            .text
            .trim()
            .to_owned();
        if health != "starting" {
            break health;
        }
        assert!(Instant::now() < deadline, "{health}");
        thread::sleep(Duration::from_millis(100));
    };
    if health == "unhealthy" {
        return (health, None);
    }
    let published = docker(&["port", &name, "8000/tcp"]).text;
    let port = published
        .lines()
        .next()
        .unwrap()
        .rsplit_once(':')
        .unwrap()
        .1
        .to_owned();
    let contexts = [
        ("job.services.model.id", name.as_str()),
        ("job.services.model.ports['8000']", &port),
    ];
    (health, Some(run(job, &folder.0, &contexts, &[])))
}

#[test]
fn the_runner_waits_for_a_healthy_service() {
    let options = WORKFLOW
        .lines()
        .find(|line| line.contains("options: "))
        .unwrap();
    let Some([workflow, hasty, blind]) = read(
        SCHEMA,
        &[
            WORKFLOW.to_owned(),
            changed(
                WORKFLOW,
                "--health-start-period 60s",
                "--health-start-period 1ms --health-retries 1",
            ),
            changed(WORKFLOW, options, ""),
        ],
    ) else {
        return;
    };
    if !engine::answers() {
        return;
    }
    let (health, done) = client(&workflow, RIGHT, HEALTHCHECK);
    let done = done.unwrap();
    assert!(
        health == "healthy" && done.is_green,
        "{health}: {}",
        done.log
    );

    let (health, done) = client(&hasty, NONE, HEALTHCHECK);
    assert!(health == "unhealthy" && done.is_none(), "{health}");
    // Without a HEALTHCHECK the runner does not wait, and the first attempt is too early.
    let (health, done) = client(&blind, RIGHT, "");
    assert!(health.is_empty() && !done.unwrap().is_green, "{health}");
}
