//! Host → addresses, without DNS and without a thread where none is needed.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::progress::Progress;
use crate::exchange::{FetchError, Stage};
use crate::plan::Family;
use crate::target::Host;

/// ureq's limit.
const MOST_ADDRESSES: usize = 16;

/// The lookup of one host.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) family: Family,
    pub(super) progress: Arc<Progress>,
}

impl Resolver for Lookup {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self
            .addresses()
            .map_err(|error| ureq::Error::Other(error.into()))?;
        self.progress.resolved();
        let mut addresses = self.empty();
        for ip in found.into_iter().take(MOST_ADDRESSES) {
            addresses.push(SocketAddr::new(ip, self.port));
        }
        Ok(addresses)
    }
}

impl Lookup {
    fn addresses(&self) -> Result<Vec<IpAddr>, FetchError> {
        let all = match &self.host {
            Host::Ip(ip) => vec![*ip],
            Host::Localhost => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Name(name) => self.ask(name, system)?,
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
            return Err(self.failed(format_args!("it has no {kind}")));
        }
        Ok(wanted)
    }

    /// Asks a resolver that knows no deadline, and so needs a thread. One that
    /// never answers ends with the process.
    fn ask(
        &self,
        name: &str,
        resolver: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let stage = || Stage::Resolve(name.to_owned());
        let (sender, receiver) = mpsc::sync_channel(1);
        let (question, port) = (name.to_owned(), self.port);
        let answer = match thread::Builder::new().spawn(move || {
            // Nobody listens any more when the deadline has passed.
            let _ = sender.send(resolver(&question, port));
        }) {
            Ok(_) => match receiver.recv_timeout(self.progress.left(stage)?) {
                Ok(answer) => answer,
                Err(RecvTimeoutError::Timeout) => return Err(self.progress.timed_out(stage())),
                Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the lookup failed")),
            },
            Err(error) => Err(error),
        };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in answer.map_err(|error| self.failed(format_args!("{}", plain(&error))))? {
            if !addresses.contains(&address.ip()) {
                addresses.push(address.ip());
            }
        }
        Ok(addresses)
    }

    fn failed(&self, reason: fmt::Arguments) -> FetchError {
        FetchError::Resolve {
            name: self.host.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// The system's resolver: its hosts file, DNS, and whatever else it is set up for.
fn system(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (name, port).to_socket_addrs().map(Iterator::collect)
}

/// The resolver's own words, without the standard library's introduction.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once("lookup address information: ") {
        Some((_, reason)) => reason.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lookup, plain};
    use crate::exchange::{FetchError, Stage};
    use crate::fetch::progress::Progress;
    use crate::plan::Family;
    use crate::target::Host;
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    fn lookup(host: Host, family: Family, timeout: Duration) -> Lookup {
        Lookup {
            host,
            port: 80,
            family,
            progress: Arc::new(Progress::start(timeout)),
        }
    }

    fn name() -> Host {
        Host::Name("model".to_owned())
    }

    #[test]
    fn a_resolver_that_never_answers_is_left_at_the_deadline() {
        let timeout = Duration::from_millis(50);
        let asked = lookup(name(), Family::Any, timeout).ask("model", |_, _| {
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
        let asked = lookup(name(), Family::Any, patient).ask("model", |_, _| Ok(addresses));
        assert_eq!(
            asked,
            Ok(vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()])
        );
        let failed = lookup(name(), Family::Any, patient)
            .ask("model", |_, _| Err(io::Error::other("Try again")));
        assert_eq!(
            failed.unwrap_err().to_string(),
            "cannot look up model: Try again"
        );
        assert_eq!(
            plain(&io::Error::other(
                "failed to lookup address information: No such name"
            )),
            "No such name"
        );
    }

    #[test]
    fn families_are_filtered_without_asking_anyone() {
        let found = lookup(Host::Localhost, Family::V6, Duration::from_secs(20)).addresses();
        assert_eq!(found, Ok(vec!["::1".parse().unwrap()]));
        let none = lookup(
            Host::Ip("::1".parse().unwrap()),
            Family::V4,
            Duration::from_secs(20),
        );
        assert_eq!(
            none.addresses().unwrap_err().to_string(),
            "cannot look up ::1: it has no IPv4 address"
        );
    }
}
