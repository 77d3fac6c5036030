//! Addresses → a connected socket.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use socket2::{Domain, SockAddr, Type};

use super::context::Context;
use super::socket::{Socket, nonzero_timeout};
use crate::response::{Address, FetchError, Stage};

/// Tries each address in turn. Each gets an equal share of the time left, so that one
/// that does not answer cannot use up that of the others.
pub(super) fn tcp(
    addresses: &[SocketAddr],
    no_delay: bool,
    context: &Arc<Context>,
) -> Result<Socket, FetchError> {
    let tried = |count: usize| {
        let addresses = addresses[..count].iter();
        Stage::Connect(addresses.map(|address| Address::Tcp(*address)).collect())
    };
    let mut failures = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let untried = u32::try_from(addresses.len() - index).unwrap_or(1);
        let remaining = context.deadline.remaining(|| tried(index + 1))?;
        match TcpStream::connect_timeout(address, nonzero_timeout(remaining / untried)) {
            Ok(stream) => {
                if no_delay {
                    stream
                        .set_nodelay(true)
                        .map_err(|error| FetchError::Io(error.into()))?;
                }
                context.connected(Address::Tcp(*address));
                return Ok(Socket::new(stream.into(), Arc::clone(context)));
            }
            Err(error) => failures.push((Address::Tcp(*address), describe_connect_error(&error))),
        }
    }
    // If the deadline has passed meanwhile, that is the reason.
    context.deadline.remaining(|| tried(addresses.len()))?;
    Err(FetchError::Connect(failures))
}

/// Connects to a unix socket. If the server accepts no connections, that waits for as
/// long as the write timeout says (unix(7)).
pub(super) fn unix(path: &str, context: &Arc<Context>) -> Result<Socket, FetchError> {
    let address = Address::Unix(path.to_owned());
    let stage = || Stage::Connect(vec![address.clone()]);
    let remaining = context.deadline.remaining(stage)?;
    let connected = socket2::Socket::new(Domain::UNIX, Type::STREAM, None).and_then(|socket| {
        socket.set_write_timeout(Some(nonzero_timeout(remaining)))?;
        socket.connect(&unix_address(path)?)?;
        Ok(socket)
    });
    match connected {
        Ok(socket) => {
            context.connected(address);
            Ok(Socket::new(socket, Arc::clone(context)))
        }
        Err(error) => {
            context.deadline.remaining(stage)?;
            Err(FetchError::Connect(vec![(
                address,
                describe_connect_error(&error),
            )]))
        }
    }
}

/// On Linux, `@NAME` is a socket without a file, whose name begins with a zero byte (unix(7)).
fn unix_address(path: &str) -> io::Result<SockAddr> {
    match path.strip_prefix('@') {
        Some(name) if cfg!(target_os = "linux") => SockAddr::unix(format!("\0{name}")),
        _ => SockAddr::unix(path),
    }
}

/// The operating system's error in plain words: `connection refused`.
fn describe_connect_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        io::ErrorKind::AddrNotAvailable => "address not available".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such socket".to_owned(),
        _ => error.to_string(),
    }
}
