//! `tls` in a build without that feature: its flags are not read.

use super::error::PlanError;
use super::planner::Planner;
use crate::tls::Settings;

impl Planner<'_> {
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with TLS, it reads flags and may fail"
    )]
    pub(super) fn tls_settings(&self) -> Result<Settings, PlanError> {
        Ok(Settings)
    }
}
