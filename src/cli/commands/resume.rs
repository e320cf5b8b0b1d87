//! `resume`: checks the outcome of an interrupted apply, and finishes it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    apply::Purpose,
    cli::{
        args::{ExecuteArgs, WaitFor},
        connect::{ArgsConnector, ConnectArgs},
        exit::Exit,
        host::Process,
        output::Output,
    },
    journal::{self, JournalError},
    recovery::{EarlierJournals, InterruptedApply},
    render::ReportAbout,
    session::{
        Connector as _, Error, ErrorKind, ExecuteOptions, ExpectedController, OBLIGATIONS,
        Observer as _, PreparedApply, USE_NEWER, close, execute, read_journal, read_live,
        settle_with_old_release, write_report_file,
    },
};

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The journal of the interrupted apply
    #[arg(value_name = "JOURNAL", value_hint = ValueHint::FilePath)]
    pub(crate) journal: PathBuf,

    /// What to wait for: only the tasks, or also the runs that they start [default: as the
    /// interrupted apply]
    #[arg(long, value_name = "WHAT")]
    pub(crate) wait: Option<WaitFor>,

    #[command(flatten)]
    pub(crate) execution: ExecuteArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectArgs,
}

/// Settles what is in doubt, and executes what is left of the plan.
pub(crate) async fn run(
    args: &ResumeArgs,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let environment = &process.environment;
    let files = [("the journal", Some(args.journal.as_path()))];
    output.open_for_execution(&args.execution, &files, environment)?;
    let deadline = Instant::now() + args.execution.timeout;
    let path = args.journal.display().to_string();
    let found = match read_journal(environment, &args.journal) {
        Ok(found) => found,
        Err(JournalError::OldVersion(_))
            if journal::is_closed(&*environment.journals, &args.journal) =>
        {
            output.note(&format!("Nothing left to do in {path}."));
            return Ok(Exit::Done);
        }
        Err(error) => return Err(unusable(&args.journal, &error)),
    };
    let remainders = found.remainders();
    let report = found.report();
    let report_file = args.execution.report.as_deref();
    if found.is_closed || !remainders.is_resumable() {
        output.note(&format!("Nothing left to do in {path}."));
        let about = ReportAbout { plan: &found.plan, sources: &found.sources };
        write_report_file(report_file, &report, about, environment, output);
        if !found.is_closed && remainders.has_obligations() {
            output.note(OBLIGATIONS);
        } else if !found.is_closed {
            // Its apply has ended, and could not write that down.
            close(found.recorded, environment.clock, output);
        }
        return Ok(Exit::Done);
    }
    let InterruptedApply { recorded, plan, sources, document, wait, replay, .. } = found;
    let mut connector = ArgsConnector::new(&args.connection, args.execution.parallelism, process);
    let expected = ExpectedController::ByPlan(&plan.controller.url);
    let connection = connector.connect(expected, output)?;
    output.note(&format!(
        "Resuming {path}: {} of {} changes left, {} operations in flight.",
        remainders.n_resumable(),
        plan.changes.len(),
        remainders.n_open(),
    ));
    let limited = connection.until(deadline);
    let reading = Box::pin(read_live(&limited));
    let snapshot =
        environment.interrupts.unless_interrupted(reading).await.ok_or_else(|| {
            Error::new(ErrorKind::Failed, "interrupted before anything more was written")
        })??;
    connector.check_before_writes()?;
    let prepared = PreparedApply { plan, document, snapshot, sources, connection };
    let options = ExecuteOptions {
        limits: args.execution.limits(args.wait.map_or(wait, Into::into)),
        report_file,
        deadline,
        purpose: Purpose::Resume(&replay),
        report,
        earlier: EarlierJournals::default(),
    };
    let result = execute(options, &prepared, Some(recorded), environment, output).await;
    Ok(connector.save_world(Exit::of(&result), output))
}

/// Returns the error for a journal that cannot be used, with what to do about it.
fn unusable(path: &Path, error: &JournalError) -> Error {
    let help = match error {
        JournalError::Locked => "wait until that apply is over",
        JournalError::Torn => "there is nothing to resume: apply again",
        JournalError::OldVersion(_) => &settle_with_old_release(path),
        JournalError::NewVersion(_) => USE_NEWER,
        JournalError::Line { .. } => {
            "it was damaged or changed: check the controller for the result of that apply, then \
             move the file away and apply again"
        }
        JournalError::Unread(_) | JournalError::TooLarge | JournalError::NotAJournal(_) => {
            "name a file that `trueup apply` wrote, such as `.trueup/journal-….jsonl`"
        }
    };
    let kind = match error {
        JournalError::Locked => ErrorKind::Failed,
        _ => ErrorKind::Invalid,
    };
    Error::new(kind, format!("the journal `{}` cannot be used: {error}", path.display())).help(help)
}
