//! A journal that is written.

use std::{fmt, io};

use super::{
    disk::Appended,
    read::MAX_BYTES,
    record::{Header, JournalRecord},
};
use crate::{
    events::{Event, EventRecord, Line},
    plan::Change,
};

/// A journal that is being written, and locked.
pub(crate) struct Journal {
    file: Box<dyn Appended>,
    seq: u64,
    n_bytes: u64,
    has_failed: bool,
}

impl Journal {
    /// Begins a journal in an empty file.
    pub(crate) fn begin(file: Box<dyn Appended>, header: Header, at_ms: i64) -> io::Result<Self> {
        let mut journal = Self::continued(file, 0, 0);
        let begun = journal.append([JournalRecord::Plan(header)], at_ms);
        if begun.is_err() {
            // Half a line would block the next journal, an empty file does not. If the file cannot
            // be cut either, the first error is the one to report.
            drop(journal.file.cut(0));
        }
        begun.map(|()| journal)
    }

    /// Continues a journal that has that many lines and bytes.
    pub(super) fn continued(file: Box<dyn Appended>, n_lines: u64, n_bytes: u64) -> Self {
        Self { file, seq: n_lines, n_bytes, has_failed: false }
    }

    /// Records events that happened together. They are on the disk when it returns.
    pub(crate) fn record(
        &mut self,
        events: &[Event],
        changes: &[Change],
        at_ms: i64,
    ) -> io::Result<()> {
        let kept = |it: &&Event| !matches!(it, Event::Waiting { .. } | Event::ReadFailed { .. });
        let records = events.iter().filter(kept).map(|it| EventRecord::new(it, changes));
        self.append(records.map(JournalRecord::Apply), at_ms)
    }

    /// Records that nothing is left to do.
    pub(crate) fn finish(&mut self, at_ms: i64) -> io::Result<()> {
        self.append([JournalRecord::Finished], at_ms)
    }

    /// Records that a new apply took over the rest; `by` is its journal, if it needed one.
    pub(crate) fn hand_over(&mut self, by: Option<String>, at_ms: i64) -> io::Result<()> {
        self.append([JournalRecord::TakenOver { by }], at_ms)
    }

    fn append(
        &mut self,
        records: impl IntoIterator<Item = JournalRecord>,
        at_ms: i64,
    ) -> io::Result<()> {
        let mut text = String::new();
        for record in records {
            self.seq += 1;
            text += &Line::new(self.seq, at_ms, record).text();
        }
        if text.is_empty() {
            return Ok(());
        }
        if self.has_failed {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        self.n_bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
        if MAX_BYTES < self.n_bytes {
            // The part that is on the disk can still be resumed.
            self.has_failed = true;
            return Err(io::Error::other("it would exceed the maximum size of a journal"));
        }
        let appended = self.file.append(text.as_bytes()).and_then(|()| self.file.sync());
        // No line may follow one that was written in part.
        self.has_failed = appended.is_err();
        appended
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("seq", &self.seq).finish_non_exhaustive()
    }
}
