//! What a use case reports while it runs.

use std::time::Duration;

use super::{error::Error, outcomes::OutcomeDiagnostic};
use crate::{
    events::{Event, Report, SinkError},
    render::{LogRecord, ReportAbout},
    source::{Diagnostic, SourceMap},
};

/// Receives what a use case reports while it runs.
pub(crate) trait Observer {
    /// Takes a remark for the user, in one line or more.
    fn note(&mut self, text: &str);

    /// Takes a warning that no file is to blame for.
    fn warn(&mut self, message: &str);

    /// Takes an error that does not end the use case, or not yet.
    fn error(&mut self, error: &Error);

    /// Takes problems at places in files.
    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap);

    /// Takes the outcomes of the changes of an apply, for annotations.
    fn outcomes(&mut self, outcomes: &[OutcomeDiagnostic<'_>], sources: &SourceMap);

    /// Takes the report of an apply, for machines.
    fn report(&mut self, report: &Report, about: ReportAbout<'_>);

    /// Takes a part of the result.
    fn print(&mut self, text: &str);

    /// Takes a record for `--events`.
    fn record(&mut self, record: LogRecord) -> Result<(), SinkError>;

    /// Takes a sign of progress.
    fn progress(&mut self, progress: Progress<'_>);
}

/// Progress of long work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress<'a> {
    /// The controller is being read. Sent about every second.
    Reading { url: &'a str, elapsed: Duration, trouble: Option<&'a str> },
    /// An apply begins.
    Applying { n_changes: usize, waits_for_runs: bool },
    /// An event of the apply.
    Event { event: &'a Event, report: &'a Report },
    /// The work has ended.
    Ended,
}
