//! The model server in the images of the Docker tests. It answers in the mode set by the last `GET /mode/...`; the
//! first argument is the initial mode. `std` only, because the tests compile it with `rustc` alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

#[derive(Clone, Copy)]
enum Mode {
    Healthy,
    Loading,
    Wrong,
    Hang,
}

impl Mode {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "healthy" => Self::Healthy,
            "loading" => Self::Loading,
            "wrong" => Self::Wrong,
            "hang" => Self::Hang,
            _ => return None,
        })
    }
}

static MODE: Mutex<Mode> = Mutex::new(Mode::Loading);

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        *MODE.lock().unwrap() = Mode::named(&name).expect("a mode");
    }
    let listener = TcpListener::bind("127.0.0.1:8000").expect("port 8000 is free");
    for stream in listener.incoming().flatten() {
        // One thread per connection, so that a hanging response does not block a mode change.
        thread::spawn(|| answer(stream));
    }
}

fn answer(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let Some(path) = path_of_request(&mut reader) else {
        return;
    };
    let mut stream = reader.into_inner();
    match reply(&path) {
        Some((status, body)) => {
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
        // Hang until the client disconnects.
        None => _ = stream.read_to_end(&mut Vec::new()),
    }
}

fn reply(path: &str) -> Option<(&'static str, &'static str)> {
    let mut mode = MODE.lock().unwrap();
    if let Some(name) = path.strip_prefix("/mode/") {
        *mode = Mode::named(name)?;
        return Some(("200 OK", r#"{"status":"ok"}"#));
    }
    match *mode {
        Mode::Healthy => Some(("200 OK", r#"{"status":"ok"}"#)),
        Mode::Loading => Some((
            "503 Service Unavailable",
            r#"{"detail":"Model not loaded"}"#,
        )),
        Mode::Wrong => Some(("200 OK", r#"{"status":"loading"}"#)),
        Mode::Hang => None,
    }
}

fn path_of_request(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    head.split(' ').nth(1).map(str::to_owned)
}
