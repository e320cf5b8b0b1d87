//! Saved plans on the disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    disk::{OWNER_ONLY, can_write, write_whole},
    error::{Error, ErrorKind},
};
use crate::render::{self, Saved};

/// Larger files are not read as plans: this is many times the largest plan.
const MAX_BYTES: u64 = 256 << 20;

/// Checks, before the controller is read, that a plan can be saved there.
pub(crate) fn check_plan_file(path: &Path) -> Result<(), Error> {
    output_target(path).and_then(|it| can_write(&it)).map_err(|error| not_saved(path, &error))
}

fn not_saved(path: &Path, error: &io::Error) -> Error {
    let message = format!("the plan could not be saved to `{}`: {error}", path.display());
    Error::new(ErrorKind::Failed, message)
}

/// Saves a plan, whole or not at all, readable only by its owner from the start.
///
/// Follows links. Anything that exists and is not a file, such as a device, is left alone.
pub(crate) fn save_plan(path: &Path, document: &str) -> Result<(), Error> {
    let written = output_target(path).and_then(|path| write_whole(&path, document, OWNER_ONLY));
    written.map_err(|error| not_saved(path, &error))
}

/// Returns the file that an output path leads to, or is going to be.
pub(crate) fn output_target(path: &Path) -> io::Result<PathBuf> {
    if path.as_os_str() == "-" {
        return Err(io::Error::other("it has to be a file; stdout has `--format`"));
    }
    match fs::canonicalize(path) {
        Ok(found) if found.is_file() => Ok(found),
        Ok(_) => Err(io::Error::other("it exists and is not a file")),
        Err(_) if path.is_symlink() => Err(io::Error::other("it is a link that leads nowhere")),
        Err(_) => Ok(path.to_owned()),
    }
}

/// A plan that was read from a file, and the text of the file.
#[derive(Debug)]
pub(crate) struct SavedPlan {
    pub(crate) saved: Saved,
    pub(crate) text: String,
}

/// Reads a saved plan.
pub(crate) fn load_plan(path: &Path) -> Result<SavedPlan, Error> {
    let shown = path.display();
    let unusable = |why: &str, help: &str| {
        let message = format!("the plan `{shown}` cannot be used: {why}");
        Error::new(ErrorKind::Invalid, message).help(help)
    };
    let again = "run `trueup plan --out FILE` again, and review that plan";
    if fs::metadata(path).is_ok_and(|it| MAX_BYTES < it.len()) {
        return Err(unusable("it is far larger than any plan", again));
    }
    let text = fs::read_to_string(path).map_err(|error| {
        unusable(&error.to_string(), "name a file that `trueup plan --out FILE` has saved")
    })?;
    let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    match render::saved_plan(&text) {
        Ok(saved) => Ok(SavedPlan { saved, text }),
        Err(error) if is_yaml => {
            let help = format!("to name files of the desired state, use `-f {shown}`");
            Err(unusable(&error.to_string(), &help))
        }
        Err(error) => Err(unusable(&error.to_string(), again)),
    }
}
