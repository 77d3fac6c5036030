//! Arguments → request.

use std::time::Duration;

use super::{UsageError, file, parsed, read_file};
use crate::endpoint::{Endpoint, Host};
use crate::environment::Environment;
use crate::exchange::BodyNeed;
use crate::given::{Given, ReadFile};
use crate::headers::{self, Headers, is_token};
use crate::request::{Family, Proxy, Request, Via};
use crate::secret::Secret;
use crate::syntax::SyntaxError;
use crate::target::{self, Scheme, Target};
use crate::{duration, expand, size};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_MAX_BODY: usize = 1 << 20;

/// The longest path of a unix socket: what `sockaddr_un` has room for (unix(7)).
const LONGEST_SOCKET_PATH: usize = 107;

/// The request, and all texts that must not be shown.
pub(super) fn read(
    given: &Given,
    environment: &Environment,
    target: Target,
    inline: Option<String>,
    body_need: BodyNeed,
    read: &ReadFile,
) -> Result<(Request, Vec<Secret>), UsageError> {
    let data = data(given, inline, read)?;
    let method = match given.one("request") {
        Some(text) => parsed(given, "request", text, method)?,
        None if data.is_some() => "POST".to_owned(),
        None => "GET".to_owned(),
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
    let mut headers = headers(given, environment, &target, data.is_some(), read)?;
    let via = via(given, environment, &mut headers)?;
    let request = Request {
        method,
        target,
        headers: headers.sent,
        data,
        timeout: match given.one("timeout") {
            Some(text) => parsed(given, "timeout", text, duration::parse)?,
            None => DEFAULT_TIMEOUT,
        },
        via,
        family: Family::Any,
        location: given.is_on("location"),
        #[cfg(feature = "tls")]
        tls: super::tls::settings(given, environment, read)?,
        body_need,
        max_body: match given.one("max-body") {
            Some(text) => parsed(given, "max-body", text, size::parse)?,
            None => DEFAULT_MAX_BODY,
        },
    };
    let family = family(given, request.dialled().map(|(host, _)| host))?;
    Ok((Request { family, ..request }, headers.secrets))
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

pub(super) fn target(given: &Given, environment: &Environment) -> Result<Target, UsageError> {
    let Some(text) = given.one("url") else {
        return Err(UsageError(
            "no URL: expected one such as http://localhost:8000/health, or HEALTHPROBE_URL; \
             see healthprobe --help"
                .to_owned(),
        ));
    };
    url(given, "url", text, environment)
}

fn url(
    given: &Given,
    flag: &'static str,
    text: &str,
    environment: &Environment,
) -> Result<Target, UsageError> {
    let error = |error: SyntaxError, shown: &str| {
        UsageError::new(&given.source(flag), &target::redacted(shown), &error)
    };
    let expanded = expand::expand(text, environment).map_err(|e| error(e, text))?;
    Target::parse(&expanded).map_err(|e| error(e, &expanded))
}

/// What to dial instead of the URL's host; the three ways contradict each other.
fn via(given: &Given, environment: &Environment, headers: &mut Headers) -> Result<Via, UsageError> {
    if let Some(text) = given.one("connect-to") {
        return parsed(given, "connect-to", text, Endpoint::parse).map(Via::Endpoint);
    }
    if let Some(text) = given.one("unix-socket") {
        return parsed(given, "unix-socket", text, socket_path).map(Via::Unix);
    }
    let Some(text) = given.one("proxy") else {
        return Ok(Via::Direct);
    };
    let proxy = url(given, "proxy", text, environment)?;
    if proxy.scheme != Scheme::Http || proxy.path_and_query != "/" {
        return Err(UsageError(format!(
            "{} \"{}\": expected an HTTP proxy such as http://proxy:3128",
            given.source("proxy"),
            proxy.shown()
        )));
    }
    let credentials = proxy.credentials.as_ref();
    Ok(Via::Proxy(Proxy {
        authorization: credentials.map(|credentials| headers.basic(credentials)),
        host: proxy.host,
        port: proxy.port,
    }))
}

fn socket_path(text: &str) -> Result<String, SyntaxError> {
    let path = file(text)?;
    if path.len() > LONGEST_SOCKET_PATH {
        return Err(SyntaxError::at(
            text,
            LONGEST_SOCKET_PATH,
            format!("expected a path of at most {LONGEST_SOCKET_PATH} bytes"),
        ));
    }
    Ok(path)
}

fn family(given: &Given, host: Option<&Host>) -> Result<Family, UsageError> {
    let family = match (given.is_on("ipv4"), given.is_on("ipv6")) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        (false, false) => Family::Any,
    };
    match (family, host) {
        (Family::V4, Some(Host::Ip(ip))) if ip.is_ipv6() => Err(UsageError(format!(
            "{}: the host to dial is the IPv6 address {ip}",
            given.source("ipv4")
        ))),
        (Family::V6, Some(Host::Ip(ip))) if ip.is_ipv4() => Err(UsageError(format!(
            "{}: the host to dial is the IPv4 address {ip}",
            given.source("ipv6")
        ))),
        _ => Ok(family),
    }
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
    read: &ReadFile,
) -> Result<Headers, UsageError> {
    let mut headers = Headers::default();
    for text in given.many("header") {
        if let Some(path) = text.strip_prefix('@') {
            let text = secret_file(given, "header", path, read)?;
            headers.add_file(&text).map_err(|(line, error)| {
                UsageError(format!(
                    "{} {path:?}: line {line} {error}",
                    given.source("header")
                ))
            })?;
        } else {
            headers
                .add(text, environment)
                .map_err(|error| UsageError::hidden(&given.source("header"), &error))?;
        }
    }
    if let Some(path) = given.one("bearer-file") {
        let text = secret_file(given, "bearer-file", path, read)?;
        headers.bear(&text).map_err(|expected| {
            UsageError(format!(
                "{} {path:?}: {expected}",
                given.source("bearer-file")
            ))
        })?;
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

/// The text of a file whose content is not to be shown.
fn secret_file(
    given: &Given,
    flag: &'static str,
    path: &str,
    read: &ReadFile,
) -> Result<String, UsageError> {
    let bytes = read_file(given, flag, path, read)?;
    String::from_utf8(bytes).map_err(|_| {
        UsageError(format!(
            "{} {path:?}: expected text in UTF-8",
            given.source(flag)
        ))
    })
}
