//! The pages of recipes, taken apart: their sections, the HEALTHCHECK lines, and what they say of a dead model.

use std::fs;
use std::path::Path;
use std::time::Duration;

use regex_lite::Regex;
use serde_json::Value;

use super::probe;

pub const INDEX: &str = include_str!("../../examples/recipes/README.md");

/// The pages that hold the recipes, in the index's order.
pub const PAGES: [(&str, &str); 3] = [
    (
        "models.md",
        include_str!("../../examples/recipes/models.md"),
    ),
    ("llm.md", include_str!("../../examples/recipes/llm.md")),
    (
        "embeddings-and-speech.md",
        include_str!("../../examples/recipes/embeddings-and-speech.md"),
    ),
];

/// The recipes that `platforms/recipes` and `platforms/llm` run against the server itself.
pub const SERVERS: [&str; 6] = [
    "FastAPI, uvicorn",
    "Flask, gunicorn",
    "LitServe",
    "BentoML",
    "MLServer",
    "llama.cpp",
];

/// What the first lines of a recipe are for, in the page's order. Further lines name their own purpose.
pub const ROLES: [&str; 3] = ["integrity", "readiness", "liveness"];

/// How a recipe was checked, as its section says and as the index says.
pub const METHODS: [(&str, &str); 3] = [
    ("run by the tests", "run"),
    ("from its source", "source"),
    ("from its documentation", "documentation"),
];

/// The folder of the files that the lines name.
const MODEL_FOLDER: &str = "/model/";

/// Docker's own limit where HEALTHCHECK names none.
const DOCKER_TIMEOUT: Duration = Duration::from_secs(30);

/// A section of a page.
pub struct Recipe {
    pub name: &'static str,
    pub page: &'static str,
    /// The versions it was checked against.
    pub versions: String,
    /// How, as the index says.
    pub method: &'static str,
    pub lines: Vec<Line>,
    /// What integrity says of a dead model: times are `<t>`.
    pub dead: String,
}

/// One HEALTHCHECK line in one role.
pub struct Line {
    pub role: String,
    options: String,
    words: Vec<String>,
}

/// What a run said, in the page's terms: times are `<t>`, the port is the page's.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub code: Option<i32>,
    pub text: String,
}

pub fn recipes() -> Vec<Recipe> {
    PAGES
        .into_iter()
        .flat_map(|(page, text)| {
            text.split("\n## ")
                .skip(1)
                .filter(|section| section.contains("```dockerfile"))
                .map(move |section| recipe(page, section))
        })
        .collect()
}

pub fn named(name: &str) -> Recipe {
    let found = recipes().into_iter().find(|recipe| recipe.name == name);
    found.unwrap_or_else(|| panic!("no recipe is named {name}"))
}

/// The check that the index shows as a file.
pub fn config() -> &'static str {
    block(INDEX, "json")
}

/// The only block in this language on this page.
pub fn block_of(page: &str, language: &str) -> &'static str {
    let (_, text) = PAGES.iter().find(|(name, _)| *name == page).unwrap();
    block(text, language)
}

/// Writes the requests that the page `llm.md` describes, and some form.
pub fn write_requests(folder: &Path) {
    let ask = block_of("llm.md", "json");
    let mut stream: Value = serde_json::from_str(ask).unwrap();
    stream["stream"] = true.into();
    fs::write(folder.join("ask.json"), ask).unwrap();
    fs::write(folder.join("ask-stream.json"), stream.to_string()).unwrap();
    fs::write(
        folder.join("hello.multipart"),
        "--probe\r\n\r\n--probe--\r\n",
    )
    .unwrap();
}

fn recipe(page: &'static str, section: &'static str) -> Recipe {
    let (name, _) = section.split_once('\n').unwrap();
    let lines = lines(block(section, "dockerfile"));
    let roles: Vec<&str> = lines.iter().map(|line| line.role.as_str()).collect();
    assert_eq!(roles[..ROLES.len()], ROLES, "{name}");
    let checked = Regex::new(r"(?m)^Checked \d{4}-\d{2}-\d{2} against ([^\n]+), ([a-z ]+)\.$");
    let found = checked.unwrap().captures(section);
    let found = found.unwrap_or_else(|| panic!("{name} does not say how it was checked"));
    let method = METHODS.iter().find(|(text, _)| *text == &found[2]);
    Recipe {
        name,
        page,
        versions: found[1].to_owned(),
        method: method.unwrap_or_else(|| panic!("{name}: {}", &found[2])).1,
        lines,
        dead: without_times(block(section, "text").trim_end()),
    }
}

