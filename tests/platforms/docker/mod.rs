//! The probe as Docker's HEALTHCHECK, with the health that a real engine reports. The image contains only the static
//! executable and a server, so a probe that needed a shell, a C library or a resolver would fail.

mod compose;
mod example;
mod from_source;
mod image;
mod swarm;
mod wheel;

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::support::build::image;
use crate::support::engine::{Container, Image, engine_or_skip, try_docker};
use crate::support::{DEADLINE, without_times};

#[test]
fn health_follows_the_models_state() {
    engine_or_skip!();
    let server = Server::start(&[], "loading");
    // The engine records a probe before it starts the next one.
    server.container.wait_for_a_probe();
    server.container.wait_for_a_probe();
    wait_until_it_listens(&server.container);
    assert_eq!(server.container.health(), "starting");
    server.assert_last_probe(1, NOT_LOADED);

    server.set_mode("healthy");
    server.container.wait_until("healthy");
    server.assert_last_probe(0, HEALTHY);

    server.set_mode("loading");
    server.container.wait_until("unhealthy");
    server.assert_last_probe(1, NOT_LOADED);

    server.set_mode("healthy");
    server.container.wait_until("healthy");
    server.assert_last_probe(0, HEALTHY);
    server.assert_no_process_left();
}

#[test]
fn the_probe_times_out_before_docker_kills_it() {
    engine_or_skip!();
    let server = Server::start(&[], "healthy");
    server.container.wait_until("healthy");

    server.set_mode("hang");
    server.container.wait_until("unhealthy");
    server.assert_last_probe(1, "unhealthy: timed out after 5s waiting for the response; GET http://localhost:8000/health\n");
    server.assert_no_process_left();

    server.set_mode("healthy");
    server.container.wait_until("healthy");
}

#[test]
fn reads_an_assertion_from_the_environment() {
    engine_or_skip!();
    let server = Server::start(&["--env", "HEALTHPROBE_EXPECT=status=ok"], "healthy");
    server.container.wait_until("healthy");

    server.set_mode("wrong");
    server.container.wait_until("unhealthy");
    server.assert_last_probe(
        1,
        "unhealthy: status is \"loading\", expected \"ok\"; GET http://localhost:8000/health in <t>\n",
    );
}

#[test]
fn reads_a_status_from_the_environment() {
    engine_or_skip!();
    let server = Server::start(&["--env", "HEALTHPROBE_EXPECT_STATUS=503"], "loading");
    server.container.wait_until("healthy");
    server.assert_last_probe(
        0,
        "healthy: 503 Service Unavailable in <t>; GET http://localhost:8000/health\n",
    );
}

/// Docker's client sets its own proxy variables in every container it starts.
#[test]
fn ignores_proxy_variables() {
    engine_or_skip!();
    let options: Vec<String> = ["http_proxy", "https_proxy", "all_proxy"]
        .iter()
        .flat_map(|name| [name.to_string(), name.to_uppercase()])
        .map(|name| format!("--env={name}=http://127.0.0.1:9"))
        .collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::start(&options, "healthy");
    server.container.wait_until("healthy");
    server.assert_last_probe(0, HEALTHY);
}

/// An image FROM scratch contains no CA certificates.
#[test]
fn reports_where_ca_certificates_belong() {
    engine_or_skip!();
    let server = Server::start(&["--network=none"], "healthy");
    let printed = server
        .container
        .exec_failing(&["/healthprobe", "https://localhost:8000/health"]);
    let line = "unhealthy: no CA certificates to trust at \
        /etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt, \
        /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem, /etc/ssl/ca-bundle.pem, /etc/ssl/cert.pem (--cacert FILE, or COPY a CA bundle there); \
        GET https://localhost:8000/health\n";
    assert!(
        printed.contains("exit status: 1\n") && printed.contains(line),
        "{printed}"
    );
}

#[test]
fn runs_without_network_capabilities_or_writable_files() {
    engine_or_skip!();
    let server = Server::start(
        &[
            "--network=none",
            "--read-only",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            "--user=12345:54321",
            // The engine's minimum, shared by the server and the probe.
            "--memory=6m",
            "--memory-swap=6m",
        ],
        "healthy",
    );
    server.container.wait_until("healthy");
    server.assert_last_probe(0, HEALTHY);
}

/// Without a handler, the system ignores `docker stop` for the first process of a container.
#[test]
fn ends_at_once_with_1_as_the_first_process() {
    engine_or_skip!();
    let image = image();
    let options = [
        "--interactive",
        "--no-healthcheck",
        "--entrypoint=/healthprobe",
    ];
    // It reads a standard input that stays open.
    let arguments = ["http://localhost:8000/", "--data=@-", "--timeout=1h"];
    let container = Container::start(&image, &options, &arguments);
    let deadline = Instant::now() + DEADLINE;
    let mut state = json!(null);
    while Instant::now() < deadline && state["Status"] != "exited" {
        // The first may come before there is a handler; the last, after the end.
        let _ = try_docker(&["kill", "--signal=TERM", container.name()]);
        state = container.inspect("{{json .State}}");
    }
    assert_eq!(state["Status"], "exited", "{state}");
    assert_eq!(state["ExitCode"], 1, "{state}");
}

const HEALTHY: &str = "healthy: 200 OK in <t>; GET http://localhost:8000/health\n";
const NOT_LOADED: &str = "unhealthy: status 503, expected 200-399; GET http://localhost:8000/health in <t>; \
    body: {\"detail\":\"Model not loaded\"}\n";

/// A container of `server.rs` with the probe as its HEALTHCHECK.
struct Server {
    // Dropped before the image: an image in use cannot be removed.
    container: Container,
    _image: Arc<Image>,
}

impl Server {
    fn start(options: &[&str], mode: &str) -> Self {
        let image = image();
        Self {
            container: Container::start(&image, options, &[mode]),
            _image: image,
        }
    }

    /// Sets how the server answers from now on. The probe is the image's only client.
    fn set_mode(&self, mode: &str) {
        let url = format!("http://localhost:8000/mode/{mode}");
        self.container.exec(&["/healthprobe", &url]);
    }

    #[track_caller]
    fn assert_last_probe(&self, exit_code: i64, output: &str) {
        assert_last_probe(&self.container, exit_code, output);
    }

    /// No probe leaves a process behind. At any moment one may be running; a process left behind would be there after
    /// every probe.
    #[track_caller]
    fn assert_no_process_left(&self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.container.wait_for_a_probe();
            let processes = self.container.processes();
            if processes == ["server"] {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "more than the server: {processes:?}"
            );
        }
    }
}

/// Waits until the newest entry of the health log is that of a server that listens.
#[track_caller]
fn wait_until_it_listens(container: &Container) {
    while container.last_probe().output.contains("connection refused") {
        container.wait_for_a_probe();
    }
}

/// Compares the newest entry of the health log, ignoring the elapsed time.
#[track_caller]
fn assert_last_probe(container: &Container, exit_code: i64, output: &str) {
    let probe = container.last_probe();
    let printed = without_times(&probe.output);
    assert_eq!((probe.exit_code, printed.as_str()), (exit_code, output));
}
