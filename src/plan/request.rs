//! Arguments → request.

use std::time::Duration;

use super::expand;
use super::headers::{self, Headers};
use super::{UsageError, file, parsed, read_file};
use crate::args::env::Environment;
use crate::args::{Args, ReadFile};
use crate::request::endpoint::{Endpoint, Host};
use crate::request::header::is_token;
use crate::request::secret::Secret;
use crate::request::url::{self, Scheme, Url};
use crate::request::{BodyPolicy, Family, Proxy, Request, Via};
use crate::syntax::SyntaxError;
use crate::{duration, size};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
const DEFAULT_MAX_BODY: usize = 1 << 20;

/// The longest path of a unix socket: what `sockaddr_un` has room for (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// The request, and all texts that must not be shown.
pub(super) fn read(
    args: &Args,
    environment: &Environment,
    url: Url,
    inline: Option<String>,
    body_policy: BodyPolicy,
    read: &ReadFile,
) -> Result<(Request, Vec<Secret>), UsageError> {
    let data = data(args, inline, read)?;
    let method = match args.value("request") {
        Some(text) => parsed(args, "request", text, method)?,
        None if data.is_some() => "POST".to_owned(),
        None => "GET".to_owned(),
    };
    if method == "HEAD" && data.is_some() {
        return Err(UsageError(format!(
            "{} \"HEAD\": it takes no body, which {} gives",
            args.origin("request"),
            args.origin("data")
        )));
    }
    if method == "HEAD" && body_policy != BodyPolicy::Skip {
        return Err(UsageError(format!(
            "{} \"HEAD\": the answer to HEAD has no body, which another check needs; use GET",
            args.origin("request")
        )));
    }
    let mut headers = headers(args, environment, &url, data.is_some(), read)?;
    let via = via(args, environment, &mut headers)?;
    let request = Request {
        method,
        url,
        headers: headers.sent,
        data,
        timeout: match args.value("timeout") {
            Some(text) => parsed(args, "timeout", text, duration::parse)?,
            None => DEFAULT_TIMEOUT,
        },
        via,
        family: Family::Any,
        follow_redirects: args.is_set("location"),
        #[cfg(feature = "tls")]
        tls: super::tls::settings(args, environment, read)?,
        body_policy,
        max_body: match args.value("max-body") {
            Some(text) => parsed(args, "max-body", text, size::parse)?,
            None => DEFAULT_MAX_BODY,
        },
    };
    let family = family(args, request.connect_host().map(|(host, _)| host))?;
    Ok((Request { family, ..request }, headers.secrets))
}

/// The body to send: text, a file, standard input, or the config's JSON.
fn data(
    args: &Args,
    inline: Option<String>,
    read: &ReadFile,
) -> Result<Option<Vec<u8>>, UsageError> {
    match (inline, args.value("data")) {
        (Some(text), _) => Ok(Some(text.into_bytes())),
        (None, Some(text)) => match text.strip_prefix('@') {
            Some(path) => read_file(args, "data", path, read).map(Some),
            None => Ok(Some(text.as_bytes().to_vec())),
        },
        (None, None) => Ok(None),
    }
}

pub(super) fn request_url(args: &Args, environment: &Environment) -> Result<Url, UsageError> {
    let Some(text) = args.value("url") else {
        return Err(UsageError(
            "no URL: expected one such as http://localhost:8000/health, or HEALTHPROBE_URL; \
             see healthprobe --help"
                .to_owned(),
        ));
    };
    parse_url(args, "url", text, environment)
}

fn parse_url(
    args: &Args,
    flag: &'static str,
    text: &str,
    environment: &Environment,
) -> Result<Url, UsageError> {
    let error = |error: SyntaxError, shown: &str| {
        UsageError::new(&args.origin(flag), &url::redact(shown), &error)
    };
    let expanded = expand::expand(text, environment).map_err(|e| error(e, text))?;
    Url::parse(&expanded).map_err(|e| error(e, &expanded))
}

