//! Arguments → plan: every value parsed, every conflict gone. After this,
//! nothing that the user wrote can fail any more.

use std::fmt;
use std::time::Duration;

use crate::check::{self, Check};
use crate::environment::Environment;
use crate::exchange::BodyNeed;
use crate::expand;
use crate::files;
use crate::given::{Given, ReadFile, Source};
use crate::headers::{self, Header, Headers, is_token};
use crate::record::Recording;
use crate::secret::Secret;
use crate::syntax::SyntaxError;
use crate::target::{self, Host, Target};
use crate::text::{escape, truncate};
use crate::{duration, size};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_MAX_BODY: usize = 1 << 20;

mod checks;

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request to make.
    pub request: Request,
    /// What must hold of its answer.
    pub checks: Vec<Check>,
    /// Where to record its answer if they hold.
    pub recording: Option<Recording>,
    /// How to say what came of it.
    pub output: Output,
}

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method (RFC 9110, section 9).
    pub method: String,
    /// Where to.
    pub target: Target,
    /// All headers but `Host` where the user gives none.
    pub headers: Vec<Header>,
    /// The body; `None` for no body at all.
    pub data: Option<Vec<u8>>,
    /// The deadline of the whole probe.
    pub timeout: Duration,
    /// Which addresses to use.
    pub family: Family,
    /// How much of the body the checks need.
    pub body_need: BodyNeed,
    /// The longest body that they may need, in bytes.
    pub max_body: usize,
}

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// All of them.
    Any,
    /// `--ipv4`
    V4,
    /// `--ipv6`
    V6,
}

