//! Servers that cannot be installed here answer as they are documented to: the files of `answers/`.
//!
//! A file names its sources, then holds one state of the server after another (`== `): the answers in that state, each
//! under its request (`>> `), and what each line of the recipe must say of it (`=> `). A request that a state does not
//! answer itself is answered as in the first state, which is the healthy one.

use std::io::Write;
use std::net::TcpStream;

use crate::support::recipes::{self as page, ROLES};
use crate::support::{Server, hold, response};

pub const FILES: [(&str, &str); 11] = [
    ("KServe", include_str!("answers/kserve.http")),
    ("Triton", include_str!("answers/triton.http")),
    ("TorchServe", include_str!("answers/torchserve.http")),
    (
        "TensorFlow Serving",
        include_str!("answers/tensorflow-serving.http"),
    ),
    ("Ray Serve", include_str!("answers/ray-serve.http")),
    (
        "vLLM and other OpenAI-compatible servers",
        include_str!("answers/vllm.http"),
    ),
    ("TGI", include_str!("answers/tgi.http")),
    ("TEI", include_str!("answers/tei.http")),
    ("llama.cpp", include_str!("answers/llama.cpp.http")),
    ("Ollama", include_str!("answers/ollama.http")),
    ("SageMaker", include_str!("answers/sagemaker.http")),
];

/// What a server writes to a request; nothing at all where it hangs.
#[derive(Clone)]
enum Answer {
    Bytes(Vec<u8>),
    Silence,
}

struct State {
    name: String,
    answers: Vec<(String, Answer)>,
    verdicts: Vec<(String, String)>,
}

#[test]
fn every_recipe_reports_the_documented_states() {
    for (name, file) in FILES {
        let recipe = page::named(name);
        let states = states(name, file);
        let ready = states[0].answers.clone();
        assert!(states.len() > 1, "{name} has no bad state");
        for state in &states {
            let answers = [state.answers.clone(), ready.clone()].concat();
            let server = Server::handling_body(move |stream, head, body| {
                answer(stream, head, body, &answers);
            });
            assert_eq!(state.verdicts.len(), ROLES.len(), "{name}, {}", state.name);
            for (line, (role, expected)) in recipe.lines.iter().zip(&state.verdicts) {
                let verdict = if expected.contains("timed out") {
                    line.probe_silence(server.port())
                } else {
                    line.probe(server.port())
                };
                let told = format!("{}: {}", line.role, verdict.text);
                assert_eq!(
                    told,
                    format!("{role}: {expected}"),
                    "{name}, {}",
                    state.name
                );
                let code = i32::from(!expected.starts_with("healthy: "));
                assert_eq!(verdict.code, Some(code), "{name}, {}", state.name);
            }
        }
        let healthy = |(_, verdict): &(String, String)| verdict.starts_with("healthy: ");
        assert!(states[0].verdicts.iter().all(healthy), "{name}");
        assert!(
            states[1..].iter().all(|state| !healthy(&state.verdicts[0])),
            "{name}: a bad state passes its integrity line"
        );
        assert!(
            states
                .iter()
                .any(|state| state.verdicts[0].1 == recipe.dead),
            "{name}: the page quotes what no state gives"
        );
    }
}

fn states(name: &str, file: &str) -> Vec<State> {
    let (sources, rest) = file.split_once("\n== ").unwrap();
    assert!(
        sources.lines().all(|line| line.starts_with("# ")) && sources.contains("# Source: "),
        "{name} names no source"
    );
    rest.split("\n== ").map(state).collect()
}

fn state(text: &str) -> State {
    let (name, rest) = text.split_once('\n').unwrap();
    let (answers, verdicts) = rest.split_once("\n=> ").unwrap();
    let answers = format!("\n{answers}");
    State {
        name: name.to_owned(),
        answers: answers.split("\n>> ").skip(1).map(exchange).collect(),
        verdicts: verdicts
            .trim_end()
            .split("\n=> ")
            .map(|verdict| {
                let (role, text) = verdict.split_once(": ").unwrap();
                (role.to_owned(), page::without_times(text))
            })
            .collect(),
    }
}

/// The request line without its version, and the answer with the framing that its head asks for.
fn exchange(text: &str) -> (String, Answer) {
    let (request, answer) = text.split_once('\n').unwrap();
    if answer == "(silence)" {
        return (request.to_owned(), Answer::Silence);
    }
    let (head, body) = answer.split_once("\n\n").unwrap_or((answer.trim_end(), ""));
    let head = head.replace('\n', "\r\n");
    let bytes = if head.contains("Transfer-Encoding: chunked") {
        format!("{head}\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    } else {
        format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    (request.to_owned(), Answer::Bytes(bytes.into_bytes()))
}

fn answer(stream: &mut TcpStream, head: &str, body: &[u8], answers: &[(String, Answer)]) {
    let request = request(head, body);
    let found = answers.iter().find(|(asked, _)| *asked == request);
    match found {
        Some((_, Answer::Bytes(bytes))) => {
            let _ = stream.write_all(bytes);
        }
        Some((_, Answer::Silence)) => hold(stream),
        None => {
            let told = response(
                "501 Not Implemented",
                &format!("no answer is known to {request}"),
            );
            let _ = stream.write_all(told.as_bytes());
        }
    }
}

/// Method and target of a request, or what is wrong with it: these servers want JSON that is named so.
fn request(head: &str, body: &[u8]) -> String {
    let (asked, headers) = head.split_once(" HTTP/1.1\r\n").unwrap();
    let named = headers
        .lines()
        .any(|line| line.eq_ignore_ascii_case("content-type: application/json"));
    let json = serde_json::from_slice::<serde_json::Value>(body).is_ok();
    if asked.starts_with("GET ") || (named && json) {
        asked.to_owned()
    } else {
        format!("{asked} without JSON")
    }
}
