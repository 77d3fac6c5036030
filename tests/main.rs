//! The real executable against real sockets: one binary, a file a topic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![allow(unreachable_pub, reason = "nothing reaches into a test")]

mod answer;
mod arm64;
mod baseline;
mod certificates;
mod checks;
mod config;
mod credit_scoring;
mod data;
mod deadline;
mod dependencies;
mod differential;
mod docker;
mod fastapi;
mod faults;
mod harmless;
mod house;
mod install;
mod json;
mod kubernetes;
mod manual;
mod metrics;
mod model;
mod output;
mod picture;
mod pipelines;
mod plain;
mod platforms;
mod podman;
mod prometheus;
mod readme;
mod recipes;
mod redirect;
mod regions;
mod request;
mod schema;
mod secrets;
mod settings;
mod soak;
mod support;
mod systemd;
mod target;
mod tls;
mod tour;
mod uvicorn;
mod version;
mod via;
mod wait;
