//! One HTTP request, some checks on its response, one line of output, exit code 0
//! or 1: a health probe for containers that have no curl and often no shell.
//!
//! Data flows one way:
//!
//! ```text
//! argv, environment, config file
//!   → Args       args      what the user set, and where
//!   → Plan       plan      what will be done
//!   → Response   fetch     what happened
//!   → Outcomes   check     what it means
//!   → Verdict    verdict   healthy or not
//!   → text       report    what is printed
//! ```
//!
//! [`run()`] composes these.
//!
//! The library serves the executable, its tests and its fuzz targets. It makes no
//! semver promise: only the command line is stable.
#![forbid(unsafe_code)]

// docs/install.md has the reasons.
#[cfg(not(unix))]
compile_error!(
    "healthprobe is made for Linux and not tested here: run it in a Linux container, or on Windows in WSL"
);

pub mod args;
pub mod check;
pub mod duration;
pub mod fetch;
pub mod files;
pub mod inputs;
pub mod interrupt;
pub mod outputs;
pub mod plan;
pub mod record;
pub mod report;
pub mod request;
pub mod response;
mod run;
pub mod size;
pub mod status;
pub mod syntax;
pub mod text;
#[cfg_attr(not(feature = "tls"), path = "tls/no_tls.rs")]
pub mod tls;
pub mod upstream;
pub mod verdict;
pub mod wait;

pub use run::run;
