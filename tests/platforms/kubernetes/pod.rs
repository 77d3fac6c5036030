//! A pod of the manifest, built from Docker containers: volumes are folders; containers get the manifest's variables,
//! mounts, user and rights; probes run by `docker exec`. A `Machine` stands in for the images.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use super::fit::PROBES;
use super::{MANIFEST, Manifest, list, words};
use crate::support::build::static_healthprobe;
use crate::support::engine::{Container, Image, docker};
use crate::support::files::writable_folder;
use crate::support::machine::{Machine, exec};
use crate::support::{DEADLINE, Finished, Folder, source};

pub struct Pod {
    container: Container,
    folder: Folder,
}

impl Pod {
    /// Fills the volumes, runs the init containers and starts the server without a model. The error is the output of
    /// a failed init container.
    pub fn start(machine: &Machine, manifest: &Manifest) -> Result<Self, String> {
        let folder = Folder::new("pod");
        for volume in list(&manifest.pod()["volumes"]) {
            writable_folder(&folder, volume["name"].as_str().unwrap());
        }
        configure(&folder, manifest);
        let init_image = init_image(machine);
        for init in list(&manifest.pod()["initContainers"]) {
            let options = options(&folder, manifest, init);
            let output = Command::new("docker")
                .args(["run", "--rm"])
                .args(machine.options(&options))
                .arg(init_image.name())
                .args(words(&init["command"]))
                .output();
            let ended = Finished::from(output.unwrap());
            if ended.code != Some(0) {
                return Err(ended.text);
            }
        }
        let server = manifest.container();
        let mut options = options(&folder, manifest, server);
        options.push(format!(
            "--volume={}:/weights",
            writable_folder(&folder, "weights").display()
        ));
        options.push("--env=MODEL_FILE=/weights/model.json".to_owned());
        options.push("--env=MODEL_POLL_SECONDS=0.05".to_owned());
        let command: Vec<String> = words(&server["command"])
            .into_iter()
            .map(|word| expanded(&word, manifest))
            .collect();
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        Ok(Self {
            container: Container::start(&machine.image, &machine.options(&options), &command),
            folder,
        })
    }

    /// Runs the three probes in parallel, as a kubelet may.
    pub fn probes(&self, manifest: &Manifest) -> Vec<Finished> {
        let container = self.container.name();
        thread::scope(|scope| {
            let running = PROBES.map(|name| scope.spawn(|| probe(container, manifest, name)));
            running
                .into_iter()
                .map(|probe| probe.join().unwrap())
                .collect()
        })
    }

    /// Rewrites the `ConfigMap`, as the kubelet does after an edit.
    pub fn configure(&self, manifest: &Manifest) {
        configure(&self.folder, manifest);
    }

    /// Gives the server the example's model with this change, atomically.
    pub fn put_model(&self, change: impl Fn(&str) -> String) {
        let model = fs::read_to_string(source("examples/fastapi/model.json")).unwrap();
        let new = self.folder.0.join("weights/model.json.new");
        fs::write(&new, change(&model)).unwrap();
        fs::rename(&new, new.with_extension("")).unwrap();
    }

    pub fn freeze(&self) {
        docker(&["kill", "--signal=STOP", self.container.name()]);
    }

    #[track_caller]
    pub fn wait_until_it_answers(&self, manifest: &Manifest) {
        self.wait_until(manifest, "livenessProbe", |ended| ended.code == Some(0));
    }

    #[track_caller]
    pub fn wait_until_started(&self, manifest: &Manifest) {
        assert!(self.starts(manifest));
    }

    #[track_caller]
    pub fn wait_until_it_drifts(&self, manifest: &Manifest) {
        self.wait_until(manifest, "readinessProbe", |ended| {
            ended.text.contains("drift")
        });
    }

    /// Whether the startup probe succeeds. False if the server ends first or the probe cannot be run.
    #[track_caller]
    pub fn starts(&self, manifest: &Manifest) -> bool {
        let ended = self.wait_until(manifest, "startupProbe", |ended| {
            ended.code == Some(0)
                || ended.text.contains("is not running")
                || matches!(ended.code, Some(126 | 127))
        });
        ended.code == Some(0)
    }

