//! Each flag's value from the nearest layer that has one: the command line, then the
//! environment, then the config file.

use std::path::Path;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Id};

use super::config_file::{self, ConfigError, Member};
use super::env::Environment;
use super::error::{ArgsError, UsageError};
use super::flags::{
    self, Arity, BASELINE, CONFIG, Content, DATA, HEADER, Spec, UNIX_SOCKET, WRITE_BASELINE,
};
use super::origin::Origin;
use crate::inputs::{Input, ReadInput};

/// What every variable's name starts with.
pub(crate) const PREFIX: &str = "HEALTHPROBE_";

/// JSON texts of the config, unless a nearer layer sets the flag.
#[derive(Debug, Default)]
pub struct InlineJson {
    /// `data`
    pub data: Option<String>,
    /// `baseline`
    pub baseline: Option<String>,
}

/// The keys that a config may have, sorted: the flags' long names with `_`, except for
/// a few, and other ways to write headers, a body and a baseline.
#[must_use]
pub fn config_keys() -> Vec<String> {
    let mut keys: Vec<String> = flags::all()
        .filter(|spec| is_config_key(spec))
        .map(|spec| to_key(spec.long))
        .chain(["$schema", "headers", "data_file", "baseline_file"].map(str::to_owned))
        .collect();
    keys.sort();
    keys
}

/// `headers` is the config's form of `--header`.
fn is_config_key(spec: &Spec) -> bool {
    ![CONFIG.long, HEADER.long, WRITE_BASELINE.long].contains(&spec.long)
}

/// A flag's name as a key of the config; in capitals, the end of its variable's.
fn to_key(flag: &str) -> String {
    flag.replace('-', "_")
}

/// The name of a flag's variable.
pub(crate) fn variable(flag: &str) -> String {
    format!("{PREFIX}{}", to_key(flag).to_ascii_uppercase())
}

/// What one layer has for a flag.
#[derive(Debug)]
struct Setting {
    spec: &'static Spec,
    /// Empty for a switch.
    values: Vec<String>,
    origin: Origin,
}

/// The flags that the layers read so far set.
#[derive(Debug)]
pub(crate) struct Layers {
    settings: Vec<Setting>,
    pub(crate) inline: InlineJson,
}

impl Layers {
    /// The command line, which wins over all that is added.
    pub(crate) fn of_command_line(matches: &ArgMatches) -> Self {
        let is_given = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let setting = |spec: &'static Spec| Setting {
            spec,
            values: match spec.arity {
                Arity::Switch => vec![],
                Arity::Value(_) | Arity::Values(_) => {
                    let values = matches.get_many::<String>(spec.long);
                    values.into_iter().flatten().cloned().collect()
                }
            },
            origin: Origin::CommandLine(spec.long),
        };
        let given = matches.ids().map(Id::as_str).filter(|id| is_given(id));
        Self {
            settings: given
                .filter_map(|id| flags::all().find(|spec| spec.long == id))
                .map(setting)
                .collect(),
            inline: InlineJson::default(),
        }
    }

    /// Where a flag's value came from.
    pub(crate) fn origin(&self, flag: &str) -> Option<&Origin> {
        self.find(flag).map(|setting| &setting.origin)
    }

    /// The values of all flags.
    pub(crate) fn all_values(&self) -> impl Iterator<Item = &str> {
        let values = self.settings.iter().flat_map(|setting| &setting.values);
        values.map(String::as_str)
    }

    /// A flag's values; none for a switch that is on.
    pub(crate) fn values(&self, flag: &str) -> Option<&[String]> {
        self.find(flag).map(|setting| setting.values.as_slice())
    }

    /// Adds what the environment sets and the command line does not.
    pub(crate) fn add_environment(&mut self, environment: &Environment) -> Result<(), ArgsError> {
        let mut layer = Vec::new();
        for spec in flags::all() {
            if !self.is_unset(spec) {
                continue;
            }
            let name = variable(spec.long);
            let Some(value) = environment.get(&name)? else {
                continue;
            };
            let values = match spec.arity {
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
                        let value = value.to_owned();
                        return Err(UsageError::Switch { name, value }.into());
                    }
                },
            };
            add(&mut layer, spec, values, Origin::Named(name))?;
        }
        self.settings.append(&mut layer);
        Ok(())
    }

    /// Adds what a config file sets and no nearer layer does.
    pub(crate) fn add_config(
        &mut self,
        path: &str,
        timeout: Duration,
        read: &ReadInput,
    ) -> Result<(), UsageError> {
        let bytes =
            read(Input::or_stdin(path), timeout).map_err(|error| UsageError::UnreadableConfig {
                origin: self
                    .origin(CONFIG.long)
                    .cloned()
                    .unwrap_or(Origin::CommandLine(CONFIG.long)),
                path: path.to_owned(),
                error,
            })?;
        let refuse = |error| UsageError::Config {
            path: path.to_owned(),
            error,
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| refuse(ConfigError::NotUtf8(error.valid_up_to() + 1)))?;
        let mut layer = Vec::new();
        for member in config_file::members(text).map_err(refuse)? {
            if let Some((spec, values)) = config_values(path, &member).map_err(refuse)?
                && self.is_unset(spec)
            {
                let origin = Origin::Named(format!("{path}: {}", member.key));
                self.keep_inline(&member);
                add(&mut layer, spec, values, origin)?;
            }
        }
        self.settings.append(&mut layer);
        Ok(())
    }

    fn keep_inline(&mut self, member: &Member) {
        match member.key.as_str() {
            "data" => self.inline.data = Some(member.value.to_owned()),
            "baseline" => self.inline.baseline = Some(member.value.to_owned()),
            _ => {}
        }
    }

    /// Whether no nearer layer sets this flag or one that conflicts with it.
    fn is_unset(&self, spec: &Spec) -> bool {
        blocking(&self.settings, spec).is_none()
    }

    fn find(&self, flag: &str) -> Option<&Setting> {
        let mut settings = self.settings.iter();
        settings.find(|setting| setting.spec.long == flag)
    }
}

