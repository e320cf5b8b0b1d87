//! A journal that is read back.
//!
//! A torn last line was not synced when its process ended, so no request was sent because of it: it
//! is cut off. Any other invalid line is an error, and leaves the file unchanged.

use std::{io, path::Path};

use serde::Deserialize;

use super::{
    disk::{Appended, Disk},
    record::{Header, JournalLine, JournalRecord},
    write::Journal,
};
use crate::{
    events::{Event, EventRecord, FORMAT_VERSION, Line, NotInPlan},
    plan::Change,
};

/// The maximum size of a journal: several times what a plan of 100,000 changes and its apply take.
pub(super) const MAX_BYTES: u64 = 1 << 30;

/// The number of bytes at the end of a file that are read to find its last line.
const TAIL_BYTES: u64 = 4 << 10;

/// How every journal begins.
const BEGINNING: &str = "{\"format_version\":";

/// Why a file cannot be used as a journal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{0}")]
    Unread(io::Error),
    #[error("another process is writing it")]
    Locked,
    #[error("it is larger than a journal can be")]
    TooLarge,
    #[error("it is not a journal: {0}")]
    NotAJournal(String),
    /// Its apply sent nothing.
    #[error("it was cut short in its first line, before anything was sent")]
    Torn,
    /// The format of the first release, which is not read any more.
    #[error("its format is {0}, that of trueup 0.1.0, which settles it")]
    OldVersion(String),
    #[error("its format is {0}, and this program reads {FORMAT_VERSION}")]
    NewVersion(String),
    #[error("line {line} is invalid: {why}")]
    Line { line: usize, why: String },
}

/// An opened journal whose lines were read. Its file is unchanged.
pub(crate) struct Opened {
    file: Box<dyn Appended>,
    pub(crate) lines: Lines,
}

/// The lines of a journal.
pub(crate) struct Lines {
    pub(crate) header: Header,
    /// The lines after the header, without a torn one; `None` is a closing line.
    rest: Vec<Option<Line<EventRecord>>>,
    /// How many bytes the whole lines have.
    n_whole: u64,
}

/// The content of a journal.
#[derive(Debug)]
pub(crate) struct JournalContent {
    /// Open for more lines.
    pub(crate) journal: Journal,
    /// Every event, and when it was recorded, in milliseconds of the epoch.
    pub(crate) events: Vec<(i64, Event)>,
    /// Whether it ends with a closing line: nothing more has to be done.
    pub(crate) is_closed: bool,
}

impl Opened {
    /// Opens a journal and locks it.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, JournalError> {
        let (file, bytes) = read_all(disk.open(path))?;
        Ok(Self { file, lines: Lines::of(&bytes)? })
    }

    /// Reads the rest, by the changes of the plan. A torn last line is cut off.
    pub(crate) fn content(mut self, changes: &[Change]) -> Result<JournalContent, JournalError> {
        let is_closed = self.lines.is_closed();
        let n_lines = u64::try_from(self.lines.rest.len()).unwrap_or(u64::MAX).saturating_add(1);
        let n_whole = self.lines.n_whole;
        let events = self.lines.events(changes)?;
        if self.file.size().map_err(JournalError::Unread)? != n_whole {
            self.file.cut(n_whole).map_err(JournalError::Unread)?;
        }
        Ok(JournalContent {
            journal: Journal::continued(self.file, n_lines, n_whole),
            events,
            is_closed,
        })
    }
}

fn read_all(
    opened: io::Result<Box<dyn Appended>>,
) -> Result<(Box<dyn Appended>, Vec<u8>), JournalError> {
    let mut file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => JournalError::Locked,
        _ => JournalError::Unread(error),
    })?;
    if MAX_BYTES < file.size().map_err(JournalError::Unread)? {
        return Err(JournalError::TooLarge);
    }
    let bytes = file.read(0, MAX_BYTES).map_err(JournalError::Unread)?;
    Ok((file, bytes))
}

