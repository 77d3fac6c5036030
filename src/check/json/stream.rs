//! Bodies that hold several JSON documents: how one is recognised, and where each document
//! begins and ends. Whether it is JSON is not looked at here.

use super::error::{JsonError, JsonErrorKind};
use crate::response::Response;

/// How the documents follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events (WHATWG HTML, section 9.2.6), whose data are the documents.
    Events,
    /// One document per line.
    Lines,
    /// A JSON text sequence (RFC 7464).
    Records,
}

const MEDIA_TYPES: [(&[u8], Framing); 4] = [
    (b"text/event-stream", Framing::Events),
    (b"application/x-ndjson", Framing::Lines),
    (b"application/jsonl", Framing::Lines),
    (b"application/json-seq", Framing::Records),
];

/// Begins a record.
const RECORD_SEPARATOR: u8 = 0x1e;

/// The data of the last event in streams of `OpenAI`'s API, which is not JSON.
const DONE: &[u8] = b"[DONE]";

const NOT_EVENTS: &str = "is not an event stream: expected a field such as data";
const OPEN_EVENT: &str = "is cut short: expected a blank line after the event";
const NOT_RECORDS: &str = "is not a JSON text sequence: expected a record separator";
const OPEN_RECORD: &str = "is cut short: expected a line feed after the value";

/// The fields of events.
const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];

/// Takes the text of one document after the other.
type Take<'t> = &'t mut dyn FnMut(&[u8]) -> Result<(), JsonError>;

impl Framing {
    /// The framing that the response's Content-Type names.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let mut headers = response.headers.iter();
        let (_, value) = headers.find(|(name, _)| name == "content-type")?;
        let media_type = value.split(|byte| *byte == b';').next()?.trim_ascii();
        MEDIA_TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media_type))
            .map(|(_, framing)| *framing)
    }

    /// Cuts a whole body, without its byte order mark, into documents. Blank ones are left
    /// out.
    ///
    /// # Errors
    /// What `take` returns, a body that is framed otherwise, or a last document whose end is
    /// missing.
    pub(super) fn split(self, body: &[u8], take: Take) -> Result<(), JsonError> {
        match self {
            Self::Events => split_events(body, take),
            // The last line may end with the body.
            Self::Lines => body
                .split(|byte| *byte == b'\n')
                .try_for_each(|line| take_text(line, take)),
            Self::Records => split_records(body, take),
        }
    }

    /// The number of documents in a body that goes on.
    pub(super) fn count(self, body: &[u8]) -> usize {
        // The end of an event is a line end of any kind; of the others, a line feed.
        let end = match self {
            Self::Events => body.len(),
            Self::Lines | Self::Records => body
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |last| last + 1),
        };
        let mut count = 0;
        // What is wrong with it is not the reason for the failure.
        let _ = self.split(&body[..end], &mut |_| {
            count += 1;
            Ok(())
        });
        count
    }
}

fn take_text(text: &[u8], take: Take) -> Result<(), JsonError> {
    if text.trim_ascii().is_empty() {
        Ok(())
    } else {
        take(text)
    }
}

/// The data of each event. Unlike a browser, which drops an event that the end of the stream
/// cuts short, lines that are not fields, and an event of unknown fields alone, this reports
/// them: what the server meant to say there may be an error.
fn split_events(body: &[u8], take: Take) -> Result<(), JsonError> {
    let mut rest = body;
    let mut number = 0;
    // The data of the current event; of several lines, a copy.
    let mut data: &[u8] = &[];
    let mut joined = Vec::new();
    let mut data_lines = 0;
    let mut is_open = false;
    // The line of the event's first unknown field, if it has no other.
    let mut unknown = None;
    let mut is_known = false;
    while !rest.is_empty() {
        let line;
        (line, rest) = split_line(rest);
        number += 1;
        if line.is_empty() {
            if let Some(line) = unknown {
                return Err(not_events(line));
            }
            let text = if data_lines > 1 {
                joined.as_slice()
            } else {
                data
            };
            if text.trim_ascii() != DONE {
                take_text(text, take)?;
            }
            (data_lines, is_open, is_known) = (0, false, false);
            data = &[];
            continue;
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            // A comment.
            Some(0) => continue,
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        is_open = true;
        if FIELDS.contains(&name) {
            (is_known, unknown) = (true, None);
        } else if !is_unknown_field(name, value) {
            return Err(not_events(number));
        } else {
            // The end of the stream may have cut it short.
            let is_cut = rest.is_empty() && FIELDS.iter().any(|field| field.starts_with(name));
            if !is_cut && !is_known {
                unknown = unknown.or(Some(number));
            }
        }
        if name == b"data" {
            match data_lines {
                0 => data = value,
                1 => joined = data.to_vec(),
                _ => {}
            }
            if data_lines > 0 {
                joined.push(b'\n');
                joined.extend_from_slice(value);
            }
            data_lines += 1;
        }
    }
    if let Some(line) = unknown {
        return Err(not_events(line));
    }
    if is_open && !(data_lines == 1 && data.trim_ascii() == DONE) {
        return Err(JsonError::at_line(0, JsonErrorKind::Framing(OPEN_EVENT)));
    }
    Ok(())
}

fn not_events(line: usize) -> JsonError {
    JsonError::at_line(line, JsonErrorKind::Framing(NOT_EVENTS))
}

/// Whether a line looks like a field that browsers ignore, and not like text, or JSON which
/// the server meant to send.
fn is_unknown_field(name: &[u8], value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.iter().all(is_name) && !matches!(value.first(), Some(b'{' | b'['))
}

/// The first line, which ends with CR LF, LF or CR, and what follows it.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return (text, &[]);
    };
    let after = &text[end..];
    let length = if after.starts_with(b"\r\n") { 2 } else { 1 };
    (&text[..end], &after[length..])
}