/// How the verdict is told.
#[derive(Debug, Clone)]
pub struct Output {
    /// `--output`
    pub format: Format,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`
    pub verbose: bool,
    /// Texts that must not appear, should a server repeat them.
    pub secrets: Vec<Secret>,
}

/// `--output`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for people.
    Text,
    /// One JSON object on one line.
    Json,
}

/// A mistake of the user's, as a whole sentence: source, value, column, what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    fn new(source: &Source, shown: &str, error: &SyntaxError) -> Self {
        Self(format!(
            "{source} \"{}\": {error}",
            truncate(&escape(shown), 200)
        ))
    }

    /// As `new`, for a value that may hold a secret.
    fn hidden(source: &Source, error: &SyntaxError) -> Self {
        Self(format!("{source}: {error}"))
    }
}

impl Plan {
    /// Reads every argument.
    ///
    /// # Errors
    /// The first value that cannot be used, or two that contradict each other.
    pub fn new(
        mut given: Given,
        environment: &Environment,
        read: &ReadFile,
    ) -> Result<Self, UsageError> {
        let inline = given.inline.take();
        let given = &given;
        let target = target(given, environment)?;
        let mut ignored = checks::ignored(given)?;
        let checks = checks::all(given, &mut ignored, inline.baseline, read)?;
        let recording = match given.one("write-baseline") {
            Some(path) => Some(Recording {
                path: parsed(given, "write-baseline", path, file)?,
                ignored,
            }),
            None => None,
        };
        let data = data(given, inline.data, read)?;
        let method = match given.one("request") {
            Some(text) => parsed(given, "request", text, method)?,
            None if data.is_some() => "POST".to_owned(),
            None => "GET".to_owned(),
        };
        let body_need = match recording {
            Some(_) => BodyNeed::Whole,
            None => check::body_need(&checks),
        };
        if method == "HEAD" && data.is_some() {
            return Err(UsageError(format!(
                "{} \"HEAD\": it takes no body, which {} gives",
                given.source("request"),
                given.source("data")
            )));
        }
        if method == "HEAD" && body_need != BodyNeed::Nothing {
            return Err(UsageError(format!(
                "{} \"HEAD\": the answer to HEAD has no body, which another check needs; use GET",
                given.source("request")
            )));
        }
        let headers = headers(given, environment, &target, data.is_some())?;
        Ok(Self {
            request: Request {
                method,
                headers: headers.sent,
                data,
                timeout: match given.one("timeout") {
                    Some(text) => parsed(given, "timeout", text, duration::parse)?,
                    None => DEFAULT_TIMEOUT,
                },
                family: family(given, &target.host)?,
                body_need,
                max_body: match given.one("max-body") {
                    Some(text) => parsed(given, "max-body", text, size::parse)?,
                    None => DEFAULT_MAX_BODY,
                },
                target,
            },
            checks,
            recording,
            output: Output {
                format: match given.one("output") {
                    Some(text) => parsed(given, "output", text, format)?,
                    None => Format::Text,
                },
                quiet: given.is_on("quiet"),
                verbose: given.is_on("verbose"),
                secrets: headers.secrets,
            },
        })
    }
}

/// Reads one value; the error names where it came from.
fn parsed<T>(
    given: &Given,
    flag: &str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
) -> Result<T, UsageError> {
    parse(text).map_err(|error| UsageError::new(&given.source(flag), text, &error))
}

/// The body to send: text, a file, standard input, or the config's JSON.
fn data(
    given: &Given,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Option<Vec<u8>>, UsageError> {
    match (inline, given.one("data")) {
        (Some(text), _) => Ok(Some(text.into_bytes())),
        (None, Some(text)) => match text.strip_prefix('@') {
            Some(path) => read_file(given, "data", path, read).map(Some),
            None => Ok(Some(text.as_bytes().to_vec())),
        },
        (None, None) => Ok(None),
    }
}

fn read_file(
    given: &Given,
    flag: &str,
    path: &str,
    read: &ReadFile,
) -> Result<Vec<u8>, UsageError> {
    let source = given.source(flag);
    if path.is_empty() {
        return Err(UsageError(format!("{source}: expected the name of a file")));
    }
    read(path).map_err(|error| {
        let shown = escape(path);
        UsageError(format!(
            "{source}: cannot read {}: {}",
            truncate(&shown, 200),
            files::plain(&error)
        ))
    })
}

fn target(given: &Given, environment: &Environment) -> Result<Target, UsageError> {
    let Some(text) = given.one("url") else {
        return Err(UsageError(
            "no URL: expected one such as http://localhost:8000/health, or HEALTHPROBE_URL; \
             see healthprobe --help"
                .to_owned(),
        ));
    };
    let source = given.source("url");
    let error = |error: SyntaxError, shown: &str| {
        UsageError::new(&source, &target::redacted(shown), &error)
    };
    let expanded = expand::expand(text, environment).map_err(|e| error(e, text))?;
    Target::parse(&expanded).map_err(|e| error(e, &expanded))
}

fn family(given: &Given, host: &Host) -> Result<Family, UsageError> {
    let family = match (given.is_on("ipv4"), given.is_on("ipv6")) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        (false, false) => Family::Any,
    };
    match (family, host) {
        (Family::V4, Host::Ip(ip)) if ip.is_ipv6() => Err(UsageError(format!(
            "{}: the URL's host is the IPv6 address {ip}",
            given.source("ipv4")
        ))),
        (Family::V6, Host::Ip(ip)) if ip.is_ipv4() => Err(UsageError(format!(
            "{}: the URL's host is the IPv4 address {ip}",
            given.source("ipv6")
        ))),
        _ => Ok(family),
    }
}

fn format(text: &str) -> Result<Format, SyntaxError> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err(SyntaxError::at(text, 0, "expected text or json")),
    }
}

fn file(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected the name of a file"));
    }
    Ok(text.to_owned())
}

fn method(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() || text.len() > 64 {
        return Err(SyntaxError::at(
            text,
            0,
            "expected a method such as GET or POST",
        ));
    }
    if let Some(offset) = text.find(|c| !is_token(c)) {
        return Err(SyntaxError::at(
            text,
            offset,
            "expected a method such as GET or POST",
        ));
    }
    if text == "CONNECT" {
        return Err(SyntaxError::at(
            text,
            0,
            "expected a method that asks for a resource",
        ));
    }
    Ok(text.to_owned())
}

/// The headers to send, and all that must not be shown.
fn headers(
    given: &Given,
    environment: &Environment,
    target: &Target,
    has_body: bool,
) -> Result<Headers, UsageError> {
    let mut headers = Headers::default();
    for text in given.many("header") {
        headers
            .add(text, environment)
            .map_err(|error| UsageError::hidden(&given.source("header"), &error))?;
    }
    let user = match given.one("user") {
        Some(text) => Some(
            headers::user(text, environment)
                .map_err(|error| UsageError::hidden(&given.source("user"), &error))?,
        ),
        None => None,
    };
    if let Some(credentials) = user.as_ref().or(target.credentials.as_ref()) {
        headers.authorize(credentials);
    }
    if let Some(query) = target.query() {
        headers.hide(query);
    }
    if has_body {
        headers.describe_body();
    }
    headers.complete();
    Ok(headers)
}
