//! What comes under the command line, layer by layer: the environment, then the
//! config file, as arguments for clap to read.

use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cli;
use crate::config::{self, Member};
use crate::environment::Environment;
use crate::files;
use crate::given::{Inline, NotGiven, ReadFile, Source};

pub(crate) const PREFIX: &str = "HEALTHPROBE_";

/// The keys that a config may have, sorted: the flags' long names with `_`, but
/// for those that ask or write, and the ways to write a body or a baseline inline.
#[must_use]
pub fn config_keys() -> Vec<String> {
    let command = cli::command();
    let mut keys: Vec<String> = command
        .get_arguments()
        .map(|argument| key(argument.get_id().as_str()))
        .filter(|key| !NOT_IN_CONFIG.contains(&key.as_str()))
        .chain(["$schema", "headers", "data_file", "baseline_file"].map(str::to_owned))
        .collect();
    keys.sort();
    keys
}

/// `headers` is the config's form of `header`.
const NOT_IN_CONFIG: [&str; 5] = ["config", "header", "help", "version", "write_baseline"];

/// Who gave which flag, the command line left out.
#[derive(Debug, Default)]
pub(crate) struct Sources(Vec<(String, Source)>);

impl Sources {
    pub(crate) fn get(&self, id: &str) -> Option<&Source> {
        self.0
            .iter()
            .find(|(other, _)| other == id)
            .map(|(_, source)| source)
    }
}

/// A flag's name as a key of the config; in capitals, the end of its variable's.
fn key(flag: &str) -> String {
    flag.replace('-', "_")
}

/// What comes under the command line: arguments yet to be read.
pub(crate) struct Layers<'c> {
    command: &'c Command,
    /// The flags that are given already, and by whom if not by the command line.
    typed: Vec<String>,
    pub(crate) sources: Sources,
    pub(crate) added: Vec<String>,
    pub(crate) inline: Inline,
}

impl<'c> Layers<'c> {
    pub(crate) fn new(command: &'c Command, matches: &ArgMatches) -> Self {
        let typed = command
            .get_arguments()
            .map(|argument| argument.get_id().as_str())
            .filter(|id| {
                matches!(matches.try_contains_id(id), Ok(true))
                    && matches.value_source(id) == Some(ValueSource::CommandLine)
            })
            .map(str::to_owned)
            .collect();
        Self {
            command,
            typed,
            sources: Sources::default(),
            added: Vec::new(),
            inline: Inline::default(),
        }
    }

    /// The value that a flag has so far.
    pub(crate) fn value(&self, id: &str, matches: &ArgMatches) -> Option<String> {
        let typed = matches.get_one::<String>(id).cloned();
        typed.or_else(|| {
            let start = format!("--{id}=");
            self.added
                .iter()
                .find_map(|argument| argument.strip_prefix(&start).map(str::to_owned))
        })
    }

    pub(crate) fn add_environment(&mut self, environment: &Environment) -> Result<(), NotGiven> {
        let mut layer = Sources::default();
        for argument in self.command.get_arguments() {
            let id = argument.get_id().as_str();
            let name = format!("{PREFIX}{}", key(id).to_ascii_uppercase());
            if !self.is_free(argument) {
                continue;
            }
            let Some(value) = environment.get(&name)? else {
                continue;
            };
            let values: Vec<String> = match argument.get_action() {
                ArgAction::Append => value
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(str::to_owned)
                    .collect(),
                ArgAction::Set => vec![value.to_owned()],
                ArgAction::SetTrue => match value.trim().to_ascii_lowercase().as_str() {
                    "1" | "true" | "yes" | "on" => vec![String::new()],
                    "0" | "false" | "no" | "off" => continue,
                    _ => {
                        return Err(NotGiven::Mistake(format!(
                            "{name} {value:?}: expected true or false"
                        )));
                    }
                },
                // Help and version are questions, not settings.
                _ => continue,
            };
            self.add(argument, &values, Source(name), &mut layer)
                .map_err(NotGiven::Mistake)?;
        }
        self.sources.0.append(&mut layer.0);
        Ok(())
    }

