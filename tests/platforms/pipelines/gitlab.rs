//! GitLab CI: the script of each job, a real registry between them, and a service in the job's network.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{
    Leftovers, NONE, RIGHT, WRONG, assert_schema, checkout, docker, read, wait_until_it_listens,
};
use crate::support::machine::Machine;
use crate::support::{
    Finished, Folder, Running, changed, free_port, probe, program, unique, without_times,
};

const PIPELINE: &str = include_str!("../../../examples/ci/gitlab-ci.yml");
const SCHEMA: &str = "vendor.gitlab-ci";

#[test]
fn gitlab_accepts_the_pipeline_and_rejects_broken_ones() {
    assert_schema(
        SCHEMA,
        PIPELINE,
        &[
            (
                "  script:\n    - echo",
                "  scripts:\n    - echo",
                "'scripts' was unexpected",
            ),
            ("      alias: model", "      aliases: model", "is not"),
            (
                "    expire_in: 1 day",
                "    expires_in: 1 day",
                "'expires_in' was unexpected",
            ),
            ("  stage: build", "  stage: {build: 1}", "is not"),
            ("  artifacts:", "  artefacts:", "'artefacts' was unexpected"),
            (
                "    paths: [healthprobe]",
                "    paths: healthprobe",
                "is not",
            ),
            (
                "variables:\n  MODEL",
                "variables: MODEL\nmodel:\n  MODEL",
                "is not",
            ),
            (
                "  image: docker:28\n",
                "  image: docker:28\n  image: docker:28\n",
                "cannot be parsed",
            ),
        ],
    );
}

/// A registry on this machine.
struct Registry {
    port: u16,
    _process: Running,
    _folder: Folder,
}

impl Registry {
    fn start() -> Option<Self> {
        let registry = program("docker-registry")?;
        let folder = Folder::new("registry");
        let port = free_port();
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\n\
            http: {{addr: '127.0.0.1:{port}'}}\n",
            folder.0.join("data").display()
        );
        let path = folder.0.join("config.yml");
        fs::write(&path, config).unwrap();
        let process = Command::new(registry)
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let registry = Self {
            port,
            _process: Running(process.unwrap()),
            _folder: folder,
        };
        let up = probe(&[&format!("127.0.0.1:{port}/v2/"), "--wait", "2m"]).output();
        assert!(up.status.success(), "{up:?}");
        Some(registry)
    }
}

/// The lines of a job's script, run until the first failure, as by GitLab's runner.
fn script(job: &Value) -> String {
    let lines = job["script"].as_array().unwrap().iter();
    lines.fold("set -eo pipefail\n".to_owned(), |script, line| {
        script + line.as_str().unwrap() + "\n"
    })
}

/// The two jobs. The second runs only if the first passed.
struct Jobs {
    build: Finished,
    test: Option<Finished>,
}

impl Jobs {
    #[track_caller]
    fn tested(self) -> Finished {
        self.test.unwrap_or_else(|| panic!("{:?}", self.build))
    }
}

