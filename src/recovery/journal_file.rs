//! The file of a new journal: its name, its folder, its first line, and an earlier file in its
//! place.
//!
//! Reads a journal only to detect that one is in its place.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    follower::RecordedJournal,
    journals::{FOLDER, RecoveryError},
    takeover::SettledApply,
};
use crate::{
    apply::Wait,
    journal::{self, Disk, Header, Journal, JournalError, Opened},
};

/// The journal of a new apply, before its file exists.
pub(crate) struct NewJournal<'a> {
    /// The file, unless it is a new one in the default folder.
    pub(crate) path: Option<&'a Path>,
    pub(crate) header: Header,
    /// When the program started, in milliseconds of the epoch: names the default file.
    pub(crate) start_ms: i64,
    pub(crate) now_ms: i64,
}

impl NewJournal<'_> {
    /// Creates the file and writes its first line. A settled journal with the file's name is moved
    /// aside.
    pub(crate) fn create(
        self,
        disk: &dyn Disk,
        settled: &mut [SettledApply],
    ) -> Result<RecordedJournal, RecoveryError> {
        let Self { path, header, start_ms, now_ms } = self;
        let (path, file) = match path {
            Some(path) => {
                let file = disk.create(path).or_else(|error| make_way(disk, path, settled, error));
                (path.to_owned(), file)
            }
            None => create_in_folder(disk, start_ms),
        };
        match file.and_then(|file| Journal::begin(file, header, now_ms)) {
            Ok(journal) => Ok(RecordedJournal { journal, path }),
            Err(error) => Err(RecoveryError::NewJournal { path, error }),
        }
    }
}

fn create_in_folder(
    disk: &dyn Disk,
    start_ms: i64,
) -> (PathBuf, io::Result<Box<dyn journal::Appended>>) {
    let folder = Path::new(FOLDER);
    if let Err(error) = disk.make_folder(folder) {
        return (folder.to_owned(), Err(error));
    }
    let stem = default_name(start_ms);
    let mut n = 1;
    loop {
        let suffix = if n == 1 { String::new() } else { format!("-{n}") };
        let path = folder.join(format!("{stem}{suffix}.jsonl"));
        match disk.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
            file => return (path, file),
        }
    }
}

fn default_name(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    format!("journal-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id())
}

/// Moves aside an earlier journal with the file's name; an empty file is reused.
fn make_way(
    disk: &dyn Disk,
    path: &Path,
    settled: &mut [SettledApply],
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
    // It is still found there.
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

/// Returns a plan's document in the form of a journal.
pub(crate) fn header(document: &str, wait: Wait) -> Header {
    let plan = serde_json::from_str::<Value>(document);
    let plan = plan.expect("invariant: a plan that is saved is JSON");
    Header::new(plan, wait == Wait::Runs)
}
