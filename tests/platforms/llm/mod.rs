//! llama.cpp's own server on a CPU, with a language model of 2 MB that the tests write, and with a real embedding model.
//!
//! Both are broken as models are: NaN in the weights, layers in the wrong order.

mod example;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex_lite::Regex;
use serde_json::{Value, json};

use crate::support::python::llm_python;
use crate::support::recipes::{self as page, Line};
use crate::support::{Folder, Running, assert_verdict, probe, run};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/platforms/llm");

#[test]
fn llama_cpp_recipe_detects_nan_weights() {
    let Some(python) = llm_python() else { return };
    let recipe = page::named("llama.cpp");
    let folder = Folder::new("llama");
    page::write_requests(&folder.0);
    let lines: Vec<Line> = recipe
        .lines
        .into_iter()
        .map(|line| line.in_folder(&folder.0))
        .collect();

    let server = Llama::start(&python, &tiny_model(&python, &folder, ""), &[]);
    for line in &lines {
        let verdict = line.probe(server.port);
        assert_eq!(verdict.code, Some(0), "{}: {}", line.role, verdict.text);
    }

    let server = Llama::start(&python, &tiny_model(&python, &folder, "nan"), &[]);
    for line in &lines {
        let verdict = line.probe(server.port);
        let detects =
            ["integrity", "stream", "NaN without a known answer"].contains(&line.role.as_str());
        assert_eq!(
            verdict.code,
            Some(i32::from(detects)),
            "{}: {}",
            line.role,
            verdict.text
        );
        if line.role == "integrity" {
            assert_eq!(verdict.text, recipe.dead);
        }
    }
}

#[test]
fn only_a_known_answer_detects_flat_weights() {
    let Some(python) = llm_python() else { return };
    let folder = Folder::new("llama-flat");
    let server = Llama::start(&python, &tiny_model(&python, &folder, "flat"), &[]);
    let url = server.url("/v1/chat/completions");
    let ask = page::block_of("llm.md", "json");
    let healthy = format!("healthy: 200 OK in <t>; POST {url}");
    assert_verdict(
        &[
            &url,
            "-d",
            ask,
            "-e",
            "length(choices[0].message.content)>0",
            "-e",
            "usage.completion_tokens=16",
        ],
        healthy,
    );
    assert_verdict(
        &[
            &url,
            "-d",
            ask,
            "-e",
            "choices[0].message.content~(?i)paris",
        ],
        format!(
            "unhealthy: choices[0].message.content is \"################\", expected text matching (?i)paris; \
             POST {url} in <t>"
        ),
    );
}

#[test]
fn a_reasoning_model_answers_once_it_has_thought() {
    let Some(python) = llm_python() else { return };
    let folder = Folder::new("llama-thinks");
    let server = Llama::start(&python, &tiny_model(&python, &folder, "reasoning"), &[]);
    let url = server.url("/v1/chat/completions");
    let mut ask: Value = serde_json::from_str(page::block_of("llm.md", "json")).unwrap();
    let integrity = "choices[0].message.content~(?i)paris";
    let tokens = "choices[?length(@.message.content)>0 || length(@.message.reasoning)>0 || \
                  length(@.message.reasoning_content)>0]";
    let healthy = format!("healthy: 200 OK in <t>; POST {url}");
    assert_verdict(&[&url, "-d", &ask.to_string(), "-e", integrity], &healthy);

    ask["max_tokens"] = 2.into();
    assert_verdict(
        &[&url, "-d", &ask.to_string(), "-e", integrity],
        format!(
            "unhealthy: choices[0].message.content is \"\", expected text matching (?i)paris; POST {url} in <t>"
        ),
    );
    assert_verdict(&[&url, "-d", &ask.to_string(), "-e", tokens], &healthy);

    ask["chat_template_kwargs"] = json!({"enable_thinking": false});
    assert_verdict(&[&url, "-d", &ask.to_string(), "-e", integrity], healthy);
}

#[test]
fn llama_cpp_asks_for_the_key_where_the_page_says() {
    let Some(python) = llm_python() else { return };
    let folder = Folder::new("llama-key");
    let model = tiny_model(&python, &folder, "");
    let server = Llama::start(&python, &model, &["key=secret"]);
    for (path, status) in [
        ("/health", "200"),
        ("/v1/models", "401"),
        ("/slots", "401"),
        ("/metrics", "401"),
    ] {
        probe(&[&server.url(path), "-s", status])
            .run()
            .assert_code(0);
    }
    let key = ["-H", "Authorization: Bearer secret"];
    probe(&[&server.url("/v1/models"), key[0], key[1]])
        .run()
        .assert_code(0);

    let server = Llama::start(&python, &model, &["key=secret", "prefix=/llm"]);
    probe(&[&server.url("/health"), "-s", "404"])
        .run()
        .assert_code(0);
    let moved = server.url("/llm/health");
    probe(&[&moved, "-s", "401"]).run().assert_code(0);
    probe(&[&moved, key[0], key[1], "-e", "status=ok"])
        .run()
        .assert_code(0);
}

