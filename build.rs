//! Places the functions that a probe runs side by side in the static executable. Scattered, each makes the kernel map 64 kB
//! around it: a third of the page faults, half of the memory and 10 % of the time of a probe.
//!
//! A build script reaches `cargo install` too, which does not read `.cargo/config.toml`.

use std::env;

/// A linker script, written by `scripts/measure`.
const ORDER: &str = "src/function-order.ld";

fn main() {
    println!("cargo::rerun-if-changed={ORDER}");
    let variable = |name| env::var(name).unwrap_or_default();
    let is_measured = variable("CARGO_CFG_TARGET_ENV") == "musl"
        && variable("CARGO_CFG_TARGET_ARCH") == "x86_64"
        && variable("PROFILE") == "release";
    // Their linkers take no such script.
    let linker = variable("RUSTC_LINKER") + &variable("CARGO_ENCODED_RUSTFLAGS");
    if is_measured
        && !["mold", "wild", "zig"]
            .iter()
            .any(|name| linker.contains(name))
    {
        let script = format!("{}/{ORDER}", variable("CARGO_MANIFEST_DIR"));
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={script}");
    }
}
