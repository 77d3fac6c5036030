//! Static executables, and the image of `platforms/docker/server.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::engine::Image;
use super::skip::{path_in, say_skipped};
use super::{Folder, run, source};

/// The image of `server.rs`.
pub fn image() -> Arc<Image> {
    static IMAGE: Mutex<Weak<Image>> = Mutex::new(Weak::new());
    shared_fixture(&IMAGE, build_image)
}

/// What is made once for all tests that run together, and dropped with the last of them.
pub fn shared_fixture<T>(place: &Mutex<Weak<T>>, make: impl FnOnce() -> T) -> Arc<T> {
    // What failed is tried again by the next test, which then has its own reason to show.
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.upgrade().unwrap_or_else(|| {
        let made = Arc::new(make());
        *place = Arc::downgrade(&made);
        made
    })
}

fn build_image() -> Image {
    let folder = context();
    Image::build("server", &folder.0, &[])
}

/// What the image of `server.rs` is built from.
pub fn context() -> Folder {
    let folder = Folder::new("image");
    let context = &folder.0;
    fs::copy(
        source("tests/platforms/docker/Dockerfile"),
        context.join("Dockerfile"),
    )
    .expect("a Dockerfile");
    fs::copy(static_healthprobe(), context.join("healthprobe")).expect("a static executable");
    compile("tests/platforms/docker/server.rs", &context.join("server"));
    folder
}

/// Compiles a source file into a static executable.
pub fn compile(file: &str, to: &Path) {
    run(Command::new(rustc())
        .args([
            "--edition=2024",
            "-Dwarnings",
            "-O",
            "-Ctarget-feature=+crt-static",
            "-o",
        ])
        .arg(to)
        .arg(source(file)));
}

/// The static executable that `HEALTHPROBE_STATIC` names: the one to ship.
pub fn named_static() -> Option<PathBuf> {
    path_in("HEALTHPROBE_STATIC")
}

/// The build without TLS; `None` after saying so where `HEALTHPROBE_PLAIN` names none.
pub fn without_tls() -> Option<PathBuf> {
    named_or_skip("HEALTHPROBE_PLAIN", "the build without TLS")
}

/// The executable for arm64; `None` after saying so where `HEALTHPROBE_ARM64` names none.
pub fn for_arm64() -> Option<PathBuf> {
    named_or_skip("HEALTHPROBE_ARM64", "the arm64 executable")
}

fn named_or_skip(variable: &str, what: &str) -> Option<PathBuf> {
    let path = path_in(variable);
    if path.is_none() {
        say_skipped(&format!("{what}: {variable} names none"));
    }
    path
}

/// The static executable, from `HEALTHPROBE_STATIC` or linked here against the host's static C library.
pub fn static_healthprobe() -> &'static Path {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(path) = named_static() {
            return path;
        }
        let host = host();
        let target = source("target/docker-static");
        // With --target even for the host: else the flags reach procedural macros, which cannot be static.
        run(Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "--locked",
                "--bin=healthprobe",
                "--target",
                &host,
                "--target-dir",
            ])
            .arg(&target)
            .current_dir(source(""))
            .env("RUSTFLAGS", "-C target-feature=+crt-static"));
        target.join(host).join("release/healthprobe")
    });
    &PATH
}

fn host() -> String {
    let output = Command::new(rustc()).arg("-vV").output().expect("rustc");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("a host").to_owned()
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