/// all-MiniLM-L6-v2, alone and beside others in a batch, with shorter numbers as on a GPU, and with its layers reversed.
#[test]
fn a_cosine_tells_noise_from_another_model() {
    let Some(python) = llm_python() else { return };
    let folder = Folder::new("minilm");
    let serve = |variant| {
        let model = write_model(&python, &folder, "minilm.py", variant);
        Llama::start(&python, &model, &["embeddings", "parallel=4"])
    };
    let path = |name| folder.0.join(name).to_str().unwrap().to_owned();
    let (alone, batch) = (path("alone.json"), path("batch.json"));
    let text = "The patient was given 5 mg.";
    let request = json!({ "input": [text] }).to_string();

    let recipe = page::named("Infinity").lines.remove(0);
    let recipe = recipe.in_folder(&folder.0).at_path("/v1/embeddings");

    let server = serve("");
    recipe.record(server.port);
    let verdict = recipe.probe(server.port);
    assert_eq!(verdict.code, Some(0), "{}", verdict.text);
    let url = server.url("/v1/embeddings");
    let ask = |url: &str, request: &str, options: &[&str]| {
        probe(&[&[url, "-t", "60s", "-d", request], options].concat()).run()
    };
    let healthy = |url: &str| format!("healthy: 200 OK in <t>; POST {url}");
    let record = [
        "--ignore",
        "model",
        "--ignore",
        "usage",
        "--write-baseline",
        &alone,
    ];
    ask(&url, &request, &record).assert_verdict(healthy(&url));
    let cosine = ["--baseline", &alone, "--min-cosine", "0.999"];
    ask(&url, &request, &cosine).assert_verdict(healthy(&url));

    // Beside neighbours, which are not compared, some numbers differ in their last digits.
    let mut recorded: Value = serde_json::from_slice(&fs::read(&alone).unwrap()).unwrap();
    let data = recorded["data"].as_array_mut().unwrap();
    assert_eq!(data[0]["embedding"].as_array().unwrap().len(), 384);
    data.extend([Value::Null, Value::Null]);
    fs::write(&batch, recorded.to_string()).unwrap();
    let long = "the quick brown fox jumps over the lazy dog, ".repeat(9);
    let neighbours = json!({ "input": [text, long, "Hi"] }).to_string();
    let in_batch = [
        "--baseline",
        &batch,
        "--ignore",
        "data[1:]",
        "--min-cosine",
        "0.999",
    ];
    ask(&url, &neighbours, &in_batch).assert_verdict(healthy(&url));
    let other_text = json!({ "input": [long, text, "Hi"] }).to_string();
    let turned = ask(&url, &other_text, &in_batch);
    assert!(is_turned(&turned.out), "{turned:?}");

    let server = serve("bfloat16");
    let verdict = recipe.probe(server.port);
    assert_eq!(verdict.code, Some(0), "{}", verdict.text);
    let url = server.url("/v1/embeddings");
    ask(&url, &request, &cosine).assert_verdict(healthy(&url));
    for tolerance in ["0.001", "0.001+1%"] {
        let by_number = ask(
            &url,
            &request,
            &["--baseline", &alone, "--tolerance", tolerance],
        );
        assert_eq!(by_number.code, Some(1));
        let reason = "unhealthy: drift at ";
        assert!(by_number.out.starts_with(reason), "{by_number:?}");
    }

    let server = serve("shuffled");
    let verdict = recipe.probe(server.port);
    assert!(is_turned(&verdict.text), "{}", verdict.text);
    let turned = ask(&server.url("/v1/embeddings"), &request, &cosine);
    assert_eq!(turned.code, Some(1));
    assert!(is_turned(&turned.out), "{turned:?}");
}

/// Whether the cosine is far from that of another batch or precision.
fn is_turned(verdict: &str) -> bool {
    let reason = r"^unhealthy: drift at \$\.data\[0\]\.embedding: cosine -?0\.[0-6][0-9]* < 0\.999? \(384 numbers\); ";
    Regex::new(reason).unwrap().is_match(verdict)
}

/// Writes a variant of the model of `tiny_model.py`.
fn tiny_model(python: &Path, folder: &Folder, variant: &str) -> PathBuf {
    write_model(python, folder, "tiny_model.py", variant)
}

fn write_model(python: &Path, folder: &Folder, script: &str, variant: &str) -> PathBuf {
    let path = folder.0.join(format!("{variant}.gguf"));
    run(Command::new(python)
        .args(["-B", script])
        .arg(&path)
        .arg(variant)
        .current_dir(SCRIPTS));
    path
}

/// A running server of llama.cpp, killed when dropped.
struct Llama {
    _process: Running,
    port: u16,
}

impl Llama {
    fn start(python: &Path, model: &Path, options: &[&str]) -> Self {
        let log = model.with_extension("log");
        let mut process = Command::new(python)
            .args(["-B", "serve.py"])
            .arg(model)
            .args(options)
            .current_dir(SCRIPTS)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let process = Running(process);
        // Ends, too, when the server does.
        let line = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find(|line| line.starts_with("listening "));
        let port = line.and_then(|line| line.rsplit(':').next()?.parse().ok());
        Self {
            _process: process,
            port: port.unwrap_or_else(|| panic!("{}", fs::read_to_string(&log).unwrap())),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}
