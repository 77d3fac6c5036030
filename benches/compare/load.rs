//! Many probes a second, as a host with many containers has them.

use std::error::Error;
use std::fs;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::run::{Run, Runner};
use super::server::serve;
use super::{Done, healthprobe, median};

const A_SECOND: u32 = 200;
const SECONDS: u32 = 30;
const WORKERS: usize = 16;

/// A server and its name; nginx ends with this.
struct Server {
    name: &'static str,
    port: u16,
    nginx: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(nginx) = &mut self.nginx {
            // Its worker ends with it.
            let _ = Command::new("kill").arg(nginx.id().to_string()).status();
            let _ = nginx.wait();
        }
    }
}

/// Prints the table.
pub fn picture(runner: &Runner) -> Done {
    let server = server(runner)?;
    let url = format!("http://127.0.0.1:{}/health", server.port);
    println!(
        "\n{A_SECOND} probes a second for {SECONDS} s against {}.\n",
        server.name
    );
    println!("| program | probes | failed | CPU, all together | CPU of one | time of one |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<String>>()
    };
    for (name, command) in [
        (
            "healthprobe `-e status=ok`",
            words(&[&healthprobe(), &url, "--expect", "status=ok"]),
        ),
        (
            "curl `-f`",
            words(&["curl", "-fsS", "-o", "/dev/null", &url]),
        ),
    ] {
        let runs = runs(runner, &command)?;
        let cpu: f64 = runs.iter().map(|run| run.cpu).sum();
        let failed = runs.iter().filter(|run| !run.ok).count();
        println!(
            "| {name} | {} | {failed} | {:.2} s | {:.2} ms | {:.2} ms |",
            runs.len(),
            cpu / 1e6,
            median(runs.iter().map(|run| run.cpu)) / 1e3,
            median(runs.iter().map(|run| run.wall)) / 1e3,
        );
        if failed > 0 {
            return Err(format!("{failed} probes of {name} failed").into());
        }
    }
    Ok(())
}

/// Starts each probe at its time, whether or not those before it have ended.
fn runs(runner: &Runner, command: &[String]) -> Result<Vec<Run>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let (started, all) = (Instant::now(), A_SECOND * SECONDS);
    let work = |slot: usize| {
        let mut runs = Vec::new();
        while let Some(turn) = u32::try_from(next.fetch_add(1, Ordering::Relaxed))
            .ok()
            .filter(|turn| *turn < all)
        {
            let due = Duration::from_secs(1) / A_SECOND * turn;
            thread::sleep(due.saturating_sub(started.elapsed()));
            runs.push(
                runner
                    .run(command, slot)
                    .map_err(|error| error.to_string())?,
            );
        }
        Ok::<_, String>(runs)
    };
    let done = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|slot| scope.spawn(move || work(slot)))
            .collect();
        workers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect::<Vec<_>>()
    });
    let mut runs = Vec::new();
    for worker in done {
        runs.extend(worker.map_err(|_| "a worker panicked")??);
    }
    let late = started
        .elapsed()
        .saturating_sub(Duration::from_secs(SECONDS.into()));
    if late > Duration::from_secs(1) {
        println!("(the machine could not keep up: {late:.1?} late)");
    }
    Ok(runs)
}

/// nginx where there is one, else our own.
fn server(runner: &Runner) -> Result<Server, Box<dyn Error>> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let folder = runner.folder.display();
    let config = runner.folder.join("nginx.conf");
    fs::write(
        &config,
        format!(
            "daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n\
             events {{}}\n\
             http {{ access_log off; default_type application/json;\n\
             client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;\n\
             uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n\
             server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{{\"status\":\"ok\"}}'; }} }} }}\n"
        ),
    )?;
    let Ok(nginx) = Command::new("nginx").arg("-c").arg(&config).spawn() else {
        let body = "{\"status\":\"ok\"}".to_owned();
        return Ok(Server {
            name: "a server of one thread",
            port: serve(vec![("/health", "200 OK", body)])?,
            nginx: None,
        });
    };
    let server = Server {
        name: "nginx",
        port,
        nginx: Some(nginx),
    };
    let patience = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if patience.elapsed() > Duration::from_secs(10) {
            return Err("nginx does not start".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(server)
}
