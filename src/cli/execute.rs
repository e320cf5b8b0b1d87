//! Executes a plan, for `apply` and `resume`.
//!
//! Makes no plan, and asks no questions.

use std::{
    mem,
    path::{Path, PathBuf},
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::succession::Predecessors;
use crate::{
    apply::{self, Apply, Ended, Limits, Purpose, Replay, Wait},
    events::{Event, Moved, Outcome, Report, SinkError, Verdict},
    journal::Journal,
    plan::{Change, Plan},
    render::{self, LogRecord, ReportAbout},
    session::{
        Clock, Connection, Environment, Error, ErrorKind, LiveSnapshot, Observer, Progress,
        outcome_diagnostics, write_report_file,
    },
    source::SourceMap,
};

/// A plan that is ready to be executed, and everything that it needs.
pub(crate) struct PreparedApply {
    pub(crate) plan: Plan,
    /// The plan as it is saved.
    pub(crate) document: String,
    pub(crate) snapshot: LiveSnapshot,
    pub(crate) sources: SourceMap,
    pub(crate) connection: Connection,
}

/// How a plan is executed.
pub(crate) struct ExecuteOptions<'a> {
    pub(crate) limits: Limits,
    pub(crate) report_file: Option<&'a Path>,
    pub(crate) deadline: Instant,
    pub(crate) purpose: Purpose<'a>,
    /// The outcomes so far.
    pub(crate) report: Report,
    /// The journals that hand over what is left in them.
    pub(crate) predecessors: Predecessors,
}

/// A journal, and the file that it is in.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) journal: Journal,
    pub(crate) path: PathBuf,
}

/// Where the events of an apply go.
pub(crate) struct Listeners<'a> {
    pub(crate) changes: &'a [Change],
    pub(crate) journal: Option<&'a mut Recorded>,
    /// The journals that hand over what is left in them, once this one has its first write.
    pub(crate) predecessors: Predecessors,
    pub(crate) report: &'a mut Report,
    /// What is left, by the lines of the journal.
    pub(crate) left: &'a mut Replay,
    pub(crate) clock: Clock,
    pub(crate) observer: &'a mut dyn Observer,
    /// The first sink that failed.
    pub(crate) sink_error: Option<SinkError>,
}

impl Listeners<'_> {
    /// Emits events: to the journal first, whose line has to be on the disk before a write leaves.
    pub(crate) fn emit(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let at_ms = self.clock.now_ms();
        let recorded = self.record(events, at_ms);
        let mut followed = Ok(());
        for event in events {
            // Without its line in the journal, the request does not leave.
            if recorded.is_err() && matches!(event, Event::Submitting { .. }) {
                continue;
            }
            self.report.apply_event(event, at_ms);
            followed = followed.and(self.observer.record(LogRecord::event(event, self.changes)));
            self.observer.progress(Progress::Event { event, report: self.report });
        }
        let heard = recorded.and(followed);
        self.sink_error = self.sink_error.or(heard.err());
        heard
    }

    fn record(&mut self, events: &[Event], at_ms: i64) -> Result<(), SinkError> {
        let Some(Recorded { journal, path }) = self.journal.as_deref_mut() else { return Ok(()) };
        let Err(error) = journal.record(events, self.changes, at_ms) else {
            for event in events {
                self.left.apply_event(event, at_ms);
            }
            if events.iter().any(|it| matches!(it, Event::Submitting { .. })) {
                mem::take(&mut self.predecessors).pass(self.clock, self.observer);
            }
            return Ok(());
        };
        if self.sink_error != Some(SinkError::Journal) {
            let message = format!("the journal `{}` cannot be written: {error}", path.display());
            let error = Error::new(ErrorKind::Failed, message);
            let help = "nothing more is sent; free some space, then run `trueup resume` on it";
            self.observer.error(&error.help(help));
        }
        Err(SinkError::Journal)
    }

    /// Records the end of a stale plan. Nothing was written, and the next apply checks again, so
    /// obligations stay open in the journal.
    fn end_stale(&mut self, moved: &[(usize, Moved)]) {
        let end = |(change, moved): &(usize, Moved)| Event::Ended {
            change: *change,
            outcome: Outcome::Stale { words: moved.in_full() },
        };
        let ends = moved.iter().map(end).collect::<Vec<_>>();
        let at_ms = self.clock.now_ms();
        if let Some(Recorded { journal, .. }) = self.journal.as_deref_mut() {
            let kept = self.left.with_obligations(self.changes);
            let is_over = |it: &&Event| it.change().is_some_and(|it| !kept.contains(&it));
            let over = ends.iter().filter(is_over).cloned().collect::<Vec<_>>();
            drop(journal.record(&over, self.changes, at_ms));
        }
        for event in &ends {
            self.report.apply_event(event, at_ms);
            _ = self.observer.record(LogRecord::event(event, self.changes));
        }
    }
}

