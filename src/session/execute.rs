//! Executes a plan, for `apply` and `resume`.
//!
//! Makes no plan, and asks no questions.

use std::path::Path;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    connection::Connection,
    environment::{Clock, Environment},
    error::{Error, ErrorKind},
    observed_apply::ObservedApply,
    observer::{Observer, Progress},
    outcomes::outcome_diagnostics,
    planning::LiveSnapshot,
    report_file::write_report_file,
};
use crate::{
    apply::{Apply, Ended, Limits, Purpose, Wait},
    events::{Report, Verdict},
    plan::Plan,
    recovery::{
        EarlierJournals, Follower as _, Notice, RecordedJournal, Remainders, Run, RunResult,
    },
    render::{self, ReportAbout},
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
    pub(crate) earlier: EarlierJournals,
}

/// Executes a plan, and reports the result.
///
/// The errors that this returns are printed already, above the report.
pub(crate) async fn execute(
    options: ExecuteOptions<'_>,
    prepared: &PreparedApply,
    mut journal: Option<RecordedJournal>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Verdict, Error> {
    let PreparedApply { plan, document: _, snapshot, sources, connection } = prepared;
    let ExecuteOptions { limits, report_file, deadline, purpose, report, earlier } = options;
    let clock = environment.clock;
    let stop = CancellationToken::new();
    observer.progress(Progress::Applying {
        n_changes: plan.changes.len(),
        waits_for_runs: limits.wait == Wait::Runs,
    });
    let apply = Apply {
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
    let run = Run { apply, journal: journal.as_mut(), earlier, report };
    let mut follower = ObservedApply { clock, observer: &mut *observer };
    let interrupt = environment.interrupts.two_interrupts(&stop);
    let RunResult { ended, report, replay, earlier, .. } = run.run(interrupt, &mut follower).await;
    observer.progress(Progress::Ended);
    let is_stale = matches!(ended, Some(Ended::Stale(_)));
    let is_finished = matches!(ended, Some(Ended::Finished));
    let result = print_account(ended, prepared, &report, observer);
    observer.outcomes(&outcome_diagnostics(plan, &report), sources);
    finish(report_file, &report, ReportAbout { plan, sources }, environment, observer);
    if let Some(journal) = journal {
        let remainders = Remainders::of(&replay, &plan.changes, limits.wait);
        // A stale plan is not resumed, but its obligations are kept.
        let is_resumable = remainders.is_resumable() && !is_stale;
        leave(journal, is_resumable, remainders.has_obligations(), clock, observer);
    }
    if is_finished {
        earlier.hand_over(&mut ObservedApply { clock, observer });
    }
    result
}

/// Closes the journal, unless something is left in it for `resume` or the next apply.
fn leave(
    journal: RecordedJournal,
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
pub(crate) fn close(recorded: RecordedJournal, clock: Clock, observer: &mut dyn Observer) {
    let RecordedJournal { mut journal, path } = recorded;
    if let Err(error) = journal.finish(clock.now_ms()) {
        ObservedApply { clock, observer }.notice(Notice::NotClosed { path, error });
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
