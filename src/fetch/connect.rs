//! Addresses → a connected socket.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Type};

use super::context::Context;
use super::resolve::HostAddresses;
use super::socket::{Socket, nonzero_timeout};
use crate::response::{Address, FetchError, Stage};

/// Connects to the first address that accepts. Those that are known get equal shares of the
/// time left, so that one that does not answer cannot use up that of the others.
pub(super) fn tcp(
    addresses: &mut HostAddresses,
    no_delay: bool,
    context: &Arc<Context>,
) -> Result<Socket, FetchError> {
    let mut failures: Vec<(Address, String)> = Vec::new();
    loop {
        let group = match addresses.next_group() {
            Ok(group) => group,
            // Why no connection was made says more than why no more addresses came.
            Err(_) if !failures.is_empty() => return Err(FetchError::Connect(failures)),
            Err(error) => return Err(error),
        };
        if group.is_empty() {
            return Err(FetchError::Connect(failures));
        }
        context.timeline.resolved();
        for (index, address) in group.iter().enumerate() {
            let address_tried = Address::Tcp(*address);
            let stage = || {
                let tried = failures.iter().map(|(address, _)| address.clone());
                Stage::Connect(tried.chain([address_tried.clone()]).collect())
            };
            let untried = u32::try_from(group.len() - index).unwrap_or(u32::MAX);
            let remaining = context.deadline.remaining(stage)?;
            let connected = connect(address, nonzero_timeout(remaining / untried));
            context.deadline.remaining(stage)?;
            match connected {
                Ok(stream) => {
                    if no_delay {
                        stream
                            .set_nodelay(true)
                            .map_err(|error| FetchError::Io(error.into()))?;
                    }
                    context.connected(address_tried);
                    return Ok(Socket::new(stream.into(), Arc::clone(context)));
                }
                Err(error) => failures.push((address_tried, describe_connect_error(&error))),
            }
        }
    }
}

/// A socket can be its own peer: if nobody listens on a port of the ephemeral range, the
/// system may choose it as the local one, and connecting succeeds ("simultaneous open",
/// RFC 9293, section 3.5). Such a connection is refused.
fn connect(address: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, timeout)?;
    let local = stream.local_addr()?;
    if (local.ip(), local.port()) == (address.ip(), address.port()) {
        // A plain close would keep the port in TIME-WAIT, and the server from it.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

/// Connects to a unix socket. If the server accepts no connections, that waits for as
/// long as the write timeout says (unix(7)).
pub(super) fn unix(path: &str, context: &Arc<Context>) -> Result<Socket, FetchError> {
    let address = Address::Unix(path.to_owned());
    let stage = || Stage::Connect(vec![address.clone()]);
    context.timeline.resolved();
    let remaining = context.deadline.remaining(stage)?;
    let connected = socket2::Socket::new(Domain::UNIX, Type::STREAM, None).and_then(|socket| {
        socket.set_write_timeout(Some(nonzero_timeout(remaining)))?;
        socket.connect(&unix_address(path)?)?;
        Ok(socket)
    });
    context.deadline.remaining(stage)?;
    match connected {
        Ok(socket) => {
            context.connected(address);
            Ok(Socket::new(socket, Arc::clone(context)))
        }
        Err(error) => Err(FetchError::Connect(vec![(
            address,
            describe_connect_error(&error),
        )])),
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
