//! Host → addresses, without DNS and without a thread where none is needed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::deadline::Deadline;
use super::lookup::Lookup;
use crate::request::Family;
use crate::request::endpoint::Host;
use crate::response::FetchError;

/// The addresses of one host, in groups as they become known.
pub(super) enum HostAddresses {
    /// They need no lookup. Empty after they were handed out.
    Known(Vec<SocketAddr>),
    Lookup(Lookup),
}

impl HostAddresses {
    /// Starts the lookup of a name.
    ///
    /// # Errors
    /// An IP address of another family.
    pub(super) fn of(
        host: &Host,
        port: u16,
        family: Family,
        deadline: Deadline,
    ) -> Result<Self, FetchError> {
        let ips: &[IpAddr] = match host {
            Host::Ip(ip) => &[*ip],
            Host::Localhost(_) => &[
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ],
            Host::Name(name) => {
                return Ok(Self::Lookup(Lookup::start(name, port, family, deadline)));
            }
        };
        let addresses: Vec<SocketAddr> = ips
            .iter()
            .filter(|ip| match family {
                Family::Any => true,
                Family::V4 => ip.is_ipv4(),
                Family::V6 => ip.is_ipv6(),
            })
            .map(|ip| SocketAddr::new(*ip, port))
            .collect();
        if addresses.is_empty() {
            let kind = if family == Family::V4 { "IPv4" } else { "IPv6" };
            return Err(FetchError::Resolve {
                name: host.to_string(),
                reason: format!("it has no {kind} address"),
            });
        }
        Ok(Self::Known(addresses))
    }

    /// Further addresses; none if no more will come.
    ///
    /// # Errors
    /// A name without addresses, or without any within the deadline.
    pub(super) fn next_group(&mut self) -> Result<Vec<SocketAddr>, FetchError> {
        match self {
            Self::Known(addresses) => Ok(std::mem::take(addresses)),
            Self::Lookup(lookup) => lookup.next_addresses(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostAddresses;
    use crate::fetch::deadline::Deadline;
    use crate::request::Family;
    use crate::request::endpoint::Host;
    use crate::response::FetchError;
    use std::net::SocketAddr;
    use std::time::Duration;

    fn group(host: &Host, family: Family) -> Result<Vec<SocketAddr>, FetchError> {
        let deadline = Deadline::start(Duration::from_secs(20));
        let mut addresses = HostAddresses::of(host, 80, family, deadline)?;
        let group = addresses.next_group()?;
        assert_eq!(addresses.next_group(), Ok(Vec::new()));
        Ok(group)
    }

    #[test]
    fn filters_families_without_a_resolver() {
        let localhost = Host::Localhost("localhost".to_owned());
        let (v4, v6) = ("127.0.0.1:80", "[::1]:80");
        for (family, expected) in [
            (Family::Any, &[v4, v6][..]),
            (Family::V4, &[v4]),
            (Family::V6, &[v6]),
        ] {
            let expected = expected.iter().map(|address| address.parse().unwrap());
            assert_eq!(group(&localhost, family), Ok(expected.collect()));
        }
        let literal = Host::Ip("::1".parse().unwrap());
        assert_eq!(
            group(&literal, Family::V4).unwrap_err().to_string(),
            "cannot look up ::1: it has no IPv4 address"
        );
    }
}
