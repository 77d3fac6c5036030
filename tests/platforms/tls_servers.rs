//! Common servers over TLS and over unix sockets: openssl, nginx, gunicorn and uvicorn.

use std::fs;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::certificates::{Authority, Certificate, openssl as make};
use crate::support::python::recipes_python;
use crate::support::{DEADLINE, Outcome, free_port, new_file, probe, program, signal};

/// A CA, and files with certificates of it.
struct Keys {
    cacert: String,
    cert: String,
    key: String,
    /// A client's certificate and key in one file.
    client: String,
}

impl Keys {
    fn new() -> Self {
        let authority = Authority::new("Test CA");
        let server = authority.sign(&["localhost"]);
        let client = authority.sign(&["probe"]);
        Self {
            cacert: authority.file(),
            cert: new_file(server.pem()),
            key: new_file(server.key_pem()),
            client: new_file([client.pem(), client.key_pem()].concat()),
        }
    }
}

/// A folder for a server's files.
fn folder(name: &str) -> PathBuf {
    // Short, because a unix socket's path has at most 107 bytes.
    let folder = std::env::temp_dir().join(format!("hp-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A running server, stopped when dropped.
struct Daemon(Child);

impl Daemon {
    fn start(command: &mut Command, is_up: impl Fn() -> bool) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut daemon = Self(child);
        let deadline = Instant::now() + DEADLINE;
        while !is_up() {
            let ended = daemon.0.try_wait().unwrap();
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(Instant::now() < deadline, "{command:?} did not start");
            thread::sleep(Duration::from_millis(10));
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // gunicorn and nginx stop their children on SIGTERM.
        signal("TERM", &[self.0.id()]);
        let _ = self.0.wait();
    }
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn run(port: u16, url: &str, arguments: &[&str]) -> Outcome {
    let url = url.replace("PORT", &port.to_string());
    probe(&[&[url.as_str()], arguments].concat())
        .port(port)
        .run()
}

#[track_caller]
fn assert_line(outcome: &Outcome, code: i32, line: &str) {
    assert_eq!(
        (outcome.out.as_str(), outcome.code),
        (format!("{line}\n").as_str(), Some(code)),
        "{}",
        outcome.err
    );
}

#[test]
fn probes_openssl_s_server() {
    let Some(openssl) = program("openssl") else {
        return;
    };
    let keys = Keys::new();
    for (version, name) in [("-tls1_3", "TLS 1.3"), ("-tls1_2", "TLS 1.2")] {
        let port = free_port();
        let _server = Daemon::start(
            Command::new(&openssl)
                .args(["s_server", "-www", version, "-accept", &port.to_string()])
                .args(["-cert", &keys.cert, "-key", &keys.key]),
            || listens(port),
        );
        let arguments = ["--cacert", &keys.cacert, "--expect-body", "Cipher", "-v"];
        let outcome = run(port, "https://localhost:PORT/", &arguments);
        assert_line(
            &outcome,
            0,
            "healthy: 200 OK in <t>; GET https://localhost:PORT/",
        );
        assert!(
            outcome
                .err
                .contains(&format!("\n* {name}, certificate expires in ")),
            "{}",
            outcome.err
        );
        let outcome = run(port, "http://localhost:PORT/", &[]);
        assert_line(
            &outcome,
            1,
            "unhealthy: the server speaks TLS on this port: write https://; GET http://localhost:PORT/",
        );
    }
    // TLS 1.1, which openssl allows only at security level 0.
    let port = free_port();
    let _server = Daemon::start(
        Command::new(&openssl)
            .args(["s_server", "-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
            .args([
                "-accept",
                &port.to_string(),
                "-cert",
                &keys.cert,
                "-key",
                &keys.key,
            ]),
        || listens(port),
    );
    let outcome = run(port, "https://localhost:PORT/", &["--cacert", &keys.cacert]);
    assert_line(
        &outcome,
        1,
        "unhealthy: the server refused TLS (ProtocolVersion): it speaks neither TLS 1.2 nor 1.3; \
         GET https://localhost:PORT/",
    );
}

/// A server's certificate with a key that cannot be verified. `--insecure` verifies nothing, but some of these keys
/// cannot be used with TLS 1.2.
#[test]
fn names_key_types_that_are_not_supported() {
    let Some(openssl) = program("openssl") else {
        return;
    };
    let healthy = "healthy: 200 OK in <t>; GET https://localhost:PORT/";
    let refused = |name: &str| {
        format!(
            "unhealthy: certificate has a key type this build does not support: {name}; \
             GET https://localhost:PORT/"
        )
    };
    let alert = "unhealthy: the server refused TLS (HandshakeFailure): no cipher or key type in common, \
                 or it wants a client certificate (--cert and --key); GET https://localhost:PORT/";
    for (option, key, name, over_tls_1_2) in [
        (
            "rsa",
            "RSA -pkeyopt rsa_keygen_bits:1024",
            "RSA with 1024 bits",
            [refused("RSA with 1024 bits"), healthy.to_owned()],
        ),
        (
            "p521",
            "EC -pkeyopt ec_paramgen_curve:P-521",
            "P-521",
            [alert.to_owned(), alert.to_owned()],
        ),
        (
            "ed448",
            "ED448",
            "Ed448",
            [refused("Ed448"), refused("Ed448")],
        ),
        (
            "pss",
            "RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "RSA-PSS",
            [refused("RSA-PSS"), refused("RSA-PSS")],
        ),
    ] {
        let script = format!(
            "openssl genpkey -algorithm {key} -out key
             openssl req -x509 -new -key key -subj /CN=localhost -addext subjectAltName=DNS:localhost -out cert -days 30"
        );
        let Some(folder) = make(&format!("key-{option}"), &script) else {
            return;
        };
        let (cert, key) = (format!("{folder}/cert"), format!("{folder}/key"));
        let over_tls_1_3 = [refused(name), healthy.to_owned()];
        for (version, lines) in [("-tls1_3", over_tls_1_3), ("-tls1_2", over_tls_1_2)] {
            let port = free_port();
            let _server = Daemon::start(
                Command::new(&openssl)
                    .args(["s_server", "-www", version, "-cipher", "ALL:@SECLEVEL=0"])
                    .args(["-accept", &port.to_string(), "-cert", &cert, "-key", &key]),
                || listens(port),
            );
            let [verified, unverified] = &lines;
            for (arguments, line) in [
                (&["--cacert", cert.as_str()][..], verified),
                (&["--insecure"], unverified),
            ] {
                let outcome = run(port, "https://localhost:PORT/", arguments);
                let code = i32::from(line != healthy);
                assert_line(&outcome, code, line);
            }
        }
    }
}

#[test]
fn probes_nginx_over_tls_and_a_unix_socket() {
    let Some(nginx) = program("nginx") else {
        return;
    };
    let keys = Keys::new();
    let folder = folder("nginx");
    let (secured, client, plain) = (free_port(), free_port(), free_port());
    let socket = folder.join("nginx.sock");
    let Keys {
        cacert, cert, key, ..
    } = &keys;
    let config = format!(
        "daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
         events {{ }}
         http {{
             access_log off;
             ssl_certificate {cert}; ssl_certificate_key {key};
             default_type application/json;
             server {{ listen 127.0.0.1:{secured} ssl; return 200 '{{\"status\":\"ok\"}}'; }}
             server {{
                 listen 127.0.0.1:{client} ssl;
                 ssl_verify_client on; ssl_client_certificate {cacert};
                 return 200 '{{\"client\":\"$ssl_client_s_dn\"}}';
             }}
             server {{
                 listen 127.0.0.1:{plain};
                 location /old {{ return 301 https://localhost:{secured}/new; }}
                 location / {{ return 200 '{{}}'; }}
             }}
             server {{ listen unix:{socket}; return 200 '{{\"status\":\"ok\"}}'; }}
         }}",
        socket = socket.display()
    );
    fs::write(folder.join("nginx.conf"), config).unwrap();
    let _server = Daemon::start(
        Command::new(nginx)
            .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
            .arg(&folder),
        || {
            [secured, client, plain].into_iter().all(listens)
                && UnixStream::connect(&socket).is_ok()
        },
    );
    let trusting = ["--cacert", cacert.as_str(), "-e", "status=ok"];
    let outcome = run(secured, "https://localhost:PORT/", &trusting);
    assert_line(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET https://localhost:PORT/",
    );
    // nginx answers plain HTTP on its TLS port with plain HTTP.
    let outcome = run(secured, "http://localhost:PORT/", &[]);
    assert!(
        outcome
            .out
            .starts_with("unhealthy: status 400, expected 200-399; ")
            && outcome
                .out
                .contains("The plain HTTP request was sent to HTTPS port"),
        "{}",
        outcome.out
    );
    let outcome = run(plain, "https://localhost:PORT/", &trusting);
    assert_line(
        &outcome,
        1,
        "unhealthy: the server speaks plain HTTP on this port, not TLS: write http://; \
         GET https://localhost:PORT/",
    );
    let arguments = [
        "--cacert",
        cacert,
        "--cert",
        &keys.client,
        "-e",
        "client~model server",
    ];
    let outcome = run(client, "https://localhost:PORT/", &arguments);
    assert_line(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET https://localhost:PORT/",
    );
    let outcome = run(client, "https://localhost:PORT/", &["--cacert", cacert]);
    assert!(
        outcome
            .out
            .starts_with("unhealthy: status 400, expected 200-399; ")
            && outcome.out.contains("No required SSL certificate was sent"),
        "{}",
        outcome.out
    );
    let outcome = run(
        plain,
        "localhost:PORT/old",
        &["-L", "--cacert", cacert, "-e", "status=ok"],
    );
    let to = format!("https://localhost:{secured}/new");
    assert_line(
        &outcome,
        0,
        &format!("healthy: 200 OK in <t>; GET http://localhost:PORT/old, redirected to {to}"),
    );
    let path = socket.to_str().unwrap();
    let outcome = run(
        0,
        "http://model/health",
        &["--unix-socket", path, "-e", "status=ok"],
    );
    assert_line(
        &outcome,
        0,
        "healthy: 200 OK in <t>; GET http://model/health",
    );
}

fn gunicorn(python: &Path, bind: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "gunicorn", "flask_app:app", "--no-control-socket"])
        .args(["--bind", bind])
        .args(arguments)
        .current_dir(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/platforms/recipes/servers"
        ))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("WEIGHTS", "none");
    command
}

#[test]
fn probes_gunicorn_over_a_unix_socket() {
    let Some(python) = recipes_python() else {
        return;
    };
    let socket = folder("gunicorn").join("gunicorn.sock");
    let path = socket.to_str().unwrap();
    let _server = Daemon::start(&mut gunicorn(&python, &format!("unix:{path}"), &[]), || {
        UnixStream::connect(&socket).is_ok()
    });
    let outcome = run(
        0,
        "http://model/health",
        &["--unix-socket", path, "-s", "503", "-e", "status=loading"],
    );
    assert_line(
        &outcome,
        0,
        "healthy: 503 Service Unavailable in <t>; GET http://model/health",
    );
}

/// Both use Python's TLS; uvicorn through asyncio.
#[test]
fn probes_gunicorn_and_uvicorn_over_tls() {
    let Some(python) = recipes_python() else {
        return;
    };
    let keys = Keys::new();
    let port = free_port();
    let bind = format!("127.0.0.1:{port}");
    let arguments = ["--certfile", &keys.cert, "--keyfile", &keys.key];
    let _gunicorn = Daemon::start(&mut gunicorn(&python, &bind, &arguments), || listens(port));
    assert_speaks_tls(port, &keys, "/health", "status=loading");

    let port = free_port();
    let mut uvicorn = Command::new(&python);
    uvicorn
        .args(["-m", "uvicorn", "health:app", "--port", &port.to_string()])
        .args(["--ssl-certfile", &keys.cert, "--ssl-keyfile", &keys.key])
        .current_dir(folder("uvicorn"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let app = "async def app(scope, receive, send):
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 503, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'{\"status\":\"loading\"}'})
";
    fs::write(folder("uvicorn").join("health.py"), app).unwrap();
    let _uvicorn = Daemon::start(&mut uvicorn, || listens(port));
    assert_speaks_tls(port, &keys, "/", "status=loading");
}

#[track_caller]
fn assert_speaks_tls(port: u16, keys: &Keys, path: &str, assertion: &str) {
    let url = format!("https://localhost:PORT{path}");
    let arguments = ["--cacert", &keys.cacert, "-s", "503", "-e", assertion];
    let outcome = run(port, &url, &arguments);
    assert_line(
        &outcome,
        0,
        &format!("healthy: 503 Service Unavailable in <t>; GET {url}"),
    );
    let outcome = run(
        port,
        &url,
        &["--cacert", &new_file(Certificate::self_signed("x").pem())],
    );
    assert_line(
        &outcome,
        1,
        &format!(
            "unhealthy: certificate is from a CA that is not trusted: Test CA; \
             the server sent no certificate of that CA (--cacert); GET {url}"
        ),
    );
    let url = url.replace("https", "http");
    let outcome = run(port, &url, &[]);
    assert_line(
        &outcome,
        1,
        &format!("unhealthy: the server speaks TLS on this port: write https://; GET {url}"),
    );
}
