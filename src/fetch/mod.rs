//! Request → response. The only rooms that name ureq.
//!
//! ureq speaks HTTP; resolver, connector and transport are ours, so that one
//! deadline holds over everything and every phase is measured.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;

use ureq::http;
use ureq::{Agent, BodyReader};

use crate::request::url::Scheme;
use crate::request::{BodyPolicy, Request};
#[cfg(feature = "tls")]
use crate::response::Stage;
use crate::response::{
    Body, BodyEnd, BodyError, Ending, FetchError, FetchFailure, Redirect, Response,
};

mod buffers;
mod connect;
mod progress;
mod redirect;
mod resolve;
mod socket;
#[cfg(feature = "tls")]
mod tls;
mod transport;
#[cfg(feature = "tls")]
mod tunnel;

use progress::Progress;
use resolve::HostResolver;
use transport::ProbeConnector;

/// The most of a request's body that is written at once, in bytes.
const MAX_WRITE: usize = 64 << 10;

/// An answer, and the rest of its body should somebody ask for it.
pub struct PendingResponse {
    /// What was read so far.
    pub response: Response,
    rest: UnreadBody,
}

/// The part of a body that the checks did not need.
struct UnreadBody(BodyReader<'static>);

/// Makes the request, follows redirects if it says so, and reads the answer as
/// far as the checks need it, within the request's deadline.
///
/// # Errors
/// No answer whose status and headers could be read in time.
pub fn fetch(request: &Request) -> Result<PendingResponse, Box<FetchFailure>> {
    let progress = Arc::new(Progress::start(request.timeout));
    let mut redirects = Vec::new();
    match follow(request, &progress, &mut redirects) {
        Ok(mut answer) => {
            answer.response.redirects = redirects;
            Ok(answer)
        }
        Err(error) => Err(Box::new(FetchFailure {
            error,
            phases: progress.phases(),
            redirects,
        })),
    }
}

/// Makes one request after the other until one is not redirected.
fn follow(
    request: &Request,
    progress: &Arc<Progress>,
    redirects: &mut Vec<Redirect>,
) -> Result<PendingResponse, FetchError> {
    let mut request = Cow::Borrowed(request);
    loop {
        let response = request_once(&request, progress)?;
        let status = response.status().as_u16();
        let location = response.headers().get(http::header::LOCATION);
        let Some(location) =
            location.filter(|_| request.follow_redirects && redirect::is_redirect(status))
        else {
            return answer(response, &request, progress);
        };
        if redirects.len() == redirect::MAX_REDIRECTS {
            return Err(FetchError::Redirect(format!(
                "more than {} redirects",
                redirect::MAX_REDIRECTS
            )));
        }
        let (next, redirect) = redirect::follow(&request, status, location.as_bytes())?;
        redirects.push(redirect);
        progress.redirected();
        request = Cow::Owned(next);
    }
}

/// Makes one request and reads the head of its answer.
#[cfg(feature = "tls")]
fn request_once(
    request: &Request,
    progress: &Arc<Progress>,
) -> Result<http::Response<ureq::Body>, FetchError> {
    let client = match request.url.scheme {
        Scheme::Https => {
            let client = crate::tls::Client::new(&request.tls).map_err(FetchError::Tls)?;
            progress.begin();
            Some(client)
        }
        Scheme::Http => None,
    };
    let road = ProbeConnector {
        client: client.clone(),
        ..road(request, progress)
    };
    send(road, request, progress).map_err(|error| match client {
        Some(client) => client.diagnose_close(error),
        None => diagnose_close(error, request, progress),
    })
}

/// A server that hangs up on plain HTTP may be waiting for TLS.
#[cfg(feature = "tls")]
fn diagnose_close(error: FetchError, request: &Request, progress: &Progress) -> FetchError {
    match (&error, progress.address(), progress.left(|| Stage::Wait)) {
        (FetchError::Closed { received: 0, .. }, Some(address), Ok(left))
            if request.forwarding_proxy().is_none()
                && tls::is_spoken(&address, &request.url, left) =>
        {
            FetchError::SpeaksTls
        }
        _ => error,
    }
}

#[cfg(not(feature = "tls"))]
fn request_once(
    request: &Request,
    progress: &Arc<Progress>,
) -> Result<http::Response<ureq::Body>, FetchError> {
    send(road(request, progress), request, progress)
}

/// The body as far as it is needed, and all else of the answer.
fn answer(
    response: http::Response<ureq::Body>,
    request: &Request,
    progress: &Progress,
) -> Result<PendingResponse, FetchError> {
    let (head, body) = response.into_parts();
    let Some(address) = progress.address() else {
        return Err(FetchError::Io("no connection".to_owned()));
    };
    let content_length = body.content_length();
    let mut rest = UnreadBody(body.into_reader());
    let body = rest.read_needed(request, content_length, progress);
    Ok(PendingResponse {
        response: Response {
            address,
            redirects: Vec::new(),
            tls: progress.tls(),
            status: head.status.as_u16(),
            reason_phrase: head.status.canonical_reason(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
                .collect(),
            body,
            phases: progress.phases(),
        },
        rest,
    })
}

impl PendingResponse {
    /// Reads on to at least `bytes` of the body, or as far as it goes within the
    /// deadline. For an explanation only: a failure here is none of the verdict.
    pub fn read_excerpt(&mut self, bytes: usize) {
        let body = &mut self.response.body;
        if body.end == BodyEnd::Partial {
            let enough = |body: &Body| body.bytes.len() >= bytes;
            let _ = self.rest.read_until(body, enough);
        }
    }
}

impl UnreadBody {
    fn read_needed(
        &mut self,
        request: &Request,
        content_length: Option<u64>,
        progress: &Progress,
    ) -> Body {
        let mut body = Body::default();
        let limit = request.max_body;
        let read = match &request.body_policy {
            BodyPolicy::Skip => return body,
            BodyPolicy::Full => self.read_until(&mut body, |body| body.bytes.len() > limit),
            BodyPolicy::UntilFound(texts) => {
                let mut missing: Vec<(&[u8], usize)> =
                    texts.iter().map(|text| (text.as_bytes(), 0)).collect();
                self.read_until(&mut body, |body| {
                    missing
                        .retain_mut(|(text, searched)| !contains_from(&body.bytes, text, searched));
                    missing.is_empty() || body.bytes.len() > limit
                })
            }
        };
        if let Err(error) = read {
            body.end = BodyEnd::Failed(explain_body(
                error,
                body.bytes.len(),
                content_length,
                progress,
            ));
        } else if body.bytes.len() > limit {
            body.bytes.truncate(limit);
            body.end = BodyEnd::Failed(BodyError::TooLong { limit });
        }
        progress.finished();
        body
    }

    /// Reads until there is enough or nothing more.
    fn read_until(
        &mut self,
        body: &mut Body,
        mut enough: impl FnMut(&Body) -> bool,
    ) -> io::Result<()> {
        let mut chunk = [0; 4096];
        while !enough(body) {
            match self.0.read(&mut chunk)? {
                0 => {
                    body.end = BodyEnd::Complete;
                    break;
                }
                read => body.bytes.extend_from_slice(&chunk[..read]),
            }
        }
        Ok(())
    }
}

/// Whether `text` stands in `bytes`, of which `searched` were searched before.
fn contains_from(bytes: &[u8], text: &[u8], searched: &mut usize) -> bool {
    let from = searched.saturating_sub(text.len());
    *searched = bytes.len();
    bytes[from..]
        .windows(text.len())
        .any(|window| window == text)
}

fn road(request: &Request, progress: &Arc<Progress>) -> ProbeConnector {
    let url = &request.url;
    let headers: usize = request
        .headers
        .iter()
        .map(|header| header.name.len() + header.value.expose().len() + 4)
        .sum();
    let line = request.method.len() + url.path_and_query.len() + url.authority.len();
    let head = headers + line + 64;
    ProbeConnector {
        url: url.clone(),
        via: request.via.clone(),
        is_forwarded: request.forwarding_proxy().is_some(),
        #[cfg(feature = "tls")]
        client: None,
        progress: Arc::clone(progress),
        output: match &request.data {
            Some(data) => head.max(data.len().min(MAX_WRITE)),
            None => head,
        },
    }
}

fn send(
    road: ProbeConnector,
    request: &Request,
    progress: &Arc<Progress>,
) -> Result<http::Response<ureq::Body>, FetchError> {
    let config = Agent::config_builder()
        // A proxy is used by our own connector, and the environment's are not for
        // a container that asks itself.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections(0)
        // Else the kernel keeps the last bytes of a body, or of a handshake, back until
        // the first are acknowledged.
        .no_delay(request.data.is_some() || request.url.scheme == Scheme::Https)
        .build();
    let lookup = HostResolver::new(request, progress);
    run(&Agent::with_parts(config, road, lookup), request).map_err(|error| explain(error, progress))
}

fn run(agent: &Agent, request: &Request) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(request.url.url());
    for header in &request.headers {
        builder = builder.header(&header.name, header.value.expose());
    }
    let proxy = request.forwarding_proxy();
    if let Some(authorization) = proxy.and_then(|proxy| proxy.authorization.as_ref()) {
        builder = builder.header("proxy-authorization", authorization.expose());
    }
    // These announce a body, and an empty one has a length too.
    let announces = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    match &request.data {
        Some(data) => agent.run(builder.body(data.as_slice())?),
        None if announces => agent.run(builder.body::<&[u8]>(&[])?),
        None => agent.run(builder.body(())?),
    }
}

/// ureq's error in our words. Our own errors travel through it unchanged.
fn explain(error: ureq::Error, progress: &Progress) -> FetchError {
    match error {
        ureq::Error::Other(other) => match other.downcast::<FetchError>() {
            Ok(error) => *error,
            Err(other) => FetchError::Io(other.to_string()),
        },
        // ureq's own; a reset comes from our transport, and through the branch above.
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            FetchError::Closed {
                received: progress.received(),
                ending: Ending::Closed,
            }
        }
        ureq::Error::Protocol(_) if is_tls(&progress.start_of_answer()) => FetchError::SpeaksTls,
        ureq::Error::Protocol(error) => FetchError::NotHttp {
            reason: strip_parser_name(&error.to_string()).to_owned(),
            start: progress.start_of_answer(),
        },
        ureq::Error::LargeResponseHeader(..) => FetchError::NotHttp {
            reason: "headers longer than 64 KiB".to_owned(),
            start: progress.start_of_answer(),
        },
        other => FetchError::Io(other.to_string()),
    }
}

/// The protocol's error without the name of its parser.
fn strip_parser_name(error: &str) -> &str {
    ["http parse fail: ", "http parse resulted in "]
        .iter()
        .find_map(|prefix| error.strip_prefix(prefix))
        .unwrap_or(error)
}

/// The same error where it ended the body.
fn explain_body(
    error: io::Error,
    received: usize,
    content_length: Option<u64>,
    progress: &Progress,
) -> BodyError {
    match explain(error.into(), progress) {
        FetchError::TimedOut { after, .. } => BodyError::TimedOut { after, received },
        FetchError::Closed {
            ending: Ending::MissingCloseNotify,
            ..
        } if content_length.is_none() => BodyError::MissingCloseNotify { received },
        FetchError::Closed { .. } => BodyError::Truncated {
            received,
            content_length,
        },
        FetchError::NotHttp { reason, .. } => BodyError::Malformed(reason),
        other => BodyError::Malformed(other.to_string()),
    }
}

/// Whether an answer begins as an alert of TLS does (RFC 8446, section 5.1).
fn is_tls(start: &[u8]) -> bool {
    start.starts_with(&[0x15, 0x03])
}