fn split_records(body: &[u8], take: Take) -> Result<(), JsonError> {
    let mut records = body.split(|byte| *byte == RECORD_SEPARATOR);
    if records
        .next()
        .is_some_and(|text| !text.trim_ascii().is_empty())
    {
        return Err(JsonError::at_line(1, JsonErrorKind::Framing(NOT_RECORDS)));
    }
    for record in records {
        // A number may have lost its last digits, and true, false and null need a delimiter too; RFC 7464,
        // section 2.4.
        let is_delimited = matches!(record.trim_ascii_start(), [b'{' | b'[' | b'"', ..] | []);
        if !is_delimited && record.trim_ascii_end() == record {
            return Err(JsonError::at_line(0, JsonErrorKind::Framing(OPEN_RECORD)));
        }
        take_text(record, take)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Framing;
    use crate::response::Response;
    use proptest::prelude::*;

    fn split(framing: Framing, body: &[u8]) -> Result<Vec<String>, String> {
        let mut documents = Vec::new();
        let split = framing.split(body, &mut |text| {
            documents.push(String::from_utf8_lossy(text).into_owned());
            Ok(())
        });
        split.map(|()| documents).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn assert_split(framing: Framing, cases: &[(&str, &[&str])]) {
        for (body, documents) in cases {
            let documents: Vec<String> = documents.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(split(framing, body.as_bytes()), Ok(documents), "{body:?}");
        }
    }

    #[test]
    fn the_media_type_names_the_framing() {
        for (value, framing) in [
            ("text/event-stream", Some(Framing::Events)),
            ("Text/Event-Stream; charset=utf-8", Some(Framing::Events)),
            ("application/x-ndjson", Some(Framing::Lines)),
            (" APPLICATION/JSONL ;a=b", Some(Framing::Lines)),
            ("application/json-seq", Some(Framing::Records)),
            ("application/json", None),
            ("text/event-stream-x", None),
            ("x; text/event-stream", None),
            ("", None),
        ] {
            let mut response = Response::example();
            response.headers = vec![
                ("x".to_owned(), b"application/jsonl".to_vec()),
                ("content-type".to_owned(), value.into()),
            ];
            assert_eq!(Framing::of(&response), framing, "{value}");
        }
        assert_eq!(Framing::of(&Response::example()), None);
    }

    #[test]
    fn the_data_of_each_event_is_a_document() {
        assert_split(
            Framing::Events,
            &[
                ("data: 1\n\ndata:2\n\ndata:  3 \n\n", &["1", "2", " 3 "]),
                ("data: 1\r\rdata: 2\r\n\r\ndata: 3\n\r\n", &["1", "2", "3"]),
                ("data: [\ndata\ndata:1]\n\n", &["[\n\n1]"]),
                (
                    ": ping\n\nevent: x\nid: 1\nretry: 2\n\ndata: 1\nevent: y\n\n",
                    &["1"],
                ),
                ("data\n\ndata:\n\ndata: \n\n\n\n", &[]),
                ("data: [DONE]\n\ndata: 1\n\ndata:[DONE]\n\n", &["1"]),
                ("data: 1\n\ndata: [DONE]", &["1"]),
                ("data: 1\n\ndata: [DONE]\n", &["1"]),
                ("data: 1\n\n: ping", &["1"]),
                ("Data: 1\nid: 1\n\ndata: 2\ntoken: x\n\n", &["2"]),
                ("", &[]),
            ],
        );
        let open = "is cut short: expected a blank line after the event";
        for body in [
            "data: 1\n\ndata: 2\n",
            "data: 1\n\ndata: 2",
            "data: 1\n\ndata: [DON",
            "data: 1\n\nda",
            "data: 1\n\nevent: error\n",
        ] {
            assert_eq!(
                split(Framing::Events, body.as_bytes()),
                Err(open.to_owned())
            );
        }
        for (body, line) in [
            ("{\"error\":1}\n\n", 1),
            ("data: 1\n\nerror: {\"code\":500}\n\n", 3),
            ("data: 1\r\n\r\n\r\n[1]\r\n", 4),
            ("<html>", 1),
            ("Internal Server Error", 1),
            // Browsers drop an event without a field that they know.
            ("Overloaded\n\n", 1),
            ("Overloaded\n", 1),
            ("Overloaded", 1),
            ("data: 1\n\nerror: out of memory\n\ndata: 2\n\n", 3),
            (": x\nDATA: 1\ncode: 1\n\n", 2),
        ] {
            let reason = format!(
                "is not an event stream: expected a field such as data at line {line} column 1"
            );
            assert_eq!(split(Framing::Events, body.as_bytes()), Err(reason));
        }
    }

    #[test]
    fn each_line_is_a_document() {
        assert_split(
            Framing::Lines,
            &[
                ("1\n2\n", &["1", "2"]),
                ("1\r\n\r\n \n2", &["1\r", "2"]),
                ("\n", &[]),
                ("", &[]),
            ],
        );
    }

    #[test]
    fn each_record_is_a_document() {
        assert_split(
            Framing::Records,
            &[
                ("\u{1e}1\n\u{1e}{\n}\n", &["1\n", "{\n}\n"]),
                ("\u{1e}\u{1e}\n\u{1e}{}\u{1e}\"a\"", &["{}", "\"a\""]),
                ("\n", &[]),
                ("", &[]),
            ],
        );
        for body in ["\u{1e}12", "\u{1e}tr\u{1e}1\n"] {
            let reason = "is cut short: expected a line feed after the value";
            assert_eq!(
                split(Framing::Records, body.as_bytes()),
                Err(reason.to_owned())
            );
        }
        let reason = "is not a JSON text sequence: expected a record separator at line 1 column 1";
        assert_eq!(
            split(Framing::Records, b"{}\n\x1e{}\n"),
            Err(reason.to_owned())
        );
    }

    #[test]
    fn counts_what_came_whole() {
        for (framing, body, count) in [
            (Framing::Events, "data: 1\n\n: x\n\ndata: 2\n\ndata: 3\n", 2),
            (Framing::Events, "data: 1\r\rdata: 2\r\r", 2),
            (Framing::Lines, "1\n\n2\n3", 2),
            (Framing::Records, "\u{1e}1\n\u{1e}2\n\u{1e}3", 2),
            (Framing::Lines, "", 0),
        ] {
            assert_eq!(framing.count(body.as_bytes()), count, "{body:?}");
        }
    }

    /// WHATWG HTML, section 9.2.6, to the letter, and then without what is not a document.
    fn reference(body: &str) -> Vec<String> {
        let text = body.replace("\r\n", "\n").replace('\r', "\n");
        let (whole, _unfinished) = text.rsplit_once('\n').unwrap_or(("", &text));
        let mut events = Vec::new();
        let mut buffer = String::new();
        for line in whole.split('\n') {
            if line.is_empty() {
                if let Some(data) = buffer.strip_suffix('\n') {
                    events.push(data.to_owned());
                }
                buffer.clear();
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            if name == "data" {
                buffer += value.strip_prefix(' ').unwrap_or(value);
                buffer += "\n";
            }
        }
        events.retain(|data| !matches!(data.trim_ascii(), "" | "[DONE]"));
        events
    }

    /// Pieces of fields, comments and line ends in any order.
    fn events() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "data:", "data: ", "data", "event: x", "id:", "foo: ", ":", " ", "1", "[DONE]", "é",
            "\n", "\n", "\n", "\r", "\r\n", "\r\n", "\n\n",
        ]);
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn finds_the_events_that_browsers_find(body in events()) {
            let documents = split(Framing::Events, body.as_bytes());
            let closed = format!("{body}\n\n");
            match (documents, split(Framing::Events, closed.as_bytes())) {
                (Ok(documents), Ok(closed)) => {
                    prop_assert_eq!(&documents, &reference(&body));
                    prop_assert_eq!(&documents, &closed);
                }
                // An event that a browser drops is an error.
                (Err(_), Ok(documents)) => {
                    prop_assert!(!body.ends_with("\n\n"));
                    prop_assert_eq!(documents, reference(&closed));
                }
                (open, Err(error)) => {
                    prop_assert!(error.starts_with("is not an event stream: "));
                    prop_assert_eq!(open, Err(error));
                }
            }
        }

        #[test]
        fn more_bytes_are_never_fewer_documents(body in ".{0,60}", cut in 0..60_usize) {
            let cut = &body.as_bytes()[..cut.min(body.len())];
            for framing in [Framing::Events, Framing::Lines, Framing::Records] {
                prop_assert!(framing.count(cut) <= framing.count(body.as_bytes()));
            }
        }
    }
}
