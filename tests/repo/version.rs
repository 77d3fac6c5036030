//! What an executable says of itself.

use crate::probe::no_tls::plain;
use crate::support::{assert_ran, probe};
use std::env::consts::ARCH;

const VERSION: &str = concat!("healthprobe ", env!("CARGO_PKG_VERSION"), "\n");

#[test]
fn a_verbose_version_tells_what_is_built_in() {
    let c_library = if cfg!(target_env = "musl") {
        "musl, static"
    } else {
        "gnu"
    };
    let verbose = format!(
        "{VERSION}features: +tls\ntls: 1.2 and 1.3, rustls with ring\ntarget: {ARCH}-linux-{c_library}\n"
    );
    for flags in [
        &["--version", "--verbose"][..],
        &["--verbose", "--version"],
        &["-V", "-v"],
        &["-Vv"],
        &["-vV"],
        &["-qVv"],
        &["http://localhost/", "-v", "-e", "status=ok", "-V"],
    ] {
        assert_ran(&probe(flags).run(), 0, &verbose, "");
    }
    for flags in [&["-Vq"][..], &["-H", "X-V: 1", "--version", "-k"]] {
        assert_ran(&probe(flags).run(), 0, VERSION, "");
    }
}

#[test]
fn a_build_without_tls_says_so() {
    let Some(said) = plain(&["--version", "--verbose"]) else {
        return;
    };
    let verbose = format!("{VERSION}features: -tls\ntarget: {ARCH}-linux-musl, static\n");
    assert_eq!(said, (Some(0), verbose, String::new()));
}
