//! Arguments → request.

use std::time::Duration;

use super::error::{Mismatch, PlanError};
use super::expand::expand;
use super::headers::{self, Headers};
use super::planner::{Planner, path};
use crate::args::DEFAULT_TIMEOUT;
use crate::args::flags::{
    BEARER_FILE, CONNECT_TO, DATA, Flag, HEADER, IPV4, IPV6, LOCATION, MAX_BODY, PROXY, REQUEST,
    TIMEOUT, UNIX_SOCKET, URL, USER, Value,
};
use crate::inputs::Input;
use crate::request::endpoint::{Endpoint, Host};
use crate::request::header::is_token;
use crate::request::secret::Secret;
use crate::request::url::{Scheme, Url, redact};
use crate::request::{BodyPolicy, Destination, Family, Proxy, Request, Via};
use crate::status::StatusSet;
use crate::syntax::SyntaxError;
use crate::text::{escape, truncate};
use crate::{duration, size};

const DEFAULT_MAX_BODY: usize = 1 << 20;

/// Maximum length of a variable's value in an error message, in bytes.
const MAX_VARIABLE_LEN: usize = 100;

/// Maximum length of a Unix socket's path, or of its name after `@`: what `sockaddr_un` has
/// room for (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

impl Planner<'_> {
    /// The URL to probe.
    pub(super) fn target(&self) -> Result<Url, PlanError> {
        match self.args.value(URL) {
            Some(text) => self.url(URL, text),
            None => Err(PlanError::MissingUrl),
        }
    }

    /// The request, and all texts that must not be shown.
    pub(super) fn request(
        &self,
        url: Url,
        inline_data: Option<String>,
        body_policy: BodyPolicy,
        head_only: StatusSet,
    ) -> Result<(Request, Vec<Secret>), PlanError> {
        let data = match inline_data {
            Some(text) => Some(text.into_bytes()),
            None => self.data()?,
        };
        let default_method = if data.is_some() { "POST" } else { "GET" };
        let method = self.parse(REQUEST, method)?;
        let method = method.unwrap_or_else(|| default_method.to_owned());
        if method == "HEAD" && data.is_some() {
            let data = self.args.origin(DATA);
            return Err(self.mismatch(REQUEST, Mismatch::HeadWithBody(data)));
        }
        if method == "HEAD" && body_policy != BodyPolicy::Skip {
            return Err(self.mismatch(REQUEST, Mismatch::HeadWithBodyCheck));
        }
        let max_body = self.parse(MAX_BODY, size::parse)?;
        let max_body = max_body.unwrap_or(DEFAULT_MAX_BODY);
        if max_body == 0 && body_policy != BodyPolicy::Skip {
            return Err(self.mismatch(MAX_BODY, Mismatch::NoBodyForCheck));
        }
        let mut headers = self.headers(&url, data.is_some())?;
        let via = self.via(&mut headers)?;
        let request = Request {
            method,
            url,
            headers: headers.sent,
            data,
            timeout: self
                .parse(TIMEOUT, duration::parse)?
                .unwrap_or(DEFAULT_TIMEOUT),
            spent: Duration::ZERO,
            via,
            family: Family::Any,
            follow_redirects: self.args.is_set(LOCATION),
            tls: self.tls_settings()?,
            body_policy,
            head_only,
            max_body,
        };
        let family = self.family(request.via.destination(&request.url))?;
        Ok((Request { family, ..request }, headers.secrets))
    }

    /// The body to send: text, a file or standard input.
    fn data(&self) -> Result<Option<Vec<u8>>, PlanError> {
        let Some(text) = self.args.value(DATA) else {
            return Ok(None);
        };
        match text.strip_prefix('@') {
            Some(path) => self.read_input(DATA, Input::or_stdin(path)).map(Some),
            None => Ok(Some(text.as_bytes().to_vec())),
        }
    }

    fn url(&self, flag: Flag<Value>, text: &str) -> Result<Url, PlanError> {
        let expanded =
            expand(text, self.environment).map_err(|error| self.syntax_error(flag, text, error))?;
        Url::parse(&expanded.text).map_err(|error| {
            match expanded.variable_at(error.column) {
                // Not of a value in the credentials or the query.
                Some((variable, value)) if redact(&expanded.text).contains(value) => {
                    let value = escape(value);
                    let value = truncate(&value, MAX_VARIABLE_LEN);
                    let reason = format!("{} is \"{value}\"; {}", variable.name, error.expected);
                    let error = SyntaxError::at(text, variable.offset, reason);
                    self.syntax_error(flag, text, error)
                }
                _ => self.syntax_error(flag, &expanded.text, error),
            }
        })
    }

    /// What to connect to. Of the three ways around the URL's host, at most one is set.
    fn via(&self, headers: &mut Headers) -> Result<Via, PlanError> {
        if let Some(endpoint) = self.parse(CONNECT_TO, Endpoint::parse)? {
            return Ok(Via::Endpoint(endpoint));
        }
        if let Some(path) = self.parse(UNIX_SOCKET, socket_path)? {
            return Ok(Via::Unix(path));
        }
        match self.args.value(PROXY) {
            Some(text) => self.proxy(text, headers).map(Via::Proxy),
            None => Ok(Via::Direct),
        }
    }

    fn proxy(&self, text: &str, headers: &mut Headers) -> Result<Proxy, PlanError> {
        let url = self.url(PROXY, text)?;
        if url.scheme != Scheme::Http || url.path_and_query != "/" {
            let shown = url.redacted();
            return Err(self.mismatch(PROXY, Mismatch::NotAnHttpProxy { shown }));
        }
        let credentials = url.credentials.as_ref();
        Ok(Proxy {
            authorization: credentials.map(|credentials| headers.basic(credentials)),
            host: url.host,
            port: url.port,
        })
    }

    fn family(&self, destination: Destination) -> Result<Family, PlanError> {
        let (family, flag) = match (self.args.is_set(IPV4), self.args.is_set(IPV6)) {
            (true, _) => (Family::V4, IPV4),
            (_, true) => (Family::V6, IPV6),
            (false, false) => return Ok(Family::Any),
        };
        match destination {
            Destination::Host(Host::Ip(ip), _) if ip.is_ipv4() != (family == Family::V4) => {
                Err(self.mismatch(flag, Mismatch::Family(*ip)))
            }
            _ => Ok(family),
        }
    }

    fn headers(&self, url: &Url, has_body: bool) -> Result<Headers, PlanError> {
        let mut headers = Headers::default();
        for text in self.args.values(HEADER) {
            match text.strip_prefix('@') {
                Some(path) => headers
                    .add_file(&self.read_text(HEADER, path)?)
                    .map_err(|error| self.content_error(HEADER, path, error))?,
                None => headers
                    .add(text, self.environment)
                    .map_err(|error| self.syntax_error(HEADER, text, error))?,
            }
        }
        if let Some(path) = self.args.value(BEARER_FILE) {
            headers
                .bearer_token(&self.read_text(BEARER_FILE, path)?)
                .map_err(|error| self.content_error(BEARER_FILE, path, error))?;
        }
        let user = self.parse(USER, |text| headers::user(text, self.environment))?;
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
}

fn socket_path(text: &str) -> Result<String, SyntaxError> {
    let path = path(text)?;
    let (name, expected) = match path.strip_prefix('@') {
        Some("") => return Err(SyntaxError::at(text, 1, "expected the name of a socket")),
        Some(name) => (name, "a name"),
        None => (path.as_str(), "a path"),
    };
    if name.len() > MAX_SOCKET_PATH {
        return Err(SyntaxError::at(
            text,
            path.len() - name.len() + MAX_SOCKET_PATH,
            format!("expected {expected} of at most {MAX_SOCKET_PATH} bytes"),
        ));
    }
    Ok(path)
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
            "expected a method that requests a resource",
        ));
    }
    Ok(text.to_owned())
}
