//! Arguments → plan: every value parsed, every conflict gone. After this,
//! nothing that the user wrote can fail any more.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::check::body::BodyCheck;
use crate::check::latency::MaxLatency;
use crate::check::{self, Check};
use crate::environment::{Given, Source};
use crate::exchange::BodyNeed;
use crate::expand::{self, Environment};
use crate::secret::Secret;
use crate::syntax::SyntaxError;
use crate::target::{self, Host, Target};
use crate::text::{escape, truncate};
use crate::{duration, size};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_MAX_BODY: usize = 1 << 20;

/// The longest header taken, in bytes: more than any server accepts.
const LONGEST_HEADER: usize = 64 << 10;

/// Headers that follow from how a probe works. Their values are not the user's to choose.
const OWN_HEADERS: [&str; 5] = [
    "connection",
    "accept-encoding",
    "content-length",
    "transfer-encoding",
    "expect",
];

/// Headers whose values say how to answer, not who asks.
const OPEN_HEADERS: [&str; 5] = [
    "accept",
    "accept-language",
    "content-type",
    "host",
    "user-agent",
];

/// What will be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request to make.
    pub request: Request,
    /// What must hold of its answer.
    pub checks: Vec<Check>,
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
    /// The deadline of the whole probe.
    pub timeout: Duration,
    /// Which addresses to use.
    pub family: Family,
    /// How much of the body the checks need.
    pub body_need: BodyNeed,
    /// The longest body that they may need, in bytes.
    pub max_body: usize,
}

