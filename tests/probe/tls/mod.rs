//! https: certificates, trust and the handshake.

mod bad_certificates;
mod client_certificates;
mod handshake;
mod routing;
mod trust;
mod validity;

const OK: &str = "healthy: 200 OK in <t>; GET https://localhost:PORT/";
