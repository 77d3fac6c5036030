//! The page of recipes, taken apart: its sections, their HEALTHCHECK lines, and what they say of a dead model.

use std::time::Duration;

use regex_lite::Regex;

use super::probe;

pub const PAGE: &str = include_str!("../../examples/recipes/README.md");

/// The recipes that `platforms/recipes` runs against the server itself.
pub const SERVERS: [&str; 5] = [
    "FastAPI, uvicorn",
    "Flask, gunicorn",
    "LitServe",
    "BentoML",
    "MLServer",
];

/// What the lines of a recipe are for, in the page's order.
pub const ROLES: [&str; 3] = ["integrity", "readiness", "liveness"];

/// Docker's own limit where HEALTHCHECK names none.
const DOCKER_TIMEOUT: Duration = Duration::from_secs(30);

/// A section of the page.
pub struct Recipe {
    pub name: &'static str,
    pub lines: Vec<Line>,
    /// What integrity says of a dead model: times are `<t>`.
    pub dead: String,
}

/// One HEALTHCHECK line in one role.
pub struct Line {
    pub role: &'static str,
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
    PAGE.split("\n## ")
        .skip(1)
        .filter(|section| section.contains("```dockerfile"))
        .map(recipe)
        .collect()
}

pub fn named(name: &str) -> Recipe {
    let found = recipes().into_iter().find(|recipe| recipe.name == name);
    found.unwrap_or_else(|| panic!("no recipe is named {name}"))
}

/// The check that the page writes as a file.
pub fn config() -> &'static str {
    block(PAGE, "json")
}

fn recipe(section: &'static str) -> Recipe {
    let (name, _) = section.split_once('\n').unwrap();
    let lines = lines(block(section, "dockerfile"));
    let roles: Vec<&str> = lines.iter().map(|line| line.role).collect();
    assert_eq!(roles, ROLES, "{name}");
    Recipe {
        name,
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
            let role = ROLES.iter().find(|known| **known == role);
            lines.push(Line {
                role: role.unwrap_or_else(|| panic!("no such role: {roles}")),
                options: options.to_owned(),
                words: words[1..].to_vec(),
            });
        }
    }
    lines
}

impl Line {
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
    let output = probe(&words).output();
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
