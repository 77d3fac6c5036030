//! Helpers for the tests, by purpose. A test in `probe/` needs three lines: the response, the arguments and the
//! expected line.

pub mod build;
pub mod certificates;
pub mod engine;
pub mod files;
pub mod machine;
pub mod metrics;
pub mod namespace;
pub mod packaging;
pub mod probe;
pub mod process;
pub mod python;
pub mod recipes;
pub mod schemas;
pub mod server;
pub mod skip;
pub mod tls;
pub mod tour;
pub mod unix;
pub mod uvicorn;
pub mod vars;

pub use files::{Folder, changed, file, folder, new_file, source, unique};
pub use probe::{
    Outcome, PATIENCE, Probe, assert_error, assert_outcome, assert_phases_sum, assert_verdict,
    assert_within, help_flags, probe, probe_of, wait_for_outcome, wait_for_verdict, without_times,
};
pub use process::{DEADLINE, Finished, Running, cargo, pipe, run, signal};
pub use server::{Server, drip, free_port, has_ipv6, hold, in_turn, response};
pub use skip::{is_required, program, say_skipped, skip};
