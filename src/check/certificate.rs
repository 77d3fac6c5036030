//! `--min-cert-validity`: how long the server's certificate must stay valid.

use std::fmt;
use std::time::Duration;

use super::result::{CheckResult, Failure};
use crate::duration;
use crate::response::{Expiring, Holder, Response, Validity};

/// The minimum time for which the server's certificate, and the chain to a trusted one, must
/// still be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinValidity(pub Duration);

impl MinValidity {
    pub(super) fn evaluate(self, response: &Response) -> CheckResult {
        let validity = match &response.tls {
            Some(session) => match &session.expiring {
                Some(Expiring { holder, validity }) => Ok((holder, *validity)),
                None => match &session.certificate {
                    Ok(validity) => Ok((&Holder::Server, *validity)),
                    Err(error) => Err(error.to_string()),
                },
            },
            None => Err("no certificate: the response came over plain HTTP".to_owned()),
        };
        match validity {
            Ok((holder, validity)) => CheckResult {
                actual: Some(validity.to_string()),
                failure: (validity.left() < Some(self.0)).then(|| {
                    Failure::new(format!("{holder} {validity}, expected at least {self}"))
                }),
            },
            Err(reason) => CheckResult::failed(Failure::new(format!(
                "{reason}; expected a certificate valid for at least {self}"
            ))),
        }
    }
}

impl fmt::Display for MinValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::format_exact(self.0))
    }
}

impl Validity {
    /// The time left; `None` once the certificate has expired.
    #[must_use]
    pub fn left(self) -> Option<Duration> {
        let seconds = self.not_after.checked_sub(self.seen)?;
        Some(Duration::from_secs(seconds))
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = duration::date(self.not_after);
        if let Some(left) = self.left() {
            write!(f, "expires in {} ({date})", duration::format_coarse(left))
        } else {
            let ago = Duration::from_secs(self.seen - self.not_after);
            write!(f, "expired {} ago ({date})", duration::format_coarse(ago))
        }
    }
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::MinValidity;
    use crate::response::{Response, Session, TlsVersion, Validity};
    use std::time::Duration;

    /// 2026-11-20T10:00:00Z
    const NOW: u64 = 1_795_168_800;
    const DAY: u64 = 86_400;

    fn reason(not_after: Option<u64>, days: u64) -> Option<String> {
        let response = Response {
            tls: not_after.map(|not_after| Session {
                version: TlsVersion::Tls13,
                certificate: Ok(Validity {
                    not_after,
                    seen: NOW,
                }),
                earliest_not_after: None,
                expiring: None,
            }),
            ..Response::example()
        };
        let result = MinValidity(Duration::from_secs(days * DAY)).evaluate(&response);
        result.failure.map(|failure| failure.reason)
    }

    #[test]
    fn the_time_left_is_compared_and_shown() {
        assert_eq!(reason(Some(NOW + 7 * DAY), 7), None);
        assert_eq!(
            reason(Some(NOW + 7 * DAY - 1), 7).unwrap(),
            "certificate expires in 6d 23h (2026-11-27T09:59:59Z), expected at least 7d"
        );
        assert_eq!(
            reason(Some(NOW - 90), 7).unwrap(),
            "certificate expired 1m 30s ago (2026-11-20T09:58:30Z), expected at least 7d"
        );
        assert_eq!(
            reason(None, 7).unwrap(),
            "no certificate: the response came over plain HTTP; \
             expected a certificate valid for at least 7d"
        );
    }
}
