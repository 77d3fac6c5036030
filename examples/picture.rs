//! Draws the tour as a terminal that shows one probe after another, in SVG:
//!
//!     cargo run --example tour | cargo run --example picture > examples/tour.svg

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

const WIDTH: usize = 890;
/// As many as fit: none of the fonts below is wider than 0.602 of its 13 px.
const COLUMNS: usize = 108;
const MARGIN: usize = 22;
const ROW: usize = 18;
const TITLE_BAR: usize = 38;

/// Nothing but the keyframes dims a row, so all is clear where nothing moves or should.
const STYLE: &str = r#"
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#c9d1d9;white-space:pre}
.title,.command{font-weight:bold;fill:#f0f6fc}
.story,.exit{fill:#8b949e}
.healthy,.unhealthy,.error{font-weight:bold}
.healthy{fill:#3fb950}
.unhealthy{fill:#ff7b72}
.error{fill:#e3b341}
@keyframes appear{from{opacity:.35}}
g{animation:appear .3s backwards}
@media (prefers-reduced-motion:reduce){g{animation:none}}
"#;

struct Tour<'a> {
    heading: &'a str,
    scenes: Vec<Scene<'a>>,
    end: &'a str,
}

struct Scene<'a> {
    title: &'a str,
    story: &'a str,
    probes: Vec<Probe<'a>>,
}

struct Probe<'a> {
    command: Vec<&'a str>,
    said: Vec<&'a str>,
}

fn main() -> ExitCode {
    let drawn = io::read_to_string(io::stdin())
        .map_err(|error| error.to_string())
        .and_then(|text| Ok(draw(&read(&text)?)))
        .and_then(|svg| {
            io::stdout()
                .write_all(svg.as_bytes())
                .map_err(|error| error.to_string())
        });
    match drawn {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "picture: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Blank lines divide what the tour prints; a command goes on after a backslash.
fn read(text: &str) -> Result<Tour<'_>, String> {
    let mut blocks = text
        .split("\n\n")
        .map(|block| block.trim_matches('\n'))
        .filter(|block| !block.is_empty());
    let heading = blocks.next().ok_or("pipe the tour in")?;
    let mut scenes: Vec<Scene> = vec![];
    for block in blocks {
        let lines: Vec<&str> = block.lines().collect();
        match (lines.as_slice(), scenes.last_mut()) {
            ([first, ..], Some(scene)) if first.starts_with("$ ") => {
                let said = lines.iter().position(|line| !line.ends_with('\\'));
                let (command, said) = lines.split_at(said.map_or(lines.len(), |last| last + 1));
                scene.probes.push(Probe {
                    command: command.to_vec(),
                    said: said.to_vec(),
                });
            }
            ([title, story], _) => scenes.push(Scene {
                title,
                story,
                probes: vec![],
            }),
            ([end], Some(_)) => {
                return Ok(Tour {
                    heading,
                    scenes,
                    end,
                });
            }
            _ => return Err(format!("this is not of the tour:\n{block}")),
        }
    }
    Err("the tour has no end".to_owned())
}

fn draw(tour: &Tour) -> String {
    let mut screen = Screen::new();
    for scene in &tour.scenes {
        screen.skip(ROW);
        screen.wait(0.8);
        screen.line(&[("title", scene.title), ("", "  "), ("story", scene.story)]);
        for probe in &scene.probes {
            screen.skip(ROW / 3);
            screen.wait(0.6);
            for line in &probe.command {
                screen.line(&[("command", line)]);
            }
            screen.wait(0.5);
            for line in &probe.said {
                screen.line(&coloured(line));
            }
        }
    }
    screen.skip(ROW);
    screen.wait(0.8);
    screen.line(&[("", tour.end)]);
    screen.framed(tour.heading, &summary(&tour.scenes))
}

/// A line of the probe's, with a class for the word that says how it ended.
fn coloured(line: &str) -> Vec<(&str, &str)> {
    let (word, rest) = line.split_at(line.find(':').unwrap_or(0));
    match word {
        "healthy" | "unhealthy" | "error" => vec![(word, word), ("", rest)],
        _ if line.starts_with("exit code ") => vec![("exit", line)],
        _ => vec![("", line)],
    }
}

/// The picture for those who hear it: each scene's title, and the first words of its verdicts.
fn summary(scenes: &[Scene]) -> String {
    let scenes: Vec<String> = scenes
        .iter()
        .map(|scene| {
            let verdicts: Vec<&str> = scene
                .probes
                .iter()
                .filter_map(|probe| probe.said.first()?.split(':').next())
                .collect();
            format!("{}: {}.", scene.title, verdicts.join(", "))
        })
        .collect();
    scenes.join(" ")
}

/// Rows in groups, each of which appears at a time of its own.
struct Screen {
    groups: String,
    /// Of the last row.
    baseline: usize,
    /// Seconds from the start.
    time: f32,
}

impl Screen {
    fn new() -> Self {
        Self {
            groups: String::new(),
            baseline: TITLE_BAR,
            time: -0.5,
        }
    }

    fn skip(&mut self, height: usize) {
        self.baseline += height;
    }

    /// What follows appears this many seconds later.
    fn wait(&mut self, seconds: f32) {
        if !self.groups.is_empty() {
            self.groups += "</g>\n";
        }
        self.time += seconds;
        _ = write!(
            self.groups,
            r#"<g style="animation-delay:{:.1}s">"#,
            self.time
        );
    }

    /// Texts with their classes, wrapped where a terminal wraps: at its edge, be it within a word.
    fn line(&mut self, texts: &[(&str, &str)]) {
        let mut column = COLUMNS;
        self.groups += "\n<text>";
        for (class, text) in texts {
            let mut rest = *text;
            while !rest.is_empty() {
                let mut place = String::new();
                if column == COLUMNS {
                    column = 0;
                    self.baseline += ROW;
                    place = format!(r#" x="{MARGIN}" y="{}""#, self.baseline);
                }
                let fits = rest
                    .char_indices()
                    .nth(COLUMNS - column)
                    .map_or(rest.len(), |(end, _)| end);
                let (row, after) = rest.split_at(fits);
                column += row.chars().count();
                rest = after;
                if !class.is_empty() {
                    _ = write!(place, r#" class="{class}""#);
                }
                _ = write!(self.groups, "<tspan{place}>{}</tspan>", escaped(row));
            }
        }
        self.groups += "</text>";
    }

    /// The whole picture, in a terminal's window of its own colour, for pages light and dark.
    fn framed(&self, heading: &str, summary: &str) -> String {
        let height = self.baseline + MARGIN;
        let (middle, right, bottom) = (WIDTH / 2, WIDTH - 1, height - 1);
        let (heading, summary) = (escaped(heading), escaped(summary));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title summary">
<title id="title">{heading}</title>
<desc id="summary">{summary}</desc>
<style>{STYLE}</style>
<rect x=".5" y=".5" width="{right}" height="{bottom}" rx="9" fill="#0d1117" stroke="#30363d"/>
<path d="M.5 {TITLE_BAR}.5H{right}.5" stroke="#30363d"/>
<circle cx="24" cy="20" r="6" fill="#ff5f57"/>
<circle cx="44" cy="20" r="6" fill="#febc2e"/>
<circle cx="64" cy="20" r="6" fill="#28c840"/>
<text x="{middle}" y="24" text-anchor="middle" class="story">{heading}</text>
{}</g>
</svg>
"##,
            self.groups
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
