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

/// Where to look without the variables.
struct Defaults<'a> {
    /// Of these, the first that has any certificate.
    files: &'a [&'a str],
    folders: &'a [&'a str],
}

impl CaLocations {
    /// Reads the certificates from where the variables point to. Each variable replaces its
    /// own default only, as with OpenSSL.
    pub(super) fn read(&self) -> Result<Vec<CertificateDer<'static>>, CaError> {
        self.read_with(&Defaults {
            files: FILES,
            folders: FOLDERS,
        })
    }

    fn read_with(&self, defaults: &Defaults) -> Result<Vec<CertificateDer<'static>>, CaError> {
        let mut found = Vec::new();
        match &self.file {
            Some(path) => {
                let pem = files::read(path).map_err(|error| CaError::UnreadableFile {
                    path: path.clone(),
                    reason: strip_os_error(&error),
                })?;
                add(&mut found, &pem);
                if found.is_empty() && self.folders.is_none() {
                    return Err(self.none_found());
                }
            }
            None => add_first(&mut found, defaults.files),
        }
        match &self.folders {
            Some(folders) => {
                for folder in folders.split(':') {
                    add_folder(&mut found, folder);
                }
            }
            // The default folders hold what the default file holds, one per file.
            None if self.file.is_none() && !found.is_empty() => {}
            None => {
                for folder in defaults.folders {
                    add_folder(&mut found, folder);
                }
            }
        }
        if found.is_empty() {
            return Err(self.none_found());
        }
        Ok(found)
    }

    fn none_found(&self) -> CaError {
        match self {
            Self {
                file: None,
                folders: None,
            } => CaError::NotInstalled { files: FILES },
            Self { file, folders } => CaError::NoneFound {
                file: file.clone(),
                folders: folders.clone(),
            },
        }
    }
}

/// Adds the certificates of the first file that has any.
fn add_first(found: &mut Vec<CertificateDer<'static>>, files: &[&str]) {
    for file in files {
        if let Ok(pem) = files::read(file) {
            add(found, &pem);
        }
        if !found.is_empty() {
            return;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::{CaLocations, Defaults};
    use crate::response::CaError;
    use std::fs;
    use std::path::PathBuf;

    /// A folder with one CA in each of its files and folders.
    struct Tree(PathBuf);

    impl Tree {
        fn new(test: &str) -> Self {
            let tree = Self(std::env::temp_dir().join(format!("hp-{test}-{}", std::process::id())));
            for name in ["bundle.pem", "set.pem", "default/a.pem", "extra/b.pem"] {
                let path = tree.0.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let certificate = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
                fs::write(path, certificate.cert.pem()).unwrap();
            }
            fs::create_dir_all(tree.0.join("empty")).unwrap();
            fs::write(tree.0.join("empty.pem"), "").unwrap();
            tree
        }

        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }

        /// The files whose certificates are trusted.
        fn trusted(&self, file: Option<&str>, folder: Option<&str>) -> Result<Vec<&str>, CaError> {
            self.trusted_by(file, folder, "bundle.pem")
        }

        fn trusted_by(
            &self,
            file: Option<&str>,
            folder: Option<&str>,
            bundle: &str,
        ) -> Result<Vec<&str>, CaError> {
            let locations = CaLocations {
                file: file.map(|name| self.path(name)),
                folders: folder.map(|name| self.path(name)),
            };
            let found = locations.read_with(&Defaults {
                files: &[
                    &self.path("missing.pem"),
                    &self.path("empty.pem"),
                    &self.path(bundle),
                ],
                folders: &[&self.path("default")],
            })?;
            Ok(["bundle.pem", "set.pem", "default/a.pem", "extra/b.pem"]
                .into_iter()
                .filter(|name| {
                    let pem = fs::read(self.path(name)).unwrap();
                    found.contains(&crate::tls::certificates(&pem).unwrap()[0])
                })
                .collect())
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn each_variable_replaces_its_own_default() {
        let tree = Tree::new("variables");
        for (file, folder, expected) in [
            (None, None, &["bundle.pem"][..]),
            (None, Some("extra"), &["bundle.pem", "extra/b.pem"]),
            (None, Some("empty"), &["bundle.pem"]),
            (None, Some("missing"), &["bundle.pem"]),
            (Some("set.pem"), None, &["set.pem", "default/a.pem"]),
            (Some("set.pem"), Some("extra"), &["set.pem", "extra/b.pem"]),
            (Some("set.pem"), Some("empty"), &["set.pem"]),
            (Some("empty.pem"), Some("extra"), &["extra/b.pem"]),
        ] {
            assert_eq!(
                tree.trusted(file, folder).unwrap(),
                expected,
                "{file:?} {folder:?}"
            );
        }
        // An image without a bundle.
        for (folder, expected) in [(None, "default/a.pem"), (Some("extra"), "extra/b.pem")] {
            let trusted = tree.trusted_by(None, folder, "missing.pem").unwrap();
            assert_eq!(trusted, [expected]);
        }
    }

    #[test]
    fn variables_without_certificates_are_named() {
        let tree = Tree::new("nothing");
        let none_found = |file: Option<&str>, folder: Option<&str>| CaError::NoneFound {
            file: file.map(|name| tree.path(name)),
            folders: folder.map(|name| tree.path(name)),
        };
        for (file, folder) in [
            (Some("empty.pem"), None),
            (Some("empty.pem"), Some("empty")),
        ] {
            let error = tree.trusted(file, folder).unwrap_err();
            assert_eq!(error, none_found(file, folder));
        }
        let error = tree
            .trusted_by(None, Some("empty"), "missing.pem")
            .unwrap_err();
        assert_eq!(error, none_found(None, Some("empty")));
    }
}
