//! The CA certificates that the system trusts.

use rustls::pki_types::CertificateDer;

use super::pem::parse_certificates;
use crate::files;
use crate::response::CaError;
use crate::upstream::strip_os_error;

/// Where distributions keep all of them in one file.
const FILES: &[&str] = &[
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

/// Where distributions keep one per file.
const FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Where OpenSSL's environment variables point to (`openssl-env(7)`).
#[derive(Debug, Clone, Default)]
pub struct CaLocations {
    /// `SSL_CERT_FILE`
    pub file: Option<String>,
    /// `SSL_CERT_DIR`: folders separated by `:`
    pub folders: Option<String>,
}

impl CaLocations {
    /// Reads the certificates from where the variables point to. Without them, from the
    /// first of the usual files that has any, else from the usual folders.
    pub(super) fn read(&self) -> Result<Vec<CertificateDer<'static>>, CaError> {
        match self {
            Self {
                file: None,
                folders: None,
            } => read_usual_places(),
            Self { file, folders } => {
                let mut found = Vec::new();
                if let Some(path) = file {
                    let pem = files::read(path).map_err(|error| CaError::UnreadableFile {
                        path: path.clone(),
                        reason: strip_os_error(&error),
                    })?;
                    add(&mut found, &pem);
                }
                for folder in folders.iter().flat_map(|folders| folders.split(':')) {
                    add_folder(&mut found, folder);
                }
                if found.is_empty() {
                    return Err(CaError::NoneFound {
                        file: file.clone(),
                        folders: folders.clone(),
                    });
                }
                Ok(found)
            }
        }
    }
}

fn read_usual_places() -> Result<Vec<CertificateDer<'static>>, CaError> {
    let mut found = Vec::new();
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
    if found.is_empty() {
        return Err(CaError::NotInstalled { files: FILES });
    }
    Ok(found)
}

/// Adds what can be parsed: one bad certificate must not spoil a store of a hundred.
fn add(found: &mut Vec<CertificateDer<'static>>, pem: &[u8]) {
    found.extend(parse_certificates(&String::from_utf8_lossy(pem)).filter_map(Result::ok));
}

fn add_folder(found: &mut Vec<CertificateDer<'static>>, folder: &str) {
    let mut added = Vec::new();
    for file in files::list(folder).unwrap_or_default() {
        if let Ok(pem) = files::read(&file) {
            add(&mut added, &pem);
        }
    }
    // Most are there twice, the second time under the hashed name that OpenSSL looks up.
    added.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
    added.dedup();
    found.append(&mut added);
}
