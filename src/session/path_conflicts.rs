//! Keeps an output file from overwriting another file of the command line.

use std::{ffi::OsStr, path::Path};

use super::{
    disk::is_same_file,
    error::{Error, ErrorKind},
};

/// A path of the command line, and what it is.
pub(crate) type ClaimedPath<'a> = (&'a str, Option<&'a Path>);

/// A file that is going to be written: what it is, and the flag that names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputFile<'a> {
    pub(crate) what: &'a str,
    pub(crate) flag: &'a str,
    pub(crate) path: Option<&'a Path>,
}

/// Checks, before anything is written, that an output file is none of the other paths.
pub(crate) fn check_path_conflicts(
    output: OutputFile<'_>,
    others: &[ClaimedPath<'_>],
) -> Result<(), Error> {
    let OutputFile { what, flag, path } = output;
    let Some(path) = path.filter(|it| it.as_os_str() != "-") else { return Ok(()) };
    for (other, place) in others {
        if place.is_some_and(|it| is_same_file(path, it) || is_searched_in(path, it)) {
            let shown = path.display();
            let message = format!("`{shown}` cannot be both {what} and {other}");
            let error = Error::new(ErrorKind::Invalid, message);
            return Err(error.help(format!("give `{flag}` another file")));
        }
    }
    Ok(())
}

/// Whether an existing file is read when the folder is searched for files.
fn is_searched_in(path: &Path, folder: &Path) -> bool {
    let is_yaml = ["yaml", "yml"].map(OsStr::new).map(Some).contains(&path.extension());
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => is_yaml && folder.is_dir() && path.starts_with(folder),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}
