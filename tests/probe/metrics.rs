//! `--metrics-file`.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::certificates::{Authority, authority_params, params};
use crate::support::metrics::{assert_promtool_accepts, parse};
use crate::support::unix::{socket_path, unix_server};
use crate::support::{
    PATIENCE, Probe, Server, assert_outcome, folder, free_port, has_ipv6, in_turn, new_file, probe,
    response, tls,
};

/// Probes with these arguments and returns the metrics file.
fn written(prepare: impl FnOnce(&[&str]) -> Probe, arguments: &[&str]) -> String {
    let file = new_file("");
    let outcome = prepare(&[arguments, &["--metrics-file", &file]].concat()).run();
    assert_eq!(outcome.err, "");
    fs::read_to_string(file).unwrap()
}

fn of_server(server: &Server, arguments: &[&str]) -> String {
    let text = written(|arguments| server.prepare(arguments), arguments);
    text.replace(&format!(":{}", server.port()), ":PORT")
}

/// Expects these samples for this target, which they name `{URL}`.
#[track_caller]
fn assert_samples(text: &str, target: &str, samples: &[&str]) {
    for sample in samples {
        let line = sample.replace("URL", &format!("target={target:?}"));
        assert!(
            text.lines().any(|written| written == line),
            "{line}: {text}"
        );
    }
}

/// The samples without HELP and TYPE, times as `<t>`.
fn samples(text: &str) -> String {
    let times = regex_lite::Regex::new(r"(?m)^(\w+_seconds\{[^}]*\}) [0-9.]+$").unwrap();
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    times
        .replace_all(&samples.join("\n"), "$1 <t>")
        .into_owned()
}

