//! The model server in the pipelines' images: its prediction is the content of `/model.json`. It loads for a while
//! after the first request; with an empty file, for ever. `std` only, because the tests compile it with `rustc`
//! alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const LOADING: Duration = Duration::from_millis(500);

fn main() {
    let model = std::fs::read_to_string("/model.json").unwrap_or_default();
    let mut asked = None;
    let listener = TcpListener::bind("0.0.0.0:8000").expect("port 8000 is free");
    // Tests wait for this line.
    println!("model server, model of {} bytes", model.len());
    for stream in listener.incoming().flatten() {
        let is_loaded =
            !model.is_empty() && asked.get_or_insert_with(Instant::now).elapsed() > LOADING;
        _ = answer(stream, is_loaded.then_some(&model));
    }
}

fn answer(stream: TcpStream, model: Option<&String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, body) = match (head.split(' ').nth(1), model) {
        (_, None) => (
            "503 Service Unavailable",
            r#"{"detail":"Model not loaded"}"#,
        ),
        (Some("/health"), _) => ("200 OK", r#"{"status":"ok","model":{"loaded":true}}"#),
        (_, Some(prediction)) => ("200 OK", prediction.as_str()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    reader.into_inner().write_all((head + body).as_bytes())
}
