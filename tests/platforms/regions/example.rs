//! A copy of the example, and runs of it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::python::fastapi_python;
use crate::support::{DEADLINE, Outcome, changed, folder, program, skip, vars, without_times};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// A copy of the example, which a test may break.
pub struct Example {
    pub folder: PathBuf,
    path: OsString,
}

impl Example {
    /// `None` if it cannot run; prints that.
    pub fn new(name: &str) -> Option<Self> {
        for name in ["ip", "tc", "openssl", "unshare"] {
            program(name)?;
        }
        let python = fastapi_python()?;
        let output = Command::new("unshare")
            .args(["--net", "--mount", "true"])
            .output()
            .unwrap();
        if !output.status.success() {
            let err = String::from_utf8_lossy(&output.stderr);
            skip(vars::REQUIRE_SERVERS, &format!("regions: {err}"));
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
            folder: folder(&format!("regions-{name}")),
            path: env::join_paths(path).unwrap(),
        };
        for example in ["regions", "fastapi"] {
            let (from, to) = (Path::new(EXAMPLES).join(example), copy.folder.join(example));
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
        }
        fs::create_dir(copy.folder.join("tmp")).unwrap();
        // A busy machine starts servers and answers slowly.
        copy.change("run", "--wait 30s", "--wait 2m --timeout 20s");
        copy.change(
            "probe.json",
            "\"max_latency\"",
            "\"timeout\": \"20s\",\n  \"max_latency\"",
        );
        Some(copy)
    }

    #[track_caller]
    pub fn change(&self, file: &str, right: &str, wrong: &str) {
        let file = self.folder.join("regions").join(file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, changed(&text, right, wrong)).unwrap();
    }

    pub fn command(&self) -> Command {
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

    pub fn run(&self) -> Outcome {
        let child = self.command().spawn().unwrap();
        let pid = child.id();
        let output = child.wait_with_output().unwrap();
        self.assert_nothing_left(pid);
        Outcome {
            code: output.status.code(),
            out: normal(&String::from_utf8(output.stdout).unwrap()),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// No namespace, temporary file or process of this run is left.
    #[track_caller]
    pub fn assert_nothing_left(&self, pid: u32) {
        let left = namespaces(pid);
        assert!(left.is_empty(), "{left:?}");
        let left: Vec<_> = fs::read_dir(self.folder.join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        // A killed process may take a moment to disappear.
        let started = Instant::now();
        while let Some(line) = self.process() {
            assert!(started.elapsed() < DEADLINE, "{line}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The command line of a process that names this folder.
    fn process(&self) -> Option<String> {
        fs::read_dir("/proc").unwrap().find_map(|entry| {
            // It may have ended, or may not be a process.
            let line = fs::read(entry.unwrap().path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains(self.folder.to_str().unwrap()).then_some(line)
        })
    }

    pub fn metrics(&self, from: &str, to: &str) -> PathBuf {
        self.folder.join(format!("metrics/{from}-{to}.prom"))
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

pub fn namespaces(pid: u32) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/run/netns") else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(&format!("healthprobe-{pid}-")))
        .collect()
}

/// Replaces times by `<t>`, collapses spaces, and hides that the kernel lacks netem.
pub fn normal(out: &str) -> String {
    let spaces = regex_lite::Regex::new(" +").unwrap();
    spaces
        .replace_all(&without_times(out), " ")
        .replace("delay.py, as this kernel has no netem", "tc netem")
}
