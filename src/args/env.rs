//! The environment as a value, so that tests need no process of their own.

use std::ffi::OsString;
use std::fmt;

/// The variables of a process.
#[derive(Debug, Clone, Default)]
pub struct Environment(Vec<(OsString, OsString)>);

/// A variable whose value is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnicode(String);

impl fmt::Display for NotUnicode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variable {} is not UTF-8", self.0)
    }
}

impl std::error::Error for NotUnicode {}

impl Environment {
    /// The value of a variable; `None` where it is unset or empty. A carriage return at its
    /// end, which a file of variables with Windows' line ends leaves there, is dropped.
    ///
    /// # Errors
    /// A value that is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, NotUnicode> {
        let Some((_, value)) = self.0.iter().find(|(other, _)| other.as_os_str() == name) else {
            return Ok(None);
        };
        let value = value.to_str().ok_or_else(|| NotUnicode(name.to_owned()))?;
        let value = value.strip_suffix('\r').unwrap_or(value);
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// The names of the variables that start with this and are not empty, in their order.
    pub(crate) fn names_with<'e>(&'e self, prefix: &'e str) -> impl Iterator<Item = &'e OsString> {
        let named = |name: &OsString| name.as_encoded_bytes().starts_with(prefix.as_bytes());
        let set = self.0.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, _)| name).filter(move |name| named(name))
    }

    /// Whether any variable's name starts with this.
    #[must_use]
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.0
            .iter()
            .any(|(name, _)| name.as_encoded_bytes().starts_with(prefix.as_bytes()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn an_empty_variable_is_unset_and_one_that_is_not_utf8_an_error() {
        let environment: Environment = [
            (OsStr::new("A"), OsStr::new("1")),
            (OsStr::new("EMPTY"), OsStr::new("")),
            (OsStr::new("CRLF"), OsStr::new("1\r")),
            (OsStr::new("CR"), OsStr::new("\r")),
            (OsStr::new("BYTES"), OsStr::from_bytes(b"\xff")),
        ]
        .into_iter()
        .collect();
        assert_eq!(environment.get("A"), Ok(Some("1")));
        assert_eq!(environment.get("EMPTY"), Ok(None));
        assert_eq!(environment.get("CRLF"), Ok(Some("1")));
        assert_eq!(environment.get("CR"), Ok(None));
        assert_eq!(environment.get("NONE"), Ok(None));
        assert_eq!(
            environment.get("BYTES").unwrap_err().to_string(),
            "the variable BYTES is not UTF-8"
        );
        assert!(environment.has_prefix("EM") && !environment.has_prefix("X"));
    }
}
