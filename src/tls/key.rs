//! Keys and signature algorithms that cannot be verified, by name.

use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, alg_id};
use webpki::anchor_from_trusted_cert;

/// The lengths of RSA keys, in bits, that the supported algorithms verify.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The signatures of keys that cannot be verified. Offered only if nothing need be verified,
/// and last: a server with several certificates sends another.
pub(super) const UNVERIFIABLE: [SignatureScheme; 5] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    // rsa_pss_pss_*, for keys that are for RSA-PSS only (RFC 8446, section 4.2.3)
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
];

/// The key of a certificate, if it cannot be verified.
pub(super) fn unsupported(
    certificate: &CertificateDer<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<String> {
    // Also reads X.509 version 1.
    let anchor = anchor_from_trusted_cert(certificate).ok()?;
    unsupported_info(&anchor.subject_public_key_info, algorithms)
}

/// As `unsupported`, of the content of a `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
pub(super) fn unsupported_info(
    info: &[u8],
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<String> {
    let (algorithm, rest) = der_value(info)?;
    if algorithm == alg_id::RSA_ENCRYPTION.as_ref() {
        let bits = modulus_bits(rest)?;
        return (!RSA_BITS.contains(&bits)).then(|| format!("RSA with {bits} bits"));
    }
    let is_supported = algorithms
        .all
        .iter()
        .any(|one| one.public_key_alg_id().as_ref() == algorithm);
    (!is_supported).then(|| algorithm_name(algorithm))
}

/// The length of the first integer in a bit string of an `RSAPublicKey` (RFC 8017, appendix A.1.1).
fn modulus_bits(bit_string: &[u8]) -> Option<usize> {
    let (bits, _) = der_value(bit_string)?;
    let (key, _) = der_value(bits.get(1..)?)?;
    let (modulus, _) = der_value(key)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    Some((modulus.len() - first) * 8)
}

/// The name of what an `AlgorithmIdentifier` has in it: of the curve if it has one.
pub(super) fn algorithm_name(identifier: &[u8]) -> String {
    let Some((mut id, parameters)) = der_value(identifier) else {
        return "unreadable".to_owned();
    };
    if parameters.first() == Some(&OBJECT_IDENTIFIER) {
        id = der_value(parameters).map_or(id, |(curve, _)| curve);
    }
    let dotted = dotted(id);
    match dotted.as_str() {
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.33" => "P-224",
        "1.3.132.0.10" => "secp256k1",
        "1.3.101.113" => "Ed448",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        "1.2.840.113549.1.1.4" => MD5,
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => SHA1,
        "1.2.840.10045.4.3.1" => "ECDSA with SHA-224",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        _ => return dotted,
    }
    .to_owned()
}

/// Signatures with these hashes can be forged.
pub(super) const SHA1: &str = "SHA-1";
pub(super) const MD5: &str = "MD5";

const OBJECT_IDENTIFIER: u8 = 0x06;

/// The numbers of an object identifier (X.690, section 8.19).
fn dotted(content: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in content {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first.to_string());
                number -= first * 40;
            }
            numbers.push(number.to_string());
            number = 0;
        }
    }
    numbers.join(".")
}

/// The content of the first element, and what follows it (X.690, section 8.1).
fn der_value(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match usize::from(*length) {
        short @ ..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long & 0x7f)?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            })?;
            (length, rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::{algorithm_name, der_value, dotted};

    #[test]
    fn names_object_identifiers() {
        assert_eq!(
            dotted(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
            "1.2.840.10045.2.1"
        );
        assert_eq!(dotted(&[0x88, 0x37]), "2.999");
        assert_eq!(dotted(&[]), "");
        // Of an endless number, whatever; but no panic.
        assert!(!dotted(&[&[0xff; 40][..], &[0x7f]].concat()).is_empty());
        assert_eq!(algorithm_name(&[0x06, 0x03, 0x2b, 0x65, 0x71]), "Ed448");
        assert_eq!(algorithm_name(&[0x06, 0x03, 0x2b, 0x65, 0x01]), "1.3.101.1");
        assert_eq!(algorithm_name(&[]), "unreadable");
    }

    #[test]
    fn reads_lengths_of_der() {
        assert_eq!(der_value(&[4, 1, 7, 9]), Some((&[7][..], &[9][..])));
        let long = [&[4, 0x82, 1, 0][..], &[7; 256]].concat();
        assert_eq!(der_value(&long).unwrap().0, [7; 256]);
        for cut in [&[][..], &[4], &[4, 2, 7], &[4, 0x82, 1], &[4, 0xff]] {
            assert_eq!(der_value(cut), None, "{cut:?}");
        }
        let too_long = [&[4, 0x89][..], &[0xff; 9]].concat();
        assert_eq!(der_value(&too_long), None);
    }
}
