//! Sends one request with ureq, over a connection of our own.

use std::sync::Arc;

use ureq::{Agent, http};

use super::connector::{NoResolver, ProbeConnector};
use super::context::Context;
use super::error;
use super::tls::Client;
use crate::request::Request;
use crate::request::url::Scheme;
use crate::response::FetchError;

/// Sends the request and reads the head of the response.
pub(super) fn send(
    request: &Request,
    client: Option<Client>,
    context: &Arc<Context>,
) -> Result<http::Response<ureq::Body>, FetchError> {
    let config = Agent::config_builder()
        // Our connector handles the proxy. Those of the environment are meant for other
        // hosts than a container that asks itself.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections(0)
        // Otherwise the kernel holds back the last bytes of a body, or of a handshake,
        // until the first are acknowledged.
        .no_delay(request.data.is_some() || request.url.scheme == Scheme::Https)
        .build();
    let connector = ProbeConnector::new(request, client, context);
    run(&Agent::with_parts(config, connector, NoResolver), request)
        .map_err(|error| error::from_ureq(error, context))
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
    // These methods announce a body, so an empty one needs its length too.
    let announces_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    match &request.data {
        Some(data) => agent.run(builder.body(data.as_slice())?),
        None if announces_body => agent.run(builder.body::<&[u8]>(&[])?),
        None => agent.run(builder.body(())?),
    }
}
