//! `examples/regions`: the run shows what its page says, also of what is broken on purpose, and leaves nothing behind.
//!
//! It takes the right to make a network, which is root's, and the Python of `fastapi`. Without the first the tests say
//! so and are skipped, which `HEALTHPROBE_REQUIRE_SERVERS=1` makes a failure.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::metrics::{Running, get, node_exporter, parse};
use crate::support::{PATIENCE, Ran, Server, free_port, probe, program, without_times};
use crate::uvicorn::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const README: &str = include_str!("../examples/regions/README.md");
const RULES: &str = include_str!("../examples/regions/rules.yml");

/// A copy of the example, which a test may break, and what its run takes.
struct Example {
    folder: PathBuf,
    path: std::ffi::OsString,
}

impl Example {
    /// `None` where it cannot run, after saying so.
    fn new(name: &str) -> Option<Self> {
        for name in ["ip", "tc", "openssl", "unshare"] {
            program(name)?;
        }
        let python = python(
            "HEALTHPROBE_PYTHON",
            "fastapi",
            "examples/fastapi/requirements.txt",
        )?;
        let output = Command::new("unshare")
            .args(["--net", "--mount", "true"])
            .output()
            .unwrap();
        if !output.status.success() {
            let err = String::from_utf8_lossy(&output.stderr);
            let required = env::var("HEALTHPROBE_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
            assert!(!required, "{err}");
            // Not eprintln!, which the test harness captures.
            _ = writeln!(std::io::stderr(), "skipped: regions: {err}");
            return None;
        }
        let healthprobe = Path::new(env!("CARGO_BIN_EXE_healthprobe"));
        let programs = [healthprobe, &python].map(|path| {
            let folder = path.parent().unwrap();
            folder.canonicalize().unwrap()
        });
        let path = env::var_os("PATH").unwrap();
        let path = programs
            .into_iter()
            .chain(env::split_paths(&path))
            .chain(["/usr/sbin".into()]);
        let copy = Self {
            folder: Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join(format!("regions-{name}-{}", std::process::id())),
            path: env::join_paths(path).unwrap(),
        };
        for example in ["regions", "fastapi"] {
            fs::create_dir_all(copy.folder.join(example)).unwrap();
            for entry in fs::read_dir(Path::new(ROOT).join("examples").join(example)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    let to = copy.folder.join(example).join(entry.file_name());
                    fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        fs::create_dir(copy.folder.join("tmp")).unwrap();
        Some(copy)
    }

    #[track_caller]
    fn change(&self, file: &str, right: &str, wrong: &str) {
        let file = self.folder.join("regions").join(file);
        let text = fs::read_to_string(&file).unwrap();
        let changed = text.replacen(right, wrong, 1);
        assert_ne!(changed, text, "{right}");
        fs::write(file, changed).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.folder.join("regions/run"));
        command
            .arg(self.folder.join("metrics"))
            .env_clear()
            .env("PATH", &self.path)
            .env("TMPDIR", self.folder.join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self) -> Ran {
        let child = self.command().spawn().unwrap();
        let pid = child.id();
        let output = child.wait_with_output().unwrap();
        self.assert_nothing_left(pid);
        Ran {
            code: output.status.code(),
            out: normal(&String::from_utf8(output.stdout).unwrap()),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Of a run, which names all that it makes after itself or this folder.
    #[track_caller]
    fn assert_nothing_left(&self, pid: u32) {
        let left = namespaces(pid);
        assert!(left.is_empty(), "{left:?}");
        let left: Vec<_> = fs::read_dir(self.folder.join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let folder = self.folder.to_str().unwrap();
        for process in fs::read_dir("/proc").unwrap() {
            // It may be gone by now, and need not be a process.
            let line = fs::read(process.unwrap().path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            assert!(!line.contains(folder), "{line}");
        }
    }

    fn metrics(&self, from: &str, to: &str) -> PathBuf {
        self.folder.join(format!("metrics/{from}-{to}.prom"))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn namespaces(pid: u32) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/run/netns") else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(&format!("healthprobe-{pid}-")))
        .collect()
}

/// Times are `<t>`, the table's columns are a space apart, and whatever delays is netem.
fn normal(out: &str) -> String {
    let spaces = regex_lite::Regex::new(" +").unwrap();
    spaces
        .replace_all(&without_times(out), " ")
        .replace("delay.py, as this kernel has no netem", "tc netem")
}

/// The last lines of a run: one a region.
fn verdicts(ran: &Ran) -> Vec<&str> {
    let (_, verdicts) = ran.out.rsplit_once("\n\n").unwrap();
    verdicts.lines().collect()
}

#[test]
fn the_run_says_what_the_page_shows_and_its_metrics_tell_regions_apart() {
    let Some(copy) = Example::new("page") else {
        return;
    };
    let ran = copy.run();
    let (_, shown) = README
        .split_once("    # examples/regions/run metrics\n")
        .unwrap();
    let shown: Vec<&str> = shown
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    let shown = normal(&shown.join("\n"));
    assert_eq!(
        (ran.out.trim_end(), ran.err.as_str(), ran.code),
        (shown.trim_end(), "", Some(0))
    );

    // In milliseconds; three round trips with the delays of both.
    for (from, to, at_least) in [
        ("eu", "us", 630),
        ("us", "eu", 630),
        ("eu", "ap", 90),
        ("ap", "eu", 90),
        ("us", "ap", 660),
        ("ap", "us", 660),
    ] {
        let text = fs::read_to_string(copy.metrics(from, to)).unwrap();
        let took = parse(&text)
            .into_iter()
            .find(|((name, _), _)| name == "probe_duration_seconds");
        let took = Duration::from_secs_f64(took.unwrap().1);
        assert!(
            took >= Duration::from_millis(at_least),
            "{from}, {to}: {took:?}"
        );
    }
    promtool_accepts(&copy);
    prometheus_alerts(&copy);
}

fn promtool_accepts(copy: &Example) {
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

/// A real Prometheus, with the example's own configuration but for addresses and intervals.
fn prometheus_alerts(copy: &Example) {
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
    let port = free_port();
    let _prometheus = Running(
        Command::new(prometheus)
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=../data")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(copy.folder.join("regions"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let started = Instant::now();
    loop {
        let answer: Value = serde_json::from_str(&get(port, "/api/v1/alerts")).unwrap_or_default();
        if let [alert] = answer["data"]["alerts"]
            .as_array()
            .map_or(&[][..], |alerts| alerts)
        {
            let of = |label: &str| alert["labels"][label].clone();
            assert_eq!(
                json!([of("alertname"), of("region"), of("target"), alert["state"]]),
                // It fires after two minutes.
                json!([
                    "HealthprobeRegionFails",
                    "ap",
                    "https://model.example/predict/sample",
                    "pending"
                ])
            );
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{answer}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A queueing discipline that does not delay stands where netem does, so this is also the way of a kernel with netem.
#[test]
fn without_delays_and_with_a_good_model_all_is_healthy() {
    let Some(copy) = Example::new("healthy") else {
        return;
    };
    copy.change("run", "[ap]=diverged.json", "[ap]=model.json");
    copy.change(
        "run",
        "netem delay \"${delay[$1]}ms\"",
        "tbf rate 1gbit burst 100kb latency 1ms",
    );
    let ran = copy.run();
    assert_eq!(
        (ran.code, ran.err.as_str(), verdicts(&ran)),
        (
            Some(0),
            "",
            vec![
                "eu: healthy from everywhere",
                "us: healthy from everywhere",
                "ap: healthy from everywhere"
            ]
        ),
        "{}",
        ran.out
    );
}

#[test]
fn a_laxer_limit_lets_us_be_healthy() {
    let Some(copy) = Example::new("lax") else {
        return;
    };
    copy.change("probe.json", "500ms", "1500ms");
    let ran = copy.run();
    assert_eq!(
        verdicts(&ran)[..2],
        ["eu: healthy from everywhere", "us: healthy from everywhere"]
    );
    assert!(
        verdicts(&ran)[2].starts_with("ap: the instance: it fails at home"),
        "{ran:?}"
    );
}

#[test]
fn whoever_dials_the_wrong_instance_sees_nothing() {
    let Some(copy) = Example::new("wrong") else {
        return;
    };
    copy.change(
        "run",
        "--connect-to \"${address[$2]}\"",
        "--connect-to \"${address[eu]}\"",
    );
    let ran = copy.run();
    assert!(ran.out.contains("\nap: healthy: "), "{ran:?}");
}

#[test]
fn the_certificate_has_to_bear_the_name_of_the_url() {
    let Some(copy) = Example::new("name") else {
        return;
    };
    copy.change("probe.json", "model.example", "eu.model.example");
    let ran = copy.run();
    let reason = "certificate is for model.example, not for eu.model.example";
    for region in ["eu", "us", "ap"] {
        let line = format!("\n{region}: unhealthy: {reason}; GET ");
        assert!(ran.out.contains(&line), "{ran:?}");
    }
    // One region that fails and all of them are told apart.
    let verdict = "every region: it fails at home, so it is what they share";
    assert_eq!(verdicts(&ran), [verdict], "{ran:?}");
}

#[test]
fn a_misspelt_check_is_an_error() {
    let Some(copy) = Example::new("misspelt") else {
        return;
    };
    copy.change("probe.json", "label!=Unknown", "label!!Unknown");
    let ran = copy.run();
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("error: "), "{ran:?}");
}

#[test]
fn a_run_that_is_ended_cleans_up() {
    let Some(copy) = Example::new("ended") else {
        return;
    };
    let mut child = copy.command().spawn().unwrap();
    let pid = child.id();
    let started = Instant::now();
    let serves = || {
        fs::read_dir(copy.folder.join("tmp"))
            .unwrap()
            .any(|entry| entry.unwrap().path().join("ap.log").exists())
    };
    while !serves() {
        assert!(started.elapsed() < PATIENCE, "nothing is served");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(namespaces(pid).len(), 4);
    let status = Command::new("kill").arg(pid.to_string()).status().unwrap();
    assert!(status.success());
    assert!(!child.wait().unwrap().success());
    copy.assert_nothing_left(pid);
}

#[test]
fn others_than_root_are_told_so() {
    let Some(copy) = Example::new("root") else {
        return;
    };
    let output = Command::new("unshare")
        .arg("--user")
        .arg(copy.command().get_program())
        .output()
        .unwrap();
    assert_eq!(
        (
            String::from_utf8_lossy(&output.stderr).as_ref(),
            output.status.code()
        ),
        ("error: network namespaces are made by root only\n", Some(1))
    );
}

#[test]
fn the_rules_tell_one_region_from_all() {
    let Some(promtool) = program("promtool") else {
        return;
    };
    let folder = crate::metrics::folder("regions-rules");
    let tests = Path::new(ROOT).join("examples/regions/rules_test.yml");
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
        ("for: 2m", "for: 1m"),
        ("for: 2m", "for: 3m"),
        ("severity: page", "severity: warning"),
        ("$labels.region", "$labels.target"),
    ] {
        let broken = RULES.replacen(right, wrong, 1);
        assert_ne!(broken, RULES, "{right}");
        assert!(!hold(&broken), "{right} → {wrong}");
    }
}

#[test]
fn the_line_for_cron_is_one() {
    let line = README
        .lines()
        .find(|line| line.starts_with("* * * * * "))
        .unwrap();
    let folder = crate::metrics::folder("regions-cron");
    let file = folder.join("healthprobe-model.prom");
    let config = folder.join("probe.json");
    fs::write(&config, "{\"url\": \"http://model.example/\"}").unwrap();
    let server = Server::json("{}");
    let address = format!("127.0.0.1:{}", server.port());
    let arguments: Vec<&str> = line
        .split(' ')
        .skip(7)
        .map(|word| match word {
            "/etc/healthprobe/model.json" => config.to_str().unwrap(),
            "10.1.0.7" => &address,
            "/var/lib/prometheus/node-exporter/healthprobe-model.prom" => file.to_str().unwrap(),
            other => other,
        })
        .collect();
    let ran = probe(&arguments).run();
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "", "")
    );
    assert!(server.request().contains("host: model.example\r\n"));
    assert!(
        fs::read_to_string(file)
            .unwrap()
            .contains("\"http://model.example/\"")
    );
}
