//! How long each part of a probe took.

use std::time::Duration;

/// The phases of a probe, named as `blackbox_exporter` names them. Together they
/// last from the name lookup to the last byte that the checks needed. If redirects
/// were followed, each is the sum over all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Looking up the name.
    pub resolve: Duration,
    /// Connecting, including failed addresses and the tunnel through a proxy.
    pub connect: Duration,
    /// The TLS handshake; zero for plain HTTP.
    pub tls: Duration,
    /// Sending the request and waiting for the first byte of the response.
    pub processing: Duration,
    /// Receiving the response.
    pub transfer: Duration,
}

impl Phases {
    /// Name and duration of each phase, in order.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Duration); 5] {
        [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("tls", self.tls),
            ("processing", self.processing),
            ("transfer", self.transfer),
        ]
    }

    /// The whole probe.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.named().iter().map(|(_, duration)| *duration).sum()
    }
}
