//! Output files: written whole, or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The mode of a file that only its owner may read.
pub(crate) const OWNER_ONLY: u32 = 0o600;

/// The mode of a file that others may read, as far as the user's umask allows.
pub(crate) const EVERYBODY: u32 = 0o666;

/// Writes a new file beside the path, with its mode from the start, and renames it once it is on
/// the disk. If that fails, the old file is untouched.
pub(crate) fn write_whole(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let new = temporary_path(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| fs::rename(&new, path));
    if placed.is_err() {
        // Whether or not the partial file can be removed, the first error is the one to report.
        drop(fs::remove_file(&new));
    }
    placed
}

/// Whether two paths lead to the same file, as far as can be found out.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        // A file that does not exist yet has only its name.
        (Ok(_) | Err(_), Ok(_) | Err(_)) => one == other,
    }
}

/// Checks that a file can be written.
pub(crate) fn can_write(path: &Path) -> io::Result<()> {
    let new = temporary_path(path);
    // Never through a link that another user has put there.
    OpenOptions::new().write(true).create_new(true).open(&new).and_then(|_| fs::remove_file(&new))
}

/// Returns the path of the temporary file that is renamed to this one.
fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
