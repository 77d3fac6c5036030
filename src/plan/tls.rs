//! Arguments → whom to trust, and who we are.

use super::{UsageError, read_file};
use crate::args::env::Environment;
use crate::args::{Args, ReadFile};
use crate::tls::{self, CaLocations, RootCerts, Settings};

pub(super) fn settings(
    args: &Args,
    environment: &Environment,
    read: &ReadFile,
) -> Result<Settings, UsageError> {
    // What is wrong with a file is not told apart from where: its content stays unseen.
    let refuse = |flag: &'static str, path: &str, reason: String| {
        UsageError(format!("{} {path:?}: {reason}", args.origin(flag)))
    };
    let pem = |flag: &'static str, path: &str| read_file(args, flag, path, read);
    let trust = match args.value("cacert") {
        _ if args.is_set("insecure") => RootCerts::Unverified,
        Some(path) => RootCerts::Specific(
            tls::certificates(&pem("cacert", path)?)
                .map_err(|reason| refuse("cacert", path, reason))?,
        ),
        None => RootCerts::System(places(environment)?),
    };
    let identity = match (args.value("cert"), args.value("key")) {
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
                args.origin("key")
            )));
        }
        (None, None) => None,
    };
    Ok(Settings {
        trust,
        identity,
        check_chain_expiry: args.value("metrics-file").is_some(),
    })
}

fn places(environment: &Environment) -> Result<CaLocations, UsageError> {
    let get = |name: &str| {
        environment
            .get(name)
            .map(|value| value.map(str::to_owned))
            .map_err(|error| UsageError(error.to_string()))
    };
    Ok(CaLocations {
        file: get("SSL_CERT_FILE")?,
        folders: get("SSL_CERT_DIR")?,
    })
}
