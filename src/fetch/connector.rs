//! Connects to the URL's server, directly or through a proxy, with TLS if the URL says so.

use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};

use super::connect;
use super::context::Context;
use super::error::into_ureq_error;
use super::resolve::HostAddresses;
use super::socket::Socket;
use super::tls::{self, Client};
use super::transport::{ProbeTransport, Stream};
use crate::request::url::Url;
use crate::request::{Destination, Family, Request, Via};
use crate::response::FetchError;

/// Maximum number of bytes of a request's body that are written at once.
const MAX_WRITE: usize = 64 << 10;

/// Finds no address. The connector looks names up itself: ureq's list has room for 16.
#[derive(Debug)]
pub(super) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

#[derive(Debug)]
pub(super) struct ProbeConnector {
    url: Url,
    via: Via,
    family: Family,
    /// Whether a proxy forwards the request and so needs the whole URL.
    is_forwarded: bool,
    /// `None` for plain HTTP.
    client: Option<Client>,
    context: Arc<Context>,
    /// The size of the output buffer, which has to hold the longest header, in bytes.
    output_size: usize,
}

impl Connector for ProbeConnector {
    type Out = ProbeTransport;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<ProbeTransport>, ureq::Error> {
        self.open(details).map(Some).map_err(into_ureq_error)
    }
}

impl ProbeConnector {
    pub(super) fn new(request: &Request, client: Option<Client>, context: &Arc<Context>) -> Self {
        Self {
            url: request.url.clone(),
            via: request.via.clone(),
            family: request.family,
            is_forwarded: request.forwarding_proxy().is_some(),
            client,
            context: Arc::clone(context),
            output_size: output_size(request),
        }
    }

    fn connect_socket(&self, no_delay: bool) -> Result<Socket, FetchError> {
        match self.via.destination(&self.url) {
            Destination::Host(host, port) => {
                let deadline = self.context.deadline;
                let mut addresses = HostAddresses::of(host, port, self.family, deadline)?;
                connect::tcp(&mut addresses, no_delay, &self.context)
            }
            Destination::Unix(path) => connect::unix(path, &self.context),
        }
    }

    fn open(&self, details: &ConnectionDetails) -> Result<ProbeTransport, FetchError> {
        let socket = self.connect_socket(details.config.no_delay());
        let socket = match &self.via {
            Via::Proxy(_) => socket.map_err(FetchError::reaching_proxy)?,
            Via::Direct | Via::Endpoint(_) | Via::Unix(_) => socket?,
        };
        let stream = match &self.client {
            Some(client) => {
                let stream = tls::open(client, socket, &self.url, &self.via, &self.context)?;
                Stream::Tls(Box::new(stream))
            }
            None => Stream::Plain(socket),
        };
        let forwarded_to = self
            .is_forwarded
            .then(|| format!("http://{}", self.url.authority));
        Ok(ProbeTransport::new(
            stream,
            self.output_size,
            forwarded_to,
            Arc::clone(&self.context),
        ))
    }
}

fn output_size(request: &Request) -> usize {
    let url = &request.url;
    let headers: usize = request
        .headers
        .iter()
        .map(|header| header.name.len() + header.value.expose().len() + 4)
        .sum();
    let line = request.method.len() + url.path_and_query.len() + url.authority.len();
    let head = headers + line + 64;
    match &request.data {
        Some(data) => head.max(data.len().min(MAX_WRITE)),
        None => head,
    }
}
