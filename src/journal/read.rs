//! A journal that is read back.
//!
//! A torn last line was not on the disk when its process ended, so that nothing was done by it: it
//! is cut off. Anything else that is not understood is an error, and leaves the file as it is.

use std::{io, path::Path};

use serde::Deserialize;
use serde_json::Value;

use super::{
    disk::{Appended, Disk},
    document::{FORMAT_VERSION, KindV1, LineV1},
    line::{event, milliseconds},
    record::Journal,
};
use crate::{events::Event, plan::Change};

/// The most that a file may have to be read as a journal, and so the most that one is let grow to:
/// several times what a plan of 100,000 changes and all that comes of it take.
pub(super) const MOST_BYTES: u64 = 1 << 30;

/// How much of the end of a file is read to find its last line.
const TAIL_BYTES: u64 = 4 << 10;

/// How every journal begins.
const BEGINNING: &str = "{\"format_version\":";

/// Why a file is no journal that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{0}")]
    Unread(io::Error),
    #[error("another process is writing it")]
    Locked,
    #[error("it is far larger than any journal")]
    TooLarge,
    #[error("it is no journal: {0}")]
    NotAJournal(String),
    /// Nothing was sent by it.
    #[error("it was cut short in its first line, before anything was sent")]
    Torn,
    #[error("it has the format version {0}, and this program knows {FORMAT_VERSION}")]
    Version(String),
    #[error("its line {line} cannot be understood: {why}")]
    Line { line: usize, why: String },
}

/// A journal that was opened, its first line understood. Its file is as it was.
pub(crate) struct Opened {
    file: Box<dyn Appended>,
    pub(crate) lines: Lines,
}

/// The lines of a journal.
pub(crate) struct Lines {
    /// Those behind the first; a torn one is not among them.
    rest: Vec<LineV1>,
    /// How many bytes the whole lines have.
    n_whole: u64,
    /// The plan, as it is saved.
    pub(crate) plan: Value,
    /// Whether the apply waited for the runs that it started.
    pub(crate) waits_for_runs: bool,
}

/// What a journal tells.
#[derive(Debug)]
pub(crate) struct Kept {
    /// To be gone on with.
    pub(crate) journal: Journal,
    /// Every event, and when it was told, in milliseconds of the epoch.
    pub(crate) events: Vec<(i64, Event)>,
    /// Whether it says that nothing more has to be done for it.
    pub(crate) is_closed: bool,
}

impl Opened {
    /// Opens a journal for nobody else to write.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, JournalError> {
        let (file, bytes) = read(disk.open(path))?;
        Ok(Self { file, lines: Lines::of(&bytes)? })
    }

    /// Reads the rest, by the changes of the plan. A torn last line is cut off.
    pub(crate) fn kept(mut self, changes: &[Change]) -> Result<Kept, JournalError> {
        let is_closed = self.lines.is_closed();
        let n_lines = u64::try_from(self.lines.rest.len()).unwrap_or(u64::MAX).saturating_add(1);
        let n_whole = self.lines.n_whole;
        let events = self.lines.events(changes)?;
        if self.file.size().map_err(JournalError::Unread)? != n_whole {
            self.file.cut(n_whole).map_err(JournalError::Unread)?;
        }
        Ok(Kept { journal: Journal::behind(self.file, n_lines, n_whole), events, is_closed })
    }
}

fn read(
    opened: io::Result<Box<dyn Appended>>,
) -> Result<(Box<dyn Appended>, Vec<u8>), JournalError> {
    let mut file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => JournalError::Locked,
        _ => JournalError::Unread(error),
    })?;
    if MOST_BYTES < file.size().map_err(JournalError::Unread)? {
        return Err(JournalError::TooLarge);
    }
    let bytes = file.read(0, MOST_BYTES).map_err(JournalError::Unread)?;
    Ok((file, bytes))
}

impl Lines {
    /// Reads a journal and leaves it alone: an apply that opens it next does not find it held.
    pub(crate) fn look(disk: &dyn Disk, path: &Path) -> Result<Self, JournalError> {
        let (file, bytes) = read(disk.look(path))?;
        drop(file);
        Self::of(&bytes)
    }

