//! `resume`: settles what an interrupted apply left, then carries on with its plan.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    args::{ResumeArgs, WaitFor},
    carry::{Course, OWED, Work, begin, carried_out, close},
    connect::{Connection, Meant, Way, connect, unread},
    exit::Exit,
    journals::{self, Found},
    output::Output,
    plan::Seen,
    report_file,
    run::unless_interrupted,
    succession::Predecessors,
};
use crate::{
    apply::{Purpose, Wait},
    journal::JournalError,
    live,
    render::ReportAbout,
};

/// Carries on with what a journal says was left.
pub(crate) async fn run(args: &ResumeArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    begin(&args.carrying, &[("the journal", Some(args.journal.as_path()))], output)?;
    let deadline = Instant::now() + args.carrying.timeout;
    let path = args.journal.display().to_string();
    let disk = Arc::clone(&output.host.journals);
    let found = journals::read(&*disk, &args.journal).map_err(|error| {
        let help = help(&error);
        output.error(&format!("the journal `{path}` cannot be used: {error}"), Some(help));
        match error {
            JournalError::Locked => Exit::Failed,
            _ => Exit::Invalid,
        }
    })?;
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
    let way = Way {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.carrying.parallelism,
    };
    let connection = connect(way, Meant::ByPlan(&plan.controller.url), output)?;
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
    let work = Work { plan, document, seen, sources, connection };
    let course = Course {
        args: &args.carrying,
        wait,
        deadline,
        purpose: Purpose::Resume(&was_left),
        report,
        predecessors: Predecessors::default(),
    };
    let exit = carried_out(course, &work, Some(recorded), output).await;
    work.connection.saved(exit, output)
}

/// Reads what the rest of the plan has to be held against.
async fn seen(
    connection: &Connection,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<Seen, Exit> {
    let (client, at) = (connection.client.until(deadline), Instant::now());
    let interrupts = output.host.interrupts.clone();
    let reading = Box::pin(live::read(&client, connection.url.clone()));
    let Some(live) = unless_interrupted(interrupts, reading).await else {
        output.error("interrupted before anything more was written", None);
        return Err(Exit::Failed);
    };
    let live = live.map_err(|error| unread(&error, &connection.url, output))?;
    Ok(Seen { live, at })
}

/// Says what can be done about a journal that cannot be used.
fn help(error: &JournalError) -> &'static str {
    match error {
        JournalError::Locked => "wait until that apply is over",
        JournalError::Torn => "there is nothing to carry on with: apply again",
        JournalError::Version(_) => "use the trueup that has written it, or a newer one",
        JournalError::Line { .. } => {
            "it was damaged or changed: look at the controller what came of that apply, then move \
             the file away and apply again"
        }
        JournalError::Unread(_) | JournalError::TooLarge | JournalError::NotAJournal(_) => {
            "name a file that `trueup apply` has written, as `.trueup/journal-….jsonl`"
        }
    }
}
