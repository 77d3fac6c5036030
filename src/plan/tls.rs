//! Arguments → whom to trust, and who we are.

use super::{UsageError, read_file};
use crate::environment::Environment;
use crate::given::{Given, ReadFile};
use crate::tls::{self, Places, Settings, Trust};

pub(super) fn settings(
    given: &Given,
    environment: &Environment,
    read: &ReadFile,
) -> Result<Settings, UsageError> {
    // What is wrong with a file is not told apart from where: its content stays unseen.
    let refuse = |flag: &'static str, path: &str, reason: String| {
        UsageError(format!("{} {path:?}: {reason}", given.source(flag)))
    };
    let pem = |flag: &'static str, path: &str| read_file(given, flag, path, read);
    let trust = match given.one("cacert") {
        _ if given.is_on("insecure") => Trust::Anyone,
        Some(path) => Trust::These(
            tls::certificates(&pem("cacert", path)?)
                .map_err(|reason| refuse("cacert", path, reason))?,
        ),
        None => Trust::System(places(environment)?),
    };
    let identity = match (given.one("cert"), given.one("key")) {
        (Some(cert), key) => {
            let text = pem("cert", cert)?;
            let chain = tls::certificates(&text).map_err(|reason| refuse("cert", cert, reason))?;
            let identity = match key {
                Some(path) => tls::identity(chain, &pem("key", path)?)
                    .map_err(|reason| refuse("key", path, reason))?,
                None => tls::identity(chain, &text)
                    .map_err(|reason| refuse("cert", cert, format!("{reason}; or --key FILE")))?,
            };
            Some(identity)
        }
        (None, Some(_)) => {
            return Err(UsageError(format!(
                "{}: expected --cert FILE as well, the certificate of this key",
                given.source("key")
            )));
        }
        (None, None) => None,
    };
    Ok(Settings {
        trust,
        identity,
        looks_at_all: given.one("metrics-file").is_some(),
    })
}

fn places(environment: &Environment) -> Result<Places, UsageError> {
    let get = |name: &str| {
        environment
            .get(name)
            .map(|value| value.map(str::to_owned))
            .map_err(|error| UsageError(error.to_string()))
    };
    Ok(Places {
        file: get("SSL_CERT_FILE")?,
        folders: get("SSL_CERT_DIR")?,
    })
}