    pub(crate) fn add_config(&mut self, path: &str, read: &ReadFile) -> Result<(), NotGiven> {
        let mistake = |clause: String| NotGiven::Mistake(format!("{path}: {clause}"));
        let bytes = read(path).map_err(|error| {
            let source = match self.sources.get("config") {
                Some(source) => source.to_string(),
                None => "--config".to_owned(),
            };
            NotGiven::Mistake(format!(
                "{source}: cannot read {path}: {}",
                files::plain(&error)
            ))
        })?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| mistake(format!("not UTF-8 at byte {}", error.valid_up_to() + 1)))?;
        let mut layer = Sources::default();
        for member in config::members(text).map_err(mistake)? {
            self.add_member(path, &member, &mut layer)
                .map_err(mistake)?;
        }
        self.sources.0.append(&mut layer.0);
        Ok(())
    }

    fn add_member(
        &mut self,
        path: &str,
        member: &Member,
        layer: &mut Sources,
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
        let found = self
            .command
            .get_arguments()
            .find(|argument| known && key(argument.get_id().as_str()) == id);
        let Some(argument) = found else {
            let keys = config_keys();
            let nearest = config::nearest(&member.key, &keys).unwrap_or_default();
            return Err(format!(
                "unknown key {:?} {}; the nearest known one is {nearest:?}",
                member.key, member.key_at
            ));
        };
        let values = match (member.key.as_str(), argument.get_action()) {
            ("data" | "baseline", _) => vec![],
            ("data_file", _) => vec![format!("@{}", beside(path, &member.one()?))],
            ("baseline_file", _) => vec![beside(path, &member.one()?)],
            _ if is_path(argument) => vec![beside(path, &member.one()?)],
            ("headers", _) => member.header_lines()?,
            (_, ArgAction::Append) => member.many()?,
            (_, ArgAction::SetTrue) => {
                if !member.switch()? {
                    return Ok(());
                }
                vec![String::new()]
            }
            _ => vec![member.one()?],
        };
        if !self.is_free(argument) {
            return Ok(());
        }
        match member.key.as_str() {
            "data" => self.inline.data = Some(member.value.to_owned()),
            "baseline" => self.inline.baseline = Some(member.value.to_owned()),
            _ => {}
        }
        let source = Source(format!("{path}: {}", member.key));
        self.add(argument, &values, source, layer)
    }

    /// Whether nothing nearer gives this flag or one that contradicts it.
    fn is_free(&self, argument: &Arg) -> bool {
        let given =
            |id: &str| self.typed.iter().any(|typed| typed == id) || self.sources.get(id).is_some();
        !given(argument.get_id().as_str())
            && !self
                .command
                .get_arg_conflicts_with(argument)
                .iter()
                .any(|other| given(other.get_id().as_str()))
    }

    /// Adds a flag to a layer; two that contradict each other in one layer are a mistake.
    fn add(
        &mut self,
        argument: &Arg,
        values: &[String],
        source: Source,
        layer: &mut Sources,
    ) -> Result<(), String> {
        let id = argument.get_id().as_str();
        let conflicts = self.command.get_arg_conflicts_with(argument);
        let contradicted = conflicts
            .iter()
            .map(|other| other.get_id().as_str())
            .chain([id])
            .find_map(|other| layer.get(other));
        if let Some(earlier) = contradicted {
            return Err(format!(
                "{earlier} and {source} contradict each other; set one of them"
            ));
        }
        if argument.get_long().is_none()
            && let Some(value) = values.iter().find(|value| value.starts_with('-'))
        {
            return Err(format!(
                "{source} {value:?}: expected a URL such as http://localhost:8000/health"
            ));
        }
        self.added
            .extend(values.iter().map(|value| match argument.get_long() {
                None => value.clone(),
                Some(long) if matches!(argument.get_action(), ArgAction::SetTrue) => {
                    format!("--{long}")
                }
                Some(long) => format!("--{long}={value}"),
            }));
        layer.0.push((id.to_owned(), source));
        Ok(())
    }
}

/// Whether a flag's value is a path.
fn is_path(argument: &Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| name == "FILE" || name == "PATH")
}

/// A path in a config is relative to it.
fn beside(config: &str, path: &str) -> String {
    Path::new(config)
        .parent()
        .map_or_else(|| path.into(), |folder| folder.join(path))
        .to_string_lossy()
        .into_owned()
}
