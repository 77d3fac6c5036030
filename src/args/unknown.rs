//! Variables that look like a flag's and are none's: the check that one was meant to
//! set would silently never run.

use std::fmt;

use super::config_file::nearest;
use super::env::Environment;
use super::flags;
use super::layers::{Layers, PREFIX, variable};

/// Maximum length of a name to compare, in characters: the comparison takes time with
/// its square.
const MAX_NAME: usize = 100;

/// What may follow the number in the name of a service's variable, `NAME_PORT_80_TCP`.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// A variable that starts with `HEALTHPROBE_` and is no flag's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable(String);

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = flags::all().map(|spec| variable(spec.long)).collect();
        let name: String = self.0.chars().take(MAX_NAME).collect();
        let cut = if name.len() < self.0.len() { "…" } else { "" };
        write!(f, "unknown variable {name}{cut}")?;
        match nearest(&name.to_ascii_uppercase(), &known) {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// The variables that are no flag's, that no value refers to as `${NAME}`, and that
/// neither Kubernetes nor an image sets for its own ends.
pub(super) fn variables(environment: &Environment, layers: &Layers) -> Vec<UnknownVariable> {
    let is_flag = |name: &str| flags::all().any(|spec| variable(spec.long) == name);
    let is_used = |name: &str| {
        let reference = format!("${{{name}");
        let mut after = layers
            .all_values()
            .flat_map(|value| value.split(&reference).skip(1));
        after.any(|after| after.starts_with(['}', ':']))
    };
    environment
        .names_with(PREFIX)
        .map(|name| name.to_string_lossy())
        .filter(|name| !is_flag(name) && !is_of_others(name) && !is_used(name))
        .map(|name| UnknownVariable(name.into_owned()))
        .collect()
}

/// Whether it is the version that a Dockerfile installs, or what Kubernetes sets for a
/// service whose name starts with `healthprobe`:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_of_others(name: &str) -> bool {
    // Each occurrence, also where two share an underscore.
    let of_port = |(start, _): (usize, char)| {
        let Some(after) = name[start..].strip_prefix("_PORT_") else {
            return false;
        };
        let protocol = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let mut parts = protocol.split('_').skip(1);
        protocol.len() < after.len()
            && parts.next().is_some_and(|part| PROTOCOLS.contains(&part))
            && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"))
    };
    name == "HEALTHPROBE_VERSION"
        || ["_PORT", "_SERVICE_HOST"]
            .iter()
            .any(|end| name.ends_with(end))
        || name.contains("_SERVICE_PORT_")
        || name.char_indices().any(of_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_variables_that_others_set() {
        for name in [
            "VERSION",
            "SERVICE_HOST",
            "SERVICE_PORT",
            "SERVICE_PORT_HTTP",
            "PORT",
            "PORT_80_TCP",
            "PORT_80_TCP_PROTO",
            "PORT_80_TCP_PORT",
            "PORT_80_TCP_ADDR",
            "PORT_53_UDP",
            "PORT_9_SCTP_ADDR",
            "API_SERVICE_HOST",
            "API_PORT_8000_TCP_ADDR",
            "PORT_PORT_80_TCP",
        ] {
            assert!(is_of_others(&format!("{PREFIX}{name}")), "{name}");
        }
        for name in [
            "TIMOUT",
            "PORTS",
            "PORT_TCP",
            "PORT_80",
            "PORT_80_HTTP",
            "PORT_80_TCP_NAME",
            "SERVICE",
            "HOST",
            "VERSIONS",
        ] {
            assert!(!is_of_others(&format!("{PREFIX}{name}")), "{name}");
        }
    }

    #[test]
    fn cuts_a_long_name() {
        let long = UnknownVariable(format!("{PREFIX}{}", "é".repeat(100_000)));
        let text = long.to_string();
        assert!(text.starts_with("unknown variable HEALTHPROBE_é"), "{text}");
        assert!(text.contains("é…; did you mean HEALTHPROBE_"), "{text}");
        assert!(text.len() < 300, "{text}");
    }
}
