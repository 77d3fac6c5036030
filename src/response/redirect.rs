//! Redirects: those that were followed, and why one was not.

use std::error::Error;
use std::fmt;

use crate::syntax::SyntaxError;

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Its status code.
    pub status: u16,
    /// The URL it led to, without credentials and query.
    pub to: String,
    /// Whether that is another origin, which gets no credentials.
    pub cross_origin: bool,
}

/// Why a redirect was not followed. URLs are without credentials and query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectError {
    /// The limit was reached.
    TooMany {
        /// The maximum number of redirects.
        limit: usize,
        /// The status code of the one beyond it.
        status: u16,
    },
    /// It leads to another scheme than http and https.
    UnsupportedScheme {
        /// The redirect's status code.
        status: u16,
        /// The URL.
        to: String,
    },
    /// It leads to something that is not a valid URL.
    InvalidUrl {
        /// The redirect's status code.
        status: u16,
        /// The `Location`, resolved against the request's URL.
        to: String,
        /// What is wrong with it.
        error: SyntaxError,
    },
    /// It leads from https to http.
    Downgrade {
        /// The redirect's status code.
        status: u16,
        /// The URL.
        to: String,
    },
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { limit, .. } => write!(f, "more than {limit} redirects"),
            Self::UnsupportedScheme { status, to } => write!(
                f,
                "redirect {status} to {to:?}, which is neither http nor https"
            ),
            Self::InvalidUrl { status, to, error } => write!(
                f,
                "redirect {status} to {to:?}, which is not a valid URL: {error}"
            ),
            Self::Downgrade { status, to } => write!(
                f,
                "redirect {status} from https to {to}, which is not followed"
            ),
        }
    }
}

impl Error for RedirectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InvalidUrl { error, .. } => Some(error),
            _ => None,
        }
    }
}
