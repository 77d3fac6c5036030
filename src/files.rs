//! The only room that touches files: the ones that flags name.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

pub use crate::upstream::strip_os_error;

/// The longest file read, in bytes: a device without end must not fill the memory.
const MAX_FILE_SIZE: u64 = 256 << 20;

/// Reads a file; `-` is standard input.
///
/// # Errors
/// A file that cannot be read, or that is longer than 256 MiB.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == "-" {
        io::stdin()
            .lock()
            .take(MAX_FILE_SIZE + 1)
            .read_to_end(&mut bytes)?;
    } else {
        File::open(path)?
            .take(MAX_FILE_SIZE + 1)
            .read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_FILE_SIZE {
        return Err(io::Error::other("it is longer than 256 MiB"));
    }
    Ok(bytes)
}

/// Replaces a file at once or not at all: writes a temporary one beside it, then renames it.
///
/// # Errors
/// A folder that does not exist or must not be written to, a full disk, or something
/// else than a file in its place.
pub fn replace(path: &str, bytes: &[u8]) -> io::Result<()> {
    let path = Path::new(path);
    let Some(name) = path.file_name() else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    // To put a file in the place of a pipe or of /dev/stdout would break what uses it.
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
        // What is left of it serves nobody; that it may not exist is no further failure.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// The paths of what is in a folder.
///
/// # Errors
/// A folder that cannot be read.
pub fn list(folder: &str) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path().to_string_lossy().into_owned()))
        .collect()
}
