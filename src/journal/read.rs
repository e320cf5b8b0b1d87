//! A journal that is read back.
//!
//! A torn last line was not on the disk when its process ended, so that nothing was done by it: it
//! is cut off. Anything else that is not understood is an error.

use std::{io, path::Path};

use serde_json::Value;

use super::{
    disk::{Appended, Disk},
    document::{FORMAT_VERSION, KindV1, LineV1},
    line::{event, milliseconds},
    record::Journal,
};
use crate::{events::Event, plan::Change};

/// The most that a file may have to be read as a journal: many times the largest one.
const MOST_BYTES: u64 = 256 << 20;

/// How much of the end of a file is read to find its last line.
const TAIL_BYTES: u64 = 4 << 10;

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
    #[error("it has the format version {0}, and this program knows {FORMAT_VERSION}")]
    Version(String),
    #[error("its line {line} cannot be understood: {why}")]
    Line { line: usize, why: String },
}

/// A journal that was opened, its first line understood.
#[derive(Debug)]
pub(crate) struct Opened {
    journal: Journal,
    lines: Vec<LineV1>,
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
        let mut file = disk.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => JournalError::Locked,
            _ => JournalError::Unread(error),
        })?;
        let text = read(&mut *file)?;
        // What has no end was not on the disk when its process ended.
        let whole = text.rfind('\n').map_or("", |at| text.split_at(at + 1).0);
        if whole.is_empty() {
            let why = if text.is_empty() { "it is empty" } else { "its first line has no end" };
            return Err(JournalError::NotAJournal(why.to_owned()));
        }
        if whole.len() < text.len() {
            let size = u64::try_from(whole.len()).unwrap_or(u64::MAX);
            file.cut(size).map_err(JournalError::Unread)?;
        }
        let lines = lines(whole)?;
        let n_lines = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let first = lines.first().cloned();
        let no_plan = || JournalError::NotAJournal("its first line has no plan".to_owned());
        let first = first.filter(|it| it.event == KindV1::Plan).ok_or_else(no_plan)?;
        let waits_for_runs = first.wait.as_deref() == Some("runs");
        let plan = first.plan.ok_or_else(no_plan)?;
        Ok(Self { journal: Journal::behind(file, n_lines), lines, plan, waits_for_runs })
    }

    /// Reads the rest, by the changes of the plan.
    pub(crate) fn kept(self, changes: &[Change]) -> Result<Kept, JournalError> {
        let closes = |it: &LineV1| matches!(it.event, KindV1::Finished | KindV1::TakenOver);
        let is_closed = self.lines.last().is_some_and(closes);
        let mut events = Vec::new();
        for (at, line) in self.lines.into_iter().enumerate().skip(1) {
            let wrong = |why| JournalError::Line { line: at + 1, why };
            let at_ms = milliseconds(&line.time).map_err(wrong)?;
            events.extend(event(line, changes).map_err(wrong)?.map(|event| (at_ms, event)));
        }
        Ok(Kept { journal: self.journal, events, is_closed })
    }
}

fn read(file: &mut dyn Appended) -> Result<String, JournalError> {
    if MOST_BYTES < file.size().map_err(JournalError::Unread)? {
        return Err(JournalError::TooLarge);
    }
    let bytes = file.read(0, MOST_BYTES).map_err(JournalError::Unread)?;
    String::from_utf8(bytes).map_err(|_| JournalError::NotAJournal("it is no text".to_owned()))
}

fn lines(text: &str) -> Result<Vec<LineV1>, JournalError> {
    let read = text.lines().enumerate().map(|(at, line)| {
        serde_json::from_str::<LineV1>(line).map_err(|error| match at {
            0 => JournalError::NotAJournal(error.to_string()),
            _ => JournalError::Line { line: at + 1, why: error.to_string() },
        })
    });
    let first = text.lines().next().map(serde_json::from_str::<Value>);
    let version = first.and_then(Result::ok).and_then(|it| {
        let version = it.get("format_version").and_then(Value::as_str);
        version.map(str::to_owned)
    });
    let major = |it: &str| it.split('.').next().map(str::to_owned);
    match version {
        Some(it) if major(&it) != major(FORMAT_VERSION) => Err(JournalError::Version(it)),
        Some(_) | None => read.collect(),
    }
}

/// Whether a file looks like a journal that says that nothing more has to be done for it. Reads
/// no more of it than its end.
pub(crate) fn is_closed(disk: &dyn Disk, path: &Path) -> bool {
    let Ok(mut file) = disk.open(path) else { return false };
    let Ok(size) = file.size() else { return false };
    let tail = file.read(size.saturating_sub(TAIL_BYTES), TAIL_BYTES).unwrap_or_default();
    let tail = String::from_utf8_lossy(&tail);
    let last = tail.strip_suffix('\n').and_then(|it| it.lines().last());
    let last = last.and_then(|it| serde_json::from_str::<LineV1>(it).ok());
    last.is_some_and(|it| matches!(it.event, KindV1::Finished | KindV1::TakenOver))
}