impl Lines {
    /// Reads a journal without keeping the lock: an apply can open it next.
    pub(crate) fn read(disk: &dyn Disk, path: &Path) -> Result<Self, JournalError> {
        let (file, bytes) = read_all(disk.open_shared(path))?;
        drop(file);
        Self::of(&bytes)
    }

    fn of(bytes: &[u8]) -> Result<Self, JournalError> {
        // A last line without its end was not synced when its process ended, even if it is torn
        // within a character.
        let n_whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1);
        let (whole, torn) = bytes.split_at(n_whole);
        let Some(whole) = whole.strip_suffix(b"\n") else {
            let is_begun = !torn.is_empty() && torn.starts_with(BEGINNING.as_bytes());
            return Err(if is_begun { JournalError::Torn } else { not_a_journal("it is empty") });
        };
        let mut lines = whole.split(|it| *it == b'\n');
        let header = header(lines.next().unwrap_or_default())?;
        let rest = lines.enumerate().map(|(at, line)| {
            record(line)
                .map_err(|error| JournalError::Line { line: at + 2, why: error.to_string() })
        });
        let rest = rest.collect::<Result<_, _>>()?;
        let n_whole = u64::try_from(n_whole).unwrap_or(u64::MAX);
        Ok(Self { header, rest, n_whole })
    }

    /// Whether its last line is a closing line: nothing more has to be done.
    pub(crate) fn is_closed(&self) -> bool {
        self.rest.last().is_some_and(Option::is_none)
    }

    /// Returns every event, and when it was recorded, in milliseconds of the epoch.
    pub(crate) fn events(self, changes: &[Change]) -> Result<Vec<(i64, Event)>, JournalError> {
        let mut events = Vec::new();
        for (at, line) in self.rest.into_iter().enumerate() {
            let Some(line) = line else { continue };
            let at_ms = line.at_ms();
            let event = line.record.event(changes);
            let wrong =
                |error: NotInPlan| JournalError::Line { line: at + 2, why: error.to_string() };
            events.push((at_ms, event.map_err(wrong)?));
        }
        Ok(events)
    }
}

fn not_a_journal(why: &str) -> JournalError {
    JournalError::NotAJournal(why.to_owned())
}

/// The members of a first line that identify a journal. The others are skipped, so that a large
/// file of another program costs little.
#[derive(Deserialize)]
struct Head {
    format_version: String,
    event: String,
}

fn header(line: &[u8]) -> Result<Header, JournalError> {
    let head = serde_json::from_slice::<Head>(line);
    let Head { format_version, event } = head.map_err(|it| not_a_journal(&it.to_string()))?;
    if event != "plan" {
        return Err(not_a_journal("its first line has no plan"));
    }
    let major = |it: &str| it.split('.').next().map(str::to_owned);
    if major(&format_version) == major("1.0") {
        return Err(JournalError::OldVersion(format_version));
    }
    if major(&format_version) != major(FORMAT_VERSION) {
        return Err(JournalError::NewVersion(format_version));
    }
    serde_json::from_slice(line).map_err(|error| not_a_journal(&error.to_string()))
}

/// Reads a line after the first; `None` is a closing line.
fn record(line: &[u8]) -> serde_json::Result<Option<Line<EventRecord>>> {
    let event = serde_json::from_slice(line).map(Some);
    event.or_else(|error| if is_closing_line(line) { Ok(None) } else { Err(error) })
}

fn is_closing_line(line: &[u8]) -> bool {
    let record = serde_json::from_slice::<JournalLine>(line).map(|it| it.record);
    matches!(record, Ok(JournalRecord::Finished | JournalRecord::TakenOver { .. }))
}

/// Whether the last line of a file closes a journal, of any format. Reads only the end of the file.
pub(crate) fn is_closed(disk: &dyn Disk, path: &Path) -> bool {
    let Ok(mut file) = disk.open_shared(path) else { return false };
    let Ok(size) = file.size() else { return false };
    let tail = file.read(size.saturating_sub(TAIL_BYTES), TAIL_BYTES).unwrap_or_default();
    let whole = tail.strip_suffix(b"\n");
    whole.and_then(|it| it.rsplit(|it| *it == b'\n').next()).is_some_and(is_closing_line)
}
