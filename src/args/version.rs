//! Which healthprobe this is: the version, the features and the target.

use std::env::consts;

/// The version alone.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `--version` prints after the name; verbose, also how this was built.
pub(crate) fn text(verbose: bool) -> String {
    if !verbose {
        return VERSION.to_owned();
    }
    let features = if cfg!(feature = "tls") {
        "+tls\ntls: 1.2 and 1.3, rustls with ring"
    } else {
        "-tls"
    };
    let libc = if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else {
        ""
    };
    // Whether it runs in an image FROM scratch.
    let linkage = if cfg!(target_feature = "crt-static") {
        ", static"
    } else {
        ""
    };
    format!(
        "{VERSION}\nfeatures: {features}\ntarget: {}-{}{libc}{linkage}",
        consts::ARCH,
        consts::OS
    )
}
