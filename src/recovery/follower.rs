//! Where the events of an apply go.

use std::path::PathBuf;

use super::notice::Notice;
use crate::{
    events::{Event, Report, SinkError},
    journal::Journal,
    plan::Change,
};

/// Receives what happens while a plan is executed.
pub(crate) trait Follower {
    /// The time now, in milliseconds of the epoch.
    fn now_ms(&self) -> i64;

    /// Takes an event that is in the journal, with the resulting report.
    fn event(
        &mut self,
        event: &Event,
        changes: &[Change],
        report: &Report,
    ) -> Result<(), SinkError>;

    /// Takes an event for machines alone: the user reads about it elsewhere.
    fn record(&mut self, event: &Event, changes: &[Change]) -> Result<(), SinkError>;

    fn notice(&mut self, notice: Notice);
}

/// A journal and its file.
#[derive(Debug)]
pub(crate) struct RecordedJournal {
    pub(crate) journal: Journal,
    pub(crate) path: PathBuf,
}
