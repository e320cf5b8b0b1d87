//! A journal that is written.

use std::{fmt, io};

use serde_json::Value;

use super::{
    disk::Appended,
    document::{KindV1, LineV1},
    line::{line, moment},
    read::MOST_BYTES,
};
use crate::{events::Event, model::shown_json, plan::Change};

/// A journal, locked for as long as it is held.
pub(crate) struct Journal {
    file: Box<dyn Appended>,
    seq: u64,
    n_bytes: u64,
    has_failed: bool,
}

/// What a journal begins with.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The plan, as it is saved.
    pub(crate) plan: Value,
    /// Whether the apply waits for the runs that it starts.
    pub(crate) waits_for_runs: bool,
}

/// Why nothing more has to be done for a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    Finished,
    /// A new apply has what was left; by its journal, if it needed one.
    TakenOver {
        by: Option<String>,
    },
}

impl Journal {
    /// Begins a journal in an empty file.
    pub(crate) fn begin(file: Box<dyn Appended>, header: Header, at_ms: i64) -> io::Result<Self> {
        let mut journal = Self { file, seq: 0, n_bytes: 0, has_failed: false };
        let Header { plan, waits_for_runs } = header;
        let wait = if waits_for_runs { "runs" } else { "tasks" };
        let first = LineV1 {
            trueup_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            wait: Some(wait.to_owned()),
            plan: Some(plan),
            ..LineV1::of_kind(KindV1::Plan)
        };
        let begun = journal.append(vec![first], at_ms);
        if begun.is_err() {
            // Half a line is in the way of the next journal, an empty file is not; where not even
            // this can be done, the error to tell is the first one.
            drop(journal.file.cut(0));
        }
        begun.map(|()| journal)
    }

    /// Goes on behind that many lines of so many bytes.
    pub(super) fn behind(file: Box<dyn Appended>, n_lines: u64, n_bytes: u64) -> Self {
        Self { file, seq: n_lines, n_bytes, has_failed: false }
    }

    /// Records what happened at once, and has it on the disk when it returns.
    pub(crate) fn record(
        &mut self,
        events: &[Event],
        changes: &[Change],
        at_ms: i64,
    ) -> io::Result<()> {
        self.append(events.iter().filter_map(|it| line(it, changes)).collect(), at_ms)
    }

    /// Records that nothing more has to be done for it.
    pub(crate) fn close(&mut self, closing: Closing, at_ms: i64) -> io::Result<()> {
        let line = match closing {
            Closing::Finished => LineV1::of_kind(KindV1::Finished),
            Closing::TakenOver { by } => LineV1 { by, ..LineV1::of_kind(KindV1::TakenOver) },
        };
        self.append(vec![line], at_ms)
    }

    fn append(&mut self, lines: Vec<LineV1>, at_ms: i64) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        if self.has_failed {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        let mut text = String::new();
        for line in lines {
            self.seq += 1;
            let line = LineV1 { seq: self.seq, time: moment(at_ms), ..line };
            text += &shown_json(serde_json::to_string(&line)?);
            text.push('\n');
        }
        self.n_bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
        if MOST_BYTES < self.n_bytes {
            // What is there can still be carried on with.
            self.has_failed = true;
            return Err(io::Error::other("it would be longer than a journal may be"));
        }
        let appended = self.file.append(text.as_bytes()).and_then(|()| self.file.sync());
        // A line that was written in part must not be followed by another.
        self.has_failed = appended.is_err();
        appended
    }
}

/// What it has is in its file.
impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("seq", &self.seq).finish_non_exhaustive()
    }
}
