//! Draws the tour as a terminal that shows one probe after another, in SVG:
//!
//!     cargo run --example tour | cargo run --example picture > examples/tour.svg

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

const WIDTH: usize = 890;
/// As many as fit: a glyph of the fonts below is at most 0.602 × 13 px wide.
const COLUMNS: usize = 108;
const MARGIN: usize = 22;
const ROW: usize = 18;
const TITLE_BAR: usize = 38;

/// Only the keyframes dim a row, so without animation everything is fully visible.
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
    output: Vec<&'a str>,
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

/// Splits the tour's output at blank lines; a backslash continues a command.
fn read(text: &str) -> Result<Tour<'_>, String> {
    let mut blocks = text
        .split("\n\n")
        .map(|block| block.trim_matches('\n'))
        .filter(|block| !block.is_empty());
    let heading = blocks.next().ok_or("expected the tour on standard input")?;
    let mut scenes: Vec<Scene> = vec![];
    for block in blocks {
        let lines: Vec<&str> = block.lines().collect();
        match (lines.as_slice(), scenes.last_mut()) {
            ([first, ..], Some(scene)) if first.starts_with("$ ") => {
                let output = lines.iter().position(|line| !line.ends_with('\\'));
                let (command, output) = lines.split_at(output.map_or(lines.len(), |last| last + 1));
                scene.probes.push(Probe {
                    command: command.to_vec(),
                    output: output.to_vec(),
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
            _ => return Err(format!("not part of a tour:\n{block}")),
        }
    }
    Err("the tour is incomplete".to_owned())
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
            for line in &probe.output {
                screen.line(&coloured(line));
            }
        }
    }
    screen.skip(ROW);
    screen.wait(0.8);
    screen.line(&[("", tour.end)]);
    screen.framed(tour.heading, &summary(&tour.scenes))
}

/// A line of output, with a class for the verdict's word.
fn coloured(line: &str) -> Vec<(&str, &str)> {
    let (word, rest) = line.split_at(line.find(':').unwrap_or(0));
    match word {
        "healthy" | "unhealthy" | "error" => vec![(word, word), ("", rest)],
        _ if line.starts_with("exit code ") => vec![("exit", line)],
        _ => vec![("", line)],
    }
}

/// The description for screen readers: each scene's title, and the first words of its verdicts.
fn summary(scenes: &[Scene]) -> String {
    let scenes: Vec<String> = scenes
        .iter()
        .map(|scene| {
            let verdicts: Vec<&str> = scene
                .probes
                .iter()
                .filter_map(|probe| probe.output.first()?.split(':').next())
                .collect();
            format!("{}: {}.", scene.title, verdicts.join(", "))
        })
        .collect();
    scenes.join(" ")
}

/// Rows in groups that appear one after the other.
struct Screen {
    groups: String,
    /// The y coordinate of the last row.
    baseline: usize,
    /// Seconds since the start.
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

    /// Delays the rows that follow.
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

    /// Texts with their classes, wrapped at the edge as in a terminal, also within words.
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

    /// The complete SVG: a terminal window with its own colours, for light and dark pages.
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
