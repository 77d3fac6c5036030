//! Static executables, and the image of `platforms/docker/server.rs`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::engine::Image;
use super::skip::{path_in, say_skipped};
use super::vars;
use super::{Folder, run, source};

/// The image of `server.rs`, built once.
pub fn image() -> Arc<Image> {
    static IMAGE: Mutex<Weak<Image>> = Mutex::new(Weak::new());
    shared_fixture(&IMAGE, build_image)
}

/// A fixture shared by all tests that run at the same time, dropped with the last of them.
pub fn shared_fixture<T>(place: &Mutex<Weak<T>>, make: impl FnOnce() -> T) -> Arc<T> {
    // After a failure, the next test tries again and reports its own reason.
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

/// The build context of the image of `server.rs`.
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

/// The static executable to ship, in `HP_TEST_STATIC`.
pub fn named_static() -> Option<PathBuf> {
    path_in(vars::STATIC)
}

/// The build without TLS, in `HP_TEST_PLAIN`. `None` if unset; prints that.
pub fn without_tls() -> Option<PathBuf> {
    named_or_skip(vars::PLAIN, "the build without TLS")
}

/// A release's executables, in `HP_TEST_EXECUTABLES` as in PATH, each in a folder named after its architecture. Empty if
/// unset; prints that.
pub fn executables() -> Vec<PathBuf> {
    let named = named_or_skip(vars::EXECUTABLES, "executables of a release");
    let named = named.unwrap_or_default();
    env::split_paths(&named)
        .filter(|path| !path.as_os_str().is_empty())
        .collect()
}

fn named_or_skip(variable: &str, what: &str) -> Option<PathBuf> {
    let path = path_in(variable);
    if path.is_none() {
        say_skipped(&format!("{what}: {variable} names none"));
    }
    path
}

/// The executable in `HP_TEST_STATIC`, or else one linked statically against the host's C library.
pub fn static_healthprobe() -> &'static Path {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(path) = named_static() {
            return path;
        }
        let host = host();
        let target = source("target/docker-static");
        // --target keeps the flags from procedural macros, which cannot be static.
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
