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
            Host::Name(name) => self.ask(name)?,
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

    /// Asks the system, which knows no deadline and so needs a thread. One that
    /// never answers ends with the process.
    fn ask(&self, name: &str) -> Result<Vec<IpAddr>, FetchError> {
        let stage = || Stage::Resolve(name.to_owned());
        let (sender, receiver) = mpsc::sync_channel(1);
        let question = (name.to_owned(), self.port);
        let answer: io::Result<Vec<SocketAddr>> = match thread::Builder::new().spawn(move || {
            // Nobody listens any more when the deadline has passed.
            let _ = sender.send(question.to_socket_addrs().map(Iterator::collect));
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

/// The resolver's own words, without the standard library's introduction.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once("lookup address information: ") {
        Some((_, reason)) => reason.to_owned(),
        None => text,
    }
}