/// A header to send.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name, in lower case.
    pub name: String,
    /// The value.
    pub value: Secret,
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
    pub fn new(given: &Given, environment: &Environment) -> Result<Self, UsageError> {
        let args = &given.args;
        let target = target(given, environment)?;
        let method = match &args.request {
            Some(text) => parsed(given, "request", text, method)?,
            None => "GET".to_owned(),
        };
        let checks = checks(given)?;
        let body_need = check::body_need(&checks);
        if method == "HEAD" && body_need != BodyNeed::Nothing {
            return Err(UsageError(format!(
                "{} \"HEAD\": the answer to HEAD has no body, which another check needs; use GET",
                given.source("request")
            )));
        }
        let (headers, mut secrets) = headers(given, environment, &target)?;
        if let Some(query) = target.query() {
            remember(&mut secrets, query);
        }
        Ok(Self {
            request: Request {
                method,
                headers,
                timeout: match &args.timeout {
                    Some(text) => parsed(given, "timeout", text, duration::parse)?,
                    None => DEFAULT_TIMEOUT,
                },
                family: family(given, &target.host)?,
                body_need,
                max_body: match &args.max_body {
                    Some(text) => parsed(given, "max-body", text, size::parse)?,
                    None => DEFAULT_MAX_BODY,
                },
                target,
            },
            checks,
            output: Output {
                format: match &args.output {
                    Some(text) => parsed(given, "output", text, format)?,
                    None => Format::Text,
                },
                quiet: args.quiet,
                verbose: args.verbose,
                secrets,
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

/// Reads each value of a repeatable flag as a check.
fn push_all<T>(
    checks: &mut Vec<Check>,
    given: &Given,
    flag: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, SyntaxError>,
    check: impl Fn(T) -> Check,
) -> Result<(), UsageError> {
    for text in texts {
        checks.push(check(parsed(given, flag, text, &parse)?));
    }
    Ok(())
}

fn checks(given: &Given) -> Result<Vec<Check>, UsageError> {
    let args = &given.args;
    let mut checks = vec![Check::Status(match &args.expect_status {
        Some(text) => parsed(given, "expect-status", text, FromStr::from_str)?,
        None => check::status::StatusSet::default(),
    })];
    push_all(
        &mut checks,
        given,
        "expect-header",
        &args.expect_header,
        FromStr::from_str,
        Check::Header,
    )?;
    push_all(
        &mut checks,
        given,
        "expect-body",
        &args.expect_body,
        text,
        |text| Check::Body(BodyCheck::Contains(text)),
    )?;
    push_all(
        &mut checks,
        given,
        "expect-body-regex",
        &args.expect_body_regex,
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Matches(pattern)),
    )?;
    push_all(
        &mut checks,
        given,
        "reject-body-regex",
        &args.reject_body_regex,
        FromStr::from_str,
        |pattern| Check::Body(BodyCheck::Rejects(pattern)),
    )?;
    push_all(
        &mut checks,
        given,
        "expect",
        &args.expect,
        FromStr::from_str,
        Check::Json,
    )?;
    if let Some(text) = &args.max_latency {
        checks.push(Check::Latency(MaxLatency(parsed(
            given,
            "max-latency",
            text,
            duration::parse,
        )?)));
    }
    Ok(checks)
}

fn target(given: &Given, environment: &Environment) -> Result<Target, UsageError> {
    let Some(text) = &given.args.url else {
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
    let family = match (given.args.ipv4, given.args.ipv6) {
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

fn text(text: &str) -> Result<String, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected a text to look for"));
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

/// A character of a token (RFC 9110, section 5.6.2).
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// The headers to send, and what of them is secret. Of `--header`, `--user` and
/// the URL's credentials the first that is given makes `Authorization`, as in curl.
fn headers(
    given: &Given,
    environment: &Environment,
    target: &Target,
) -> Result<(Vec<Header>, Vec<Secret>), UsageError> {
    let mut secrets = Vec::new();
    let mut headers = Vec::new();
    for text in &given.args.header {
        let header = header(text, environment)
            .map_err(|error| UsageError::hidden(&given.source("header"), &error))?;
        if !OPEN_HEADERS.contains(&header.name.as_str()) {
            remember(&mut secrets, header.value.expose());
            // `Bearer TOKEN`, of which a server may repeat the second part alone.
            if let Some((_, token)) = header.value.expose().split_once(' ') {
                remember(&mut secrets, token);
            }
        }
        headers.push(header);
    }
    let credentials = match &given.args.user {
        Some(text) => Some(
            user(text, environment)
                .map_err(|error| UsageError::hidden(&given.source("user"), &error))?,
        ),
        None => target.credentials.clone(),
    };
    if let Some(credentials) = credentials {
        let encoded = BASE64.encode(credentials.expose());
        remember(&mut secrets, credentials.expose());
        remember(&mut secrets, &encoded);
        if let Some((_, password)) = credentials.expose().split_once(':') {
            remember(&mut secrets, password);
        }
        push_default(&mut headers, "authorization", &format!("Basic {encoded}"));
    }
    let agent = concat!("healthprobe/", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        ("user-agent", agent),
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("connection", "close"),
    ] {
        push_default(&mut headers, name, value);
    }
    Ok((headers, secrets))
}

/// Adds a header unless the user gave it.
fn push_default(headers: &mut Vec<Header>, name: &str, value: &str) {
    if headers.iter().all(|header| header.name != name) {
        headers.push(Header {
            name: name.to_owned(),
            value: Secret::new(value),
        });
    }
}

/// Keeps a text to hide, longest first, so that none hides only a part of another.
/// Texts that are too short would blot out half of every line.
fn remember(secrets: &mut Vec<Secret>, text: &str) {
    const SHORTEST: usize = 4;
    if text.len() >= SHORTEST {
        let place = secrets.partition_point(|other| other.expose().len() > text.len());
        secrets.insert(place, Secret::new(text));
    }
}

fn header(text: &str, environment: &Environment) -> Result<Header, SyntaxError> {
    let (name, raw) = text
        .split_once(':')
        .ok_or_else(|| SyntaxError::at(text, text.len(), "expected NAME: VALUE"))?;
    if let Some(offset) = name.find(|c| !is_token(c)) {
        return Err(SyntaxError::at(
            text,
            offset,
            "expected a header's name without spaces, then a colon",
        ));
    }
    if name.is_empty() {
        return Err(SyntaxError::at(text, 0, "expected a header's name"));
    }
    let lower = name.to_ascii_lowercase();
    if OWN_HEADERS.contains(&lower.as_str()) {
        return Err(SyntaxError::at(
            text,
            0,
            format!("expected another header: healthprobe sets {name} itself"),
        ));
    }
    let prefix = &text[..=name.len()];
    let expanded = expand::expand(raw, environment).map_err(|error| error.after(prefix))?;
    let value = expanded.trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(SyntaxError::at(
            text,
            text.len(),
            format!("expected a value for {name}"),
        ));
    }
    if value.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return Err(SyntaxError::at(
            text,
            prefix.len(),
            format!("expected a value for {name} without line breaks or control characters"),
        ));
    }
    if value.len() > LONGEST_HEADER {
        return Err(SyntaxError::at(
            text,
            prefix.len(),
            format!("expected a value for {name} of at most 64 KiB"),
        ));
    }
    Ok(Header {
        name: lower,
        value: Secret::new(value),
    })
}

fn user(text: &str, environment: &Environment) -> Result<Secret, SyntaxError> {
    let expanded = expand::expand(text, environment)?;
    if expanded.contains(':') {
        Ok(Secret::new(expanded))
    } else {
        Err(SyntaxError::at(text, text.len(), "expected USER:PASSWORD"))
    }
}