    fn of(bytes: &[u8]) -> Result<Self, JournalError> {
        // What has no end was not on the disk when its process ended, be it torn within a letter.
        let n_whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1);
        let (whole, torn) = bytes.split_at(n_whole);
        if whole.is_empty() {
            let is_begun = !torn.is_empty() && torn.starts_with(BEGINNING.as_bytes());
            return Err(if is_begun { JournalError::Torn } else { no_journal("it has no line") });
        }
        let mut lines = whole.split(|it| *it == b'\n').take_while(|it| !it.is_empty()).enumerate();
        let first = lines.next().map(|(_, it)| it).unwrap_or_default();
        let first = first_line(first)?;
        let rest = lines.map(|(at, line)| {
            serde_json::from_slice::<LineV1>(line)
                .map_err(|error| JournalError::Line { line: at + 1, why: error.to_string() })
        });
        let rest = rest.collect::<Result<Vec<_>, _>>()?;
        if let Some(line) = first_empty(whole) {
            return Err(JournalError::Line { line, why: "it is empty".to_owned() });
        }
        let waits_for_runs = first.wait.as_deref() == Some("runs");
        let plan = first.plan.ok_or_else(|| no_journal("its first line has no plan"))?;
        let n_whole = u64::try_from(n_whole).unwrap_or(u64::MAX);
        Ok(Self { rest, n_whole, plan, waits_for_runs })
    }

    /// Whether its last line says that nothing more has to be done for it.
    pub(crate) fn is_closed(&self) -> bool {
        let closes = |it: &LineV1| matches!(it.event, KindV1::Finished | KindV1::TakenOver);
        self.rest.last().is_some_and(closes)
    }

    /// Returns every event, with when it was told, in milliseconds of the epoch.
    pub(crate) fn events(self, changes: &[Change]) -> Result<Vec<(i64, Event)>, JournalError> {
        let mut events = Vec::new();
        for (at, line) in self.rest.into_iter().enumerate() {
            let wrong = |why| JournalError::Line { line: at + 2, why };
            let at_ms = milliseconds(&line.time).map_err(wrong)?;
            events.extend(event(line, changes).map_err(wrong)?.map(|event| (at_ms, event)));
        }
        Ok(events)
    }
}

fn no_journal(why: &str) -> JournalError {
    JournalError::NotAJournal(why.to_owned())
}

/// Returns the number of the first empty line.
fn first_empty(whole: &[u8]) -> Option<usize> {
    let mut lines = whole.split(|it| *it == b'\n');
    let empty = lines.position(<[u8]>::is_empty)?;
    // Behind the last newline there is nothing.
    lines.next().map(|_| empty + 1)
}

/// As much of a first line as says whose it is. Whatever else it has is passed over, so that a large
/// file of somebody else's costs little.
#[derive(Deserialize)]
struct Head {
    format_version: String,
    event: String,
}

fn first_line(line: &[u8]) -> Result<LineV1, JournalError> {
    let head = serde_json::from_slice::<Head>(line);
    let Head { format_version, event } = head.map_err(|error| no_journal(&error.to_string()))?;
    if event != "plan" {
        return Err(no_journal("its first line has no plan"));
    }
    let major = |it: &str| it.split('.').next().map(str::to_owned);
    if major(&format_version) != major(FORMAT_VERSION) {
        return Err(JournalError::Version(format_version));
    }
    serde_json::from_slice(line).map_err(|error| no_journal(&error.to_string()))
}

/// Whether a file looks like a journal that says that nothing more has to be done for it. Reads
/// no more of it than its end.
pub(crate) fn is_closed(disk: &dyn Disk, path: &Path) -> bool {
    let Ok(mut file) = disk.look(path) else { return false };
    let Ok(size) = file.size() else { return false };
    let tail = file.read(size.saturating_sub(TAIL_BYTES), TAIL_BYTES).unwrap_or_default();
    let tail = String::from_utf8_lossy(&tail);
    let last = tail.strip_suffix('\n').and_then(|it| it.lines().last());
    let last = last.and_then(|it| serde_json::from_str::<LineV1>(it).ok());
    last.is_some_and(|it| matches!(it.event, KindV1::Finished | KindV1::TakenOver))
}
