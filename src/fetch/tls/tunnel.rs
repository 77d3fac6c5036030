//! A proxy's connection → one to the server behind it, by CONNECT (RFC 9110, section 9.3.6).

use std::io::{Read, Write};

use crate::fetch::error::into_fetch_error;
use crate::fetch::socket::Socket;
use crate::request::Proxy;
use crate::request::url::Url;
use crate::response::{FetchError, ProxyError};

/// Maximum length of the response's head, in bytes.
const MAX_HEAD: usize = 16 << 10;

const MAX_HEADERS: usize = 64;

pub(super) fn open(socket: &mut Socket, proxy: &Proxy, url: &Url) -> Result<(), FetchError> {
    let server = url.host_and_port();
    let authorization = match &proxy.authorization {
        Some(value) => format!("proxy-authorization: {}\r\n", value.expose()),
        None => String::new(),
    };
    let request = format!(
        "CONNECT {server} HTTP/1.1\r\nhost: {server}\r\nuser-agent: healthprobe/{}\r\n{authorization}\r\n",
        env!("CARGO_PKG_VERSION")
    );
    socket
        .write_all(request.as_bytes())
        .map_err(into_fetch_error)?;
    let head = read_head(socket)?;
    check(&head, server).map_err(FetchError::Proxy)
}

fn read_head(socket: &mut Socket) -> Result<Vec<u8>, FetchError> {
    let mut head = Vec::new();
    let mut byte = [0];
    // Byte by byte, because what follows the head is the server's.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(FetchError::Proxy(ProxyError::HeadTooLong {
                limit: MAX_HEAD,
            }));
        }
        match socket.read(&mut byte).map_err(into_fetch_error)? {
            0 => return Err(FetchError::Proxy(ProxyError::NoResponse)),
            _ => head.push(byte[0]),
        }
    }
    Ok(head)
}

fn check(head: &[u8], server: String) -> Result<(), ProxyError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(head).ok().and(response.code) {
        Some(200..=299) => Ok(()),
        Some(407) => Err(ProxyError::CredentialsRequired),
        Some(status) => Err(ProxyError::Refused {
            status,
            reason: response.reason.unwrap_or_default().to_owned(),
            server,
        }),
        None => Err(ProxyError::NotHttp),
    }
}
