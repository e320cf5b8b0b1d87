//! The file of a new journal: its name, its folder, its first line, and what is in its way.
//!
//! Reads no journal but to see that one is in the way.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    execute::Recorded,
    journals::{FOLDER, Settled},
};
use crate::{
    apply::Wait,
    journal::{self, Disk, Header, Journal, JournalError, Opened},
    session::Environment,
};

/// Makes the file, and writes its first line.
pub(super) fn create(
    path: Option<&Path>,
    header: Header,
    settled: &mut [Settled],
    environment: &Environment,
) -> Result<Recorded, (PathBuf, io::Error)> {
    let (disk, at_ms) = (&*environment.journals, environment.clock.now_ms());
    let recorded = |path: PathBuf, file| match Journal::begin(file, header, at_ms) {
        Ok(journal) => Ok(Recorded { journal, path }),
        Err(error) => Err((path, error)),
    };
    if let Some(path) = path {
        return match disk.create(path).or_else(|error| make_way(disk, path, settled, error)) {
            Ok(file) => recorded(path.to_owned(), file),
            Err(error) => Err((path.to_owned(), error)),
        };
    }
    let folder = Path::new(FOLDER);
    disk.make_folder(folder).map_err(|error| (folder.to_owned(), error))?;
    let stem = default_name(environment.clock.start_ms);
    let mut paths = (1..).map(|n| match n {
        1 => folder.join(format!("{stem}.jsonl")),
        n => folder.join(format!("{stem}-{n}.jsonl")),
    });
    loop {
        let path = paths.next().unwrap_or_default();
        match disk.create(&path) {
            Ok(file) => return recorded(path, file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            Err(error) => return Err((path, error)),
        }
    }
}

fn default_name(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    format!("journal-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id())
}

/// Puts a journal of an earlier apply aside that has the file's name; an empty file is taken.
fn make_way(
    disk: &dyn Disk,
    path: &Path,
    settled: &mut [Settled],
    error: io::Error,
) -> io::Result<Box<dyn journal::Appended>> {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return Err(error);
    }
    let ours = settled.iter_mut().find(|it| it.recorded.path == path);
    if ours.is_none() {
        let mut file = disk.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::Error::other("another apply is writing it"),
            _ => error,
        })?;
        if file.size()? == 0 {
            return Ok(file);
        }
        drop(file);
        match Opened::open(disk, path) {
            Ok(_) | Err(JournalError::Torn) => (),
            Err(JournalError::OldVersion(_)) if journal::is_closed(disk, path) => (),
            Err(error) => {
                let why = format!("it is there, and not overwritten: {error}");
                return Err(io::Error::other(why));
            }
        }
    }
    // It is found there as well as before.
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut asides = (1_u32..).map(|n| path.with_file_name(format!("{stem}.{n}.jsonl")));
    let taken = disk.files(path.parent().unwrap_or(Path::new("")))?;
    let aside = asides.find(|it| !taken.contains(it)).unwrap_or_default();
    disk.rename(path, &aside)?;
    if let Some(ours) = ours {
        ours.recorded.path = aside;
    }
    disk.create(path)
}

/// Returns a plan's document as a journal has it.
pub(crate) fn header(document: &str, wait: Wait) -> Header {
    let plan = serde_json::from_str::<Value>(document);
    let plan = plan.expect("invariant: a plan that is saved is JSON");
    Header::new(plan, wait == Wait::Runs)
}
