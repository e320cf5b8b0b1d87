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
        if is_indexed(git, &place)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_indexed(git: &Program, place: &Path) -> Result<bool, GitError> {
    let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
        return Ok(false);
    };
    let args = ["ls-files", "-z", "--"].map(OsStr::new);
    let answer = git.run(folder, &[&args, &[name][..]].concat(), Vec::new())?;
    if answer.code == Some(0) {
        return Ok(!answer.out.is_empty());
    }
    if answer.stderr.contains("not a git repository") {
        return Ok(false);
    }
    Err(GitError::Failed { what: "ls-files".to_owned(), stderr: answer.stderr })
}
