//! Consistency of the manifest's parts, which the schemas do not check.

use std::time::Duration;

use serde_json::Value;

use super::{Manifest, list, words};

pub const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

/// Seconds; a model may need this long to load.
const LOADING: i64 = 60;

pub fn errors(manifest: &Manifest) -> Vec<String> {
    let mut errors = Vec::new();
    selectors(manifest, &mut errors);
    volumes(manifest, &mut errors);
    ports(manifest, &mut errors);
    probes(manifest, &mut errors);
    let context = &manifest.pod()["securityContext"];
    if context["runAsNonRoot"] == true && context["runAsUser"] == 0 {
        errors.push("runAsNonRoot and runAsUser 0".to_owned());
    }
    errors
}

fn selectors(manifest: &Manifest, errors: &mut Vec<String>) {
    let deployment = &manifest.object("Deployment")["spec"];
    let labels = &deployment["template"]["metadata"]["labels"];
    for (kind, selector) in [
        ("Deployment", &deployment["selector"]["matchLabels"]),
        ("Service", &manifest.object("Service")["spec"]["selector"]),
    ] {
        let selector = selector.as_object().unwrap();
        if selector.is_empty() || selector.iter().any(|(name, value)| labels[name] != *value) {
            errors.push(format!("{kind} selects {selector:?} of {labels}"));
        }
    }
}

fn volumes(manifest: &Manifest, errors: &mut Vec<String>) {
    let pod = manifest.pod();
    let map = manifest.object("ConfigMap");
    for volume in list(&pod["volumes"]) {
        let wanted = &volume["configMap"]["name"];
        if !wanted.is_null() && *wanted != map["metadata"]["name"] {
            errors.push(format!("no ConfigMap named {}", wanted.as_str().unwrap()));
        }
    }
    for container in list(&pod["initContainers"]).chain(list(&pod["containers"])) {
        if container["image"].is_null() {
            errors.push(format!("{} has no image", container["name"]));
        }
        for mount in list(&container["volumeMounts"]) {
            if !list(&pod["volumes"]).any(|volume| volume["name"] == mount["name"]) {
                errors.push(format!(
                    "no volume named {}",
                    mount["name"].as_str().unwrap()
                ));
            }
        }
    }
}

fn ports(manifest: &Manifest, errors: &mut Vec<String>) {
    let ports: Vec<&Value> = list(&manifest.container()["ports"]).collect();
    for port in list(&manifest.object("Service")["spec"]["ports"]) {
        let target = &port["targetPort"];
        if !ports.iter().any(|port| port["name"] == *target) {
            errors.push(format!("no port named {}", target.as_str().unwrap()));
        }
    }
    for (name, value) in manifest.variables() {
        let listens = ports.iter().any(|port| {
            value
                .parse::<u16>()
                .is_ok_and(|value| port["containerPort"] == value)
        });
        if name == "PORT" && !listens {
            errors.push(format!("PORT is {value}, and none of the container's"));
        }
    }
}

fn probes(manifest: &Manifest, errors: &mut Vec<String>) {
    let container = manifest.container();
    for name in PROBES {
        let probe = &container[name];
        let command = words(&probe["exec"]["command"]);
        let after = |flag: &str| {
            let at = command.iter().position(|word| word == flag)?;
            command.get(at + 1).map(String::as_str)
        };
        let config = match after("--config") {
            Some(path) => mounted(manifest, path).unwrap_or_else(|| {
                errors.push(format!("{path} is not mounted"));
                Value::Null
            }),
            None => Value::Null,
        };
        let own = after("--timeout")
            .or(config["timeout"].as_str())
            .unwrap_or("2s");
        let seconds = probe["timeoutSeconds"].as_u64().unwrap_or(1);
        if humantime::parse_duration(own).unwrap() >= Duration::from_secs(seconds) {
            errors.push(format!(
                "timeoutSeconds of {name}: {seconds} s, and healthprobe's {own}"
            ));
        }
    }
    let startup = &container["startupProbe"];
    let budget = startup["periodSeconds"].as_i64().unwrap_or(10)
        * startup["failureThreshold"].as_i64().unwrap_or(3);
    if budget < LOADING {
        errors.push(format!("{budget} s to load"));
    }
}

/// The `ConfigMap`'s JSON mounted at this path.
fn mounted(manifest: &Manifest, path: &str) -> Option<Value> {
    let volumes: Vec<&Value> = list(&manifest.pod()["volumes"]).collect();
    let (folder, file) = path.rsplit_once('/')?;
    let mount =
        list(&manifest.container()["volumeMounts"]).find(|mount| mount["mountPath"] == folder)?;
    let volume = volumes
        .iter()
        .find(|volume| volume["name"] == mount["name"])?;
    let map = manifest.object("ConfigMap");
    (volume["configMap"]["name"] == map["metadata"]["name"]).then_some(())?;
    serde_json::from_str(map["data"][file].as_str()?).ok()
}
