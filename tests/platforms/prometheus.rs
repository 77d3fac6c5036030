//! `examples/prometheus`: the alerts fire as tested, and all queries use existing metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::certificates::Authority;
use crate::support::metrics::{cron_command, get, node_exporter, parse, start_prometheus};
use crate::support::{DEADLINE, Server, changed, folder, program, tls};

const RULES: &str = include_str!("../../examples/prometheus/rules.yml");
const RULES_TEST: &str = include_str!("../../examples/prometheus/rules_test.yml");
const DASHBOARD: &str = include_str!("../../examples/prometheus/dashboard.json");
const README: &str = include_str!("../../examples/prometheus/README.md");

/// Whether promtool accepts the rules and their tests pass.
fn rules_pass(promtool: &Path, name: &str, rules: &str) -> bool {
    let folder = folder(name);
    fs::write(folder.join("rules.yml"), rules).unwrap();
    fs::write(folder.join("rules_test.yml"), RULES_TEST).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(promtool)
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap()
            .status
            .success()
    };
    run(&["check", "rules", "rules.yml"]) && run(&["test", "rules", "rules_test.yml"])
}

#[test]
fn alerts_fire_as_tested_and_broken_rules_fail() {
    let Some(promtool) = program("promtool") else {
        return;
    };
    assert!(rules_pass(&promtool, "rules", RULES));
    // Broken rules fail.
    for (right, wrong) in [
        (
            "{target!=\"\"} == 0\n        labels",
            "{target!=\"\"} == 1\n        labels",
        ),
        (
            "{target!=\"\"} == 0\n        labels",
            " == 0\n        labels",
        ),
        ("{target!=\"\"} == 0\n        for", " == 0\n        for"),
        ("for: 2m", "for: 1m"),
        ("for: 2m", "for: 3m"),
        ("severity: page", "severity: warning"),
        ("[5m]", "[1m]"),
        ("0.8 * 0.25", "0.9 * 0.25"),
        ("0.8 * 0.25", "0.7 * 0.25"),
        (" and probe_success == 1", ""),
        ("< 14 *", "< 13 *"),
        ("< 14 *", "< 15 *"),
        ("< 2 *", "< 1 *"),
        ("< 2 *", "< 3 *"),
        ("> 300", "> 299"),
        ("> 300", "> 360"),
        (".*healthprobe.*", ".*"),
        ("$labels.file", "$labels.target"),
        ("probe_ssl_earliest_cert_expiry{", "probe_ssl_cert_expiry{"),
    ] {
        let broken = changed(RULES, right, wrong);
        assert!(
            !rules_pass(&promtool, "broken-rules", &broken),
            "{right} → {wrong}"
        );
    }
}

/// Metric names with their labels.
type Known = BTreeMap<String, BTreeSet<String>>;

/// Metrics files with every metric.
fn write_all(folder: &Path) {
    let authority = Authority::new("Private CA");
    let secured = tls::serve(tls::config(&authority.sign(&["localhost"])));
    let plain = Server::json("{\"status\":\"ok\"}");
    for (server, url, file) in [
        (&secured, "https://localhost:PORT/", "healthprobe-tls.prom"),
        (&plain, "http://localhost:PORT/", "healthprobe-plain.prom"),
    ] {
        let path = folder.join(file);
        let path = path.to_str().unwrap();
        let outcome = server.probe(&[url, "-k", "--wait", "20s", "--metrics-file", path]);
        outcome.assert_code(0);
    }
}

fn known() -> Known {
    let folder = folder("known");
    write_all(&folder);
    let text = fs::read_to_string(folder.join("healthprobe-tls.prom")).unwrap();
    let mut known = Known::new();
    for (name, labels) in parse(&text).into_keys() {
        let labels = labels.into_iter().map(|(label, _)| label);
        known.entry(name).or_default().extend(labels);
    }
    // node_exporter's own metric.
    let file = BTreeSet::from(["file".to_owned()]);
    known.insert("node_textfile_mtime_seconds".to_owned(), file);
    known
}

