//! Keeps what is written from being written over another file of the command line.

use std::{ffi::OsStr, path::Path};

use super::{disk::is_same_file, exit::Exit, terminal::output::Output};

/// A file that is to be written: what it is, and the flag that names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputFile<'a> {
    pub(crate) what: &'a str,
    pub(crate) flag: &'a str,
    pub(crate) path: Option<&'a Path>,
}

/// Finds out, before anything is written, that a file is none of the others: of each, what it is,
/// and where.
pub(crate) fn keep_apart(
    written: OutputFile<'_>,
    others: &[(&str, Option<&Path>)],
    output: &mut Output<'_>,
) -> Result<(), Exit> {
    let OutputFile { what, flag, path } = written;
    let Some(path) = path.filter(|it| it.as_os_str() != "-") else { return Ok(()) };
    for (other, place) in others {
        if place.is_some_and(|it| is_same_file(path, it) || is_read_with(path, it)) {
            let shown = path.display();
            output.error(
                &format!("`{shown}` cannot be {what} and {other} at once"),
                Some(&format!("give `{flag}` another file")),
            );
            return Err(Exit::Invalid);
        }
    }
    Ok(())
}

/// Whether a file is there that is read with a folder.
fn is_read_with(path: &Path, folder: &Path) -> bool {
    let is_yaml = ["yaml", "yml"].map(OsStr::new).map(Some).contains(&path.extension());
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => is_yaml && folder.is_dir() && path.starts_with(folder),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}
