//! `tls` in a build without that feature: there is no version, so there is no session, and
//! the compiler drops what would print one.

use std::fmt;

use super::advice::Advice;

/// A version of the protocol: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {}

/// Why TLS could not be agreed on: nobody tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsError {}

impl TlsVersion {
    /// The version with its protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {}
    }
}

impl TlsError {
    /// What the user can do about it.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        match *self {}
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for TlsError {}
