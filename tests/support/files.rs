//! Files and folders for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Cargo's folder for test files.
const TMPDIR: &str = env!("CARGO_TARGET_TMPDIR");

/// A name unique among all tests and test runs.
pub fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("healthprobe-test-{}-{count}-{what}", process::id())
}

/// The text with one change; the original text must contain it.
#[track_caller]
pub fn changed(text: &str, right: &str, wrong: &str) -> String {
    assert!(text.contains(right), "{right}");
    text.replacen(right, wrong, 1)
}

/// The path of a file with this name and content, in a folder of this test run.
pub fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = Path::new(TMPDIR).join(process::id().to_string());
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The path of a new file with this content.
pub fn new_file(content: impl AsRef<[u8]>) -> String {
    file(&unique("file"), content)
}

/// A new, empty folder, which is not removed.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(TMPDIR).join(unique(name));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A path in the repository.
pub fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A new folder, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        Self(folder(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A subfolder that any user of a container may write to.
pub fn writable_folder(parent: &Folder, name: &str) -> PathBuf {
    let path = parent.0.join(name);
    fs::create_dir_all(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    path
}

/// Writes an executable file.
pub fn executable(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
