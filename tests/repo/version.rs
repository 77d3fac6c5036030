//! `--version`.

use crate::support::build::without_tls;
use crate::support::{assert_outcome, probe, probe_of};
use std::env::consts::ARCH;

const VERSION: &str = concat!("healthprobe ", env!("CARGO_PKG_VERSION"), "\n");

#[test]
fn verbose_version_lists_the_features() {
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
        assert_outcome(&probe(flags).run(), 0, &verbose, "");
    }
    for flags in [&["-Vq"][..], &["-H", "X-V: 1", "--version", "-k"]] {
        assert_outcome(&probe(flags).run(), 0, VERSION, "");
    }
}

#[test]
fn verbose_version_reports_a_build_without_tls() {
    let Some(executable) = without_tls() else {
        return;
    };
    let verbose = format!("{VERSION}features: -tls\ntarget: {ARCH}-linux-musl, static\n");
    let outcome = probe_of(executable, &["--version", "--verbose"]).run();
    assert_outcome(&outcome, 0, &verbose, "");
}
