//! What flags read: standard input, pipes, and files as editors on Windows write them.

use crate::support::unix::socket_path;
use crate::support::{
    Outcome, PATIENCE, Probe, Server, assert_error, assert_verdict, assert_within, file, folder,
    hold, new_file, probe, program, run as run_command,
};
use std::fs::File;
use std::io::{PipeWriter, Write, pipe};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// A named pipe; `None` if there is no `mkfifo`.
fn named_pipe(name: &str) -> Option<String> {
    program("mkfifo")?;
    let path = socket_path(name);
    run_command(Command::new("mkfifo").arg(&path));
    Some(path)
}

/// A run whose standard input stays open as long as the writer.
fn with_open_input(probe: Probe) -> (Probe, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    (probe.stdin(reader), writer)
}

/// The outcome of a run whose standard input has no end.
fn run_with_open_input(probe: Probe) -> Outcome {
    let (probe, _writer) = with_open_input(probe);
    let mut outcome = None;
    assert_within(PATIENCE, || outcome = Some(probe.run()));
    outcome.unwrap()
}

#[test]
fn standard_input_must_end_within_the_timeout() {
    for (arguments, input) in [
        (["-d", "@-"], "--data: cannot read standard input"),
        (["-d", "@/dev/stdin"], "--data: cannot read /dev/stdin"),
        (["-c", "-"], "--config: cannot read standard input"),
        (["-c", "/dev/stdin"], "--config: cannot read /dev/stdin"),
    ] {
        let message = format!("{input}: no end of input within 300ms");
        run_with_open_input(probe(&[&[":1", "-t", "300ms"], &arguments[..]].concat()))
            .assert_error(&message);
        // The shorter of both, since it is read once for all attempts.
        let waiting = [&[":1", "-t", "60s", "--wait", "300ms"], &arguments[..]].concat();
        run_with_open_input(probe(&waiting)).assert_error(&message);
        run_with_open_input(
            probe(&[&[":1"], &arguments[..]].concat()).env("HEALTHPROBE_TIMEOUT", "300ms"),
        )
        .assert_error(&message);
    }
    run_with_open_input(probe(&[":1", "-d", "@-"]))
        .assert_error("--data: cannot read standard input: no end of input within 2s");
}

#[test]
fn a_pipe_without_a_writer_is_not_waited_for() {
    let Some(path) = named_pipe("unwritten") else {
        return;
    };
    let headers = format!("@{path}");
    for (arguments, flag) in [
        (&["--bearer-file", path.as_str()][..], "--bearer-file"),
        (&["-H", &headers], "--header"),
        (&["-d", &headers], "--data"),
        (&["-c", &path], "--config"),
        (&["--baseline", &path], "--baseline"),
        (&["--cacert", &path], "--cacert"),
        (&["--cert", &path], "--cert"),
    ] {
        let arguments = [&[":1", "-t", "300ms"], arguments].concat();
        let message = format!("{flag}: cannot read {path}: no end of input within 300ms");
        assert_within(PATIENCE, || assert_error(&arguments, &message));
    }
    let config = file(
        "pipe.json",
        format!("{{\"timeout\": \"300ms\", \"bearer_file\": {path:?}}}"),
    );
    assert_within(PATIENCE, || {
        let message =
            format!("{config}: bearer_file: cannot read {path}: no end of input within 300ms");
        assert_error(&[":1", "-c", &config], message);
    });
}

