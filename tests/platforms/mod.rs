//! The executable where people run it: needs Docker, Podman, systemd, Python or other servers.

pub mod arm64;
pub mod credit_scoring;
pub mod docker;
pub mod fastapi;
pub mod kubernetes;
pub mod pipelines;
pub mod podman;
pub mod prometheus;
pub mod recipes;
pub mod regions;
pub mod systemd;
pub mod tls_servers;