/// The setting of this flag or of one that conflicts with it.
fn blocking<'s>(settings: &'s [Setting], spec: &Spec) -> Option<&'s Setting> {
    settings
        .iter()
        .find(|setting| setting.spec.long == spec.long || setting.spec.conflicts_with(spec))
}

/// Adds a flag to a layer, which must not have one that conflicts with it.
fn add(
    layer: &mut Vec<Setting>,
    spec: &'static Spec,
    values: Vec<String>,
    origin: Origin,
) -> Result<(), UsageError> {
    if let Some(earlier) = blocking(layer, spec) {
        return Err(UsageError::Conflict(earlier.origin.clone(), origin));
    }
    if spec.is_positional()
        && let Some(value) = values.iter().find(|value| value.starts_with('-'))
    {
        let value = value.clone();
        return Err(UsageError::NotAUrl { origin, value });
    }
    layer.push(Setting {
        spec,
        values,
        origin,
    });
    Ok(())
}

/// The flag that a member of a config sets, and its values; of inline JSON, none.
fn config_values(
    path: &str,
    member: &Member,
) -> Result<Option<(&'static Spec, Vec<String>)>, ConfigError> {
    let key = member.key.as_str();
    let long = match key {
        // For editors.
        "$schema" => return Ok(None),
        "headers" => Some(HEADER.long),
        "data_file" => Some(DATA.long),
        "baseline_file" => Some(BASELINE.long),
        _ => None,
    };
    let is_meant = |spec: &&Spec| match long {
        Some(long) => spec.long == long,
        None => is_config_key(spec) && to_key(spec.long) == key,
    };
    let Some(spec) = flags::all().find(is_meant) else {
        return Err(unknown_key(member));
    };
    let file = || {
        let text = member.as_text()?;
        // An abstract socket has no folder.
        let is_file = spec.long != UNIX_SOCKET.long || !text.starts_with('@');
        Ok(if is_file {
            relative_to_config(path, &text)
        } else {
            text
        })
    };
    let values = match (key, spec.arity) {
        ("data" | "baseline", _) => vec![],
        ("data_file", _) => vec![format!("@{}", file()?)],
        ("headers", _) => member.as_header_lines()?,
        // An abstract socket is no file.
        ("unix_socket", _) if member.as_text()?.starts_with('@') => vec![member.as_text()?],
        (_, Arity::Value(_)) if spec.content == Content::Path => vec![file()?],
        (_, Arity::Value(_)) => vec![member.as_text()?],
        (_, Arity::Values(_)) => member.as_texts()?,
        (_, Arity::Switch) if member.as_switch()? => vec![],
        (_, Arity::Switch) => return Ok(None),
    };
    Ok(Some((spec, values)))
}

fn unknown_key(member: &Member) -> ConfigError {
    let keys = config_keys();
    let nearest = config_file::nearest(&member.key, &keys).unwrap_or_default();
    ConfigError::UnknownKey {
        key: member.key.clone(),
        at: member.key_at,
        nearest: nearest.to_owned(),
    }
}

/// A path in a config is relative to it. `-` is a file there.
fn relative_to_config(config: &str, path: &str) -> String {
    let folder = match Path::new(config).parent() {
        Some(folder) if path == "-" => folder.join("./-"),
        Some(folder) => folder.join(path),
        None => path.into(),
    };
    folder.to_string_lossy().into_owned()
}
