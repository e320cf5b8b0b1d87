//! Carrying a plan out, for `apply` and `resume`: what is told while it goes on, and the account.
//!
//! Makes no plan, and asks nobody.

use std::{
    mem,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    annotations::{self, OutputClaims},
    args::{ExecuteArgs, Format},
    connect::{Connection, report_read_error},
    exit::Exit,
    host::Interrupts,
    outcomes,
    path_conflicts::{OutputFile, keep_apart},
    planning::LiveSnapshot,
    report_file,
    run::interrupted,
    succession::Predecessors,
    terminal::{output::Output, progress::Progress},
};
use crate::{
    apply::{self, Apply, Ended, Limits, Purpose, Replay, Wait},
    events::{Event, Outcome, Report, SinkError, Verdict},
    journal::Journal,
    plan::{Change, Plan},
    render::{self, LogRecord, ReportAbout},
    source::SourceMap,
};

/// What is to be carried out, and where.
pub(crate) struct PreparedApply {
    pub(crate) plan: Plan,
    /// The plan as it is saved.
    pub(crate) document: String,
    pub(crate) seen: LiveSnapshot,
    pub(crate) sources: SourceMap,
    pub(crate) connection: Connection,
}

/// How a plan is carried out.
pub(crate) struct ExecuteOptions<'a> {
    pub(crate) args: &'a ExecuteArgs,
    pub(crate) wait: Wait,
    pub(crate) deadline: Instant,
    pub(crate) purpose: Purpose<'a>,
    /// What came of it before.
    pub(crate) report: Report,
    /// Those whose rest this one has.
    pub(crate) predecessors: Predecessors,
}

/// A journal, and the file that it is in.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) journal: Journal,
    pub(crate) path: PathBuf,
}

/// Whoever is told what happens.
pub(crate) struct Listeners<'a, 'h> {
    pub(crate) changes: &'a [Change],
    pub(crate) journal: Option<&'a mut Recorded>,
    /// Those that pass what is left of them to this one, once it writes.
    pub(crate) predecessors: Predecessors,
    pub(crate) report: &'a mut Report,
    /// What is left by what the journal has.
    pub(crate) left: &'a mut Replay,
    pub(crate) progress: Progress,
    pub(crate) output: &'a mut Output<'h>,
    /// Who could not be told something.
    pub(crate) sink_error: Option<SinkError>,
}

impl Listeners<'_, '_> {
    /// Tells what happened: the journal first, whose line has to be there before a write leaves.
    pub(crate) fn tell(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let at_ms = self.output.now_ms();
        let recorded = self.record(events, at_ms);
        let mut followed = Ok(());
        for event in events {
            // It does not leave.
            if recorded.is_err() && matches!(event, Event::Submitting { .. }) {
                continue;
            }
            self.report.apply_event(event, at_ms);
            let logged = self.output.log(LogRecord::event(event, self.changes));
            followed = followed.and(logged.map_err(|_| SinkError::EventLog));
            if let Some(line) = self.progress.line(event, self.report) {
                self.progress.say(&line, self.output);
            }
        }
        let heard = recorded.and(followed);
        self.sink_error = self.sink_error.or(heard.err());
        heard
    }

    fn record(&mut self, events: &[Event], at_ms: i64) -> Result<(), SinkError> {
        let Some(Recorded { journal, path }) = self.journal.as_deref_mut() else { return Ok(()) };
        let Err(error) = journal.record(events, self.changes, at_ms) else {
            for event in events {
                self.left.tell(event, at_ms);
            }
            if events.iter().any(|it| matches!(it, Event::Submitting { .. })) {
                mem::take(&mut self.predecessors).pass(self.output);
            }
            return Ok(());
        };
        if self.sink_error != Some(SinkError::Journal) {
            let message = format!("the journal `{}` cannot be written: {error}", path.display());
            let help = "nothing more is sent; make room, then `trueup resume` it";
            self.output.error(&message, Some(help));
        }
        Err(SinkError::Journal)
    }
}

