//! The certificates that the system trusts.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::files;

/// Where distributions keep all of them in one file.
const FILES: [&str; 5] = [
    // Debian, Ubuntu, Alpine, Arch
    "/etc/ssl/certs/ca-certificates.crt",
    // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    // openSUSE
    "/etc/ssl/ca-bundle.pem",
    // Alpine, OpenBSD
    "/etc/ssl/cert.pem",
];

/// Where they keep one a file.
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Where OpenSSL's variables say that the certificates are (`openssl-env(7)`).
#[derive(Debug, Clone, Default)]
pub struct CaLocations {
    /// `SSL_CERT_FILE`
    pub file: Option<String>,
    /// `SSL_CERT_DIR`: folders, separated by `:`.
    pub folders: Option<String>,
}

impl CaLocations {
    /// Reads the certificates: where the variables say, else the first of the
    /// usual files that is there, else the usual folders.
    pub(super) fn read(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let mut found = Vec::new();
        if self.file.is_none() && self.folders.is_none() {
            for file in FILES {
                if let Ok(pem) = files::read(file) {
                    add(&mut found, &pem);
                }
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            for folder in FOLDERS {
                add_folder(&mut found, folder);
            }
            return if found.is_empty() {
                Err(format!(
                    "no CA certificates to trust: give --cacert FILE, or COPY a CA bundle to one of {}",
                    FILES.join(", ")
                ))
            } else {
                Ok(found)
            };
        }
        if let Some(file) = &self.file {
            let pem = files::read(file).map_err(|error| {
                format!(
                    "SSL_CERT_FILE: cannot read {file}: {}",
                    files::strip_os_error(&error)
                )
            })?;
            add(&mut found, &pem);
        }
        for folder in self.folders.iter().flat_map(|folders| folders.split(':')) {
            add_folder(&mut found, folder);
        }
        if found.is_empty() {
            let places = [
                self.file
                    .as_ref()
                    .map(|file| format!("SSL_CERT_FILE={file}")),
                self.folders
                    .as_ref()
                    .map(|dir| format!("SSL_CERT_DIR={dir}")),
            ];
            let places: Vec<String> = places.into_iter().flatten().collect();
            return Err(format!(
                "no CA certificates to trust in {}; give --cacert FILE",
                places.join(" and ")
            ));
        }
        Ok(found)
    }
}

/// Adds what can be read: a store of a hundred may hold one that cannot.
fn add(found: &mut Vec<CertificateDer<'static>>, pem: &[u8]) {
    found.extend(CertificateDer::pem_slice_iter(pem).filter_map(Result::ok));
}

fn add_folder(found: &mut Vec<CertificateDer<'static>>, folder: &str) {
    let mut added = Vec::new();
    for file in files::list(folder).unwrap_or_default() {
        if let Ok(pem) = files::read(&file) {
            add(&mut added, &pem);
        }
    }
    // Most are there twice, the second time under the name that OpenSSL looks for.
    added.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
    added.dedup();
    found.append(&mut added);
}
