//! Arguments → which certificates to trust, and the client's own.

use super::error::{Mismatch, PlanError};
use super::planner::Planner;
use crate::args::flags::{CACERT, CERT, INSECURE, KEY, METRICS_FILE, MIN_CERT_VALIDITY};
use crate::duration;
use crate::tls::{self, CaLocations, RootCerts, Scrutiny, Settings};

impl Planner<'_> {
    pub(super) fn tls_settings(&self) -> Result<Settings, PlanError> {
        let trust = self.root_certs()?;
        let identity = match (self.args.value(CERT), self.args.value(KEY)) {
            (Some(cert), key) => {
                let pem = self.read_file(CERT, cert)?;
                let chain = tls::certificates(&pem)
                    .map_err(|error| self.content_error(CERT, cert, error))?;
                Some(match key {
                    Some(key) => tls::identity(chain, &self.read_file(KEY, key)?)
                        .map_err(|error| self.content_error(KEY, key, error))?,
                    None => tls::identity(chain, &pem).map_err(|error| {
                        self.content_error(CERT, cert, format!("{error}; or --key FILE"))
                    })?,
                })
            }
            (None, Some(_)) => return Err(self.mismatch(KEY, Mismatch::NoCert)),
            (None, None) => None,
        };
        Ok(Settings {
            trust,
            identity,
            scrutiny: Scrutiny {
                check_chain_expiry: self.args.value(METRICS_FILE).is_some(),
                min_validity: self.parse(MIN_CERT_VALIDITY, duration::parse)?,
            },
        })
    }

    fn root_certs(&self) -> Result<RootCerts, PlanError> {
        if self.args.is_set(INSECURE) {
            return Ok(RootCerts::Unverified);
        }
        let Some(path) = self.args.value(CACERT) else {
            return Ok(RootCerts::System(self.ca_locations()?));
        };
        tls::certificates(&self.read_file(CACERT, path)?)
            .map(RootCerts::Specific)
            .map_err(|error| self.content_error(CACERT, path, error))
    }

    fn ca_locations(&self) -> Result<CaLocations, PlanError> {
        let get = |name: &str| {
            self.environment
                .get(name)
                .map(|value| value.map(str::to_owned))
                .map_err(PlanError::Environment)
        };
        Ok(CaLocations {
            file: get("SSL_CERT_FILE")?,
            folders: get("SSL_CERT_DIR")?,
        })
    }
}
