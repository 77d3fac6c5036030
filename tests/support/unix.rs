//! Servers on unix sockets.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;

/// A path for a socket. Short, because a socket's path has at most 107 bytes.
pub fn socket_path(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("hp-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path.to_str().unwrap().to_owned()
}

/// Answers one connection after the other; returns a channel of the requests.
pub fn unix_server(path: &str, answer: &'static str) -> mpsc::Receiver<String> {
    unix_server_on(UnixListener::bind(path).unwrap(), answer)
}

/// As `unix_server`, for a listener.
pub fn unix_server_on(listener: UnixListener, answer: &'static str) -> mpsc::Receiver<String> {
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let _ = sender.send(String::from_utf8_lossy(&request[..length]).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    requests
}
