//! Which healthprobe this is: the version, what was built in, and for what.

use std::env::consts;

/// The answer to `--version`, after the name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The answer to `--version --verbose`, after the name.
pub const VERBOSE: &str = {
    // Joined here, for at run time that takes 250 bytes of code.
    const TEXT: [u8; length(&PARTS)] = {
        let mut text = [0; length(&PARTS)];
        join(&mut text, &PARTS);
        text
    };
    match str::from_utf8(&TEXT) {
        Ok(text) => text,
        Err(_) => VERSION,
    }
};

const PARTS: [&str; 7] = [
    VERSION,
    if cfg!(feature = "tls") {
        "\nfeatures: +tls\ntls: 1.2 and 1.3, rustls with ring\ntarget: "
    } else {
        "\nfeatures: -tls\ntarget: "
    },
    consts::ARCH,
    "-",
    consts::OS,
    if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else {
        ""
    },
    // Whether it runs in an image FROM scratch.
    if cfg!(target_feature = "crt-static") {
        ", static"
    } else {
        ""
    },
];

const fn length(parts: &[&str]) -> usize {
    match parts {
        [] => 0,
        [first, rest @ ..] => first.len() + length(rest),
    }
}

const fn join(text: &mut [u8], parts: &[&str]) {
    if let [first, rest @ ..] = parts {
        let (start, end) = text.split_at_mut(first.len());
        start.copy_from_slice(first.as_bytes());
        join(end, rest);
    }
}
