//! What must be read from other crates' error texts, because their types do not say it.
//!
//! Each function has a test that makes a real error, so that an update that changes
//! its words fails here and not in a user's log.

use std::io;

/// `serde_json`: the message without ` at line 1 column 2`, which callers print themselves.
#[must_use]
pub fn strip_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.find(" at line ") {
        text.truncate(end);
    }
    text
}

/// `serde_json`: whether the text nests deeper than the parser's 128 levels.
#[must_use]
pub fn is_too_deep(error: &serde_json::Error) -> bool {
    strip_position(error) == "recursion limit exceeded"
}

/// `serde_json`: whether more follows the first value.
#[must_use]
pub fn has_trailing_characters(error: &serde_json::Error) -> bool {
    strip_position(error) == "trailing characters"
}

/// `std`: the system's message without ` (os error 2)`.
#[must_use]
pub fn strip_os_error(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(end) = text.find(" (os error") {
        text.truncate(end);
    }
    text
}

/// `clap`: the flag of `--timeout <DURATION>`, which an error names with its value.
#[must_use]
pub fn strip_value_name(argument: &str) -> &str {
    argument.split(" <").next().unwrap_or(argument)
}

/// `dns-lookup`: the resolver's reason without `failed to lookup address information: `.
#[must_use]
pub fn strip_lookup_introduction(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once("lookup address information: ") {
        Some((_, reason)) => reason.to_owned(),
        None => text,
    }
}

/// `ureq`: the reason in the error of a malformed response, without the names of the layers
/// that it passed through.
#[must_use]
pub fn strip_parser_name(error: &str) -> &str {
    let reason = error.strip_prefix("protocol: ").unwrap_or(error);
    ["http parse fail: ", "http parse resulted in "]
        .iter()
        .find_map(|prefix| reason.strip_prefix(prefix))
        .unwrap_or(reason)
}

/// `ureq`: whether the reason of `strip_parser_name` is the value of Content-Length.
#[must_use]
pub fn is_about_content_length(reason: &str) -> bool {
    reason.contains("content-length")
}

/// A name of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedName<'a> {
    /// A host name.
    Dns(&'a str),
    /// An address, in no canonical form.
    Ip(&'a str),
}

/// `webpki`: the host name or address in `DnsName("a.example")`, which its error has for each
/// name of a certificate; `None` for names of other kinds.
#[must_use]
pub fn parse_presented_name(text: &str) -> Option<PresentedName<'_>> {
    let (kind, name) = text.split_once('(')?;
    let name = name.strip_suffix(')')?;
    match kind {
        "DnsName" => Some(PresentedName::Dns(name.trim_matches('"'))),
        "IpAddress" => Some(PresentedName::Ip(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ContextKind;
    use clap::{Arg, Command};
    use serde_json::Value;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    fn json_error(text: &str) -> serde_json::Error {
        serde_json::from_str::<Value>(text).unwrap_err()
    }

    #[test]
    fn serde_json_puts_the_position_last() {
        assert_eq!(strip_position(&json_error("[1 2]")), "expected `,` or `]`");
        assert_eq!(strip_position(&json_error("\"\\x\"")), "invalid escape");
    }

    #[test]
    fn serde_json_names_depth_and_trailing_characters() {
        let (deep, trailing) = (json_error(&"[".repeat(200)), json_error("{} x"));
        assert!(is_too_deep(&deep) && !is_too_deep(&trailing));
        assert!(has_trailing_characters(&trailing) && !has_trailing_characters(&deep));
    }

    #[test]
    fn std_puts_the_error_number_last() {
        let error = std::fs::read("/no/such/file").unwrap_err();
        assert_eq!(strip_os_error(&error), "No such file or directory");
        assert_eq!(strip_os_error(&io::Error::other("a reason")), "a reason");
    }

    #[test]
    fn clap_puts_the_value_name_after_the_flag() {
        let command = Command::new("x").arg(Arg::new("a").long("a").value_name("N"));
        let error = command.try_get_matches_from(["x", "--a"]).unwrap_err();
        let argument = error.get(ContextKind::InvalidArg).unwrap().to_string();
        assert_eq!(argument, "--a <N>");
        assert_eq!(strip_value_name(&argument), "--a");
        assert_eq!(strip_value_name("--quiet"), "--quiet");
    }

    #[test]
    fn dns_lookup_introduces_the_reason_of_the_resolver() {
        // No resolver asks DNS for a name with a space.
        let Err(error) = dns_lookup::getaddrinfo(Some("no host"), None, None) else {
            panic!("found");
        };
        let error = io::Error::from(error);
        assert!(error.to_string().starts_with("failed to lookup"), "{error}");
        let reason = strip_lookup_introduction(&error);
        assert!(error.to_string().ends_with(&format!(": {reason}")));
        assert!(!reason.contains("lookup"), "{reason}");
        assert_eq!(
            strip_lookup_introduction(&io::Error::other("a reason")),
            "a reason"
        );
    }

    /// ureq's error for a response.
    fn ureq_error(response: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let response = response.to_owned();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            stream.write_all(response.as_bytes()).unwrap();
        });
        let error = ureq::get(&url).call().unwrap_err();
        server.join().unwrap();
        error.to_string()
    }

    #[test]
    fn ureq_names_its_layers_before_the_reason() {
        let not_http = ureq_error("220 mail ready\r\n\r\n");
        assert_eq!(not_http, "protocol: http parse fail: invalid HTTP version");
        assert_eq!(strip_parser_name(&not_http), "invalid HTTP version");
        let headers = "x: y\r\n".repeat(200);
        let too_many = ureq_error(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n"));
        assert_eq!(
            too_many,
            "protocol: http parse resulted in too many headers"
        );
        assert_eq!(strip_parser_name(&too_many), "too many headers");
        assert_eq!(strip_parser_name("another reason"), "another reason");
        assert!(!is_about_content_length(&too_many));
    }

    #[test]
    fn ureq_names_the_content_length_that_it_refuses() {
        for length in ["-1", "1\r\nContent-Length: 2"] {
            let error = ureq_error(&format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
            ));
            assert!(is_about_content_length(&error), "{error}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn webpki_names_the_kind_of_each_name() {
        use rustls::CertificateError;
        use rustls::pki_types::ServerName;
        use rustls::server::ParsedCertificate;

        let key = rcgen::KeyPair::generate().unwrap();
        let names = ["a.example", "*.b.example", "127.0.0.1"];
        let mut parameters = rcgen::CertificateParams::new(names.map(str::to_owned)).unwrap();
        let email = "ops@a.example".try_into().unwrap();
        parameters
            .subject_alt_names
            .push(rcgen::SanType::Rfc822Name(email));
        let certificate = parameters.self_signed(&key).unwrap();
        let parsed = ParsedCertificate::try_from(certificate.der()).unwrap();
        let asked = ServerName::try_from("c.example").unwrap();
        let error = rustls::client::verify_server_name(&parsed, &asked).unwrap_err();
        let rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        }) = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(presented.len(), names.len() + 1, "{presented:?}");
        let parsed: Vec<PresentedName> = presented
            .iter()
            .filter_map(|name| parse_presented_name(name))
            .collect();
        assert_eq!(
            parsed,
            [
                PresentedName::Dns("a.example"),
                PresentedName::Dns("*.b.example"),
                PresentedName::Ip("127.0.0.1")
            ]
        );
    }
}
