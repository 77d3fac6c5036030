//! `--ignore`: nodes that are neither compared with a baseline nor recorded in one.

use std::fmt;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::document;
use super::error::JsonError;
use super::filter_functions::within_budget;
use super::non_finite::find_non_finite;
use crate::response::Response;

/// Queries whose nodes are neither compared nor recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ignored(pub Vec<JsonPath>);

/// Why a body cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingError {
    /// The body is not JSON.
    NotJson(JsonError),
    /// JSON has no such number.
    NonFinite {
        /// Where the number is: `predictions[0].score`.
        path: String,
        /// The number: `NaN`.
        number: String,
    },
}

/// Nodes by their addresses, which do not change while the documents are borrowed; sorted.
pub(super) struct IgnoredNodes(Vec<*const Value>);

impl IgnoredNodes {
    pub(super) fn contains(&self, value: &Value) -> bool {
        self.0.binary_search(&std::ptr::from_ref(value)).is_ok()
    }
}

impl Ignored {
    /// The selected nodes of these documents.
    pub(super) fn nodes(&self, documents: &[&Value]) -> IgnoredNodes {
        let mut nodes = Vec::new();
        for query in &self.0 {
            for document in documents {
                // What exceeds a limit is not ignored.
                if let Ok(selected) = within_budget(|| query.query(document)) {
                    nodes.extend(selected.all().into_iter().map(std::ptr::from_ref));
                }
            }
        }
        nodes.sort_unstable();
        IgnoredNodes(nodes)
    }

    /// The body to record. Ignored members are left out; ignored elements become null,
    /// so that the others keep their index.
    ///
    /// # Errors
    /// A body that is not JSON, or that has a non-finite number.
    pub fn recording(&self, response: &Response) -> Result<Value, RecordingError> {
        let document = document::read(response).map_err(RecordingError::NotJson)?;
        let ignored = self.nodes(&[&document]);
        let recording = without(&document, &ignored);
        match find_non_finite("$", &recording) {
            Some((path, number)) => Err(RecordingError::NonFinite {
                path,
                number: number.to_owned(),
            }),
            None => Ok(recording),
        }
    }
}

fn without(value: &Value, ignored: &IgnoredNodes) -> Value {
    match value {
        _ if ignored.contains(value) => Value::Null,
        Value::Array(elements) => elements
            .iter()
            .map(|element| without(element, ignored))
            .collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !ignored.contains(member))
            .map(|(name, member)| (name.clone(), without(member, ignored)))
            .collect(),
        other => other.clone(),
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "body {error}"),
            Self::NonFinite { path, number } => {
                write!(f, "{path} is {number}; only finite numbers can be recorded")
            }
        }
    }
}

impl std::error::Error for RecordingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotJson(error) => Some(error),
            Self::NonFinite { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ignored;
    use crate::response::Response;
    use serde_json_path::JsonPath;

    fn recording(ignored: &[&str], body: &str) -> Result<String, String> {
        let queries = ignored.iter().map(|query| JsonPath::parse(query).unwrap());
        let mut response = Response::example();
        response.body.bytes = body.into();
        match Ignored(queries.collect()).recording(&response) {
            Ok(recording) => Ok(recording.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn ignored_nodes_are_not_recorded() {
        let body = r#"{"id":"a","list":[1,2,3],"x":{"created":5,"y":1}}"#;
        assert_eq!(
            recording(&["$.id", "$..created", "$.list[1]", "$.nothing"], body).unwrap(),
            r#"{"list":[1,null,3],"x":{"y":1}}"#
        );
    }

    #[test]
    fn rejects_a_body_that_a_baseline_could_not_hold() {
        let nan = "{\"a\":[NaN]}";
        assert_eq!(
            recording(&[], nan).unwrap_err(),
            "a[0] is NaN; only finite numbers can be recorded"
        );
        assert!(recording(&["$.a"], nan).is_ok());
        assert_eq!(
            recording(&[], "no").unwrap_err(),
            "body is not JSON: expected ident at line 1 column 2"
        );
    }
}
