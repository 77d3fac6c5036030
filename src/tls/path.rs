//! The way from a server's certificate to a trusted one.

use std::ptr;
use std::time::Duration;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::certificate::{check_times, subject, validity};
use crate::response::{Expiring, Holder};

/// The certificates to trust, as webpki wants them.
pub(super) struct Roots<'t> {
    certificates: Vec<&'t CertificateDer<'static>>,
    /// Of each certificate, in the same order.
    anchors: Vec<TrustAnchor<'t>>,
}

impl<'t> Roots<'t> {
    /// Those that can be parsed.
    pub(super) fn new(trusted: &'t [CertificateDer<'static>]) -> Self {
        let (certificates, anchors) = trusted
            .iter()
            .filter_map(|der| Some((der, anchor_from_trusted_cert(der).ok()?)))
            .unzip();
        Self {
            certificates,
            anchors,
        }
    }

    /// Whether the certificate is signed by one of these at this time, and every certificate
    /// on the way is valid then. webpki alone would not look at the root's validity.
    pub(super) fn verify<'p>(
        &'p self,
        leaf: &'p EndEntityCert<'p>,
        chain: &'p [CertificateDer<'p>],
        time: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<VerifiedPath<'p>, Error> {
        leaf.verify_for_usage(
            algorithms.all,
            &self.anchors,
            chain,
            time,
            KeyUsage::server_auth(),
            None,
            // On an error webpki looks for another way.
            Some(&|path| match self.root(path) {
                // One of X.509 version 1 cannot be parsed, and counts as valid.
                Some(root) => match EndEntityCert::try_from(root) {
                    Ok(root) => check_times(&root, time),
                    Err(_) => Ok(()),
                },
                None => Ok(()),
            }),
        )
    }

    fn root(&self, path: &VerifiedPath<'_>) -> Option<&'t CertificateDer<'static>> {
        let index = self
            .anchors
            .iter()
            .position(|anchor| ptr::eq(anchor, path.anchor()))?;
        self.certificates.get(index).copied()
    }

    /// Which certificate of the path expires first, if that is before the end of the minimum
    /// and no other way replaces it then.
    pub(super) fn first_to_expire(
        &self,
        path: &VerifiedPath<'_>,
        chain: &[CertificateDer<'_>],
        (now, minimum): (UnixTime, Duration),
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Option<Expiring> {
        let end = now.as_secs().saturating_add(minimum.as_secs());
        let leaf = path.end_entity();
        let cas = path
            .intermediate_certificates()
            .map(webpki::Cert::der)
            .chain(self.root(path).cloned())
            .map(|der| (Holder::Ca(subject(&der)), der));
        let first = [(Holder::Server, leaf.der())]
            .into_iter()
            .chain(cas)
            .filter_map(|(holder, der)| {
                let validity = validity(&der, now).ok()?;
                Some(Expiring { holder, validity })
            })
            .min_by_key(|expiring| expiring.validity.not_after)?;
        if first.validity.not_after >= end {
            return None;
        }
        let end = UnixTime::since_unix_epoch(Duration::from_secs(end));
        match self.verify(leaf, chain, end, algorithms) {
            Ok(_) => None,
            Err(_) => Some(first),
        }
    }
}
