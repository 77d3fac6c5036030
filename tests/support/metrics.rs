//! Prometheus' text format, and the programs that read it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{DEADLINE, Running, free_port, pipe, program};

/// Expects promtool to accept the text; does nothing without promtool.
pub fn assert_promtool_accepts(text: &str) {
    let Some(promtool) = program("promtool") else {
        return;
    };
    let output = pipe(Command::new(promtool).args(["check", "metrics"]), text);
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(
        output.status.success() && printed.is_empty(),
        "{printed}\n{text}"
    );
}

/// The samples by name and sorted labels.
pub fn parse(text: &str) -> BTreeMap<(String, Vec<(String, String)>), f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, mut rest) = match line.split_once('{') {
            Some((name, rest)) => (name, rest),
            None => line.split_once(' ').unwrap(),
        };
        let mut labels = Vec::new();
        while let Some((label, quoted)) = rest.split_once("=\"") {
            let mut value = String::new();
            let mut characters = quoted.char_indices();
            let end = loop {
                match characters.next().unwrap() {
                    (end, '"') => break end + 1,
                    (_, '\\') => value.push(match characters.next().unwrap().1 {
                        'n' => '\n',
                        other => other,
                    }),
                    (_, other) => value.push(other),
                }
            };
            labels.push((label.to_owned(), value));
            rest = &quoted[end..];
            match rest.strip_prefix(',') {
                Some(further) => rest = further,
                None => break,
            }
        }
        labels.sort();
        let value = rest.trim_start_matches('}').trim().parse().unwrap();
        let twice = samples.insert((name.to_owned(), labels), value);
        assert_eq!(twice, None, "{line}");
    }
    samples
}

/// The body of a plain GET, repeated until there is a response.
pub fn get(port: u16, path: &str) -> String {
    let started = Instant::now();
    loop {
        let mut answer = String::new();
        let read = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
            let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        if read.is_ok()
            && let Some((_, body)) = answer.split_once("\r\n\r\n")
        {
            return body.to_owned();
        }
        assert!(started.elapsed() < DEADLINE, "nobody answers on {port}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running `node_exporter` for this folder, and its port. `None` if not installed.
pub fn node_exporter(folder: &Path) -> Option<(Running, u16)> {
    let port = free_port();
    let running = Command::new(program("prometheus-node-exporter")?)
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--collector.disable-defaults")
        .arg("--collector.textfile")
        .arg(format!(
            "--collector.textfile.directory={}",
            folder.display()
        ))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Some((Running(running), port))
}

/// A running Prometheus with this folder's `prometheus.yml`, and its port.
pub fn start_prometheus(prometheus: &Path, folder: &Path, data: &str) -> (Running, u16) {
    let port = free_port();
    let running = Command::new(prometheus)
        .arg("--config.file=prometheus.yml")
        .arg(format!("--storage.tsdb.path={data}"))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    (Running(running.unwrap()), port)
}

/// The command in the page's line for cron, without its schedule, user and path.
pub fn cron_command(page: &str) -> Vec<&str> {
    let line = page.lines().find(|line| line.starts_with("* * * * * "));
    line.unwrap().split(' ').skip(7).collect()
}
