//! Bytes of a config file → plan, or a mistake in one bounded line. Nothing is sent.
#![no_main]

use std::ffi::OsString;
use std::io;

use healthprobe::args::config_file;
use healthprobe::args::env::Environment;
use healthprobe::args::{Args, ArgsError};
use healthprobe::inputs::Input;
use healthprobe::plan::Plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        members(text);
    }
    let read = |input: Input, _| match input {
        Input::File("probe.json") => Ok(bytes.to_vec()),
        // What a config names beside itself.
        Input::File("data") => Ok(b"{\"x\":[1,NaN]}".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let environment: Environment = [("PORT", "8000")].into_iter().collect();
    let arguments = ["healthprobe", ":80", "--config=probe.json"].map(OsString::from);
    let given = match Args::read(arguments, &environment, &read) {
        Ok(given) => given,
        Err(ArgsError::Usage(error)) => return assert!(!error.to_string().is_empty()),
        Err(ArgsError::DisplayHelp(text) | ArgsError::DisplayVersion(text)) => {
            panic!("a config displayed {text}")
        }
    };
    if let Ok(plan) = Plan::new(given, &environment, &read) {
        assert_eq!(plan.request.url.port, 80, "a flag wins over the config");
        assert!(!plan.checks.is_empty());
        for check in &plan.checks {
            assert!(!check.to_string().is_empty());
        }
    }
});

/// The members taken apart here are those that serde_json finds.
fn members(text: &str) {
    let whole: Result<serde_json::Value, _> =
        serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    match (config_file::members(text), whole) {
        (Ok(members), Ok(whole)) => {
            let whole = whole.as_object().expect("an object");
            assert_eq!(members.len(), whole.len());
            for member in members {
                let value: serde_json::Value = serde_json::from_str(member.value).expect("JSON");
                assert_eq!(value, whole[&member.key], "{}", member.key);
            }
        }
        (Err(_), Ok(serde_json::Value::Object(whole))) => {
            let names = text.matches(':').count();
            assert!(
                names > whole.len(),
                "only a key that comes twice is refused"
            );
        }
        // serde_json reads numbers that the parts leave unread, and counts its depth from elsewhere.
        (Ok(members), Err(error)) => {
            let unread = members
                .iter()
                .any(|member| serde_json::from_str::<serde_json::Value>(member.value).is_err());
            let deep = error.to_string().contains("recursion limit");
            assert!(unread || deep, "{error}");
        }
        (Err(_), _) => {}
    }
}
