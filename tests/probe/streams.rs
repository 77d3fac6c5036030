//! JSON checks of a stream of documents, which is one array to them.

use std::fs;
use std::io::Write;
use std::sync::mpsc;

use crate::support::{PATIENCE, Server, file, hold};

/// A response of this type, whose body ends with the connection.
fn until_closed(content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

/// The same in chunks of one byte, without the last chunk.
fn dripping(content_type: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let chunks = body
        .bytes()
        .map(|byte| [b"1\r\n", &[byte][..], b"\r\n"].concat());
    [head.into_bytes(), chunks.collect::<Vec<_>>().concat()].concat()
}

fn events(body: impl AsRef<[u8]>) -> Server {
    Server::answering(until_closed("text/event-stream", body))
}

fn lines(body: impl AsRef<[u8]>) -> Server {
    Server::answering(until_closed("application/x-ndjson", body))
}

/// A chat completion of `OpenAI`'s API.
const CHAT: &str = "\
: keep-alive\n\n\
data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"Par\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"is\"},\"finish_reason\":\"stop\"}]}\n\n\
data: [DONE]\n\n";

/// A generation of Ollama.
const GENERATED: &str = "\
{\"response\":\"Par\",\"done\":false}\n\
{\"response\":\"is\",\"done\":false}\n\
{\"response\":\"\",\"done\":true,\"eval_count\":2}\n";

const ENDS: &[&str] = &[
    "-e",
    "[-1].done=true",
    "-e",
    "count([?@.error])=0",
    "-e",
    "length($)=3",
];

#[test]
fn the_documents_are_one_array() {
    events(CHAT).assert_healthy(&[
        "-e",
        "[0].choices[0].delta.role=assistant",
        "-e",
        "count([?@.error])=0",
        "-e",
        "[-1].choices[0].finish_reason=stop",
        "-e",
        "length($)=3",
    ]);
    let records = format!("\u{1e}{}", GENERATED.trim_end().replace('\n', "\n\u{1e}"));
    let as_events = format!(
        "data: {}\n\n",
        GENERATED.trim_end().replace('\n', "\n\ndata: ")
    );
    for (content_type, body) in [
        ("application/x-ndjson", GENERATED),
        ("Application/X-NDJSON; charset=utf-8", GENERATED.trim_end()),
        ("application/jsonl", &GENERATED.replace('\n', "\r\n\r\n")),
        ("application/json-seq", &records),
        ("application/json-seq", &format!("{records}\n")),
        ("TEXT/event-stream;charset=UTF-8", &as_events),
        ("text/event-stream", &as_events.replace('\n', "\r")),
        ("text/event-stream", &as_events.replace('\n', "\r\n")),
        ("text/event-stream", &format!("\u{feff}{as_events}")),
        ("application/x-ndjson", &format!("\u{feff}{GENERATED}")),
    ] {
        Server::answering(until_closed(content_type, body)).assert_healthy(ENDS);
        let chunks = [dripping(content_type, body), b"0\r\n\r\n".to_vec()].concat();
        Server::answering(chunks).assert_healthy(ENDS);
    }
    // Lines of any other type are not one document.
    Server::json("[{\"done\":true}]").assert_healthy(&["-e", "[-1].done=true"]);
}

#[test]
fn an_error_in_a_stream_of_status_200_is_found() {
    let body = CHAT.replace("data: [DONE]", "data: {\"error\":{\"code\":500}}");
    events(body).assert_unhealthy(
        &["-e", "count([?@.error])=0"],
        "count([?@.error]) is 1, expected 0",
        " in <t>",
    );
    let body = GENERATED.replace("\"done\":true", "\"error\":\"out of memory\"");
    lines(body).assert_unhealthy(
        &["-e", "[-1].done=true"],
        "[-1].done is missing, expected true",
        " in <t>; body: {\"response\":\"Par\",\"done\":false} {\"response\":\"is\",\"done\":false} \
         {\"response\":\"\",\"error\":\"out of memory\",\"eval_count\":2}",
    );
}

#[test]
fn the_name_of_an_event_is_checked_as_text() {
    let rejects = &[
        "-e",
        "count([?@.error])=0",
        "--reject-body-regex",
        "(?m)^event: ?error",
    ];
    events("data: {\"a\":\"event: error\"}\n\n").assert_healthy(rejects);
    events("data: {}\r\n\r\nevent:error\r\ndata: {}\r\n\r\n").assert_unhealthy(
        rejects,
        "body contains \"event:error\", rejected by (?m)^event: ?error",
        " in <t>; body: data: {} event:error data: {}",
    );
}

#[test]
fn each_document_is_read_as_one_alone_is() {
    let body = "{\"a\":1}\n{\"a\":NaN,\"b\":\"\\ud83d\"}\n{\"a\":18446744073709551615}\n";
    lines(body).assert_unhealthy(
        &["-e", "[*].a>0"],
        "[1].a is NaN, expected a number > 0",
        " in <t>",
    );
    lines(body).assert_healthy(&["-e", "[1].b=\u{fffd}", "-e", "[2].a=18446744073709551615"]);
    // JSON's own escapes of line ends are no line ends, and those of `data` are white space.
    events("data: {\"a\":\"x\\n\\ndata: y\",\ndata: \"b\":\ndata:  2}\n\n").assert_healthy(&[
        "-e",
        "[0].b=2",
        "-e",
        "[0].a=\"x\\n\\ndata: y\"",
    ]);
    let nested = |levels| format!("{}{}\n", "[".repeat(levels), "]".repeat(levels));
    lines(nested(127)).assert_healthy(&["-e", "length($)=1"]);
    let outcome = lines(nested(128)).probe(&["127.0.0.1:PORT", "-e", "length($)=1"]);
    outcome.assert_starts(
        "unhealthy: body is nested deeper than 128 levels at line 1 column 128 in document 1; GET ",
    );
}

#[test]
fn a_document_that_is_not_json_is_named() {
    for (server, reason) in [
        (
            events(CHAT.replace("\"Par\"", "\"Par\",")),
            "is not JSON: trailing comma at line 1 column 39 in document 2",
        ),
        (
            events("data: {\"a\":\ndata: tru}\n\n"),
            "is not JSON: expected ident at line 2 column 4 in document 1",
        ),
        (
            lines("{}\n\n{\"a\":1\n"),
            "is not JSON: it is cut short at line 1 column 6 in document 2",
        ),
        (
            lines("{}\n{} {}\n"),
            "is not one JSON document: more follows at line 1 column 4 in document 2",
        ),
        (
            lines("{}\n<html>\n"),
            "is not JSON: it looks like HTML or XML at line 1 column 1 in document 2",
        ),
        // What it looks like is no advice where the type is right.
        (
            events("data: {\"a\":1}\ndata: {\"a\":2}\n\n"),
            "is not one JSON document: more follows at line 2 column 1 in document 1",
        ),
        (
            events("data: {}\n\ndata: data: {\"a\":1}\n\n"),
            "is not JSON: it looks like server-sent events at line 1 column 1 in document 2",
        ),
        (
            lines("{}\r{}\r"),
            "is not one JSON document: more follows at line 1 column 4 in document 1",
        ),
        (
            Server::answering(until_closed("application/json-seq", "\u{1e}{}\n{}\n")),
            "is not one JSON document: more follows at line 2 column 1 in document 1",
        ),
        (
            Server::answering(until_closed("application/json-seq", "\u{1e}{}\n\u{1e}{\n")),
            "is not JSON: it is cut short at line 2 column 1 in document 2",
        ),
    ] {
        let outcome = server.probe(&["127.0.0.1:PORT", "-e", "length($)>0", "-e", "[0]"]);
        outcome.assert_starts(format!(
            "unhealthy: body {reason}; GET http://127.0.0.1:PORT/ in <t>; body: "
        ));
    }
}

/// A browser drops what such a stream ends with, where the error may be.
#[test]
fn a_stream_that_is_cut_short_is_unhealthy() {
    let check = ["127.0.0.1:PORT", "-e", "count([?@.error])=0"];
    let body = "data: {\"a\":1}\n\ndata: {\"error\":2}\n";
    events(body).probe(&check).assert_starts(
        "unhealthy: body is cut short: expected a blank line after the event in document 2; ",
    );
    events(&CHAT[..CHAT.len() - 20])
        .probe(&check)
        .assert_starts(
            "unhealthy: body is cut short: expected a blank line after the event in document 3; ",
        );
    // Nothing of the documents is missing here.
    events(CHAT.trim_end()).assert_healthy(&check[1..]);
    Server::answering(until_closed("application/json-seq", "\u{1e}{}\n\u{1e}12"))
        .probe(&check)
        .assert_starts(
            "unhealthy: body is cut short: expected a line feed after the value in document 2; ",
        );
    // Without the last chunk, the response itself is cut short, after any document.
    Server::answering(dripping("text/event-stream", CHAT))
        .probe(&check)
        .assert_starts(format!(
            "unhealthy: body cut short after {} bytes; ",
            CHAT.len()
        ));
    Server::answering(dripping("application/jsonl", GENERATED))
        .probe(&check)
        .assert_starts(format!(
            "unhealthy: body cut short after {} bytes; ",
            GENERATED.len()
        ));
}

#[test]
fn a_body_that_is_not_such_a_stream_is_not_an_empty_one() {
    let reason = "body is not an event stream: expected a field such as data at line";
    for (body, line) in [
        ("{\"error\":\"overloaded\"}\n", 1),
        ("<!DOCTYPE html>\n<p>Bad gateway</p>", 1),
        ("upstream connect error", 1),
        ("Overloaded\n\n", 1),
        ("data: {}\n\nerror: {\"code\":500}\n\n", 3),
        ("data: {}\n\nError: out of memory\n\n", 3),
    ] {
        events(body).assert_unhealthy(
            &["-e", "count([?@.error])=0"],
            &format!("{reason} {line} column 1"),
            &format!(
                " in <t>; body: {}",
                body.split_whitespace().collect::<Vec<_>>().join(" ")
            ),
        );
    }
    for (body, reason) in [
        (&b"\x1f\x8b\x08"[..], "it is gzip, which was not asked for,"),
        (
            b"d\0a\0t\0a\0:\0\n\0\n\0",
            "it looks like UTF-16, expected UTF-8,",
        ),
    ] {
        let outcome = events(body).probe(&["127.0.0.1:PORT", "-e", "count([?@.error])=0"]);
        outcome.assert_starts(format!(
            "unhealthy: body is not JSON: {reason} at line 1 column 1; "
        ));
    }
    let outcome = lines("data: {}\n\n").probe(&["127.0.0.1:PORT", "-e", "[0]"]);
    outcome.assert_starts(
        "unhealthy: body is not JSON: it looks like server-sent events at line 1 column 1 in document 1 \
         (send Content-Type: text/event-stream, or use --expect-body); ",
    );
}

#[test]
fn a_stream_without_a_document_is_an_empty_array() {
    for (content_type, body) in [
        ("text/event-stream", ""),
        (
            "text/event-stream",
            ": keep-alive\n\nretry: 3000\n\ndata:\n\ndata: [DONE]\n\n",
        ),
        ("application/x-ndjson", "\n"),
        ("application/json-seq", ""),
    ] {
        let server = Server::answering(until_closed(content_type, body));
        server.assert_healthy(&["-e", "length($)=0", "-e", "count([?@.error])=0"]);
        let outcome = server.probe(&["127.0.0.1:PORT", "-e", "[-1].done=true"]);
        outcome.assert_starts("unhealthy: [-1].done is missing, expected true; ");
    }
}

#[test]
fn a_timeout_says_how_many_documents_came() {
    let data = "data: {}\n\n";
    for (content_type, body, count) in [
        (
            "text/event-stream",
            format!("{data}: x\n\n{data}data: {{}}\n"),
            "2 documents",
        ),
        ("text/event-stream", data.to_owned(), "1 document"),
        (
            "application/x-ndjson",
            "{}\n{}\n{}".to_owned(),
            "2 documents",
        ),
        (
            "application/json-seq",
            "\u{1e}{}\n\u{1e}".to_owned(),
            "1 document",
        ),
        ("application/jsonl", String::new(), "0 documents"),
    ] {
        let server = Server::holding(dripping(content_type, &body));
        let outcome = server.probe(&[
            "127.0.0.1:PORT",
            "-t",
            "400ms",
            "-e",
            "[0]",
            "-e",
            "[-1].done=true",
        ]);
        outcome.assert_starts(format!(
            "unhealthy: timed out after 400ms reading the body, {} bytes so far, {count}; GET http://127.0.0.1:PORT/ in <t>",
            body.len()
        ));
    }
}

#[test]
fn a_stream_is_no_longer_than_max_body() {
    let server = Server::handling(|stream| {
        let _ = stream.write_all(&until_closed("text/event-stream", ""));
        while stream.write_all(b"data: {}\n\n").is_ok() {}
    });
    let check = [
        "127.0.0.1:PORT",
        "-e",
        "[0]",
        "--max-body",
        "64KiB",
        "-t",
        "20s",
    ];
    server
        .probe(&check)
        .assert_starts("unhealthy: body is longer than 64KiB (--max-body); ");
}

#[test]
fn long_streams_and_long_lines_are_read() {
    let numbered: Vec<String> = (0..10_000)
        .map(|n| format!("data: {{\"n\":{n}}}\n\n"))
        .collect();
    events(numbered.concat()).assert_healthy(&[
        "-e",
        "length($)=10000",
        "-e",
        "[-1].n=9999",
        "-t",
        "20s",
    ]);
    let text = "x".repeat(500_000);
    lines(format!("{{\"a\":\"{text}\"}}\n{{}}\n")).assert_healthy(&[
        "-e",
        "length([0].a)=500000",
        "-e",
        "length($)=2",
        "-t",
        "20s",
    ]);
    let data = "data: 1,\n".repeat(10_000);
    events(format!("data: [\n{data}data: 1]\n\n")).assert_healthy(&[
        "-e",
        "length([0])=10001",
        "-t",
        "20s",
    ]);
}

#[test]
fn a_stream_can_be_a_baseline() {
    let path = file("stream.json", "");
    let record = ["--write-baseline", &path, "--ignore", "[*].created"];
    let body = "{\"response\":\"Paris\",\"created\":1}\n{\"done\":true,\"created\":2}\n";
    lines(body).assert_healthy(&record);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "[\n  {\n    \"response\": \"Paris\"\n  },\n  {\n    \"done\": true\n  }\n]\n"
    );
    let later = body.replace("\"created\":1", "\"created\":7");
    lines(&later).assert_healthy(&["--baseline", &path]);
    lines(later.replace("Paris", "!!!!!")).assert_unhealthy(
        &["--baseline", &path],
        "drift at $[0].response: \"Paris\" → \"!!!!!\"",
        " in <t>",
    );
    lines(&body[..body.len() / 2])
        .probe(&["127.0.0.1:PORT", "--write-baseline", &path])
        .assert_code(1);
    lines("{\"a\":NaN}\n").assert_unhealthy(
        &["--write-baseline", &path],
        "[0].a is NaN; only finite numbers can be recorded (--ignore leaves it out)",
        " in <t>",
    );
    let left = fs::read_to_string(&path).unwrap();
    assert!(left.contains("Paris") && left.contains("true"), "{left}");
}

