//! `resume`: settles what an interrupted apply left, then carries on with its plan.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    apply::{Purpose, Wait},
    cli::{
        args::{ControllerArgs, ExecuteArgs, WaitFor},
        connect::{ConnectArgs, Connection, ExpectedController, connect, report_read_error},
        execute::{ExecuteOptions, OWED, PreparedApply, begin, close, execute},
        exit::Exit,
        journals::{self, Found},
        planning::LiveSnapshot,
        report_file,
        run::unless_interrupted,
        simulator_args::SimulationArgs,
        succession::Predecessors,
        terminal::output::Output,
    },
    journal::{self, JournalError},
    live,
    render::ReportAbout,
};

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The journal of the apply that was cut short
    #[arg(value_name = "JOURNAL", value_hint = ValueHint::FilePath)]
    pub(crate) journal: PathBuf,

    /// What to wait for: the tasks, or the runs that they start too [default: as that apply did]
    #[arg(long, value_name = "WHAT")]
    pub(crate) wait: Option<WaitFor>,

    #[command(flatten)]
    pub(crate) carrying: ExecuteArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// Carries on with what a journal says was left.
pub(crate) async fn run(args: &ResumeArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    begin(&args.carrying, &[("the journal", Some(args.journal.as_path()))], output)?;
    let deadline = Instant::now() + args.carrying.timeout;
    let path = args.journal.display().to_string();
    let disk = Arc::clone(&output.host.journals);
    let found = match journals::read(&*disk, &args.journal) {
        Ok(found) => found,
        Err(JournalError::OldVersion(_)) if journal::is_closed(&*disk, &args.journal) => {
            output.say(&format!("Nothing is left to do of {path}."));
            return Ok(Exit::Done);
        }
        Err(error) => {
            let help = help(&error, &args.journal);
            output.error(&format!("the journal `{path}` cannot be used: {error}"), Some(&help));
            let is_locked = matches!(error, JournalError::Locked);
            return Err(if is_locked { Exit::Failed } else { Exit::Invalid });
        }
    };
    let was_left = found.left();
    if found.is_closed || !was_left.has_more() {
        let is_in_debt = !found.is_closed && was_left.has_obligations(&found.plan.changes);
        output.say(&format!("Nothing is left to do of {path}."));
        let about = ReportAbout { plan: &found.plan, sources: &found.sources };
        let report = args.carrying.report.as_deref();
        report_file::write(report, &found.report(), about, output);
        if is_in_debt {
            output.say(OWED);
        } else if !found.is_closed {
            // Its apply came to its end, and could not write that down.
            close(found.recorded, output);
        }
        return Ok(Exit::Done);
    }
    let report = found.report();
    let Found { recorded, plan, sources, document, wait, .. } = found;
    let way = ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.carrying.parallelism,
    };
    let connection = connect(way, ExpectedController::ByPlan(&plan.controller.url), output)?;
    let (n_open, n_changes) = (was_left.n_open(), plan.changes.len());
    output.say(&format!(
        "Carrying on with {path}: {} of {n_changes} changes are left, {n_open} under way.",
        was_left.n_left()
    ));
    let seen = seen(&connection, deadline, output).await?;
    let wait = match args.wait {
        Some(WaitFor::Tasks) => Wait::Tasks,
        Some(WaitFor::Runs) => Wait::Runs,
        None => wait,
    };
    if let Some(simulated) = &connection.simulated {
        simulated.check_file(output)?;
    }
    let work = PreparedApply { plan, document, seen, sources, connection };
    let course = ExecuteOptions {
        args: &args.carrying,
        wait,
        deadline,
        purpose: Purpose::Resume(&was_left),
        report,
        predecessors: Predecessors::default(),
    };
    let exit = execute(course, &work, Some(recorded), output).await;
    work.connection.saved(exit, output)
}

/// Reads what the rest of the plan has to be held against.
async fn seen(
    connection: &Connection,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<LiveSnapshot, Exit> {
    let (client, at) = (connection.client.until(deadline), Instant::now());
    let interrupts = output.host.interrupts.clone();
    let reading = Box::pin(live::read(&client, connection.url.clone()));
    let Some(live) = unless_interrupted(interrupts, reading).await else {
        output.error("interrupted before anything more was written", None);
        return Err(Exit::Failed);
    };
    let live = live.map_err(|error| report_read_error(&error, &connection.url, output))?;
    Ok(LiveSnapshot { live, at })
}

/// Says what can be done about a journal that cannot be used.
fn help(error: &JournalError, path: &Path) -> String {
    let help = match error {
        JournalError::Locked => "wait until that apply is over",
        JournalError::Torn => "there is nothing to resume: apply again",
        JournalError::OldVersion(_) => return journals::settled_by_old(path),
        JournalError::NewVersion(_) => journals::NEWER,
        JournalError::Line { .. } => {
            "it was damaged or changed: check the controller for the result of that apply, then \
             move the file away and apply again"
        }
        JournalError::Unread(_) | JournalError::TooLarge | JournalError::NotAJournal(_) => {
            "name a file that `trueup apply` wrote, such as `.trueup/journal-….jsonl`"
        }
    };
    help.to_owned()
}
