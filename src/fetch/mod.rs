//! Request → response. Only this folder names ureq.
//!
//! ureq speaks HTTP. Resolver, connector and transport are ours, so that one deadline
//! covers everything and every phase is measured.

use std::borrow::Cow;
use std::sync::Arc;

use ureq::http;

use crate::request::Request;
use crate::response::{
    Body, FetchError, FetchFailure, Redirect, RedirectError, Response, is_redirect,
};

mod agent;
mod body;
mod buffers;
mod chunks;
mod connect;
mod connector;
mod content;
mod context;
mod deadline;
mod error;
mod head;
mod lookup;
mod redirect;
mod resolve;
mod socket;
mod timeline;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod transport;

pub use body::PendingResponse;

use body::UnreadBody;
use context::Context;

/// Makes the request, follows redirects if it says so, and reads the response as far as
/// the checks need it, all within the request's deadline.
///
/// # Errors
/// No response whose status and headers could be read in time.
pub fn fetch(request: &Request) -> Result<PendingResponse, Box<FetchFailure>> {
    let context = Arc::new(Context::start(request.timeout).started_earlier_by(request.spent));
    let mut redirects = Vec::new();
    match follow(request, &context, &mut redirects) {
        Ok(mut pending) => {
            pending.response.redirects = redirects;
            Ok(pending)
        }
        Err(error) => Err(Box::new(FetchFailure {
            error,
            phases: context.timeline.phases(),
            redirects,
        })),
    }
}

/// Makes one request after the other until one is not redirected.
fn follow(
    request: &Request,
    context: &Arc<Context>,
    redirects: &mut Vec<Redirect>,
) -> Result<PendingResponse, FetchError> {
    let mut request = Cow::Borrowed(request);
    loop {
        let response = request_once(&request, context)?;
        let status = response.status().as_u16();
        let location = response.headers().get(http::header::LOCATION);
        let Some(location) = location.filter(|_| request.follow_redirects && is_redirect(status))
        else {
            return read_response(response, &request, context);
        };
        if redirects.len() == redirect::MAX_REDIRECTS {
            return Err(FetchError::Redirect(RedirectError::TooMany {
                limit: redirect::MAX_REDIRECTS,
                status,
            }));
        }
        let (next, redirect) = redirect::follow(&request, status, location.as_bytes())
            .map_err(FetchError::Redirect)?;
        redirects.push(redirect);
        context.redirected();
        request = Cow::Owned(next);
    }
}

/// Makes one request and reads the head of its response.
fn request_once(
    request: &Request,
    context: &Arc<Context>,
) -> Result<http::Response<ureq::Body>, FetchError> {
    let client = tls::client(request, context)?;
    agent::send(request, client.clone(), context)
        .map_err(|error| tls::diagnose_close(error, client.as_ref(), request, context))
}

/// The whole response, with its body as far as it is needed.
fn read_response(
    response: http::Response<ureq::Body>,
    request: &Request,
    context: &Context,
) -> Result<PendingResponse, FetchError> {
    let (head, body) = response.into_parts();
    let address = context.lock_connection().address.clone();
    let Some(address) = address else {
        return Err(FetchError::Other("no connection".to_owned()));
    };
    let status = head.status.as_u16();
    let mut unread = UnreadBody::new(body);
    let body = if request.head_only.contains(status) {
        Body::default()
    } else {
        unread.read_needed(request, &head.headers, context)
    };
    let response = Response {
        address,
        redirects: Vec::new(),
        tls: context.lock_connection().session.clone(),
        status,
        reason_phrase: head.status.canonical_reason(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body,
        phases: context.timeline.phases(),
    };
    Ok(PendingResponse::new(response, unread))
}