#[test]
fn a_format_that_is_plain_is_named_although_the_type_is_another() {
    for (body, reason) in [
        (
            "data: {\"a\":1}\n\n",
            "server-sent events at line 1 column 1 (send Content-Type: text/event-stream, or use --expect-body)",
        ),
        (
            "{\"a\":1}\n{\"a\":2}\n",
            "NDJSON at line 2 column 1 (send Content-Type: application/x-ndjson, or use --expect-body)",
        ),
        (
            "\u{1e}{}\n",
            "a JSON text sequence at line 1 column 1 (send Content-Type: application/json-seq, or use --expect-body)",
        ),
        (
            "# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n",
            "Prometheus text at line 1 column 1 (--expect-body-regex)",
        ),
    ] {
        for content_type in ["application/json", "text/plain"] {
            let server = Server::answering(until_closed(content_type, body));
            let outcome = server.probe(&["127.0.0.1:PORT", "-e", "a=1"]);
            outcome.assert_starts(format!(
                "unhealthy: body is not JSON: it looks like {reason}; GET "
            ));
        }
    }
}

/// Time to first token: the server ends nothing before the probe has.
#[test]
fn expect_body_returns_at_the_first_token_of_a_stream_that_goes_on() {
    let (sender, left) = mpsc::channel();
    let first = dripping("text/event-stream", &CHAT[..100]);
    let server = Server::handling(move |stream| {
        let _ = stream.write_all(&first);
        hold(stream);
        let _ = sender.send(());
    });
    assert!(left.try_recv().is_err());
    server.assert_healthy(&[
        "--expect-body",
        "\"delta\"",
        "--max-latency",
        "20s",
        "-t",
        "1m",
    ]);
    // The probe left first.
    left.recv_timeout(PATIENCE).unwrap();
    // A JSON check needs the rest.
    let outcome = server.probe(&[
        "127.0.0.1:PORT",
        "-e",
        "[0]",
        "--expect-body",
        "\"delta\"",
        "-t",
        "400ms",
    ]);
    outcome.assert_starts(
        "unhealthy: timed out after 400ms reading the body, 100 bytes so far, 1 document; ",
    );
}
