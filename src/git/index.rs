//! Whether git tracks a file.

use std::{ffi::OsStr, fs, path::Path};

use super::program::{GitError, Program};

/// Whether a file, or its target if it is a link, is in the index of its repository.
///
/// # Errors
///
/// If git fails, except for a file that is in no repository.
pub(crate) fn is_tracked(git: &Program, file: &Path) -> Result<bool, GitError> {
    // Git does not follow links to folders.
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).ok();
    let own = folder.zip(file.file_name()).map(|(folder, name)| folder.join(name));
    let places = [own, fs::canonicalize(file).ok()];
    for place in places.into_iter().flatten() {
        let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else { continue };
        let args = ["ls-files", "-z", "--"].map(OsStr::new);
        let listed = git.ask_if_repository(folder, &[&args, &[name][..]].concat())?;
        if listed.is_some_and(|it| !it.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}
