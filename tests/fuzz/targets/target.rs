//! Text → URL: what is shown of one leads to the same place, and shows no credentials.
#![no_main]

use healthprobe::request::url::{Url, redact};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let hidden = redact(text);
    assert!(!hidden.contains('@') || hidden.contains("***@"), "{hidden}");
    let target = match Url::parse(text) {
        Ok(target) => target,
        Err(error) => {
            assert!(error.column <= text.chars().count() + 1, "{error}");
            return;
        }
    };
    assert!(target.port > 0);
    let shown = target.redacted();
    assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()), "{shown}");
    let authority = shown.split('/').nth(2).unwrap_or_default();
    assert!(
        !authority.contains('@') && !shown.contains(['?', '#']),
        "{shown}"
    );
    let whole = match target.query() {
        Some(query) => format!("{shown}?{query}"),
        None => shown,
    };
    let again = Url::parse(&whole).unwrap_or_else(|error| panic!("{whole:?}: {error}"));
    let without_credentials = Url {
        credentials: None,
        ..target
    };
    assert_eq!(again, without_credentials, "{whole}");
});