/// What to dial instead of the URL's host; the three ways contradict each other.
fn via(args: &Args, environment: &Environment, headers: &mut Headers) -> Result<Via, UsageError> {
    if let Some(text) = args.value("connect-to") {
        return parsed(args, "connect-to", text, Endpoint::parse).map(Via::Endpoint);
    }
    if let Some(text) = args.value("unix-socket") {
        return parsed(args, "unix-socket", text, socket_path).map(Via::Unix);
    }
    let Some(text) = args.value("proxy") else {
        return Ok(Via::Direct);
    };
    let proxy = parse_url(args, "proxy", text, environment)?;
    if proxy.scheme != Scheme::Http || proxy.path_and_query != "/" {
        return Err(UsageError(format!(
            "{} \"{}\": expected an HTTP proxy such as http://proxy:3128",
            args.origin("proxy"),
            proxy.redacted()
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
    if path.len() > MAX_SOCKET_PATH {
        return Err(SyntaxError::at(
            text,
            MAX_SOCKET_PATH,
            format!("expected a path of at most {MAX_SOCKET_PATH} bytes"),
        ));
    }
    Ok(path)
}

fn family(args: &Args, host: Option<&Host>) -> Result<Family, UsageError> {
    let family = match (args.is_set("ipv4"), args.is_set("ipv6")) {
        (true, _) => Family::V4,
        (_, true) => Family::V6,
        (false, false) => Family::Any,
    };
    match (family, host) {
        (Family::V4, Some(Host::Ip(ip))) if ip.is_ipv6() => Err(UsageError(format!(
            "{}: the host to dial is the IPv6 address {ip}",
            args.origin("ipv4")
        ))),
        (Family::V6, Some(Host::Ip(ip))) if ip.is_ipv4() => Err(UsageError(format!(
            "{}: the host to dial is the IPv4 address {ip}",
            args.origin("ipv6")
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
    args: &Args,
    environment: &Environment,
    url: &Url,
    has_body: bool,
    read: &ReadFile,
) -> Result<Headers, UsageError> {
    let mut headers = Headers::default();
    for text in args.values("header") {
        if let Some(path) = text.strip_prefix('@') {
            let text = secret_file(args, "header", path, read)?;
            headers.add_file(&text).map_err(|(line, error)| {
                UsageError(format!(
                    "{} {path:?}: line {line} {error}",
                    args.origin("header")
                ))
            })?;
        } else {
            headers
                .add(text, environment)
                .map_err(|error| UsageError::hidden(&args.origin("header"), &error))?;
        }
    }
    if let Some(path) = args.value("bearer-file") {
        let text = secret_file(args, "bearer-file", path, read)?;
        headers.bearer_token(&text).map_err(|expected| {
            UsageError(format!(
                "{} {path:?}: {expected}",
                args.origin("bearer-file")
            ))
        })?;
    }
    let user = match args.value("user") {
        Some(text) => Some(
            headers::user(text, environment)
                .map_err(|error| UsageError::hidden(&args.origin("user"), &error))?,
        ),
        None => None,
    };
    if let Some(credentials) = user.as_ref().or(url.credentials.as_ref()) {
        headers.authorize(credentials);
    }
    if let Some(query) = url.query() {
        headers.mark_secret(query);
    }
    if has_body {
        headers.default_content_type();
    }
    headers.add_defaults();
    Ok(headers)
}

/// The text of a file whose content is not to be shown.
fn secret_file(
    args: &Args,
    flag: &'static str,
    path: &str,
    read: &ReadFile,
) -> Result<String, UsageError> {
    let bytes = read_file(args, flag, path, read)?;
    String::from_utf8(bytes).map_err(|_| {
        UsageError(format!(
            "{} {path:?}: expected text in UTF-8",
            args.origin(flag)
        ))
    })
}