    #[track_caller]
    fn wait_until(
        &self,
        manifest: &Manifest,
        name: &str,
        is_over: impl Fn(&Finished) -> bool,
    ) -> Finished {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let ended = probe(self.container.name(), manifest, name);
            if is_over(&ended) {
                return ended;
            }
            assert!(Instant::now() < deadline, "{ended:?}");
        }
    }
}

fn probe(container: &str, manifest: &Manifest, name: &str) -> Finished {
    exec(
        container,
        &words(&manifest.container()[name]["exec"]["command"]),
    )
}

/// The image with `cp`, built as the manifest's comment describes, from local images.
fn init_image(machine: &Machine) -> Image {
    let folder = Folder::new("probe");
    fs::copy(static_healthprobe(), folder.0.join("healthprobe")).unwrap();
    fs::write(
        folder.0.join("Dockerfile"),
        "FROM scratch\nCOPY healthprobe /\n",
    )
    .unwrap();
    let probe = Image::build("probe", &folder.0, &[]);
    let lines = MANIFEST
        .lines()
        .map(|line| line.trim().trim_start_matches("#     "));
    let dockerfile: Vec<String> = lines
        .filter(|line| line.starts_with("FROM ") || line.starts_with("COPY "))
        .map(|line| {
            line.replace("busybox:stable", machine.image.name())
                .replace("registry.example/healthprobe:0.1.0", probe.name())
        })
        .collect();
    assert_eq!(dockerfile.len(), 2);
    fs::write(folder.0.join("Dockerfile"), dockerfile.join("\n")).unwrap();
    Image::build("init", &folder.0, &[])
}

/// Lays out a `ConfigMap` as the kubelet does: behind a symlink, so that all files change at once.
fn configure(folder: &Folder, manifest: &Manifest) {
    for volume in list(&manifest.pod()["volumes"]) {
        if volume["configMap"].is_null() {
            continue;
        }
        let at = volume_folder(folder, &volume["name"]);
        for old in fs::read_dir(&at).unwrap() {
            let old = old.unwrap().path();
            if old.is_symlink() {
                fs::remove_file(old).unwrap();
            } else {
                fs::remove_dir_all(old).unwrap();
            }
        }
        let files = at.join("..2026");
        fs::create_dir(&files).unwrap();
        symlink("..2026", at.join("..data")).unwrap();
        for (name, text) in manifest.object("ConfigMap")["data"].as_object().unwrap() {
            fs::write(files.join(name), text.as_str().unwrap()).unwrap();
            symlink(format!("..data/{name}"), at.join(name)).unwrap();
        }
    }
}

fn volume_folder(folder: &Folder, name: &Value) -> PathBuf {
    folder.0.join(name.as_str().unwrap())
}

/// `docker`'s options for the manifest's container.
fn options(folder: &Folder, manifest: &Manifest, container: &Value) -> Vec<String> {
    let pod = &manifest.pod()["securityContext"];
    let mut options = vec![
        "--network=none".to_owned(),
        format!("--user={}:{}", pod["runAsUser"], pod["runAsGroup"]),
    ];
    for variable in list(&container["env"]) {
        let [name, value] = ["name", "value"].map(|key| variable[key].as_str().unwrap());
        options.push(format!("--env={name}={value}"));
    }
    for mount in list(&container["volumeMounts"]) {
        let from = volume_folder(folder, &mount["name"]);
        let to = mount["mountPath"].as_str().unwrap();
        let mode = if mount["readOnly"] == true {
            "ro"
        } else {
            "rw"
        };
        options.push(format!("--volume={}:{to}:{mode}", from.display()));
    }
    let context = &container["securityContext"];
    if context["readOnlyRootFilesystem"] == true {
        options.push("--read-only".to_owned());
    }
    if context["allowPrivilegeEscalation"] == false {
        options.push("--security-opt=no-new-privileges".to_owned());
    }
    for capability in words(&context["capabilities"]["drop"]) {
        options.push(format!("--cap-drop={capability}"));
    }
    let memory = container["resources"]["limits"]["memory"].as_str().unwrap();
    options.push(format!("--memory={}m", memory.strip_suffix("Mi").unwrap()));
    options
}

/// Kubernetes expands variables in a container's command, but not in a probe's.
fn expanded(word: &str, manifest: &Manifest) -> String {
    manifest
        .variables()
        .fold(word.to_owned(), |word, (name, value)| {
            word.replace(&format!("$({name})"), value)
        })
}
