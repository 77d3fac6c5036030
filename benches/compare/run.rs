//! Programs that run once, and what each run took.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a container's processes get to see.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "/root"),
    ("HOSTNAME", "container"),
];

/// One run.
pub struct Run {
    pub ok: bool,
    /// In microseconds.
    pub wall: f64,
    /// User and system time, in microseconds.
    pub cpu: f64,
    pub page_faults: f64,
    /// Peak resident memory, in kB.
    pub memory: f64,
}

/// Runs programs through `launch.c`.
pub struct Runner {
    pub folder: PathBuf,
    pub floor: String,
    launch: PathBuf,
}

impl Runner {
    /// Builds the two C programs, static where musl is at hand.
    pub fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let compiled = |name: &str| -> Result<PathBuf, Box<dyn Error>> {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/{name}.c"));
            let program = folder.join(name);
            let compile = |compiler: &str, flags: &[&str]| {
                let mut command = Command::new(compiler);
                command.args(flags).args(["-Os", "-s", "-o"]);
                command.arg(&program).arg(&source).status()
            };
            let done = compile("musl-gcc", &["-static"]).or_else(|_| compile("cc", &[]))?;
            if done.success() {
                Ok(program)
            } else {
                Err(format!("{name}.c does not compile").into())
            }
        };
        Ok(Self {
            folder: folder.to_owned(),
            floor: compiled("floor")?.to_string_lossy().into_owned(),
            launch: compiled("launch")?,
        })
    }

    /// Runs a command once. Runs at the same time need different slots.
    pub fn run(&self, command: &[String], slot: usize) -> Result<Run, Box<dyn Error>> {
        let file = self.folder.join(format!("run-{slot}"));
        let mut launch = Command::new(&self.launch);
        let status = quiet(launch.arg(&file).args(command)).status()?;
        let numbers: Vec<f64> = fs::read_to_string(&file)?
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        fs::remove_file(&file)?;
        let [wall, user, system, page_faults, memory] = numbers[..] else {
            return Err(format!("{command:?} was not measured").into());
        };
        Ok(Run {
            ok: status.success(),
            wall: wall / 1e3,
            cpu: user + system,
            page_faults,
            memory,
        })
    }

    /// Instructions in user space, as callgrind counts them; `None` where it cannot.
    pub fn instructions(&self, command: &[String]) -> Option<f64> {
        let file = self.folder.join("callgrind");
        let mut valgrind = Command::new("valgrind");
        valgrind
            .arg("--tool=callgrind")
            .arg(format!("--callgrind-out-file={}", file.display()));
        let profile = watched(&mut valgrind, &file, command)?;
        let total = profile
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("totals: "))?;
        total.trim().parse().ok()
    }

    /// System calls, as strace counts them; `None` where it cannot.
    pub fn system_calls(&self, command: &[String]) -> Option<usize> {
        let file = self.folder.join("strace");
        let mut strace = Command::new("strace");
        strace.arg("-f").arg("-o").arg(&file);
        let trace = watched(&mut strace, &file, command)?;
        // Not signals, ends of processes, and second halves of a call.
        let is_call = |line: &&str| !["+++", "---", "<..."].iter().any(|no| line.contains(no));
        Some(trace.lines().filter(is_call).count())
    }
}

fn watched(watcher: &mut Command, file: &Path, command: &[String]) -> Option<String> {
    let _ = fs::remove_file(file);
    let status = quiet(watcher.args(command)).status().ok()?;
    status.success().then(|| fs::read_to_string(file).ok())?
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .env_clear()
        .envs(ENVIRONMENT)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}