/// Carries a plan out, and gives account.
pub(crate) async fn execute(
    course: ExecuteOptions<'_>,
    work: &PreparedApply,
    mut journal: Option<Recorded>,
    output: &mut Output<'_>,
) -> Exit {
    let PreparedApply { plan, document: _, seen, sources, connection } = work;
    let ExecuteOptions { args, wait, deadline, purpose, mut report, predecessors } = course;
    let stop = CancellationToken::new();
    let job = Apply {
        plan,
        client: &connection.client,
        live: &seen.live,
        read_at: seen.at,
        limits: limits(args, wait),
        deadline,
        purpose,
        stop: stop.clone(),
        wall_ms: output.now_ms(),
    };
    let interrupts = output.host.interrupts.clone();
    let mut left = match purpose {
        Purpose::CarryOut => Replay::of(&plan.changes, wait, []),
        Purpose::Resume(left) | Purpose::Settle(left) => left.clone(),
    };
    let mut listeners = Listeners {
        changes: &plan.changes,
        journal: journal.as_mut(),
        predecessors,
        report: &mut report,
        left: &mut left,
        progress: Progress::new(plan.changes.len(), output).with_runs(wait),
        output: &mut *output,
        sink_error: None,
    };
    let mut tell = |events: &[Event]| listeners.tell(events);
    let ended = tokio::select! {
        biased;
        ended = apply::apply(job, &mut tell) => Some(ended),
        () = two_interrupts(interrupts, &stop) => None,
    };
    let predecessors = mem::take(&mut listeners.predecessors);
    drop(listeners);
    if let Some(Ended::Stale(moved)) = &ended {
        let ends = moved.iter().map(|(change, moved)| {
            let outcome = Outcome::Stale { words: moved.in_full() };
            Event::Ended { change: *change, outcome }
        });
        let ends = ends.collect::<Vec<_>>();
        if let Some(Recorded { journal, .. }) = &mut journal {
            // Nothing was written, and the next apply looks again; to that, what is owed still is.
            let kept = left.with_obligations(&plan.changes);
            let is_over = |it: &&Event| it.change().is_some_and(|it| !kept.contains(&it));
            let over = ends.iter().filter(is_over).cloned().collect::<Vec<_>>();
            drop(journal.record(&over, &plan.changes, output.now_ms()));
        }
        for end in &ends {
            report.apply_event(end, output.now_ms());
            drop(output.log(LogRecord::event(end, &plan.changes)));
        }
    }
    let is_stale = matches!(ended, Some(Ended::Stale(_)));
    let is_finished = matches!(ended, Some(Ended::Finished));
    let exit = account(ended, work, &report, output);
    output.annotate_outcomes(&outcomes::complaints(plan, &report), sources);
    finish(args, (plan, sources), &report, output);
    if let Some(journal) = journal {
        // What is stale is not gone on with; but what is owed is not forgotten.
        let is_done = !left.has_more() && !left.is_open() || is_stale;
        leave(journal, (is_done, left.has_obligations(&plan.changes)), output);
    }
    if is_finished {
        predecessors.pass(output);
    }
    exit
}

/// Says what came of it, and returns the exit code for that.
fn account(
    ended: Option<Ended>,
    work: &PreparedApply,
    report: &Report,
    output: &mut Output<'_>,
) -> Exit {
    let PreparedApply { plan, document: _, seen: _, sources, connection } = work;
    match ended {
        Some(Ended::NotRead(error)) => report_read_error(&error, &connection.url, output),
        Some(Ended::Stale(moved)) => {
            output.print(&format!("\n{}", render::stale_text(plan, &moved)));
            output.error(
                "the live state has moved since the plan was made; nothing was written",
                Some("run `trueup plan` again, review it, and apply that"),
            );
            Exit::Stale
        }
        Some(Ended::Finished) => {
            output.print(&format!("\n{}", render::account_text(plan, report, sources)));
            exit_of(report)
        }
        None => {
            output.error("left at once, on the second interrupt", None);
            output.print(&format!("\n{}", render::account_text(plan, report, sources)));
            if report.tally().open == 0 { Exit::Partial } else { Exit::Pending }
        }
    }
}

