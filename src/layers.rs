//! What was given, layer by layer: the command line, the environment, then the
//! config file.

use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Id};

use crate::cli::{self, Flag, Takes};
use crate::config::{self, Member};
use crate::environment::Environment;
use crate::files;
use crate::given::{Inline, NotGiven, ReadFile, Source};

pub(crate) const PREFIX: &str = "HEALTHPROBE_";

/// The keys that a config may have, sorted: the flags' long names with `_`, but
/// for those that ask or write, and the ways to write a body or a baseline inline.
#[must_use]
pub fn config_keys() -> Vec<String> {
    let mut keys: Vec<String> = cli::settings()
        .map(|flag| key(flag.long))
        .filter(|key| !NOT_IN_CONFIG.contains(&key.as_str()))
        .chain(["$schema", "headers", "data_file", "baseline_file"].map(str::to_owned))
        .collect();
    keys.sort();
    keys
}

/// `headers` is the config's form of `header`.
const NOT_IN_CONFIG: [&str; 3] = ["config", "header", "write_baseline"];

/// What one layer says of a flag.
#[derive(Debug)]
struct Setting {
    flag: &'static str,
    /// None of a switch that is on.
    values: Vec<String>,
    source: Source,
}

/// A flag's name as a key of the config; in capitals, the end of its variable's.
fn key(flag: &str) -> String {
    flag.replace('-', "_")
}

/// What was given so far.
#[derive(Debug)]
pub(crate) struct Layers {
    settings: Vec<Setting>,
    pub(crate) inline: Inline,
}

impl Layers {
    /// What was typed, which wins over all that is added.
    pub(crate) fn typed(matches: &ArgMatches) -> Self {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let setting = |flag: &Flag| Setting {
            flag: flag.long,
            values: match flag.takes {
                Takes::Nothing => vec![],
                Takes::One(_) | Takes::Many(_) => {
                    let values = matches.get_many::<String>(flag.long);
                    values.into_iter().flatten().cloned().collect()
                }
            },
            source: Source::Typed(flag.long),
        };
        let typed = matches.ids().map(Id::as_str).filter(|id| is_typed(id));
        Self {
            settings: typed
                .filter_map(|id| cli::settings().find(|flag| flag.long == id))
                .map(setting)
                .collect(),
            inline: Inline::default(),
        }
    }

    /// Who gave a flag.
    pub(crate) fn source(&self, flag: &str) -> Option<&Source> {
        self.setting(flag).map(|setting| &setting.source)
    }

    /// Its values; none of a switch that is on.
    pub(crate) fn values(&self, flag: &str) -> Option<&[String]> {
        self.setting(flag).map(|setting| setting.values.as_slice())
    }

    fn setting(&self, flag: &str) -> Option<&Setting> {
        find(&self.settings, flag)
    }

    /// Adds what the environment gives and the command line does not.
    pub(crate) fn add_environment(&mut self, environment: &Environment) -> Result<(), NotGiven> {
        let mut layer = Vec::new();
        for flag in cli::settings() {
            if !self.is_free(flag) {
                continue;
            }
            let name = format!("{PREFIX}{}", key(flag.long).to_ascii_uppercase());
            let Some(value) = environment.get(&name)? else {
                continue;
            };
            let values = match flag.takes {
                Takes::Many(_) => value
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(str::to_owned)
                    .collect(),
                Takes::One(_) => vec![value.to_owned()],
                Takes::Nothing => match value.trim().to_ascii_lowercase().as_str() {
                    "1" | "true" | "yes" | "on" => vec![],
                    "0" | "false" | "no" | "off" => continue,
                    _ => {
                        return Err(NotGiven::Mistake(format!(
                            "{name} {value:?}: expected true or false"
                        )));
                    }
                },
            };
            add(&mut layer, flag, values, Source::Named(name)).map_err(NotGiven::Mistake)?;
        }
        self.settings.append(&mut layer);
        Ok(())
    }

