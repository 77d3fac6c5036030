//! Text → set of statuses: what parses is given back by its `Display`, and holds what its parts say.
#![no_main]

use healthprobe::status::StatusSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let set: StatusSet = match text.parse() {
        Ok(set) => set,
        Err(error) => {
            assert!(error.column <= text.chars().count() + 1, "{error}");
            return;
        }
    };
    let shown = set.to_string();
    assert_eq!(shown.parse(), Ok(set.clone()), "{shown}");
    for status in 0..=1100 {
        assert_eq!(
            set.contains(status),
            plainly(text, status),
            "{status} in {text:?}"
        );
    }
});

/// Whether a well-formed set holds a status.
fn plainly(text: &str, status: u16) -> bool {
    text.split(',').any(|part| {
        let part = part.trim().to_ascii_lowercase();
        if let Some(class) = part.strip_suffix("xx") {
            return class == (status / 100).to_string();
        }
        let mut codes = part
            .split('-')
            .map(|code| code.trim().parse::<u16>().unwrap());
        let first = codes.next().unwrap();
        (first..=codes.next().unwrap_or(first)).contains(&status)
    })
}