#[test]
fn writes_the_metrics_of_a_healthy_probe() {
    let server = Server::json("{\"status\":\"ok\"}");
    let text = of_server(&server, &["127.0.0.1:PORT/h", "-e", "status=ok"]);
    assert_promtool_accepts(&text);
    let target = "target=\"http://127.0.0.1:PORT/h\"";
    let times = regex_lite::Regex::new(r"(?m)\} 0\.[0-9]+$").unwrap();
    assert_eq!(
        times.replace_all(&text, "} <t>").replace(target, "URL").replace("tls\"} 0\n", "tls\"} <t>\n"),
        "\
# HELP probe_success Whether every check holds.
# TYPE probe_success gauge
probe_success{URL} 1
# HELP probe_duration_seconds From the name lookup to the last byte that was read.
# TYPE probe_duration_seconds gauge
probe_duration_seconds{URL} <t>
# HELP probe_dns_lookup_time_seconds Duration of the name lookup.
# TYPE probe_dns_lookup_time_seconds gauge
probe_dns_lookup_time_seconds{URL} <t>
# HELP probe_ip_protocol IP version of the connection; 0 without one.
# TYPE probe_ip_protocol gauge
probe_ip_protocol{URL} 4
# HELP probe_http_status_code HTTP status code; 0 without a response.
# TYPE probe_http_status_code gauge
probe_http_status_code{URL} 200
# HELP healthprobe_busy Whether the server is busy, by its status.
# TYPE healthprobe_busy gauge
healthprobe_busy{URL} 0
# HELP probe_http_content_length Content length of the response; -1 if it is not announced, 0 without a response.
# TYPE probe_http_content_length gauge
probe_http_content_length{URL} 15
# HELP probe_http_redirects Number of redirects, with one too many if the limit was reached.
# TYPE probe_http_redirects gauge
probe_http_redirects{URL} 0
# HELP probe_http_ssl Whether the response was received over TLS.
# TYPE probe_http_ssl gauge
probe_http_ssl{URL} 0
# HELP probe_http_duration_seconds Duration of each phase, summed over all redirects.
# TYPE probe_http_duration_seconds gauge
probe_http_duration_seconds{URL,phase=\"resolve\"} <t>
probe_http_duration_seconds{URL,phase=\"connect\"} <t>
probe_http_duration_seconds{URL,phase=\"tls\"} <t>
probe_http_duration_seconds{URL,phase=\"processing\"} <t>
probe_http_duration_seconds{URL,phase=\"transfer\"} <t>
# HELP healthprobe_check_success Whether a check holds.
# TYPE healthprobe_check_success gauge
healthprobe_check_success{URL,check=\"expect-status 200-399\"} 1
healthprobe_check_success{URL,check=\"expect status=ok\"} 1
"
    );
    let metrics = parse(&text);
    let of = |name: &str, labels: &[(&str, &str)]| {
        let target = ("target", "http://127.0.0.1:PORT/h");
        let mut labels: Vec<(String, String)> = [&[target], labels]
            .concat()
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        labels.sort();
        metrics[&(name.to_owned(), labels)]
    };
    let sum: f64 = ["resolve", "connect", "tls", "processing", "transfer"]
        .iter()
        .map(|phase| of("probe_http_duration_seconds", &[("phase", phase)]))
        .sum();
    let duration = of("probe_duration_seconds", &[]);
    assert!((sum - duration).abs() < 1e-6 && duration < PATIENCE.as_secs_f64());
}

#[test]
fn writes_the_metrics_of_failed_checks() {
    let server = Server::answering(response("503 Oh", "{\"status\":\"loading\"}"));
    let text = of_server(
        &server,
        &[
            ":PORT",
            "-e",
            "status=ok",
            "-e",
            "status=loading",
            "-o",
            "json",
        ],
    );
    assert_promtool_accepts(&text);
    assert_samples(
        &text,
        "http://localhost:PORT/",
        &[
            "probe_success{URL} 0",
            "probe_http_status_code{URL} 503",
            "healthprobe_check_success{URL,check=\"expect-status 200-399\"} 0",
            "healthprobe_check_success{URL,check=\"expect status=ok\"} 0",
            "healthprobe_check_success{URL,check=\"expect status=loading\"} 1",
        ],
    );
}

#[test]
fn writes_zeros_without_a_response() {
    let port = free_port();
    let address = format!("https://127.0.0.1:{port}/");
    let text = written(|arguments| probe(arguments), &[&address, "-k"]);
    assert_promtool_accepts(&text);
    let target = format!("target=\"{address}\"");
    assert_eq!(
        samples(&text.replace(&target, "URL")),
        "\
probe_success{URL} 0
probe_duration_seconds{URL} <t>
probe_dns_lookup_time_seconds{URL} <t>
probe_ip_protocol{URL} 0
probe_http_status_code{URL} 0
healthprobe_busy{URL} 0
probe_http_content_length{URL} 0
probe_http_redirects{URL} 0
probe_http_ssl{URL} 0
probe_http_duration_seconds{URL,phase=\"resolve\"} <t>
probe_http_duration_seconds{URL,phase=\"connect\"} <t>
probe_http_duration_seconds{URL,phase=\"tls\"} <t>
probe_http_duration_seconds{URL,phase=\"processing\"} <t>
probe_http_duration_seconds{URL,phase=\"transfer\"} <t>
healthprobe_check_success{URL,check=\"expect-status 200-399\"} 0"
    );
}

#[test]
fn writes_the_earliest_expiry_of_the_chain() {
    // The intermediate expires first, in 2035.
    let mut root = authority_params("Root");
    root.not_after = rcgen::date_time_ymd(2045, 1, 1);
    let root = Authority::with(root);
    let mut middle = authority_params("Middle");
    middle.not_after = rcgen::date_time_ymd(2035, 1, 1);
    let middle = root.intermediate_with(middle);
    let mut leaf = params(&["localhost"]);
    leaf.not_after = rcgen::date_time_ymd(2040, 1, 1);
    let server = tls::serve(tls::config(&middle.sign_with(&leaf)));
    let cacert = root.file();
    for trust in [&["--cacert", &cacert][..], &["-k"]] {
        let arguments = [&["https://localhost:PORT/"], trust].concat();
        let text = of_server(&server, &arguments);
        assert_promtool_accepts(&text);
        assert_samples(
            &text,
            "https://localhost:PORT/",
            &[
                "probe_success{URL} 1",
                "probe_http_ssl{URL} 1",
                "probe_ssl_earliest_cert_expiry{URL} 2051222400",
                "probe_tls_version_info{URL,version=\"TLS 1.3\"} 1",
            ],
        );
    }
    let text = of_server(&server, &["https://localhost:PORT/"]);
    assert!(
        !text.contains("probe_ssl") && !text.contains("probe_tls"),
        "{text}"
    );
}

#[test]
fn writes_ip_version_redirects_and_content_length() {
    if has_ipv6() {
        let server = Server::on("[::1]:0", |stream| {
            let _ = stream.write_all(response("200 OK", "").as_bytes());
        });
        let text = of_server(&server, &["[::1]:PORT"]);
        assert!(
            text.contains("probe_ip_protocol{target=\"http://[::1]:PORT/\"} 6\n"),
            "{text}"
        );
    }
    let socket = socket_path("metrics");
    unix_server(
        &socket,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    let text = written(
        |arguments| probe(arguments),
        &["http://app/", "--unix-socket", &socket],
    );
    assert!(
        text.contains("probe_ip_protocol{target=\"http://app/\"} 0\n"),
        "{text}"
    );
    assert!(
        text.contains("probe_http_content_length{target=\"http://app/\"} -1\n"),
        "{text}"
    );

    let server = in_turn(&[
        "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".to_owned(),
        response("200 OK", "here"),
    ]);
    let text = of_server(&server, &["127.0.0.1:PORT", "-L"]);
    assert_samples(
        &text,
        "http://127.0.0.1:PORT/",
        &[
            "probe_http_redirects{URL} 1",
            "probe_http_content_length{URL} 4",
        ],
    );
}

/// As `blackbox_exporter`, which also stops at the eleventh: it counts the one that it does
/// not follow, and has its status.
#[test]
fn writes_the_last_of_too_many_redirects() {
    let server =
        Server::answering("HTTP/1.1 307 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
    let text = of_server(&server, &["127.0.0.1:PORT", "-L"]);
    assert_promtool_accepts(&text);
    assert_samples(
        &text,
        "http://127.0.0.1:PORT/",
        &[
            "probe_success{URL} 0",
            "probe_http_redirects{URL} 11",
            "probe_http_status_code{URL} 307",
        ],
    );
    let (object, code) = server.prepare(&["127.0.0.1:PORT", "-L"]).json();
    assert_eq!((&object["status"], code), (&307.into(), Some(1)));
    assert_eq!(object["redirects"].as_array().unwrap().len(), 10);
    assert_eq!(object["location"], serde_json::Value::Null);
    // A redirect to nowhere has neither there.
    let server =
        Server::answering("HTTP/1.1 302 Found\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n");
    let text = of_server(&server, &["127.0.0.1:PORT", "-L"]);
    assert_samples(
        &text,
        "http://127.0.0.1:PORT/",
        &[
            "probe_http_redirects{URL} 0",
            "probe_http_status_code{URL} 0",
        ],
    );
}

#[test]
fn escapes_labels_and_masks_secrets() {
    let server = Server::json("{\"a\":\"s3cr3t\"}");
    let quoted = "['a\"}\\\\ 1']!=\"\\n\"";
    let text = of_server(
        &server,
        &[
            "http://probe:s3cr3t@127.0.0.1:PORT/a%22b?token=t0ken#x",
            "-e",
            quoted,
            "--expect-body",
            "s3cr3t",
            "--expect-body",
            "line\nprobe_success{target=\"x\"} 1\r\u{1b}[2J\u{202e}",
            "--expect-body",
            "twice",
            "--expect-body",
            "twice",
            "--expect-body",
            &"long ".repeat(200),
            "--expect-body",
            &format!("{}end", "long ".repeat(200)),
            "--wait",
            "1ms",
        ],
    );
    assert_promtool_accepts(&text);
    assert!(
        !text.contains("s3cr3t") && !text.contains("t0ken"),
        "{text}"
    );
    let metrics = parse(&text);
    let checks: Vec<&str> = metrics
        .keys()
        .filter(|(name, _)| name == "healthprobe_check_success")
        .map(|(_, labels)| labels[0].1.as_str())
        .collect();
    assert_eq!(checks.len(), 6, "{checks:?}");
    for (_, labels) in metrics.keys() {
        let target = labels.iter().find(|(label, _)| label == "target").unwrap();
        assert_eq!(target.1, "http://127.0.0.1:PORT/a%22b");
    }
    for check in [
        &format!("expect {quoted}"),
        "expect-body ***",
        "expect-body line\nprobe_success{target=\"x\"} 1\r\u{1b}[2J\u{202e}",
        "expect-body twice",
    ] {
        assert!(checks.contains(&check), "{check}: {checks:?}");
    }
    assert!(checks.iter().all(|check| check.len() <= 500));
    let attempts = "healthprobe_attempts{target=\"http://127.0.0.1:PORT/a%22b\"} 1\n";
    assert!(text.ends_with(attempts), "{text}");
}

#[test]
fn warns_when_the_file_cannot_be_written() {
    let server = Server::json("{}");
    let folder = folder("unwritable");
    let healthy = "healthy: 200 OK in <t>; GET http://127.0.0.1:PORT/\n";
    for (path, reason) in [
        ("/nowhere/probe.prom", "No such file or directory"),
        (folder.to_str().unwrap(), "Is a directory"),
        ("/dev/null", "it is not a file"),
        ("/proc/probe.prom", "No such file or directory"),
        ("/no\nwhere\u{1b}/x", "No such file or directory"),
    ] {
        let outcome = server.probe(&["127.0.0.1:PORT", "--metrics-file", path]);
        let path = path.replace('\n', "\\n").replace('\u{1b}', "\\u001b");
        let warning = format!("warning: cannot write {path}: {reason}\n");
        assert_outcome(&outcome, 0, healthy, &warning);
    }
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    // Also when quiet: otherwise a missing file would go unnoticed.
    let outcome = server.probe(&["127.0.0.1:PORT", "-q", "--metrics-file", "/nowhere/x"]);
    assert_outcome(
        &outcome,
        0,
        "",
        "warning: cannot write /nowhere/x: No such file or directory\n",
    );
    let outcome = server.probe(&[
        "127.0.0.1:PORT",
        "-s",
        "500",
        "--metrics-file",
        "/nowhere/x",
    ]);
    outcome.assert_code(1);
    server
        .probe(&["127.0.0.1:PORT", "--metrics-file", ""])
        .assert_error("--metrics-file \"\": column 1: expected the name of a file");
}

#[test]
fn resolves_the_path_in_a_config_and_writes_nothing_on_a_usage_error() {
    let folder = folder("config");
    let config = folder.join("probe.json");
    fs::write(&config, r#"{"metrics_file": "here.prom"}"#).unwrap();
    let config = config.to_str().unwrap();
    let server = Server::json("{}");
    let outcome = server.probe(&["127.0.0.1:PORT", "-c", config, "-t", "never"]);
    assert_eq!(
        (outcome.code, folder.join("here.prom").exists()),
        (Some(1), false)
    );
    let outcome = server.probe(&["127.0.0.1:PORT", "-c", config]);
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "no temporary file is left: {left:?}");
}

/// A reader in a loop sees only complete files.
#[test]
fn replaces_the_file_atomically() {
    let file = folder("atomic").join("probe.prom");
    let path = file.to_str().unwrap().to_owned();
    let server = Server::json("{}");
    server.probe(&["127.0.0.1:PORT", "--metrics-file", &path]);
    let over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (file, over) = (file.clone(), Arc::clone(&over));
        thread::spawn(move || {
            let mut seen = [0_u32; 2];
            while !over.load(Ordering::SeqCst) {
                let text = fs::read_to_string(&file).unwrap();
                let healthy = text.contains("probe_success{target=\"http://127.0.0.1:");
                let ends = text.ends_with("check=\"expect-status 500\"} 0\n")
                    || text.ends_with("check=\"expect-status 200-399\"} 1\n");
                assert!(healthy && ends, "{text}");
                seen[usize::from(text.contains("} 1\n"))] += 1;
            }
            seen
        })
    };
    for number in 0..60 {
        let status = ["200-399", "500"][number % 2];
        server.probe(&["127.0.0.1:PORT", "-s", status, "--metrics-file", &path]);
    }
    over.store(true, Ordering::SeqCst);
    let seen = reader.join().unwrap();
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}
