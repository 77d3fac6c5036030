//! `cargo bench --bench compare`: whole processes against a server on the
//! loopback, from their start to their end.
//!
//! - `cargo bench --bench compare`: the floor, healthprobe, and what users would
//!   take instead, then how healthprobe scales with bodies and assertions.
//! - `cargo bench --bench compare -- load`: 200 probes a second for half a minute.
//!
//! `HP_TEST_STATIC` names the executable to measure, else it is the release
//! build; `HTTPCHECK` names microcheck's.

#![allow(unreachable_pub, reason = "nothing reaches into a bench")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

mod load;
mod peers;
mod run;
mod scale;
mod server;

use run::Runner;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    fs::create_dir_all(&folder)?;
    let runner = Runner::new(&folder)?;
    if env::args().any(|argument| argument == "load") {
        return load::picture(&runner);
    }
    peers::table(&runner)?;
    scale::tables(&runner)
}

/// The executable to measure.
fn healthprobe() -> String {
    env::var("HP_TEST_STATIC").unwrap_or_else(|_| env!("CARGO_BIN_EXE_healthprobe").to_owned())
}

/// The value in the middle, and those at a quarter and three quarters.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quartiles(values.into_iter().collect())[1]
}
