//! `--write-baseline`: recording is a probe like any other, whose answer is kept
//! if every check holds.

use std::fmt;

use crate::check::json::baseline::Ignored;
use crate::check::{Describe, Failure, Outcome};
use crate::files;
use crate::response::{Body, BodyEnd};

/// Where to record an answer.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The file.
    pub path: String,
    /// What to leave out.
    pub ignored: Ignored,
}

impl Recording {
    /// Writes the body, pretty and at once or not at all.
    #[must_use]
    pub fn write(&self, body: &Body) -> Outcome<'_> {
        Outcome {
            check: self,
            actual: None,
            failure: self.try_write(body).err().map(|reason| Failure {
                reason,
                body_explains: false,
            }),
        }
    }

    fn try_write(&self, body: &Body) -> Result<(), String> {
        if let BodyEnd::Failed(error) = &body.end {
            return Err(error.to_string());
        }
        let recording = self.ignored.recording(&body.bytes)?;
        let mut text = serde_json::to_string_pretty(&recording).map_err(|e| e.to_string())?;
        text.push('\n');
        files::replace(&self.path, text.as_bytes()).map_err(|error| {
            format!(
                "cannot write {}: {}",
                self.path,
                files::strip_os_error(&error)
            )
        })
    }
}

impl Describe for Recording {
    fn expected(&self) -> String {
        "an answer that can be recorded".to_owned()
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write-baseline {}", self.path)
    }
}
