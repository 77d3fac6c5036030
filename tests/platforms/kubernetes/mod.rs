//! `examples/kubernetes.yaml`: valid by Kubernetes' schemas, consistent, and its commands run in containers as the
//! manifest describes them.

mod fit;
mod pod;
mod probes;

use serde_json::Value;

use crate::support::changed;
use crate::support::schemas::{Breakage, ask, assert_rejects_broken};

const MANIFEST: &str = include_str!("../../../examples/kubernetes.yaml");

/// Parses each manifest's objects to JSON. Duplicate keys are errors.
const PARSE: &str = r#"
import json, sys
from ruamel.yaml import YAML, YAMLError
answers = []
for text in json.load(sys.stdin):
    try:
        answers.append({"objects": list(YAML(typ="safe").load_all(text)), "errors": []})
    except YAMLError as error:
        answers.append({"objects": [], "errors": [str(error)]})
"#;

/// Validates the first manifest against many versions of Kubernetes, the others against the newest. Unknown keys are
/// errors.
const VALIDATE: &str = r#"
import kubernetes_validate
versions = [f"1.{minor}" for minor in range(28, 38)]
for answer in answers:
    for version in versions:
        for object in answer["objects"]:
            try:
                assert kubernetes_validate.validate(object, version, strict=True) == version
            except kubernetes_validate.ValidationError as error:
                answer["errors"].append(f"{version}: {error.message}")
    versions = versions[-1:]
"#;

const PRINT: &str = "json.dump(answers, sys.stdout)";

/// The objects of a manifest.
pub struct Manifest(Vec<Value>);

impl Manifest {
    fn object(&self, kind: &str) -> &Value {
        let found = self.0.iter().find(|object| object["kind"] == kind);
        found.unwrap_or(&Value::Null)
    }

    /// The Deployment's pod template.
    fn pod(&self) -> &Value {
        &self.object("Deployment")["spec"]["template"]["spec"]
    }

    fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }

    /// The container's variables.
    fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        list(&self.container()["env"])
            .filter_map(|variable| Some((variable["name"].as_str()?, variable["value"].as_str()?)))
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn words(value: &Value) -> Vec<String> {
    list(value)
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// Each manifest with its errors.
fn validate(texts: &[String]) -> Option<Vec<(Manifest, Vec<String>)>> {
    let answers = ask(&[PARSE, VALIDATE, PRINT].concat(), texts)?;
    Some(
        answers
            .into_iter()
            .map(|answer| {
                let manifest = Manifest(list(&answer["objects"]).cloned().collect());
                let mut errors = words(&answer["errors"]);
                if errors.is_empty() {
                    errors = fit::errors(&manifest);
                }
                (manifest, errors)
            })
            .collect(),
    )
}

fn manifest(text: &str) -> Option<Manifest> {
    let answers = ask(&[PARSE, PRINT].concat(), &[text.to_owned()])?;
    Some(Manifest(list(&answers[0]["objects"]).cloned().collect()))
}

#[test]
fn kubernetes_accepts_the_manifest_and_rejects_broken_ones() {
    // First what the schemas reject, then inconsistent parts.
    let breakages: [Breakage; 21] = [
        (
            "failureThreshold: 60",
            "failureTreshold: 60",
            "'failureTreshold' was unexpected",
        ),
        (
            "timeoutSeconds: 4",
            "timeoutSeconds: 4s",
            "'4s' is not of type 'integer'",
        ),
        ("startupProbe:", "startup:", "'startup' was unexpected"),
        ("value: \"8000\"", "value: 8000", "8000 is not of type"),
        ("drop: [ALL]", "drop: ALL", "'ALL' is not of type 'array'"),
        (
            "mountPath: /etc/healthprobe",
            "path: /etc/healthprobe",
            "'mountPath' is a required property",
        ),
        ("    matchLabels:", "    labels:", "'labels' was unexpected"),
        ("replicas: 2", "replicas: 2\n  replicas: 3", "duplicate key"),
        ("image: registry.example/iris:1936\n", "", "has no image"),
        (
            "            timeoutSeconds: 5\n",
            "",
            "timeoutSeconds of livenessProbe: 1 s, and healthprobe's 3s",
        ),
        (
            "timeoutSeconds: 4",
            "timeoutSeconds: 2",
            "timeoutSeconds of startupProbe: 2 s, and healthprobe's 2s",
        ),
        (
            "\"timeout\": \"3s\"",
            "\"timeout\": \"6s\"",
            "timeoutSeconds of readinessProbe: 5 s, and healthprobe's 6s",
        ),
        (
            "      app.kubernetes.io/name: iris\n  template",
            "      app.kubernetes.io/name: tulip\n  template",
            "Deployment selects",
        ),
        (
            "  selector:\n    app.kubernetes.io/name: iris\n  ports",
            "  selector:\n    app.kubernetes.io/name: tulip\n  ports",
            "Service selects",
        ),
        ("targetPort: http", "targetPort: web", "no port named web"),
        ("containerPort: 8000", "containerPort: 8080", "PORT is 8000"),
        (
            "            name: iris-probe",
            "            name: tulip-probe",
            "no ConfigMap named tulip-probe",
        ),
        (
            "            - name: probe\n              mountPath: /probe\n              readOnly",
            "            - name: prob\n              mountPath: /probe\n              readOnly",
            "no volume named prob",
        ),
        (
            "/etc/healthprobe/probe.json",
            "/etc/probe.json",
            "/etc/probe.json is not mounted",
        ),
        (
            "failureThreshold: 60",
            "failureThreshold: 3",
            "15 s to load",
        ),
        (
            "runAsUser: 65534",
            "runAsUser: 0",
            "runAsNonRoot and runAsUser 0",
        ),
    ];
    assert_rejects_broken(MANIFEST, &breakages, |texts| {
        let validated = validate(texts)?;
        Some(validated.into_iter().map(|(_, errors)| errors).collect())
    });
}

/// A comment offers an image volume instead of the init container; the field exists since 1.31.
#[test]
fn image_volumes_are_accepted_from_1_31() {
    let comment = MANIFEST.split("#     - name: probe\n").nth(1).unwrap();
    let image = comment
        .lines()
        .next()
        .unwrap()
        .trim()
        .trim_start_matches('#')
        .trim();
    let (before, init) = MANIFEST.split_once("      initContainers:\n").unwrap();
    let (_, after) = init.split_once("      containers:\n").unwrap();
    let anchor = "&restricted\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            capabilities:\n              drop: [ALL]";
    let text = format!("{before}      containers:\n{after}");
    let text = changed(&text, "*restricted", anchor);
    let with = |image: &str| changed(&text, "emptyDir:\n            sizeLimit: 8Mi", image);
    let broken = changed(image, "reference", "name");
    let Some(judged) = validate(&[with(image), with(&broken)]) else {
        return;
    };
    let old = |error: &&String| {
        ["1.28", "1.29", "1.30"]
            .iter()
            .any(|version| error.starts_with(version))
    };
    let (old, new): (Vec<&String>, Vec<&String>) = judged[0].1.iter().partition(old);
    assert!(new.is_empty(), "{new:?}");
    assert!(
        old.len() == 3
            && old
                .iter()
                .all(|error| error.contains("'image' was unexpected")),
        "{old:?}"
    );
    assert!(
        judged[1].1 == ["1.37: Additional properties are not allowed ('name' was unexpected)"],
        "{:?}",
        judged[1].1
    );
}
