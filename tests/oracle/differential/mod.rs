//! The same questions to healthprobe and to somebody else, and who is right where the answers differ.
//!
//! The others take a Python with `tests/oracle/differential/requirements.txt`, which `HEALTHPROBE_DIFFERENTIAL_PYTHON` names,
//! else `target/venv-differential/bin/python`. Without it their half is skipped, and says so;
//! `HEALTHPROBE_REQUIRE_PYTHON=1` makes that a failure.

mod answers;
mod jsonpath;
mod numbers;
mod rfc9535;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::python::differential_python;

/// A Python script that answers one line with one line.
struct Script {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Script {
    /// `None` where there is no Python for it, after saying so.
    fn start(name: &str) -> Option<Self> {
        let python = differential_python()?;
        let mut process = Command::new(&python)
            .arg(format!(
                "{}/tests/oracle/differential/{name}",
                env!("CARGO_MANIFEST_DIR")
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        Some(Self {
            questions: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        })
    }

    fn ask(&mut self, question: &str) -> serde_json::Value {
        writeln!(self.questions.as_mut().unwrap(), "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{question}: {error}: {answer}"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The end of its questions is its own.
        self.questions = None;
        _ = self.process.wait();
    }
}
