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

use super::progress::Progress;
use crate::request::endpoint::Host;
use crate::request::{Family, Request, Via};
use crate::response::{FetchError, Stage};

/// ureq's limit.
const MAX_ADDRESSES: usize = 16;

/// The lookup of one host.
#[derive(Debug)]
pub(super) struct HostResolver {
    /// `None`: there is nothing to look up.
    host: Option<Host>,
    port: u16,
    family: Family,
    progress: Arc<Progress>,
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
                let error = if self.is_proxy {
                    error.of_proxy()
                } else {
                    error
                };
                ureq::Error::Other(error.into())
            })?,
            None => Vec::new(),
        };
        self.progress.resolved();
        let mut addresses = self.empty();
        for ip in found.into_iter().take(MAX_ADDRESSES) {
            addresses.push(SocketAddr::new(ip, self.port));
        }
        Ok(addresses)
    }
}

impl HostResolver {
    pub(super) fn new(request: &Request, progress: &Arc<Progress>) -> Self {
        let dialled = request.connect_host();
        Self {
            host: dialled.map(|(host, _)| host.clone()),
            port: dialled.map_or(0, |(_, port)| port),
            family: request.family,
            progress: Arc::clone(progress),
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

    /// Asks a resolver that knows no deadline, and so needs a thread. One that
    /// never answers ends with the process.
    fn resolve_on_thread(
        &self,
        name: &str,
        resolver: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let stage = || Stage::Resolve(name.to_owned());
        let (question, port) = (name.to_owned(), self.port);
        let asked = Arc::new(OneShot::default());
        let answered = Arc::clone(&asked);
        let answer =
            match thread::Builder::new().spawn(move || answered.send(resolver(&question, port))) {
                Ok(_) => match asked.recv_timeout(self.progress.left(stage)?) {
                    Some(answer) => answer,
                    None => return Err(self.progress.timed_out(stage())),
                },
                Err(error) => Err(error),
            };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in
            answer.map_err(|error| failed(&name, format_args!("{}", strip_introduction(&error))))?
        {
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

/// What the resolver's thread leaves for the probe's. A channel of the standard
/// library does it too, at 9 kB, and makes its thread-local state outgrow what musl
/// has set aside for it, which costs each probe a system call and a page fault.
#[derive(Default)]
struct OneShot {
    answer: Mutex<Option<io::Result<Vec<SocketAddr>>>>,
    answered: Condvar,
}

impl OneShot {
    fn send(&self, answer: io::Result<Vec<SocketAddr>>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.answered.notify_one();
    }

    fn recv_timeout(&self, time: Duration) -> Option<io::Result<Vec<SocketAddr>>> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut answer, _) = self
            .answered
            .wait_timeout_while(answer, time, |answer| answer.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        answer.take()
    }
}

/// The system's resolver: its hosts file, DNS, and whatever else it is set up for.
fn system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (name, port).to_socket_addrs().map(Iterator::collect)
}

/// The resolver's own words, without the standard library's introduction.
fn strip_introduction(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once("lookup address information: ") {
        Some((_, reason)) => reason.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{HostResolver, strip_introduction};
    use crate::fetch::progress::Progress;
    use crate::request::Family;
    use crate::request::endpoint::Host;
    use crate::response::{FetchError, Stage};
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    fn lookup(family: Family, timeout: Duration) -> HostResolver {
        HostResolver {
            host: None,
            port: 80,
            family,
            progress: Arc::new(Progress::start(timeout)),
            is_proxy: false,
        }
    }

    #[test]
    fn a_resolver_that_never_answers_is_left_at_the_deadline() {
        let timeout = Duration::from_millis(50);
        let asked = lookup(Family::Any, timeout).resolve_on_thread("model", |_, _| {
            loop {
                std::thread::park();
            }
        });
        assert_eq!(
            asked,
            Err(FetchError::TimedOut {
                after: timeout,
                stage: Stage::Resolve("model".to_owned()),
            })
        );
    }

    #[test]
    fn each_address_is_kept_once_and_a_failure_is_told_plainly() {
        let patient = Duration::from_secs(20);
        let addresses: Vec<SocketAddr> = ["10.0.0.1:80", "[::1]:80", "10.0.0.1:80"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        let asked = lookup(Family::Any, patient).resolve_on_thread("model", |_, _| Ok(addresses));
        assert_eq!(
            asked,
            Ok(vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()])
        );
        let failed = lookup(Family::Any, patient)
            .resolve_on_thread("model", |_, _| Err(io::Error::other("Try again")));
        assert_eq!(
            failed.unwrap_err().to_string(),
            "cannot look up model: Try again"
        );
        assert_eq!(
            strip_introduction(&io::Error::other(
                "failed to lookup address information: No such name"
            )),
            "No such name"
        );
    }

    #[test]
    fn families_are_filtered_without_asking_anyone() {
        let patient = Duration::from_secs(20);
        let localhost = Host::Localhost("localhost".to_owned());
        let found = lookup(Family::V6, patient).addresses(&localhost);
        assert_eq!(found, Ok(vec!["::1".parse().unwrap()]));
        let literal = Host::Ip("::1".parse().unwrap());
        let none = lookup(Family::V4, patient).addresses(&literal);
        assert_eq!(
            none.unwrap_err().to_string(),
            "cannot look up ::1: it has no IPv4 address"
        );
    }
}