/// What is said of a journal of which nothing can be carried on with, and that is not done.
pub(crate) const OWED: &str = "What was edited and not run, or deleted and not created again, is \
                               still owed; the next apply in the same folder plans it.";

/// Closes a journal of which nothing is left to do, and says where the others are. One that owes
/// something is left to the next apply.
fn leave(recorded: Recorded, (is_done, is_in_debt): (bool, bool), output: &mut Output<'_>) {
    if !is_done {
        let path = recorded.path.display();
        output.say(&format!("What is left can be carried on with: trueup resume {path}"));
        return;
    }
    if is_in_debt {
        output.say(OWED);
        return;
    }
    close(recorded, output);
}

/// Closes a journal of which nothing is left to do.
pub(crate) fn close(recorded: Recorded, output: &mut Output<'_>) {
    let Recorded { mut journal, path } = recorded;
    let path = path.display();
    if let Err(error) = journal.finish(output.now_ms()) {
        output.warn(&format!("the journal `{path}` could not be closed: {error}"));
    }
}

/// Prepares whatever tells of an apply beside its account: `files` are those that it has besides.
pub(crate) fn begin(
    args: &ExecuteArgs,
    files: &[(&str, Option<&Path>)],
    output: &mut Output<'_>,
) -> Result<(), Exit> {
    let events = args.events.as_deref();
    let stdout = (args.format == Format::Json).then_some("--format json");
    let report = [("the report", args.report.as_deref())];
    let claimed = [files, &report].concat();
    annotations::open(&args.annotations, OutputClaims { stdout, events, files: &claimed }, output)?;
    let others = [files, &[("the events", events)]].concat();
    report_file::check(args.report.as_deref(), &others, output)?;
    keep_apart(OutputFile { what: "the events", flag: "--events", path: events }, files, output)?;
    output.open_events(events)?;
    if args.format == Format::Json {
        output.keep_stdout_for_machines();
    }
    Ok(())
}

/// Gives the machines their account, and people who were not there their page.
pub(crate) fn finish(
    args: &ExecuteArgs,
    (plan, sources): (&Plan, &SourceMap),
    report: &Report,
    output: &mut Output<'_>,
) {
    let about = ReportAbout { plan, sources };
    let document = render::report_document(report, about);
    // A log that failed is told at the end.
    drop(output.log(LogRecord::report(document)));
    if args.format == Format::Json {
        output.print_document(&render::report_json(report, about));
    }
    report_file::write(args.report.as_deref(), report, about, output);
}

pub(crate) fn limits(args: &ExecuteArgs, wait: Wait) -> Limits {
    let ExecuteArgs {
        parallelism,
        max_pending,
        drain,
        timeout: _,
        format: _,
        events: _,
        report: _,
        annotations: _,
    } = args;
    Limits { parallelism: *parallelism, max_pending: *max_pending, wait, drain: *drain }
}

/// Asks to stop on the first interrupt, and returns on the second.
async fn two_interrupts(interrupts: Interrupts, stop: &CancellationToken) {
    match interrupts {
        Interrupts::Signals => {
            interrupted().await;
            stop.cancel();
            interrupted().await;
        }
        Interrupts::After(times) => {
            let began = Instant::now();
            let wait = |at: Duration| sleep(at.saturating_sub(began.elapsed()));
            let mut times = times.into_iter();
            for at in times.by_ref().take(1) {
                wait(at).await;
                stop.cancel();
            }
            match times.next() {
                Some(at) => wait(at).await,
                None => std::future::pending().await,
            }
        }
    }
}

fn exit_of(report: &Report) -> Exit {
    match report.verdict() {
        Verdict::Complete => Exit::Done,
        Verdict::Failed => Exit::Failed,
        Verdict::Partial => Exit::Partial,
        Verdict::Pending => Exit::Pending,
    }
}