/// The only block of this language in a section.
fn block(section: &'static str, language: &str) -> &'static str {
    let opening = format!("```{language}\n");
    assert_eq!(section.matches(&opening).count(), 1, "{section}");
    let (_, rest) = section.split_once(&opening).unwrap();
    rest.split_once("```").unwrap().0
}

/// A comment names the role, or the roles, of the HEALTHCHECK after it.
fn lines(block: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for entry in block.split("# ").skip(1) {
        let (roles, line) = entry.split_once('\n').unwrap();
        let line = line.trim_end().replace("\\\n", "");
        let (options, list) = line
            .strip_prefix("HEALTHCHECK ")
            .and_then(|rest| rest.split_once("CMD "))
            .unwrap_or_else(|| panic!("not a HEALTHCHECK: {line}"));
        let words: Vec<String> = serde_json::from_str(list)
            .unwrap_or_else(|error| panic!("not in exec form: {error}: {list}"));
        assert_eq!(words[0], "/healthprobe", "{line}");
        for role in roles.split(" and ") {
            lines.push(Line {
                role: role.to_owned(),
                options: options.to_owned(),
                words: words[1..].to_vec(),
            });
        }
    }
    lines
}

impl Line {
    /// With its files in this folder instead of the page's.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        let folder = format!("{}/", folder.to_str().unwrap());
        for word in &mut self.words {
            *word = word.replace(MODEL_FOLDER, &folder);
        }
        self
    }

    /// At this path instead of the page's.
    pub fn at_path(mut self, path: &str) -> Self {
        let port = format!(":{}", self.port());
        self.words[0] = port + path;
        self
    }

    /// Records its baseline, if it compares with one, in the state at this port.
    pub fn record(&self, port: u16) {
        let Some(at) = self.words.iter().position(|word| word == "--baseline") else {
            return;
        };
        let mut words = self.words.clone();
        "--write-baseline".clone_into(&mut words[at]);
        let verdict = run(words, port);
        assert_eq!(verdict.code, Some(0), "{}", verdict.text);
    }

    /// Runs it against this port of localhost instead of the page's.
    pub fn probe(&self, port: u16) -> Verdict {
        run(self.words.clone(), port)
    }

    /// As `probe`, where nothing will answer: with a short deadline, told as the page's own.
    pub fn probe_silence(&self, port: u16) -> Verdict {
        const SHORT: &str = "1s";
        let mut words = self.words.clone();
        words.extend(["-t".to_owned(), SHORT.to_owned()]);
        let mut verdict = run(words, port);
        let own = format!("timed out after {}s", self.timeout().as_secs());
        verdict.text = verdict
            .text
            .replace(&format!("timed out after {SHORT}"), &own);
        verdict
    }

    /// The port of its URL.
    pub fn port(&self) -> &str {
        let end = self.words[0].find('/').unwrap();
        &self.words[0][1..end]
    }

    /// The probe's own deadline.
    pub fn timeout(&self) -> Duration {
        let flag = self.words.iter().position(|word| word == "-t");
        let text = flag.map_or("2s", |at| self.words[at + 1].as_str());
        seconds(text)
    }

    pub fn docker_timeout(&self) -> Duration {
        let option = self
            .options
            .split(' ')
            .find_map(|option| option.strip_prefix("--timeout="));
        option.map_or(DOCKER_TIMEOUT, seconds)
    }
}

fn run(mut words: Vec<String>, port: u16) -> Verdict {
    let url = Regex::new(r"^:\d+").unwrap();
    let own = url.find(&words[0]).unwrap().as_str().to_owned();
    let used = format!(":{port}");
    words[0] = url.replace(&words[0], used.as_str()).into_owned();
    let secrets = Regex::new(r"\$\{([A-Z_]+)\}").unwrap();
    let mut probe = probe(&words);
    for word in &words {
        for found in secrets.captures_iter(word) {
            probe = probe.env(&found[1], "secret");
        }
    }
    let output = probe.output();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap().replace(&used, &own);
    Verdict {
        code: output.status.code(),
        text: without_times(said.trim_end_matches('\n')),
    }
}

fn seconds(text: &str) -> Duration {
    let number = text.strip_suffix('s').unwrap();
    Duration::from_secs(number.parse().unwrap())
}

/// Measured times become `<t>`; a deadline, which is written without a fraction, stays.
pub fn without_times(text: &str) -> String {
    let times = Regex::new(r" in \d+\.\d+m?s\b").unwrap();
    times.replace_all(text, " in <t>").into_owned()
}
