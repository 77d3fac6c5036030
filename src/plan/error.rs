//! Why the arguments make no plan.

use std::error::Error;
use std::net::IpAddr;
use std::{fmt, io};

use crate::args::Origin;
use crate::args::env::NotUnicode;
use crate::syntax::SyntaxError;
use crate::text::{escape, truncate};
use crate::upstream::strip_os_error;

/// Maximum length of a value in an error message, in bytes.
const MAX_VALUE_LEN: usize = 200;

/// What the user has to correct. Its text is one line: origin, value, column, what was
/// expected.
#[derive(Debug)]
pub enum PlanError {
    /// There is no URL.
    MissingUrl,
    /// A value that does not follow its grammar.
    Syntax {
        /// Where it came from.
        origin: Origin,
        /// What may be shown of it.
        shown: Option<String>,
        /// The column and what was expected there.
        error: SyntaxError,
    },
    /// A file without a name.
    MissingPath(Origin),
    /// A file that cannot be read.
    Unreadable {
        /// What named it.
        origin: Origin,
        /// The path, or standard input.
        input: String,
        /// Why.
        error: io::Error,
    },
    /// A file, or a part of the config, whose content cannot be used.
    Content {
        /// What named it.
        origin: Origin,
        /// The path, or where in the config.
        name: String,
        /// Why.
        error: Box<dyn Error + Send + Sync>,
    },
    /// A variable that is not UTF-8.
    Environment(NotUnicode),
    /// A flag that does not go with the others.
    Mismatch(Origin, Mismatch),
}

/// Why a flag does not go with the others.
#[derive(Debug)]
pub enum Mismatch {
    /// `--request HEAD` with a body, which this sets.
    HeadWithBody(Origin),
    /// `--request HEAD` with a check of the body.
    HeadWithBodyCheck,
    /// `--max-body 0` with a check of the body.
    NoBodyForCheck,
    /// `--proxy` with another scheme, or with a path.
    NotAnHttpProxy {
        /// What may be shown of its URL.
        shown: String,
    },
    /// `--ipv4` or `--ipv6` with an address of the other family.
    Family(IpAddr),
    /// `--min-cert-validity` without TLS.
    PlainHttp,
    /// `--interval` without `--wait`.
    NoWait,
    /// `--key` without `--cert`.
    NoCert,
    /// `--min-cosine` without a baseline.
    NoBaseline,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingUrl => f.write_str(
                "no URL: expected one such as http://localhost:8000/health, or HEALTHPROBE_URL; \
                 see healthprobe --help",
            ),
            Self::Syntax {
                origin,
                shown: Some(shown),
                error,
            } => write!(
                f,
                "{origin} \"{}\": {error}",
                truncate(&escape(shown), MAX_VALUE_LEN)
            ),
            Self::Syntax {
                origin,
                shown: None,
                error,
            } => write!(f, "{origin}: {error}"),
            Self::MissingPath(origin) => write!(f, "{origin}: expected the name of a file"),
            Self::Unreadable {
                origin,
                input,
                error,
            } => write!(
                f,
                "{origin}: cannot read {}: {}",
                truncate(&escape(input), MAX_VALUE_LEN),
                strip_os_error(error)
            ),
            Self::Content {
                origin,
                name,
                error,
            } => write!(f, "{origin} {name:?}: {error}"),
            Self::Environment(error) => error.fmt(f),
            Self::Mismatch(origin, mismatch) => write!(f, "{origin}{mismatch}"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadWithBody(data) => {
                write!(f, " \"HEAD\": it takes no body, which {data} sets")
            }
            Self::HeadWithBodyCheck => f.write_str(
                " \"HEAD\": the response to HEAD has no body, which another check needs; use GET",
            ),
            Self::NoBodyForCheck => f.write_str(
                ": 0 reads the head alone, and another check needs the body; use a larger size",
            ),
            Self::NotAnHttpProxy { shown } => write!(
                f,
                " \"{shown}\": expected an HTTP proxy such as http://proxy:3128"
            ),
            Self::Family(ip) => {
                let version = if ip.is_ipv4() { 4 } else { 6 };
                write!(
                    f,
                    ": the host to connect to is the IPv{version} address {ip}"
                )
            }
            Self::PlainHttp => {
                f.write_str(": expected an https:// URL; plain HTTP has no certificate")
            }
            Self::NoWait => f.write_str(": expected --wait DURATION as well, the time to wait for"),
            Self::NoCert => {
                f.write_str(": expected --cert FILE as well, the certificate of this key")
            }
            Self::NoBaseline => {
                f.write_str(": expected --baseline FILE as well, the vectors to compare with")
            }
        }
    }
}

impl Error for PlanError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Syntax { error, .. } => Some(error),
            Self::Unreadable { error, .. } => Some(error),
            Self::Content { error, .. } => Some(error.as_ref()),
            Self::Environment(error) => Some(error),
            Self::MissingUrl | Self::MissingPath(_) | Self::Mismatch(..) => None,
        }
    }
}
