//! The same input for healthprobe and for another implementation, with an explanation wherever they differ.
//!
//! The other implementations are Python's: see `support/python.rs`.

mod answers;
mod cosine;
mod jsonpath;
mod numbers;
mod patterns;
mod rfc9535;

pub use jsonpath::normalized;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::python::differential_python;

/// A Python script that answers each line with one line.
struct Script {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Script {
    /// `None` if there is no Python for it; prints that.
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
        // The script ends when its input does.
        self.questions = None;
        _ = self.process.wait();
    }
}
