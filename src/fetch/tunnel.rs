//! A proxy's connection → one to the server behind it, by CONNECT (RFC 9110, section 9.3.6).

use std::io::{Read, Write};

use super::socket::{Socket, into_fetch_error};
use crate::request::Proxy;
use crate::request::url::Url;
use crate::response::FetchError;

/// The longest answer taken, in bytes.
const MAX_HEAD: usize = 16 << 10;

const MAX_HEADERS: usize = 64;

pub(super) fn open(socket: &mut Socket, proxy: &Proxy, url: &Url) -> Result<(), FetchError> {
    let server = url.host_and_port();
    let authorization = match &proxy.authorization {
        Some(value) => format!("proxy-authorization: {}\r\n", value.expose()),
        None => String::new(),
    };
    let question = format!(
        "CONNECT {server} HTTP/1.1\r\nhost: {server}\r\nuser-agent: healthprobe/{}\r\n{authorization}\r\n",
        env!("CARGO_PKG_VERSION")
    );
    socket
        .write_all(question.as_bytes())
        .map_err(into_fetch_error)?;
    let mut head = Vec::new();
    let mut byte = [0];
    // Byte by byte, for what follows the head is the server's.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(failed("its answer to CONNECT has no end"));
        }
        match socket.read(&mut byte).map_err(into_fetch_error)? {
            0 => {
                return Err(failed(
                    "it closed the connection instead of answering CONNECT",
                ));
            }
            _ => head.push(byte[0]),
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    match answer.parse(&head).ok().and(answer.code) {
        Some(200..=299) => Ok(()),
        Some(407) => Err(failed(
            "it wants credentials (407); they stand in its URL, http://USER:PASSWORD@HOST:PORT",
        )),
        Some(status) => Err(failed(&format!(
            "it answered {status} {} to CONNECT {server}",
            answer.reason.unwrap_or_default()
        ))),
        None => Err(failed("its answer to CONNECT is no HTTP")),
    }
}

fn failed(reason: &str) -> FetchError {
    FetchError::Proxy(reason.to_owned())
}