    /// Adds what a config file gives and nothing nearer does.
    pub(crate) fn add_config(&mut self, path: &str, read: &ReadFile) -> Result<(), NotGiven> {
        let mistake = |clause: String| NotGiven::Mistake(format!("{path}: {clause}"));
        let bytes = read(path).map_err(|error| {
            let source = self.source("config").unwrap_or(&Source::Typed("config"));
            NotGiven::Mistake(format!(
                "{source}: cannot read {path}: {}",
                files::plain(&error)
            ))
        })?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| mistake(format!("not UTF-8 at byte {}", error.valid_up_to() + 1)))?;
        let mut layer = Vec::new();
        for member in config::members(text).map_err(mistake)? {
            self.add_member(path, &member, &mut layer)
                .map_err(mistake)?;
        }
        self.settings.append(&mut layer);
        Ok(())
    }

    fn add_member(
        &mut self,
        path: &str,
        member: &Member,
        layer: &mut Vec<Setting>,
    ) -> Result<(), String> {
        let id = match member.key.as_str() {
            // For editors.
            "$schema" => return Ok(()),
            "headers" => "header",
            "data_file" => "data",
            "baseline_file" => "baseline",
            key => key,
        };
        let known = !NOT_IN_CONFIG.contains(&member.key.as_str());
        let Some(flag) = cli::settings().find(|flag| known && key(flag.long) == id) else {
            let keys = config_keys();
            let nearest = config::nearest(&member.key, &keys).unwrap_or_default();
            return Err(format!(
                "unknown key {:?} {}; the nearest known one is {nearest:?}",
                member.key, member.key_at
            ));
        };
        let values = match (member.key.as_str(), &flag.takes) {
            ("data" | "baseline", _) => vec![],
            ("data_file", _) => vec![format!("@{}", beside(path, &member.one()?))],
            // A path, by the name of its value.
            ("baseline_file", _) | (_, Takes::One("FILE" | "PATH")) => {
                vec![beside(path, &member.one()?)]
            }
            ("headers", _) => member.header_lines()?,
            (_, Takes::Many(_)) => member.many()?,
            (_, Takes::One(_)) => vec![member.one()?],
            (_, Takes::Nothing) => {
                if !member.switch()? {
                    return Ok(());
                }
                vec![]
            }
        };
        if !self.is_free(flag) {
            return Ok(());
        }
        match member.key.as_str() {
            "data" => self.inline.data = Some(member.value.to_owned()),
            "baseline" => self.inline.baseline = Some(member.value.to_owned()),
            _ => {}
        }
        add(
            layer,
            flag,
            values,
            Source::Named(format!("{path}: {}", member.key)),
        )
    }

    /// Whether nothing nearer gives this flag or one that contradicts it.
    fn is_free(&self, flag: &Flag) -> bool {
        let given = |flag: &str| self.setting(flag).is_some();
        !given(flag.long) && !flag.contradicts.iter().any(|other| given(other))
    }
}

fn find<'s>(settings: &'s [Setting], flag: &str) -> Option<&'s Setting> {
    settings.iter().find(|setting| setting.flag == flag)
}

/// Adds a flag to a layer; two that contradict each other in one layer are a mistake.
fn add(
    layer: &mut Vec<Setting>,
    flag: &Flag,
    values: Vec<String>,
    source: Source,
) -> Result<(), String> {
    let contradicts = flag.contradicts.iter().copied();
    if let Some(earlier) = contradicts
        .chain([flag.long])
        .find_map(|other| find(layer, other))
    {
        return Err(format!(
            "{} and {source} contradict each other; set one of them",
            earlier.source
        ));
    }
    if flag.is_positional()
        && let Some(value) = values.iter().find(|value| value.starts_with('-'))
    {
        return Err(format!(
            "{source} {value:?}: expected a URL such as http://localhost:8000/health"
        ));
    }
    layer.push(Setting {
        flag: flag.long,
        values,
        source,
    });
    Ok(())
}

/// A path in a config is relative to it.
fn beside(config: &str, path: &str) -> String {
    Path::new(config)
        .parent()
        .map_or_else(|| path.into(), |folder| folder.join(path))
        .to_string_lossy()
        .into_owned()
}
