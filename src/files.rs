//! Reads and writes files.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Maximum length of a file, in bytes: an endless device must not fill the memory.
const MAX_FILE_SIZE: u64 = 256 << 20;

/// Reads a file of the system, whose reader knows no deadline. So a pipe is refused: its
/// writer may be silent, or never come.
///
/// # Errors
/// It cannot be read, it is a pipe, or it is longer than 256 MiB.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.file_type().is_fifo() {
        return Err(io::Error::other("it is a pipe"));
    }
    read_any(path)
}

/// Reads a file of any kind.
///
/// # Errors
/// It cannot be read, or it is longer than 256 MiB.
pub fn read_any(path: &str) -> io::Result<Vec<u8>> {
    read_limited(File::open(path)?)
}

/// Reads to the end of this.
///
/// # Errors
/// It cannot be read, or it is longer than 256 MiB.
pub fn read_limited(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_SIZE {
        return Err(io::Error::other("it is longer than 256 MiB"));
    }
    Ok(bytes)
}

/// Replaces a file atomically: writes a temporary one beside it, then renames that.
///
/// # Errors
/// A folder that does not exist or is not writable, a full disk, or something other
/// than a file at this path.
pub fn replace(path: &str, bytes: &[u8]) -> io::Result<()> {
    let path = Path::new(path);
    let Some(name) = path.file_name() else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    // Replacing a pipe or /dev/stdout with a file would break what uses it.
    if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        return Err(io::Error::other("it is not a file"));
    }
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = File::create_new(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // It may not exist.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// The paths of the entries of a folder.
///
/// # Errors
/// The folder cannot be read.
pub fn list(folder: &str) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path().to_string_lossy().into_owned()))
        .collect()
}
