//! Certificates for tests.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use super::{new_file, program, run};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A certificate with its key.
pub struct Certificate {
    pub chain: Vec<rcgen::Certificate>,
    pub key: KeyPair,
}

impl Certificate {
    /// Self-signed with CA rights, as by `openssl req -x509`.
    pub fn self_signed(name: &str) -> Self {
        let mut params = params(&[name]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            chain: vec![params.self_signed(&key).unwrap()],
            key,
        }
    }

    pub fn pem(&self) -> String {
        self.chain.iter().map(rcgen::Certificate::pem).collect()
    }

    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub fn with_key(self, key: KeyPair) -> Self {
        Self { key, ..self }
    }

    /// For a server or client of rustls, without checking that the key matches.
    pub fn certified(&self) -> Arc<rustls::sign::CertifiedKey> {
        let key = rustls::pki_types::PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
        let chain = self.chain.iter().map(|one| one.der().clone()).collect();
        Arc::new(rustls::sign::CertifiedKey::new(chain, key))
    }
}

/// A CA with its key.
pub struct Authority {
    pub certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
    /// The CAs between this one and the root, in this order.
    above: Vec<rcgen::Certificate>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::with(authority_params(name))
    }

    /// A CA with these parameters.
    pub fn with(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
            above: Vec::new(),
        }
    }

    /// A CA signed by this one.
    pub fn intermediate(&self, name: &str) -> Self {
        self.intermediate_with(authority_params(name))
    }

    pub fn intermediate_with(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let mut above = vec![certificate.clone()];
        above.extend(self.above.iter().cloned());
        Self {
            certificate,
            issuer: Issuer::new(params, key),
            above,
        }
    }

    /// One more certificate for the name and key of another CA, signed by this one.
    pub fn cross_sign(&self, other: &Self, params: &CertificateParams) -> rcgen::Certificate {
        params.signed_by(other.issuer.key(), &self.issuer).unwrap()
    }

    /// Signs a certificate for these hosts.
    pub fn sign(&self, hosts: &[&str]) -> Certificate {
        self.sign_with(&params(hosts))
    }

    pub fn sign_with(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut chain = vec![params.signed_by(&key, &self.issuer).unwrap()];
        chain.extend(self.above.iter().cloned());
        Certificate { chain, key }
    }

    /// The path of a file with the CA's certificate.
    pub fn file(&self) -> String {
        new_file(self.certificate.pem())
    }

    pub fn roots(&self) -> rustls::RootCertStore {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        roots
    }
}

/// Parameters for these hosts, names or addresses.
pub fn params(hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "model server");
    params
}

pub fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// The folder in which these shell commands ran, with the files that openssl wrote. `None` if openssl is missing;
/// prints that.
#[track_caller]
pub fn openssl(name: &str, commands: &str) -> Option<String> {
    program("openssl")?;
    let folder = format!("{}/openssl-{name}", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).unwrap();
    run(Command::new("sh")
        .args(["-ec", commands])
        .current_dir(&folder));
    Some(folder)
}
