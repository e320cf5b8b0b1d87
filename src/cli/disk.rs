//! Files of ours: written whole, or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// The mode of a file that is nobody else's business.
pub(crate) const OWNER_ONLY: u32 = 0o600;

/// The mode of a file that others may read, as far as the user's umask lets them.
pub(crate) const EVERYBODY: u32 = 0o666;

/// Writes a file beside its place, with that mode from the moment that it exists, and puts it
/// there once it is on the disk. Where that fails, what was there before is still there.
pub(crate) fn write_whole(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let new = beside(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| fs::rename(&new, path));
    if placed.is_err() {
        // Whether the half can be removed or not, the error to tell is the first one.
        drop(fs::remove_file(&new));
    }
    placed
}

/// Finds out whether a file could be written.
pub(crate) fn can_write(path: &Path) -> io::Result<()> {
    let new = beside(path);
    // Never through a link that somebody else has put there.
    OpenOptions::new().write(true).create_new(true).open(&new).and_then(|_| fs::remove_file(&new))
}

/// Returns the file that is written before it takes the place of the one that is wanted.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
