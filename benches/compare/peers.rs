//! healthprobe between the least program that can probe and what users would take
//! instead: runs in turn, each program once a round.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::{Run, Runner};
use super::server::serve;
use super::{Done, healthprobe, median, quartiles};

const ROUNDS: usize = 200;

const PYTHON: &str = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()";

/// Program and arguments for a path of the server.
type ForPath = dyn Fn(&str) -> Vec<String>;

struct Peer {
    name: &'static str,
    command: Box<ForPath>,
}

/// Prints the table.
pub fn table(runner: &Runner) -> Done {
    let port = serve(vec![
        ("/health", "200 OK", "{\"status\":\"ok\"}".to_owned()),
        ("/failing", "500 Internal Server Error", "{}".to_owned()),
    ])?;
    let peers = peers(runner, port);
    let commands: Vec<Vec<String>> = peers.iter().map(|peer| (peer.command)("/health")).collect();
    for (peer, command) in peers.iter().zip(&commands) {
        if !runner.run(command, 0)?.ok {
            return Err(format!("{} fails: {command:?}", peer.name).into());
        }
        if runner.run(&(peer.command)("/failing"), 0)?.ok {
            return Err(format!("{} does not see a 500", peer.name).into());
        }
    }
    let mut runs: Vec<Vec<Run>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for ((peer, command), runs) in peers.iter().zip(&commands).zip(&mut runs) {
            let run = runner.run(command, 0)?;
            if !run.ok {
                return Err(format!("{} failed once", peer.name).into());
            }
            runs.push(run);
        }
    }
    println!(
        "\nOne probe of {{\"status\":\"ok\"}} on the loopback, the whole process; {ROUNDS} rounds.\n"
    );
    println!(
        "| program | size, with libraries | time | half of the runs | times the floor | memory | page faults | instructions | system calls |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for ((peer, command), own) in peers.iter().zip(&commands).zip(&runs) {
        let [low, middle, high] = quartiles(own.iter().map(|run| run.wall).collect());
        let pairs = own.iter().zip(&runs[0]);
        let ratio = median(pairs.map(|(run, floor)| run.wall / floor.wall));
        let instructions = match runner.instructions(command) {
            Some(count) if count >= 1e6 => format!("{:.1} million", count / 1e6),
            Some(count) => format!("{:.0} thousand", count / 1e3),
            None => "–".to_owned(),
        };
        let calls = runner.system_calls(command);
        println!(
            "| {} | {} | {:.2} ms | {:.2}–{:.2} ms | {ratio:.2} | {} | {:.0} | {instructions} | {} |",
            peer.name,
            size(&command[0]),
            middle / 1e3,
            low / 1e3,
            high / 1e3,
            memory(median(own.iter().map(|run| run.memory))),
            median(own.iter().map(|run| run.page_faults)),
            calls.map_or_else(|| "–".to_owned(), |count| count.to_string()),
        );
    }
    Ok(())
}

/// Of a few pages the kernel keeps no exact count.
fn memory(kilobytes: f64) -> String {
    if kilobytes > 0.0 {
        format!("{kilobytes:.0} kB")
    } else {
        "–".to_owned()
    }
}

/// All that are there, the floor first.
fn peers(runner: &Runner, port: u16) -> Vec<Peer> {
    let url = move |path: &str| format!("http://127.0.0.1:{port}{path}");
    let asking = move |name,
                       program: Option<String>,
                       before: &'static [&'static str],
                       after: &'static [&'static str]| {
        let program = program?;
        Some(Peer {
            name,
            command: Box::new(move |path| {
                let words = [program.clone()].into_iter();
                let words = words.chain(before.iter().map(|&word| word.to_owned()));
                let words = words.chain([url(path)]);
                words
                    .chain(after.iter().map(|&word| word.to_owned()))
                    .collect()
            }),
        })
    };
    let floor = runner.floor.clone();
    let floor = Peer {
        name: "the floor, `benches/floor.c`",
        command: Box::new(move |path| {
            [
                floor.clone(),
                "127.0.0.1".to_owned(),
                port.to_string(),
                path.to_owned(),
            ]
            .to_vec()
        }),
    };
    let others = [
        asking(
            "healthprobe `-e status=ok`",
            Some(healthprobe()),
            &[],
            &["--expect", "status=ok"],
        ),
        asking(
            "microcheck's httpcheck",
            env::var("HTTPCHECK").ok(),
            &[],
            &[],
        ),
        asking(
            "busybox wget",
            find("busybox"),
            &["wget", "-q", "-O", "/dev/null"],
            &[],
        ),
        asking("wget", find("wget"), &["-q", "-O", "/dev/null"], &[]),
        asking("curl `-f`", find("curl"), &["-fsS", "-o", "/dev/null"], &[]),
        asking("Python's urllib", python(), &["-c", PYTHON], &[]),
    ];
    [floor]
        .into_iter()
        .chain(others.into_iter().flatten())
        .collect()
}

fn find(program: &str) -> Option<String> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .map(|path| path.to_string_lossy().into_owned())
}

/// The interpreter itself; what is called so may be a script that looks for it.
fn python() -> Option<String> {
    let answer = Command::new(find("python3")?)
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        .filter(|path| Path::new(path).is_file())
}

/// The size of an executable with the shared libraries that the loader finds for it.
fn size(program: &str) -> String {
    let found = Command::new("ldd").arg(program).output();
    let libraries = found
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let paths = libraries
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    let bytes: u64 = paths
        .chain([program])
        .filter_map(|path| fs::metadata(path).ok())
        .map(|file| file.len())
        .sum();
    format!("{} kB", bytes / 1000)
}