/// The names in a query and its legend that do not exist.
fn unknown(known: &Known, query: &str, shown: &str) -> Vec<String> {
    let all = |pattern: &str, text: &str| -> Vec<String> {
        let pattern = regex_lite::Regex::new(pattern).unwrap();
        pattern
            .captures_iter(text)
            .map(|found| found[1].to_owned())
            .collect()
    };
    let plain = regex_lite::Regex::new("\"[^\"]*\"")
        .unwrap()
        .replace_all(query, "")
        .into_owned();
    let names = all(r"\b((?:\w*probe|node)_\w+)", &plain);
    let mut labels = all(
        r"(\w+) *(?:=~|!~|!=|=)",
        &all(r"(\{[^}]*\})", &plain).join(" "),
    );
    for list in all(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)", &plain) {
        labels.extend(list.split(',').map(|label| label.trim().to_owned()));
    }
    labels.extend(all(r"\{\{ *(?:\$labels\.)?([a-z]\w*)", shown));
    let mut unknown: Vec<String> = names
        .iter()
        .filter(|name| !known.contains_key(*name))
        .cloned()
        .collect();
    let has = |label: &String| {
        names
            .iter()
            .filter_map(|name| known.get(name))
            .any(|of_metric| of_metric.contains(label))
    };
    unknown.extend(labels.into_iter().filter(|label| !has(label)));
    if names.is_empty() {
        unknown.push(query.to_owned());
    }
    unknown
}

/// Query and legend of each panel.
fn queries(dashboard: &str) -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let panels = dashboard["panels"].as_array().unwrap();
    panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| (text(&target["expr"]), text(&target["legendFormat"])))
        .collect()
}

/// Expression and summary of each alert.
fn alerts(rules: &str) -> Vec<(String, String)> {
    let line = |alert: &str, key: &str| {
        let (_, rest) = alert.split_once(key).unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    rules
        .split("- alert: ")
        .skip(1)
        .map(|alert| (line(alert, "expr: "), line(alert, "summary: ")))
        .collect()
}

fn unknown_names(known: &Known, queries: &[(String, String)]) -> Vec<String> {
    queries
        .iter()
        .flat_map(|(query, shown)| unknown(known, query, shown))
        .collect()
}

#[test]
fn queries_use_only_metrics_and_labels_that_exist() {
    let known = known();
    assert_eq!((queries(DASHBOARD).len(), alerts(RULES).len()), (8, 6));
    assert_eq!(unknown_names(&known, &queries(DASHBOARD)), [""; 0]);
    assert_eq!(unknown_names(&known, &alerts(RULES)), [""; 0]);
    for (right, wrong) in [
        ("\"probe_success{", "\"probe_succes{"),
        (
            "healthprobe_check_success{target",
            "healthprobe_check_success{url",
        ),
        ("by (phase)", "by (stage)"),
        ("{{check}}", "{{checks}}"),
        ("\"{{phase}}\"", "\"{{target}} {{version}}\""),
        (
            "probe_ssl_earliest_cert_expiry{",
            "ssl_earliest_cert_expiry{",
        ),
    ] {
        let broken = changed(DASHBOARD, right, wrong);
        assert_ne!(
            unknown_names(&known, &queries(&broken)),
            [""; 0],
            "{right} → {wrong}"
        );
    }
    for (right, wrong) in [
        ("and probe_success", "and probe_succes"),
        ("$labels.file", "$labels.path"),
    ] {
        let broken = changed(RULES, right, wrong);
        assert_ne!(
            unknown_names(&known, &alerts(&broken)),
            [""; 0],
            "{right} → {wrong}"
        );
    }
}

#[test]
fn the_dashboards_panels_do_not_overlap() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let variable = &dashboard["templating"]["list"][1];
    assert_eq!(
        variable["query"]["query"],
        "label_values(probe_success, target)"
    );
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}

