//! Where connections are made to.

use std::fmt;
use std::net::SocketAddr;

/// An address that takes connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a TCP port.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// How many addresses are listed in full.
const MAX_LISTED: usize = 4;

/// Addresses separated by commas; of many the first ones, and how many more there are.
pub(super) struct Addresses<'a>(pub(super) &'a [Address]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = if self.0.len() > MAX_LISTED {
            MAX_LISTED - 1
        } else {
            self.0.len()
        };
        for (index, address) in self.0[..listed].iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{address}")?;
        }
        match self.0.len() - listed {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Addresses};

    #[test]
    fn counts_addresses_that_are_not_listed() {
        let addresses: Vec<Address> = (1..=24)
            .map(|number| Address::Tcp(([10, 0, 0, number], 80).into()))
            .collect();
        for (count, text) in [
            (1, "10.0.0.1:80"),
            (4, "10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80, 10.0.0.4:80"),
            (5, "10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80 and 2 more"),
            (24, "10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80 and 21 more"),
        ] {
            assert_eq!(Addresses(&addresses[..count]).to_string(), text);
        }
    }
}