/// Executes a plan, and reports the result.
///
/// The errors that this returns are printed already, above the report.
pub(crate) async fn execute(
    options: ExecuteOptions<'_>,
    prepared: &PreparedApply,
    mut journal: Option<Recorded>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Verdict, Error> {
    let PreparedApply { plan, document: _, snapshot, sources, connection } = prepared;
    let ExecuteOptions { limits, report_file, deadline, purpose, mut report, predecessors } =
        options;
    let clock = environment.clock;
    let stop = CancellationToken::new();
    let mut left = match purpose {
        Purpose::CarryOut => Replay::of(&plan.changes, limits.wait, []),
        Purpose::Resume(left) | Purpose::Settle(left) => left.clone(),
    };
    observer.progress(Progress::Applying {
        n_changes: plan.changes.len(),
        waits_for_runs: limits.wait == Wait::Runs,
    });
    let job = Apply {
        plan,
        client: &connection.client,
        live: &snapshot.live,
        read_at: snapshot.at,
        limits,
        deadline,
        purpose,
        stop: stop.clone(),
        wall_ms: clock.now_ms(),
    };
    let mut listeners = Listeners {
        changes: &plan.changes,
        journal: journal.as_mut(),
        predecessors,
        report: &mut report,
        left: &mut left,
        clock,
        observer: &mut *observer,
        sink_error: None,
    };
    let mut emit = |events: &[Event]| listeners.emit(events);
    let ended = tokio::select! {
        biased;
        ended = apply::apply(job, &mut emit) => Some(ended),
        () = environment.interrupts.two_interrupts(&stop) => None,
    };
    if let Some(Ended::Stale(moved)) = &ended {
        listeners.end_stale(moved);
    }
    let predecessors = mem::take(&mut listeners.predecessors);
    drop(listeners);
    observer.progress(Progress::Ended);
    let is_stale = matches!(ended, Some(Ended::Stale(_)));
    let is_finished = matches!(ended, Some(Ended::Finished));
    let result = print_account(ended, prepared, &report, observer);
    observer.outcomes(&outcome_diagnostics(plan, &report), sources);
    finish(report_file, &report, ReportAbout { plan, sources }, environment, observer);
    if let Some(journal) = journal {
        // A stale plan is not resumed, but its obligations are kept.
        let is_resumable = (left.has_more() || left.is_open()) && !is_stale;
        leave(journal, is_resumable, left.has_obligations(&plan.changes), clock, observer);
    }
    if is_finished {
        predecessors.pass(clock, observer);
    }
    result
}

/// Closes the journal, unless something is left in it for `resume` or the next apply.
fn leave(
    journal: Recorded,
    is_resumable: bool,
    has_obligations: bool,
    clock: Clock,
    observer: &mut dyn Observer,
) {
    if is_resumable {
        let path = journal.path.display();
        observer.note(&format!("To continue, run: trueup resume {path}"));
    } else if has_obligations {
        observer.note(OBLIGATIONS);
    } else {
        close(journal, clock, observer);
    }
}

/// Prints how an apply ended, and returns its verdict.
fn print_account(
    ended: Option<Ended>,
    prepared: &PreparedApply,
    report: &Report,
    observer: &mut dyn Observer,
) -> Result<Verdict, Error> {
    let PreparedApply { plan, sources, connection, .. } = prepared;
    let account = || format!("\n{}", render::account_text(plan, report, sources));
    match ended {
        Some(Ended::NotRead(error)) => {
            let error = connection.read_error(&error);
            observer.error(&error);
            Err(Error::already_printed(error.kind))
        }
        Some(Ended::Stale(moved)) => {
            observer.print(&format!("\n{}", render::stale_text(plan, &moved)));
            let message = "the live state has moved since the plan was made; nothing was written";
            let help = "run `trueup plan` again, review it, and apply that";
            observer.error(&Error::new(ErrorKind::Stale, message).help(help));
            Err(Error::already_printed(ErrorKind::Stale))
        }
        Some(Ended::Finished) => {
            observer.print(&account());
            Ok(report.verdict())
        }
        None => {
            let message = "stopped at once, at the second interrupt";
            observer.error(&Error::new(ErrorKind::Failed, message));
            observer.print(&account());
            Ok(if report.tally().open == 0 { Verdict::Partial } else { Verdict::Pending })
        }
    }
}

/// The note about a journal with nothing to resume that still has obligations.
pub(crate) const OBLIGATIONS: &str = "Some edited discoveries still need a run, or deleted ones still need to be created again. The \
     next apply in the same folder plans this.";

/// Closes a journal with nothing left to do.
pub(crate) fn close(recorded: Recorded, clock: Clock, observer: &mut dyn Observer) {
    let Recorded { mut journal, path } = recorded;
    let path = path.display();
    if let Err(error) = journal.finish(clock.now_ms()) {
        observer.warn(&format!("the journal `{path}` could not be closed: {error}"));
    }
}

/// Delivers the report: as a record and a document for machines, as a page for people.
pub(crate) fn finish(
    report_file: Option<&Path>,
    report: &Report,
    about: ReportAbout<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) {
    observer.report(report, about);
    write_report_file(report_file, report, about, environment, observer);
}
