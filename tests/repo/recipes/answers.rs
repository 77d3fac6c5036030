//! Servers that cannot be installed here answer as they are documented to: the files of `answers/`.
//!
//! A file names its sources, then holds one state of the server after another (`== `): the answers in that state, each
//! under its request (`>> `), and what the lines of the recipe must say of it (`=> `). A request that a state does not
//! answer itself is answered as in the first state, which is the healthy one. The first state has a verdict of every
//! line, another only of those that it is about. `also healthy: …` names a state that must not fail any of them.

use std::io::Write;
use std::net::TcpStream;

use serde_json::Value;

use crate::support::recipes::{self as page, Line, ROLES};
use crate::support::{Folder, Server, hold, response};

pub const FILES: [(&str, &str); 21] = [
    ("KServe", include_str!("answers/kserve.http")),
    ("Triton", include_str!("answers/triton.http")),
    ("TorchServe", include_str!("answers/torchserve.http")),
    (
        "TensorFlow Serving",
        include_str!("answers/tensorflow-serving.http"),
    ),
    ("Ray Serve", include_str!("answers/ray-serve.http")),
    ("SageMaker", include_str!("answers/sagemaker.http")),
    ("vLLM", include_str!("answers/vllm.http")),
    ("SGLang", include_str!("answers/sglang.http")),
    ("TGI", include_str!("answers/tgi.http")),
    (
        "TensorRT-LLM, trtllm-serve",
        include_str!("answers/trtllm-serve.http"),
    ),
    ("llama.cpp", include_str!("answers/llama.cpp.http")),
    ("Ollama", include_str!("answers/ollama.http")),
    ("LocalAI", include_str!("answers/localai.http")),
    ("Xinference", include_str!("answers/xinference.http")),
    (
        "KServe, LLM runtime",
        include_str!("answers/kserve-llm.http"),
    ),
    ("NVIDIA NIM", include_str!("answers/nim.http")),
    ("LiteLLM", include_str!("answers/litellm.http")),
    ("TEI", include_str!("answers/tei.http")),
    ("Infinity", include_str!("answers/infinity.http")),
    ("speaches", include_str!("answers/speaches.http")),
    ("whisper.cpp", include_str!("answers/whisper.cpp.http")),
];

/// How a state is named that must not fail any of its lines.
const HEALTHY: &str = "also healthy: ";

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
    let folder = Folder::new("recipes");
    page::write_requests(&folder.0);
    for (name, file) in FILES {
        let recipe = page::named(name);
        let lines: Vec<Line> = recipe
            .lines
            .into_iter()
            .map(|line| line.in_folder(&folder.0))
            .collect();
        let roles: Vec<&str> = lines.iter().map(|line| line.role.as_str()).collect();
        let states = states(name, file);
        let ready = states[0].answers.clone();
        let covered: Vec<&str> = states[0]
            .verdicts
            .iter()
            .map(|(role, _)| role.as_str())
            .collect();
        assert_eq!(covered, roles, "{name}");
        for (index, state) in states.iter().enumerate() {
            let answers = [state.answers.clone(), ready.clone()].concat();
            let server = Server::handling_body(move |stream, head, body| {
                answer(stream, head, body, &answers);
            });
            for (role, expected) in &state.verdicts {
                let line = lines.iter().find(|line| line.role == *role);
                let line = line.unwrap_or_else(|| panic!("{name} has no line for {role}"));
                if index == 0 {
                    line.record(server.port());
                }
                let verdict = if expected.contains("timed out") {
                    line.probe_silence(server.port())
                } else {
                    line.probe(server.port())
                };
                assert_eq!(
                    format!("{role}: {}", verdict.text),
                    format!("{role}: {expected}"),
                    "{name}, {}",
                    state.name
                );
                let code = i32::from(!is_healthy(expected));
                assert_eq!(verdict.code, Some(code), "{name}, {}", state.name);
            }
        }
        assert_judged(name, &roles, &states);
        assert!(
            states
                .iter()
                .any(|state| state.verdicts[0].1 == recipe.dead),
            "{name}: the page quotes what no state gives"
        );
    }
}

fn is_healthy(verdict: &str) -> bool {
    verdict.starts_with("healthy: ")
}

/// No good state fails a line, no bad state passes its first line, and every line that looks at the model fails in one.
fn assert_judged(name: &str, roles: &[&str], states: &[State]) {
    for (index, state) in states.iter().enumerate() {
        let healthy = || {
            state
                .verdicts
                .iter()
                .map(|(_, verdict)| is_healthy(verdict))
        };
        if index == 0 || state.name.starts_with(HEALTHY) {
            assert!(healthy().all(|healthy| healthy), "{name}, {}", state.name);
        } else {
            assert_eq!(healthy().next(), Some(false), "{name}, {}", state.name);
        }
    }
    for role in roles.iter().filter(|role| !ROLES[1..].contains(role)) {
        let fails = states
            .iter()
            .flat_map(|state| &state.verdicts)
            .any(|(judged, verdict)| judged == role && !is_healthy(verdict));
        assert!(fails, "{name}: no state fails {role}");
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

/// Method and target of a request, or what is wrong with it: these servers want a body of the type that its header
/// names. `(stream)` follows where the body asks for a stream.
fn request(head: &str, body: &[u8]) -> String {
    let (asked, headers) = head.split_once(" HTTP/1.1\r\n").unwrap();
    let content_type = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-type: "));
    let json: Result<Value, _> = serde_json::from_slice(body);
    match (content_type, json) {
        (None, _) if body.is_empty() => asked.to_owned(),
        (Some("application/json"), Ok(json)) if json["stream"] == true => {
            format!("{asked} (stream)")
        }
        (Some("application/json"), Ok(_)) => asked.to_owned(),
        (Some("multipart/form-data; boundary=probe"), _) if body.starts_with(b"--probe\r\n") => {
            asked.to_owned()
        }
        _ => format!("{asked} with {content_type:?}"),
    }
}