/// The series that a running Prometheus returns for a query, which must become some. A scrape that times out on a busy
/// machine leaves none until the next.
fn series(port: u16, query: &str) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let answer = ask(port, query);
        if let Some(series) = answer.as_array().filter(|series| !series.is_empty()) {
            return series.clone();
        }
        assert!(started.elapsed() < DEADLINE, "{query}: {answer}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The result of a query to a running Prometheus.
fn ask(port: u16, query: &str) -> Value {
    let encoded = query.bytes().fold(String::new(), |mut encoded, byte| {
        _ = write!(encoded, "%{byte:02x}");
        encoded
    });
    let answer = get(port, &format!("/api/v1/query?query={encoded}"));
    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    answer["data"]["result"].clone()
}

#[test]
fn prometheus_answers_every_query_of_the_dashboard() {
    let folder = folder("prometheus");
    write_all(&folder);
    let Some((_exporter, exporter)) = node_exporter(&folder) else {
        return;
    };
    let Some(prometheus) = program("prometheus") else {
        return;
    };
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
        scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}]\n"
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    fs::write(folder.join("rules.yml"), RULES).unwrap();
    let (_running, port) = start_prometheus(&prometheus, &folder, "data");
    for (query, legend) in queries(DASHBOARD) {
        let query = query.replace("$target", ".+");
        let series = series(port, &query);
        for label in legend.split("{{").skip(1) {
            let (label, _) = label.split_once("}}").unwrap();
            assert!(series[0]["metric"][label].is_string(), "{query}: {label}");
        }
    }
    // The loaded rules are these.
    let rules = get(port, "/api/v1/rules");
    for alert in RULES.split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap();
        assert!(rules.contains(&format!("\"name\":\"{name}\"")), "{rules}");
    }
}

#[test]
fn the_cron_line_runs() {
    let file = folder("cron").join("healthprobe-app.prom");
    let path = file.to_str().unwrap();
    let server = Server::json("{\"status\":\"ok\"}");
    let arguments: Vec<&str> = cron_command(README)
        .into_iter()
        .map(|word| match word {
            "https://app.example/health" => "127.0.0.1:PORT/health",
            "/var/lib/prometheus/node-exporter/healthprobe-app.prom" => path,
            "250ms" => "20s",
            other => other,
        })
        .collect();
    let outcome = server.probe(&arguments);
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (Some(0), "", "")
    );
    assert!(file.exists());
}

#[test]
fn node_exporter_exports_the_written_metrics() {
    let folder = folder("node-exporter");
    let authority = Authority::new("Private CA");
    let secured = tls::serve(tls::config(&authority.sign(&["localhost"])));
    let plain = Server::json("{\"a\":1}");
    let write = |server: &Server, name: &str, arguments: &[&str]| {
        let path = folder.join(name);
        let path = path.to_str().unwrap();
        server.probe(&[arguments, &["--metrics-file", path]].concat());
        fs::read_to_string(path).unwrap()
    };
    let texts = [
        write(&secured, "tls.prom", &["https://localhost:PORT/", "-k"]),
        write(
            &plain,
            "one.prom",
            &[":PORT/one", "-e", "a=\"x\\\\\\\"\"", "-e", "a=1"],
        ),
        write(&plain, "two.prom", &[":PORT/two", "--wait", "20s"]),
    ];
    let Some((_exporter, port)) = node_exporter(&folder) else {
        return;
    };
    let scraped = parse(&get(port, "/metrics"));
    assert_eq!(
        scraped[&("node_textfile_scrape_error".to_owned(), vec![])].to_bits(),
        0
    );
    let written: Vec<_> = texts.iter().flat_map(|text| parse(text)).collect();
    assert!(written.len() > 45);
    for (sample, value) in written {
        let found = scraped.get(&sample);
        assert_eq!(
            found.map(|found| found.to_bits()),
            Some(value.to_bits()),
            "{sample:?}"
        );
    }
}
