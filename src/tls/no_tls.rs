//! `tls` in a build without that feature, instead of `mod.rs`.

/// How to make TLS connections: there are none.
#[derive(Debug, Clone)]
pub struct Settings;
