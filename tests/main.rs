//! The integration tests: one binary, a folder per kind of requirement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![allow(unreachable_pub, reason = "nothing reaches into a test")]

mod oracle;
mod platforms;
mod probe;
mod repo;
mod support;
