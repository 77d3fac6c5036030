//! Tests that need other programs: Docker, Podman, systemd, Python or servers.

mod architectures;
mod credit_scoring;
mod docker;
mod fastapi;
mod kubernetes;
mod llm;
mod pipelines;
mod podman;
mod prometheus;
mod recipes;
mod regions;
mod systemd;
mod tls_servers;
