//! Prometheus on the metrics of the regions.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::README;
use super::example::Example;
use crate::support::metrics::{cron_command, get, node_exporter, start_prometheus};
use crate::support::{DEADLINE, Server, changed, folder, probe, program};

const RULES: &str = include_str!("../../../examples/regions/rules.yml");

pub fn promtool_accepts(copy: &Example) {
    let Some(promtool) = program("promtool") else {
        return;
    };
    let files: Vec<_> = fs::read_dir(copy.folder.join("metrics")).unwrap().collect();
    assert_eq!(files.len(), 9);
    for file in files {
        let output = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(fs::File::open(file.unwrap().path()).unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// A real Prometheus with the example's configuration, except for addresses and intervals.
pub fn alerts(copy: &Example) {
    let Some(prometheus) = program("prometheus") else {
        return;
    };
    copy.change(
        "prometheus.yml",
        "scrape_interval: 1m",
        "scrape_interval: 1s",
    );
    copy.change(
        "prometheus.yml",
        "evaluation_interval: 1m",
        "evaluation_interval: 1s",
    );
    let mut exporters = Vec::new();
    for region in ["eu", "us", "ap"] {
        let folder = copy.folder.join(region);
        fs::create_dir(&folder).unwrap();
        fs::copy(
            copy.metrics(region, region),
            folder.join("healthprobe-model.prom"),
        )
        .unwrap();
        let Some((exporter, port)) = node_exporter(&folder) else {
            return;
        };
        exporters.push(exporter);
        copy.change(
            "prometheus.yml",
            &format!("node.{region}.example:9100"),
            &format!("127.0.0.1:{port}"),
        );
    }
    let (_running, port) = start_prometheus(&prometheus, &copy.folder.join("regions"), "../data");
    // It fires after two minutes.
    let expected = json!([[
        "HealthprobeRegionFails",
        "ap",
        "https://model.example/predict/sample",
        "pending"
    ]]);
    let started = Instant::now();
    // The regions are scraped independently.
    loop {
        let answer: Value = serde_json::from_str(&get(port, "/api/v1/alerts")).unwrap_or_default();
        let alerts = answer["data"]["alerts"].as_array();
        let found: Vec<Value> = alerts
            .into_iter()
            .flatten()
            .map(|alert| {
                let labels = ["alertname", "region", "target"].map(|label| &alert["labels"][label]);
                json!([labels[0], labels[1], labels[2], alert["state"]])
            })
            .collect();
        if json!(found) == expected {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "{answer}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn alerts_distinguish_one_region_from_all() {
    let Some(promtool) = program("promtool") else {
        return;
    };
    let folder = folder("regions-rules");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/regions/rules_test.yml");
    fs::copy(tests, folder.join("rules_test.yml")).unwrap();
    let hold = |rules: &str| {
        fs::write(folder.join("rules.yml"), rules).unwrap();
        Command::new(&promtool)
            .args(["test", "rules", "rules_test.yml"])
            .current_dir(&folder)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(hold(RULES));
    for (right, wrong) in [
        ("== 0 and", "== 1 and"),
        (" and on (target) probe_success{region!=\"\"} == 1", ""),
        ("and on (target)", "and on ()"),
        (
            "on (target) probe_success{region!=\"\"}",
            "on (target) probe_success",
        ),
        ("probe_success{region!=\"\"} == 0", "probe_success == 0"),
        ("max by (target)", "min by (target)"),
        ("(probe_success{region!=\"\"})", "(probe_success)"),
        ("on (region, target)", "on (target)"),
        ("(probe_success{region!=\"\"}[1h])", "(probe_success[1h])"),
        ("[1h]", "[2h]"),
        ("== 1\n        for: 2m", "== 1\n        for: 1m"),
        ("== 1\n        for: 2m", "== 1\n        for: 3m"),
        ("== 0\n        for: 2m", "== 0\n        for: 1m"),
        ("== 0\n        for: 2m", "== 0\n        for: 3m"),
        ("success\n        for: 2m", "success\n        for: 1m"),
        ("success\n        for: 2m", "success\n        for: 3m"),
        ("severity: page", "severity: warning"),
        ("$labels.region", "$labels.target"),
    ] {
        assert!(!hold(&changed(RULES, right, wrong)), "{right} → {wrong}");
    }
}

#[test]
fn the_cron_line_runs() {
    let folder = folder("regions-cron");
    let file = folder.join("healthprobe-model.prom");
    let config = folder.join("probe.json");
    fs::write(&config, "{\"url\": \"http://model.example/\"}").unwrap();
    let server = Server::json("{}");
    let address = format!("127.0.0.1:{}", server.port());
    let arguments: Vec<&str> = cron_command(README)
        .into_iter()
        .map(|word| match word {
            "/etc/healthprobe/model.json" => config.to_str().unwrap(),
            "10.1.0.7" => &address,
            "/var/lib/prometheus/node-exporter/healthprobe-model.prom" => file.to_str().unwrap(),
            other => other,
        })
        .collect();
    let outcome = probe(&arguments).run();
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (Some(0), "", "")
    );
    assert!(server.request().contains("host: model.example\r\n"));
    assert!(
        fs::read_to_string(file)
            .unwrap()
            .contains("\"http://model.example/\"")
    );
}
