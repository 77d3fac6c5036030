//! The report as Prometheus text, format 0.0.4, with the names and meanings of
//! `blackbox_exporter` where it has them.
//!
//! Without an answer there are, as there, zeros, and nothing about TLS. Other than
//! there, a phase that did not end lasts until the probe ended, so that the phases of
//! a late answer say where the time went.

use std::fmt::{Display, Write as _};
use std::net::SocketAddr;

use super::{Report, excerpt};
use crate::response::{Address, Response};
use crate::text::truncate;
use crate::verdict::Verdict;

/// The longest text of a check, in bytes.
const MAX_CHECK: usize = 500;

/// All samples, with their families' help and type.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut samples = Samples {
        text: String::new(),
        target: escape(&report.url),
    };
    let answer = report.result.ok();
    let phases = report.phases();
    samples.one(
        "probe_success",
        "Whether every check holds.",
        u8::from(report.verdict == Verdict::Healthy),
    );
    samples.one(
        "probe_duration_seconds",
        "From the name's lookup to the last byte that the checks needed.",
        phases.total().as_secs_f64(),
    );
    samples.one(
        "probe_dns_lookup_time_seconds",
        "Time to look up the name.",
        phases.resolve.as_secs_f64(),
    );
    samples.one(
        "probe_ip_protocol",
        "Version of IP of the address that took the connection, 0 if none did.",
        answer.map_or(0, |answer| ip_version(&answer.address)),
    );
    samples.one(
        "probe_http_status_code",
        "Status code of the answer, 0 without one.",
        answer.map_or(0, |answer| answer.status),
    );
    samples.one(
        "probe_http_content_length",
        "Length of the answer's body as announced, -1 where it is not, 0 without an answer.",
        answer.map_or(0, content_length),
    );
    samples.one(
        "probe_http_redirects",
        "Number of redirects that were followed.",
        report.redirects().len(),
    );
    samples.one(
        "probe_http_ssl",
        "Whether the answer came over TLS.",
        u8::from(answer.is_some_and(|answer| answer.tls.is_some())),
    );
    samples.many(
        "probe_http_duration_seconds",
        "Time of each phase, summed over all redirects.",
        "phase",
        phases
            .named()
            .map(|(phase, took)| (phase, took.as_secs_f64())),
    );
    if let Some(session) = answer.and_then(|answer| answer.tls.as_ref()) {
        if let Some(expiry) = session.earliest_not_after {
            samples.one(
                "probe_ssl_earliest_cert_expiry",
                "When the first of the server's certificates expires, in seconds since 1970.",
                expiry,
            );
        }
        samples.many(
            "probe_tls_version_info",
            "Version of TLS, as a label.",
            "version",
            [(session.version, 1)],
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
    if let Some(waited) = report.waited {
        samples.one(
            "healthprobe_attempts",
            "Number of attempts that --wait made.",
            waited.attempts,
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

    /// A family of one sample.
    fn one(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, help);
        let _ = writeln!(self.text, "{name}{{target=\"{}\"}} {value}", self.target);
    }

    /// A family with a sample for each value of a further label.
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

/// The value of a label, as it stands in quotes.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// Each check and whether it holds. A set of labels must not come twice, so checks
/// that read alike are one, which holds if all do.
fn checks(report: &Report) -> Vec<(String, bool)> {
    let mut checks: Vec<(String, bool)> = Vec::new();
    for outcome in report.outcomes {
        let check = excerpt::redact(&outcome.check.to_string(), report.secrets);
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

/// The length that the head announces (RFC 9112, section 6.3).
fn content_length(answer: &Response) -> i64 {
    let header = |wanted| answer.headers.iter().find(|(name, _)| name == wanted);
    if matches!(answer.status, 204 | 304) {
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
    fn a_label_keeps_its_quotes() {
        assert_eq!(escape("a=\"b\\n\"\nc"), "a=\\\"b\\\\n\\\"\\nc");
    }

    #[test]
    fn the_length_is_that_of_the_head() {
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
            let answer = Response {
                status,
                headers: headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                    .collect(),
                ..Response::example()
            };
            assert_eq!(content_length(&answer), length, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_unix_socket_has_no_ip() {
        for (address, version) in [
            (Address::Tcp(([127, 0, 0, 1], 80).into()), 4),
            (Address::Tcp(([0_u16; 8], 80).into()), 6),
            (Address::Unix("/run/app.sock".to_owned()), 0),
        ] {
            assert_eq!(ip_version(&address), version);
        }
    }
}
