//! Host → addresses, without DNS and without a thread where none is needed.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::context::Context;
use super::error::into_ureq_error;
use crate::request::endpoint::Host;
use crate::request::{Family, Request, Via};
use crate::response::{FetchError, Stage};
use crate::upstream::strip_lookup_introduction;

/// ureq's limit.
const MAX_ADDRESSES: usize = 16;

/// Resolves the one host that a probe connects to.
#[derive(Debug)]
pub(super) struct HostResolver {
    /// `None` for a unix socket.
    host: Option<Host>,
    port: u16,
    family: Family,
    context: Arc<Context>,
    is_proxy: bool,
}

impl Resolver for HostResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match &self.host {
            Some(host) => self.addresses(host).map_err(|error| {
                into_ureq_error(if self.is_proxy {
                    error.reaching_proxy()
                } else {
                    error
                })
            })?,
            None => Vec::new(),
        };
        self.context.timeline.resolved();
        let mut addresses = self.empty();
        for ip in found.into_iter().take(MAX_ADDRESSES) {
            addresses.push(SocketAddr::new(ip, self.port));
        }
        Ok(addresses)
    }
}

impl HostResolver {
    pub(super) fn new(request: &Request, context: &Arc<Context>) -> Self {
        let connect_host = request.connect_host();
        Self {
            host: connect_host.map(|(host, _)| host.clone()),
            port: connect_host.map_or(0, |(_, port)| port),
            family: request.family,
            context: Arc::clone(context),
            is_proxy: matches!(request.via, Via::Proxy(_)),
        }
    }

    fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, FetchError> {
        let all = match host {
            Host::Ip(ip) => vec![*ip],
            Host::Localhost(_) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Name(name) => self.resolve_on_thread(name, system)?,
        };
        let wanted: Vec<IpAddr> = all
            .into_iter()
            .filter(|ip| match self.family {
                Family::Any => true,
                Family::V4 => ip.is_ipv4(),
                Family::V6 => ip.is_ipv6(),
            })
            .collect();
        if wanted.is_empty() {
            let kind = match self.family {
                Family::Any => "address",
                Family::V4 => "IPv4 address",
                Family::V6 => "IPv6 address",
            };
            return Err(failed(host, format_args!("it has no {kind}")));
        }
        Ok(wanted)
    }

    /// Calls a resolver that knows no deadline, and so needs a thread. A thread that
    /// never returns ends with the process.
    fn resolve_on_thread(
        &self,
        name: &str,
        resolver: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let stage = || Stage::Resolve(name.to_owned());
        let (host, port) = (name.to_owned(), self.port);
        let receiver = Arc::new(OneShot::default());
        let sender = Arc::clone(&receiver);
        let resolved =
            match thread::Builder::new().spawn(move || sender.send(resolver(&host, port))) {
                Ok(_) => {
                    let deadline = self.context.deadline;
                    match receiver.recv_timeout(deadline.remaining(stage)?) {
                        Some(resolved) => resolved,
                        None => return Err(deadline.timed_out(stage())),
                    }
                }
                Err(error) => Err(error),
            };
        let resolved = resolved.map_err(|error| {
            failed(&name, format_args!("{}", strip_lookup_introduction(&error)))
        })?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in resolved {
            if !addresses.contains(&address.ip()) {
                addresses.push(address.ip());
            }
        }
        Ok(addresses)
    }
}

fn failed(name: &impl fmt::Display, reason: fmt::Arguments) -> FetchError {
    FetchError::Resolve {
        name: name.to_string(),
        reason: reason.to_string(),
    }
}

/// Carries one result from the resolver's thread to the probe's. A channel of the
/// standard library costs 9 kB, and its thread-local state exceeds what musl sets aside,
/// which adds a system call and a page fault to every probe.
#[derive(Default)]
struct OneShot {
    value: Mutex<Option<io::Result<Vec<SocketAddr>>>>,
    sent: Condvar,
}

impl OneShot {
    fn send(&self, value: io::Result<Vec<SocketAddr>>) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        self.sent.notify_one();
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<io::Result<Vec<SocketAddr>>> {
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut value, _) = self
            .sent
            .wait_timeout_while(value, timeout, |value| value.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        value.take()
    }
}

/// The system's resolver: the hosts file, DNS, and what else is configured.
fn system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (name, port).to_socket_addrs().map(Iterator::collect)
}

#[cfg(test)]
mod tests {
    use super::HostResolver;
    use crate::fetch::context::Context;
    use crate::request::Family;
    use crate::request::endpoint::Host;
    use crate::response::{FetchError, Stage};
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    fn resolver(family: Family, timeout: Duration) -> HostResolver {
        HostResolver {
            host: None,
            port: 80,
            family,
            context: Arc::new(Context::start(timeout)),
            is_proxy: false,
        }
    }

    #[test]
    fn a_resolver_that_never_returns_times_out() {
        let timeout = Duration::from_millis(50);
        let resolved = resolver(Family::Any, timeout).resolve_on_thread("model", |_, _| {
            loop {
                std::thread::park();
            }
        });
        assert_eq!(
            resolved,
            Err(FetchError::TimedOut {
                after: timeout,
                stage: Stage::Resolve("model".to_owned()),
            })
        );
    }

    #[test]
    fn keeps_each_address_once_and_reports_the_reason() {
        let timeout = Duration::from_secs(20);
        let addresses: Vec<SocketAddr> = ["10.0.0.1:80", "[::1]:80", "10.0.0.1:80"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        let resolved =
            resolver(Family::Any, timeout).resolve_on_thread("model", |_, _| Ok(addresses));
        assert_eq!(
            resolved,
            Ok(vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()])
        );
        let failed = resolver(Family::Any, timeout)
            .resolve_on_thread("model", |_, _| Err(io::Error::other("Try again")));
        assert_eq!(
            failed.unwrap_err().to_string(),
            "cannot look up model: Try again"
        );
    }

    #[test]
    fn filters_families_without_a_resolver() {
        let timeout = Duration::from_secs(20);
        let localhost = Host::Localhost("localhost".to_owned());
        let found = resolver(Family::V6, timeout).addresses(&localhost);
        assert_eq!(found, Ok(vec!["::1".parse().unwrap()]));
        let literal = Host::Ip("::1".parse().unwrap());
        let none = resolver(Family::V4, timeout).addresses(&literal);
        assert_eq!(
            none.unwrap_err().to_string(),
            "cannot look up ::1: it has no IPv4 address"
        );
    }
}
