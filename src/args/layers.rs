//! What was given, layer by layer: the command line, the environment, then the
//! config file.

use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Id};

use super::config_file::{self, Member};
use super::env::Environment;
use super::flags::{self, Arity, Flag};
use super::{ArgsError, InlineJson, Origin, ReadFile};
use crate::files;

pub(crate) const PREFIX: &str = "HEALTHPROBE_";

/// The keys that a config may have, sorted: the flags' long names with `_`, but
/// for those that ask or write, and the ways to write a body or a baseline inline.
#[must_use]
pub fn config_keys() -> Vec<String> {
    let mut keys: Vec<String> = flags::settings()
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
    origin: Origin,
}

/// A flag's name as a key of the config; in capitals, the end of its variable's.
fn key(flag: &str) -> String {
    flag.replace('-', "_")
}

/// What was given so far.
#[derive(Debug)]
pub(crate) struct Layers {
    settings: Vec<Setting>,
    pub(crate) inline: InlineJson,
}

impl Layers {
    /// What was typed, which wins over all that is added.
    pub(crate) fn typed(matches: &ArgMatches) -> Self {
        let is_typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let setting = |flag: &Flag| Setting {
            flag: flag.long,
            values: match flag.arity {
                Arity::Switch => vec![],
                Arity::Value(_) | Arity::Values(_) => {
                    let values = matches.get_many::<String>(flag.long);
                    values.into_iter().flatten().cloned().collect()
                }
            },
            origin: Origin::CommandLine(flag.long),
        };
        let typed = matches.ids().map(Id::as_str).filter(|id| is_typed(id));
        Self {
            settings: typed
                .filter_map(|id| flags::settings().find(|flag| flag.long == id))
                .map(setting)
                .collect(),
            inline: InlineJson::default(),
        }
    }

    /// Who gave a flag.
    pub(crate) fn origin(&self, flag: &str) -> Option<&Origin> {
        self.setting(flag).map(|setting| &setting.origin)
    }

    /// Its values; none of a switch that is on.
    pub(crate) fn values(&self, flag: &str) -> Option<&[String]> {
        self.setting(flag).map(|setting| setting.values.as_slice())
    }

    fn setting(&self, flag: &str) -> Option<&Setting> {
        find(&self.settings, flag)
    }

    /// Adds what the environment gives and the command line does not.
    pub(crate) fn add_environment(&mut self, environment: &Environment) -> Result<(), ArgsError> {
        let mut layer = Vec::new();
        for flag in flags::settings() {
            if !self.is_unset(flag) {
                continue;
            }
            let name = format!("{PREFIX}{}", key(flag.long).to_ascii_uppercase());
            let Some(value) = environment.get(&name)? else {
                continue;
            };
            let values = match flag.arity {
                Arity::Values(_) => value
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(str::to_owned)
                    .collect(),
                Arity::Value(_) => vec![value.to_owned()],
                Arity::Switch => match value.trim().to_ascii_lowercase().as_str() {
                    "1" | "true" | "yes" | "on" => vec![],
                    "0" | "false" | "no" | "off" => continue,
                    _ => {
                        return Err(ArgsError::Usage(format!(
                            "{name} {value:?}: expected true or false"
                        )));
                    }
                },
            };
            add(&mut layer, flag, values, Origin::Named(name)).map_err(ArgsError::Usage)?;
        }
        self.settings.append(&mut layer);
        Ok(())
    }

    /// Adds what a config file gives and nothing nearer does.
    pub(crate) fn add_config(&mut self, path: &str, read: &ReadFile) -> Result<(), ArgsError> {
        let usage = |clause: String| ArgsError::Usage(format!("{path}: {clause}"));
        let bytes = read(path).map_err(|error| {
            let origin = self
                .origin("config")
                .unwrap_or(&Origin::CommandLine("config"));
            ArgsError::Usage(format!(
                "{origin}: cannot read {path}: {}",
                files::strip_os_error(&error)
            ))
        })?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| usage(format!("not UTF-8 at byte {}", error.valid_up_to() + 1)))?;
        let mut layer = Vec::new();
        for member in config_file::members(text).map_err(usage)? {
            self.add_member(path, &member, &mut layer).map_err(usage)?;
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
        let Some(flag) = flags::settings().find(|flag| known && key(flag.long) == id) else {
            let keys = config_keys();
            let nearest = config_file::nearest(&member.key, &keys).unwrap_or_default();
            return Err(format!(
                "unknown key {:?} {}; the nearest known one is {nearest:?}",
                member.key, member.key_at
            ));
        };
        let values = match (member.key.as_str(), &flag.arity) {
            ("data" | "baseline", _) => vec![],
            ("data_file", _) => vec![format!("@{}", relative_to_config(path, &member.one()?))],
            // A path, by the name of its value.
            ("baseline_file", _) | (_, Arity::Value("FILE" | "PATH")) => {
                vec![relative_to_config(path, &member.one()?)]
            }
            ("headers", _) => member.header_lines()?,
            (_, Arity::Values(_)) => member.many()?,
            (_, Arity::Value(_)) => vec![member.one()?],
            (_, Arity::Switch) => {
                if !member.switch()? {
                    return Ok(());
                }
                vec![]
            }
        };
        if !self.is_unset(flag) {
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
            Origin::Named(format!("{path}: {}", member.key)),
        )
    }

    /// Whether nothing nearer gives this flag or one that contradicts it.
    fn is_unset(&self, flag: &Flag) -> bool {
        let given = |flag: &str| self.setting(flag).is_some();
        !given(flag.long) && !flag.contradicts.iter().any(|other| given(other))
    }
}

fn find<'s>(settings: &'s [Setting], flag: &str) -> Option<&'s Setting> {
    settings.iter().find(|setting| setting.flag == flag)
}

/// Adds a flag to a layer; two that contradict each other in one layer are a usage.
fn add(
    layer: &mut Vec<Setting>,
    flag: &Flag,
    values: Vec<String>,
    origin: Origin,
) -> Result<(), String> {
    let contradicts = flag.contradicts.iter().copied();
    if let Some(earlier) = contradicts
        .chain([flag.long])
        .find_map(|other| find(layer, other))
    {
        return Err(format!(
            "{} and {origin} contradict each other; set one of them",
            earlier.origin
        ));
    }
    if flag.is_positional()
        && let Some(value) = values.iter().find(|value| value.starts_with('-'))
    {
        return Err(format!(
            "{origin} {value:?}: expected a URL such as http://localhost:8000/health"
        ));
    }
    layer.push(Setting {
        flag: flag.long,
        values,
        origin,
    });
    Ok(())
}

/// A path in a config is relative to it.
fn relative_to_config(config: &str, path: &str) -> String {
    Path::new(config)
        .parent()
        .map_or_else(|| path.into(), |folder| folder.join(path))
        .to_string_lossy()
        .into_owned()
}
