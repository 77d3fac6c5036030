//! What flags name to be read: files and standard input, within the probe's timeout.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, fs, io, thread};

use crate::{duration, files};

/// Reads what a flag names, at most until this time from the first input on.
pub type ReadInput<'a> = dyn Fn(Input, Duration) -> io::Result<Vec<u8>> + 'a;

/// What a flag names to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'p> {
    /// Standard input.
    Stdin,
    /// The file at this path.
    File(&'p str),
}

impl<'p> Input<'p> {
    /// `-` is standard input for `--data @-` and `--config -`, and a file's name elsewhere.
    #[must_use]
    pub fn or_stdin(path: &'p str) -> Self {
        match path {
            "-" => Self::Stdin,
            _ => Self::File(path),
        }
    }

    /// Whether reading it always comes to an end: true of a file on a disk, but not of a
    /// pipe whose writer is silent, or not there.
    fn ends(self) -> bool {
        match self {
            Self::Stdin => false,
            // What cannot be opened fails at once.
            Self::File(path) => fs::metadata(path).map_or(true, |it| it.is_file() || it.is_dir()),
        }
    }
}

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdin => "standard input",
            Self::File(path) => path,
        })
    }
}

/// Reads all inputs of a probe.
#[derive(Debug, Default)]
pub struct Inputs {
    spent: Cell<Duration>,
}

impl Inputs {
    /// Reads an input to its end.
    ///
    /// # Errors
    /// It cannot be read, it is longer than 256 MiB, or it has no end before all inputs
    /// together have taken `timeout`.
    pub fn read(&self, input: Input, timeout: Duration) -> io::Result<Vec<u8>> {
        let started = Instant::now();
        let read = match input {
            Input::File(path) if input.ends() => files::read_any(path),
            _ => self.read_on_thread(input, timeout),
        };
        self.spent.set(self.spent.get() + started.elapsed());
        read
    }

    /// How long reading has taken.
    #[must_use]
    pub fn spent(&self) -> Duration {
        self.spent.get()
    }

    /// Neither opening nor reading knows a deadline, so both need a thread. One that never
    /// returns ends with the process.
    fn read_on_thread(&self, input: Input, timeout: Duration) -> io::Result<Vec<u8>> {
        let path = match input {
            Input::Stdin => None,
            Input::File(path) => Some(path.to_owned()),
        };
        let receiver = Arc::new(OneShot::default());
        let sender = Arc::clone(&receiver);
        thread::Builder::new().spawn(move || {
            sender.send(match path {
                None => files::read_limited(io::stdin().lock()),
                Some(path) => files::read_any(&path),
            });
        })?;
        let remaining = timeout.saturating_sub(self.spent());
        receiver.recv_timeout(remaining).unwrap_or_else(|| {
            let timeout = duration::format_exact(timeout);
            let reason = format!("no end of input within {timeout}");
            Err(io::Error::new(io::ErrorKind::TimedOut, reason))
        })
    }
}

/// Carries the result from the thread. A channel of the standard library costs 9 kB.
#[derive(Default)]
struct OneShot {
    value: Mutex<Option<io::Result<Vec<u8>>>>,
    sent: Condvar,
}

impl OneShot {
    fn send(&self, value: io::Result<Vec<u8>>) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        self.sent.notify_one();
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<io::Result<Vec<u8>>> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut value, _) = self
            .sent
            .wait_timeout_while(value, timeout, |value| value.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        value.take()
    }
}
