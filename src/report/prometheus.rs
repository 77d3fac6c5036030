//! The report in Prometheus' text format 0.0.4, with the names and meanings of
//! `blackbox_exporter` where it has them.
//!
//! Without a response the values are zero and the TLS families are missing, as there.
//! Unlike there, a phase that did not finish counts until the end of the probe, so that
//! a timeout shows where the time went.

use std::fmt::{Display, Write as _};
use std::net::SocketAddr;

use super::label::label;
use super::{Report, excerpt};
use crate::response::{Address, Response};
use crate::text::truncate;
use crate::verdict::Verdict;

/// The maximum length of a check label, in bytes.
const MAX_CHECK: usize = 500;

/// All metrics, with their help and type.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut samples = Samples {
        text: String::new(),
        target: escape(&report.url),
    };
    let response = report.result.ok();
    let phases = report.phases();
    samples.one(
        "probe_success",
        "Whether every check holds.",
        u8::from(report.verdict == Verdict::Healthy),
    );
    samples.one(
        "probe_duration_seconds",
        "From the name lookup to the last byte that was read.",
        phases.total().as_secs_f64(),
    );
    samples.one(
        "probe_dns_lookup_time_seconds",
        "Duration of the name lookup.",
        phases.resolve.as_secs_f64(),
    );
    samples.one(
        "probe_ip_protocol",
        "IP version of the connection; 0 without one.",
        response.map_or(0, |response| ip_version(&response.address)),
    );
    samples.one(
        "probe_http_status_code",
        "HTTP status code; 0 without a response.",
        report.status().unwrap_or(0),
    );
    samples.one(
        "healthprobe_busy",
        "Whether the server is busy, by its status.",
        u8::from(report.is_busy()),
    );
    samples.one(
        "probe_http_content_length",
        "Content length of the response; -1 if it is not announced, 0 without a response.",
        response.map_or(0, content_length),
    );
    samples.one(
        "probe_http_redirects",
        "Number of redirects, with one too many if the limit was reached.",
        redirects(report),
    );
    samples.one(
        "probe_http_ssl",
        "Whether the response was received over TLS.",
        u8::from(response.is_some_and(|response| response.tls.is_some())),
    );
    samples.many(
        "probe_http_duration_seconds",
        "Duration of each phase, summed over all redirects.",
        "phase",
        phases
            .named()
            .map(|(phase, duration)| (phase, duration.as_secs_f64())),
    );
    if let Some(session) = response.and_then(|response| response.tls.as_ref()) {
        if let Some(expiry) = session.earliest_not_after {
            samples.one(
                "probe_ssl_earliest_cert_expiry",
                "Earliest expiry of the server's certificates, in seconds since 1970.",
                expiry,
            );
        }
        samples.many(
            "probe_tls_version_info",
            "TLS version of the connection, as a label.",
            "version",
            [(session.version.as_str(), 1)],
        );
    }
    samples.many(
        "healthprobe_check_success",
        "Whether a check holds.",
        "check",
        checks(report)
            .iter()
            .map(|(check, holds)| (check.as_str(), u8::from(*holds))),
    );
    if let Some(stats) = report.wait_stats {
        samples.one(
            "healthprobe_attempts",
            "Number of attempts made by --wait.",
            stats.attempts,
        );
    }
    samples.text
}

/// The families written so far.
struct Samples {
    text: String,
    /// The value of each sample's first label.
    target: String,
}

impl Samples {
    fn family(&mut self, name: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    /// A family with one sample.
    fn one(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, help);
        let _ = writeln!(self.text, "{name}{{target=\"{}\"}} {value}", self.target);
    }

    /// A family with one sample for each value of a second label.
    fn many<'v, V: Display>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl IntoIterator<Item = (&'v str, V)>,
    ) {
        self.family(name, help);
        for (text, value) in samples {
            let (target, text) = (&self.target, escape(text));
            let _ = writeln!(
                self.text,
                "{name}{{target=\"{target}\",{label}=\"{text}\"}} {value}"
            );
        }
    }
}

/// The number of redirects. As in `blackbox_exporter`, the one that was not followed
/// because the limit was reached counts too.
fn redirects(report: &Report) -> usize {
    let is_beyond_limit = report.result.is_err() && report.status().is_some();
    report.redirects().len() + usize::from(is_beyond_limit)
}

/// Escapes a label value for its quotes.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Each check and whether it holds. Labels must be unique, so checks with the same text
/// are one, which holds if all do.
fn checks(report: &Report) -> Vec<(String, bool)> {
    let mut checks: Vec<(String, bool)> = Vec::new();
    for outcome in report.outcomes {
        let check = excerpt::redact(&label(outcome.subject), report.secrets);
        let check = truncate(&check, MAX_CHECK).into_owned();
        let holds = outcome.failure.is_none();
        match checks.iter_mut().find(|(other, _)| *other == check) {
            Some((_, all_hold)) => *all_hold &= holds,
            None => checks.push((check, holds)),
        }
    }
    checks
}

fn ip_version(address: &Address) -> u8 {
    match address {
        Address::Tcp(SocketAddr::V4(_)) => 4,
        Address::Tcp(SocketAddr::V6(_)) => 6,
        Address::Unix(_) => 0,
    }
}

/// The body length that the headers announce (RFC 9112, section 6.3).
fn content_length(response: &Response) -> i64 {
    let header = |name| response.headers.iter().find(|(other, _)| other == name);
    if matches!(response.status, 204 | 304) {
        return 0;
    }
    match (header("transfer-encoding"), header("content-length")) {
        (None, Some((_, value))) => std::str::from_utf8(value)
            .ok()
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(-1),
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::{content_length, escape, ip_version};
    use crate::response::{Address, Response};

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escape("a=\"b\\n\"\nc"), "a=\\\"b\\\\n\\\"\\nc");
    }

    #[test]
    fn the_content_length_is_the_announced_one() {
        for (status, headers, length) in [
            (200, &[("content-length", "17")][..], 17),
            (200, &[], -1),
            (204, &[], 0),
            (304, &[("content-length", "17")], 0),
            (
                200,
                &[("transfer-encoding", "chunked"), ("content-length", "17")],
                -1,
            ),
            (200, &[("content-length", "99999999999999999999")], -1),
            (200, &[("content-length", "\u{ff}")], -1),
        ] {
            let response = Response {
                status,
                headers: headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                    .collect(),
                ..Response::example()
            };
            assert_eq!(content_length(&response), length, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_unix_socket_has_ip_version_0() {
        for (address, version) in [
            (Address::Tcp(([127, 0, 0, 1], 80).into()), 4),
            (Address::Tcp(([0_u16; 8], 80).into()), 6),
            (Address::Unix("/run/app.sock".to_owned()), 0),
        ] {
            assert_eq!(ip_version(&address), version);
        }
    }
}