#[test]
fn an_endless_writer_is_not_read_for_ever() {
    let (probe, mut writer) = with_open_input(probe(&[":1", "-t", "300ms", "-d", "@-"]));
    let drip = thread::spawn(move || {
        while writer.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let outcome = probe.run();
    outcome.assert_error("--data: cannot read standard input: no end of input within 300ms");
    drip.join().unwrap();
}

#[test]
fn a_late_input_is_read_and_its_time_is_the_probes() {
    let server = Server::handling(hold);
    let timeout = Duration::from_secs(3);
    let late = timeout / 2;
    let run = server.prepare(&["127.0.0.1:PORT", "-d", "@-", "-t", "3s"]);
    let (run, mut writer) = with_open_input(run);
    let late_writer = thread::spawn(move || {
        thread::sleep(late);
        writer.write_all(b"late").unwrap();
    });
    let (object, code) = run.json();
    late_writer.join().unwrap();
    assert_eq!(code, Some(1), "{object}");
    assert!(server.request().ends_with("\r\n\r\n"));
    let reason = "timed out after 3s waiting for the response";
    assert_eq!(object["reason"], reason, "{object}");
    let elapsed = object["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed < timeout.as_secs_f64() * 1000.0 - 100.0, "{object}");
}

#[test]
fn a_late_input_leaves_less_time_to_wait() {
    let server = Server::answering("HTTP/1.1 503 Loading\r\n\r\n");
    let run = server.prepare(&[
        "127.0.0.1:PORT",
        "-d",
        "@-",
        "-t",
        "3s",
        "--wait",
        "3s",
        "--interval",
        "10ms",
        "-q",
    ]);
    let (run, mut writer) = with_open_input(run);
    let late = Duration::from_millis(1500);
    let late_writer = thread::spawn(move || {
        thread::sleep(late);
        writer.write_all(b"late").unwrap();
    });
    assert_within(Duration::from_millis(4400), || {
        run.run()
            .assert_starts("unhealthy: status 503, expected 200-399; ");
    });
    late_writer.join().unwrap();
}

/// Elsewhere than for `--data @-` and `--config -`, it is the name of a file.
#[test]
fn a_dash_in_ssl_cert_file_is_not_standard_input() {
    let run = probe(&["https://127.0.0.1:1", "-t", "20s"]).env("SSL_CERT_FILE", "-");
    run_with_open_input(run).assert_verdict(
        "unhealthy: SSL_CERT_FILE: cannot read -: No such file or directory; GET https://127.0.0.1:1/",
    );
}

#[test]
fn a_pipe_among_the_systems_certificates_is_not_read() {
    let Some(path) = named_pipe("certificates") else {
        return;
    };
    let run = |file: &str, folder: &str| {
        probe(&["https://127.0.0.1:1", "-t", "20s"])
            .env("SSL_CERT_FILE", file)
            .env("SSL_CERT_DIR", folder)
            .run()
    };
    let folder = folder("pipes");
    run_command(Command::new("mkfifo").arg(folder.join("pipe.pem")));
    let folder = folder.to_str().unwrap();
    assert_within(PATIENCE, || {
        run(&path, folder).assert_verdict(format!(
            "unhealthy: SSL_CERT_FILE: cannot read {path}: it is a pipe; GET https://127.0.0.1:1/"
        ));
        run("/dev/null", folder).assert_starts("unhealthy: no CA certificates to trust in ");
    });
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let server = Server::json("{\"status\":\"ok\"}");
    let bearer = new_file("\u{feff}t0ken\r\n");
    let headers = new_file("\u{feff}X-Key: k3y\r\nX-Tag: a\r\n");
    server.assert_healthy(&["--bearer-file", &bearer, "-H", &format!("@{headers}")]);
    let request = server.request();
    for line in ["authorization: Bearer t0ken", "x-key: k3y", "x-tag: a"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{request}");
    }
    let config = new_file("\u{feff}{\r\n\"expect\": \"status=ok\"\r\n}\r\n");
    let baseline = new_file("\u{feff}{\"status\":\"ok\"}\r\n");
    server.assert_healthy(&["-c", &config, "--baseline", &baseline]);
    let empty = new_file("\u{feff}");
    let message = format!("--bearer-file {empty:?}: expected a token, found nothing");
    assert_error(&[":1", "--bearer-file", &empty], message);
}

#[test]
fn a_pipe_is_read_to_its_end() {
    let Some(path) = named_pipe("token") else {
        return;
    };
    let server = Server::json("{}");
    let token = path.clone();
    let writer = thread::spawn(move || File::create(token).unwrap().write_all(b"t0ken\n").unwrap());
    server.assert_healthy(&["--bearer-file", &path]);
    writer.join().unwrap();
    assert!(
        server
            .request()
            .contains("\r\nauthorization: Bearer t0ken\r\n")
    );
}

#[test]
fn an_abstract_socket_in_a_config_has_no_folder() {
    let config = new_file("{\"unix_socket\": \"@healthprobe-nobody\"}");
    assert_verdict(
        &["h", "-c", &config],
        "unhealthy: connection refused (unix:@healthprobe-nobody); GET http://h/",
    );
}
