//! Saved plans on the disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    disk::{OWNER_ONLY, can_write, write_whole},
    exit::Exit,
    terminal::output::Output,
};
use crate::render::{self, Saved};

/// The most that a file may have to be read as a plan: many times the largest one.
const MOST_BYTES: u64 = 256 << 20;

/// Finds out, before the controller is read, whether a plan could be saved there.
pub(crate) fn check(path: &Path, output: &mut Output<'_>) -> Result<(), Exit> {
    target(path).and_then(|it| can_write(&it)).map_err(|error| not_saved(path, &error, output))
}

fn not_saved(path: &Path, error: &io::Error, output: &mut Output<'_>) -> Exit {
    let message = format!("the plan could not be saved to `{}`: {error}", path.display());
    output.error(&message, None);
    Exit::Failed
}

/// Saves a plan, whole or not at all, readable by its owner only from the moment that it exists.
///
/// A link is followed; what is there and no file, such as a device, is left alone.
pub(crate) fn save(path: &Path, document: &str, output: &mut Output<'_>) -> Result<(), Exit> {
    let written = target(path).and_then(|path| write_whole(&path, document, OWNER_ONLY));
    written.map_err(|error| not_saved(path, &error, output))
}

/// Returns the file that a path leads to, or is to become.
pub(crate) fn target(path: &Path) -> io::Result<PathBuf> {
    if path.as_os_str() == "-" {
        return Err(io::Error::other("it is to be a file; stdout has `--format`"));
    }
    match fs::canonicalize(path) {
        Ok(found) if found.is_file() => Ok(found),
        Ok(_) => Err(io::Error::other("it is there, and no file")),
        Err(_) if path.is_symlink() => Err(io::Error::other("it is a link that leads nowhere")),
        Err(_) => Ok(path.to_owned()),
    }
}

/// A plan that was read from a file, and the file's text.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) saved: Saved,
    pub(crate) text: String,
}

/// Reads a saved plan.
pub(crate) fn read(path: &Path, output: &mut Output<'_>) -> Result<Read, Exit> {
    let shown = path.display();
    let invalid = |output: &mut Output<'_>, why: &str, help: &str| {
        output.error(&format!("the plan `{shown}` cannot be used: {why}"), Some(help));
        Exit::Invalid
    };
    let again = "plan again with `trueup plan --out FILE`, and review that";
    if fs::metadata(path).is_ok_and(|it| MOST_BYTES < it.len()) {
        return Err(invalid(output, "it is far larger than any plan", again));
    }
    let text = fs::read_to_string(path).map_err(|error| {
        let help = "name a file that `trueup plan --out FILE` has saved";
        invalid(output, &error.to_string(), help)
    })?;
    let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    match render::saved_plan(&text) {
        Ok(saved) => Ok(Read { saved, text }),
        Err(error) if is_yaml => {
            let help = format!("the desired state goes with `-f {shown}`");
            Err(invalid(output, &error.to_string(), &help))
        }
        Err(error) => Err(invalid(output, &error.to_string(), again)),
    }
}
