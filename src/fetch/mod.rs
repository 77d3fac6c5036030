//! Plan → exchange. The only rooms that name ureq.
//!
//! ureq speaks HTTP; resolver, connector and transport are ours, so that one
//! deadline holds over everything and every phase is measured.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use ureq::http;
use ureq::{Agent, BodyReader};

use crate::exchange::{Body, BodyEnd, BodyError, BodyNeed, Exchange, FetchError, Phases};
use crate::plan::Request;

mod buffers;
mod connect;
mod progress;
mod resolve;

use connect::TcpConnector;
use progress::Progress;
use resolve::Lookup;

/// The most of a request's body that is written at once, in bytes.
const LARGEST_WRITE: usize = 64 << 10;

/// An answer, and the rest of its body should somebody ask for it.
pub struct Answer {
    /// What was read so far.
    pub exchange: Exchange,
    rest: Rest,
}

/// The part of a body that the checks did not need.
struct Rest(BodyReader<'static>);

/// A probe that ended without an answer, and how long each phase took until then.
#[derive(Debug)]
pub struct NoAnswer {
    /// Why.
    pub error: FetchError,
    /// How long it took.
    pub phases: Phases,
}

/// Makes the request and reads its answer as far as the checks need it, within
/// the request's deadline.
///
/// # Errors
/// No answer whose status and headers could be read in time.
pub fn fetch(request: &Request) -> Result<Answer, NoAnswer> {
    let progress = Arc::new(Progress::start(request.timeout));
    let no_answer = |error: FetchError| NoAnswer {
        error,
        phases: progress.phases(),
    };
    let response = send(&agent(request, &progress), request)
        .map_err(|error| no_answer(explain(error, &progress)))?;
    let (head, body) = response.into_parts();
    let Some(address) = progress.address() else {
        return Err(no_answer(FetchError::Io("no connection".to_owned())));
    };
    let promised = body.content_length();
    let mut rest = Rest(body.into_reader());
    let body = rest.read_needed(request, promised, &progress);
    Ok(Answer {
        exchange: Exchange {
            address,
            status: head.status.as_u16(),
            phrase: head.status.canonical_reason(),
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

impl Answer {
    /// Reads on to at least `bytes` of the body, or as far as it goes within the
    /// deadline. For an explanation only: a failure here is none of the verdict.
    pub fn read_excerpt(&mut self, bytes: usize) {
        let body = &mut self.exchange.body;
        if body.end == BodyEnd::Enough {
            let enough = |body: &Body| body.bytes.len() >= bytes;
            let _ = self.rest.read_until(body, enough);
        }
    }
}

impl Rest {
    fn read_needed(
        &mut self,
        request: &Request,
        promised: Option<u64>,
        progress: &Progress,
    ) -> Body {
        let mut body = Body::default();
        let limit = request.max_body;
        let read = match &request.body_need {
            BodyNeed::Nothing => return body,
            BodyNeed::Whole => self.read_until(&mut body, |body| body.bytes.len() > limit),
            BodyNeed::Texts(texts) => {
                let mut missing: Vec<(&[u8], usize)> =
                    texts.iter().map(|text| (text.as_bytes(), 0)).collect();
                self.read_until(&mut body, |body| {
                    missing.retain_mut(|(text, searched)| !found(&body.bytes, text, searched));
                    missing.is_empty() || body.bytes.len() > limit
                })
            }
        };
        if let Err(error) = read {
            body.end = BodyEnd::Failed(explain_body(error, body.bytes.len(), promised, progress));
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
                    body.end = BodyEnd::Whole;
                    break;
                }
                read => body.bytes.extend_from_slice(&chunk[..read]),
            }
        }
        Ok(())
    }
}

/// Whether `text` stands in `bytes`, of which `searched` were searched before.
fn found(bytes: &[u8], text: &[u8], searched: &mut usize) -> bool {
    let from = searched.saturating_sub(text.len());
    *searched = bytes.len();
    bytes[from..]
        .windows(text.len())
        .any(|window| window == text)
}

fn agent(request: &Request, progress: &Arc<Progress>) -> Agent {
    let config = Agent::config_builder()
        // The environment's proxies are not for a container that asks itself.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections(0)
        // Else the kernel keeps a body's last bytes back until its first are acknowledged.
        .no_delay(request.data.is_some())
        .build();
    let head_length: usize = request
        .headers
        .iter()
        .map(|header| header.name.len() + header.value.expose().len() + 4)
        .sum();
    let url_length = request.target.path_and_query.len() + request.target.authority.len();
    let head = head_length + url_length + request.method.len() + 64;
    let connector = TcpConnector {
        progress: Arc::clone(progress),
        output: match &request.data {
            Some(data) => head.max(data.len().min(LARGEST_WRITE)),
            None => head,
        },
    };
    let lookup = Lookup {
        host: request.target.host.clone(),
        port: request.target.port,
        family: request.family,
        progress: Arc::clone(progress),
    };
    Agent::with_parts(config, connector, lookup)
}

fn send(agent: &Agent, request: &Request) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let target = &request.target;
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(format!(
            "http://{}{}",
            target.authority, target.path_and_query
        ));
    for header in &request.headers {
        builder = builder.header(&header.name, header.value.expose());
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
                reset: false,
            }
        }
        ureq::Error::Protocol(error) => FetchError::NotHttp {
            reason: plain(&error.to_string()).to_owned(),
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
fn plain(error: &str) -> &str {
    ["http parse fail: ", "http parse resulted in "]
        .iter()
        .find_map(|prefix| error.strip_prefix(prefix))
        .unwrap_or(error)
}

/// The same error where it ended the body.
fn explain_body(
    error: io::Error,
    received: usize,
    promised: Option<u64>,
    progress: &Progress,
) -> BodyError {
    match explain(error.into(), progress) {
        FetchError::TimedOut { after, .. } => BodyError::TimedOut { after, received },
        FetchError::Closed { .. } => BodyError::CutShort { received, promised },
        FetchError::NotHttp { reason, .. } => BodyError::Malformed(reason),
        other => BodyError::Malformed(other.to_string()),
    }
}

/// A duration that a socket takes: never zero, which would mean no limit.
fn socket_timeout(left: Duration) -> Duration {
    left.max(Duration::from_millis(1))
}
