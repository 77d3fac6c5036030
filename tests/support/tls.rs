//! Servers over TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::certificates::Certificate;
use super::server::{Server, response};

pub type TlsStream = StreamOwned<ServerConnection, TcpStream>;

/// The configuration of a server with this certificate.
pub fn config(certificate: &Certificate) -> ServerConfig {
    config_of(certificate.certified(), rustls::ALL_VERSIONS)
}

pub fn config_of(
    certified: Arc<CertifiedKey>,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(certified));
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver)
}

/// Answers each request with a healthy JSON body.
pub fn serve(config: ServerConfig) -> Server {
    play(config, |stream| {
        let _ = stream.write_all(response("200 OK", "{\"status\":\"ok\"}").as_bytes());
        close(stream);
    })
}

/// Reads each request's head, then handles the connection.
pub fn play(
    config: ServerConfig,
    play: impl Fn(&mut TlsStream) + Clone + Send + 'static,
) -> Server {
    let config = Arc::new(config);
    Server::unread("127.0.0.1:0", move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream.try_clone().unwrap());
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) => request.push(byte[0]),
                _ => return close(&mut stream),
            }
        }
        play(&mut stream);
    })
}

/// Closes TLS properly, after sending pending alerts.
pub fn close(stream: &mut TlsStream) {
    stream.conn.send_close_notify();
    let _ = stream.conn.complete_io(&mut stream.sock);
}