fn pipeline(machine: &Machine, registry: &Registry, pipeline: &Value, model: &str) -> Jobs {
    let name = unique("gitlab");
    let group = format!("127.0.0.1:{}/{name}", registry.port);
    let sha = "0123abcd";
    let image = pipeline["variables"]["MODEL"]
        .as_str()
        .unwrap()
        .replace("$CI_REGISTRY_IMAGE", &group)
        .replace("$CI_COMMIT_SHA", sha);
    let mut leftovers = Leftovers::default();
    leftovers.add(&["image", "rm", "--force", &image]);
    leftovers.add(&["network", "rm", &name]);
    leftovers.add(&["rm", "--force", &name]);
    let folder = checkout(model);
    let build = Command::new("bash")
        .args(["-c", &script(&pipeline["build"])])
        .current_dir(&folder.0)
        .env("MODEL", &image)
        .env("DOCKER_CONFIG", folder.0.join(".docker"))
        .env("CI_REGISTRY", format!("127.0.0.1:{}", registry.port))
        .env("CI_REGISTRY_USER", "gitlab-ci-token")
        .env("CI_REGISTRY_PASSWORD", "secret")
        .stdin(Stdio::null())
        .output();
    let build = Finished::from(build.unwrap());
    if build.code != Some(0) {
        // A container that the failed script did not remove.
        let left = docker(&[
            "ps",
            "--all",
            "--quiet",
            "--filter",
            &format!("ancestor={image}"),
        ]);
        for container in left.text.lines() {
            leftovers.add(&["rm", "--force", container]);
        }
        return Jobs { build, test: None };
    }
    // The next job gets only the pushed image and the artifacts.
    docker(&["image", "rm", "--force", &image]);
    let artifacts = Folder::new("artifacts");
    for path in pipeline["build"]["artifacts"]["paths"].as_array().unwrap() {
        let path = path.as_str().unwrap();
        fs::copy(folder.0.join(path), artifacts.0.join(path)).unwrap();
    }
    let job = &pipeline["smoke-test"];
    let service = &job["services"][0];
    assert_eq!(service["name"], "$MODEL");
    let network = docker(&["network", "create", "--internal", &name]);
    assert_eq!(network.code, Some(0), "{network:?}");
    let alias = service["alias"].as_str().unwrap();
    let started = docker(&[
        "run",
        "--detach",
        "--name",
        &name,
        "--network",
        &name,
        "--network-alias",
        alias,
        &image,
    ]);
    if started.code != Some(0) {
        return Jobs {
            build,
            test: Some(started),
        };
    }
    wait_until_it_listens(&name);
    Jobs {
        build,
        test: Some(run_in(machine, &artifacts.0, &name, &script(job))),
    }
}

/// Runs a script in a container in that network, in this folder.
fn run_in(machine: &Machine, folder: &Path, network: &str, script: &str) -> Finished {
    let further = [
        format!("--volume={}:/builds", folder.display()),
        // Unknown names are not looked up elsewhere.
        "--dns=127.0.0.1".to_owned(),
    ];
    let mut command = vec!["run", "--rm", "--network", network, "--workdir=/builds"];
    command.extend(machine.options(&further));
    command.extend([machine.image.name(), "/bin/bash", "-c", script]);
    docker(&command)
}

#[test]
fn the_pipeline_passes_only_with_a_working_model() {
    let waiting = |time: &str| changed(PIPELINE, "--wait 60s", time);
    let texts = ["--wait 60s --interval 100ms", "--wait 4s --interval 100ms"];
    let (Some(machine), Some(registry)) = (Machine::build(), Registry::start()) else {
        return;
    };
    let Some([patient, hasty]) = read(SCHEMA, &texts.map(waiting)) else {
        return;
    };
    let test = |text: &Value, model: &str| {
        let test = pipeline(&machine, &registry, text, model).tested();
        (test.code == Some(0), without_times(&test.text))
    };
    let (is_green, log) = test(&patient, RIGHT);
    assert!(is_green, "{log}");
    assert!(
        log.contains("; attempt ")
            && log.contains("healthy: 200 OK in <t>; POST http://model:8000/predict\n"),
        "{log}"
    );

    let (is_green, log) = test(&hasty, NONE);
    let reason = "unhealthy: status 503, expected 200-399; model.loaded is missing, ";
    assert!(
        !is_green && log.contains(reason) && !log.contains("/predict"),
        "{log}"
    );

    let (is_green, log) = test(&patient, WRONG);
    let reason = "unhealthy: predictions[0].label is \"Unknown\", expected \"virginica\"; predictions[0].score is NaN, ";
    assert!(!is_green && log.contains(reason), "{log}");
}

#[test]
fn the_pipeline_fails_without_any_of_its_lines() {
    let (Some(machine), Some(registry)) = (Machine::build(), Registry::start()) else {
        return;
    };
    let changes = [
        ("    - docker push \"$MODEL\"\n", "", "manifest unknown"),
        ("alias: model", "alias: iris", "looking up model"),
        (
            " --wait 60s",
            "",
            "unhealthy: status 503, expected 200-399; ",
        ),
    ];
    let broken = changes.map(|(right, wrong, _)| {
        changed(PIPELINE, right, wrong).replace("--wait 60s", "--wait 4s --interval 100ms")
    });
    let Some(broken) = read(SCHEMA, &broken) else {
        return;
    };
    for (broken, (right, wrong, reason)) in broken.iter().zip(changes) {
        let test = pipeline(&machine, &registry, broken, RIGHT).tested();
        assert!(
            test.code != Some(0) && test.text.contains(reason),
            "{right} → {wrong}: {test:?}"
        );
    }
}
