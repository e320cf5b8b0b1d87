//! `apply`: plans, prints, asks, carries out, and gives account.

use std::{path::Path, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    args::{ApplyArgs, Format, WaitFor},
    connect::{Connection, Meant, Way, connect, unread},
    exit::Exit,
    files,
    host::Interrupts,
    output::Output,
    plan::{self, Seen},
    progress::Progress,
    run::{interrupted, left, unless_interrupted},
    saved,
};
use crate::{
    apply::{self, Apply, Ended, Limits, Wait},
    events::{Event, Outcome, Report, Verdict},
    live,
    model::printable,
    plan::Plan,
    render::{self, Happening, ReportAbout, Saved},
    source::SourceMap,
};

/// Carries a plan out, if it may: a saved one as it is, or one that is made now and asked about.
pub(crate) async fn run(args: &ApplyArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    output.open_events(args.events.as_deref())?;
    if args.format == Format::Json {
        output.keep_stdout_for_machines();
    }
    drop(output.log(Happening::PlanStarted));
    let mut deadline = Instant::now() + args.timeout;
    let interrupts = output.host.interrupts.clone();
    let prepared = Box::pin(async {
        match &args.plan {
            Some(path) => saved(args, path, deadline, output).await,
            None => planned(args, deadline, output).await,
        }
    });
    let work = match unless_interrupted(interrupts, prepared).await {
        Some(work) => work?,
        None => return Err(left(output)),
    };
    match plan::exit_of(&work.plan) {
        Exit::Done => (),
        refused => {
            let report = Report::new(&work.plan.changes);
            finish(args, &work, &report, output);
            return Ok(refused);
        }
    }
    if let Some(simulated) = &work.connection.simulated {
        simulated.check_file(output)?;
    }
    let asks = args.plan.is_none() && !args.auto_approve && !work.plan.changes.is_empty();
    let asked = Instant::now();
    if asks && !approved(output).await {
        output.print("\nApply cancelled.\n");
        finish(args, &work, &Report::new(&work.plan.changes), output);
        return Ok(Exit::Failed);
    }
    // Whoever thinks it over takes nothing from the time there is to carry it out.
    deadline += asked.elapsed();
    let exit = carried_out(args, deadline, &work, output).await;
    let saved = match &work.connection.simulated {
        Some(simulated) => simulated.save(output),
        None => Ok(()),
    };
    // What came of the apply matters more than what came of the simulated world.
    match saved {
        Err(failed) if exit == Exit::Done => Err(failed),
        Ok(()) | Err(_) => Ok(exit),
    }
}

/// What is to be carried out, and where.
struct Work {
    plan: Plan,
    seen: Seen,
    sources: SourceMap,
    connection: Connection,
}

/// Plans, and prints the plan.
async fn planned(
    args: &ApplyArgs,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<Work, Exit> {
    if !args.auto_approve && output.host.ask.is_none() {
        let help = "pass `--auto-approve` where nobody can answer";
        output.error("apply has to ask, and there is no terminal to ask at", Some(help));
        return Err(Exit::Invalid);
    }
    let files = files::load(&args.planning.files, output)?;
    let options = files::options(&args.planning, &files, output)?;
    let connection = connect(way(args), Meant::ByFiles(&files), output)?;
    let client = connection.client.until(deadline);
    let (plan, seen) = plan::made(&client, &connection, &files, options, output).await?;
    output.print(&render::plan_text(&plan, render::Show::Changes));
    Ok(Work { plan, seen, sources: files.sources, connection })
}

/// Reads a saved plan and prints it, and reads what it has to be held against.
async fn saved(
    args: &ApplyArgs,
    path: &Path,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<Work, Exit> {
    if let Some(flag) = args.planning.first_given() {
        let help = "give it to `trueup plan --out`: a saved plan is carried out as it is";
        output.error(&format!("`{flag}` steers a plan, and this one is made"), Some(help));
        return Err(Exit::Invalid);
    }
    let Saved { plan, sources, files: _, digest: _ } = saved::read(path, output)?.saved;
    output.print(&render::plan_text(&plan, render::Show::Changes));
    if plan::exit_of(&plan) != Exit::Done {
        let complaints = plan.diagnostics.iter().map(|it| it.diagnostic.clone());
        output.complain(&complaints.collect::<Vec<_>>(), &sources);
        output.error("a plan with errors cannot be applied", Some("mend them, and plan again"));
        return Err(Exit::Refused);
    }
    let connection = connect(way(args), Meant::ByPlan(&plan.controller.url), output)?;
    let client = connection.client.until(deadline);
    let at = Instant::now();
    let live = live::read(&client, connection.url.clone()).await;
    let live = live.map_err(|error| unread(&error, &connection.url, output))?;
    if live.release != plan.controller.release {
        let known = |it: &Option<String>| it.as_deref().unwrap_or("unknown").to_owned();
        let (then, now) = (known(&plan.controller.release), known(&live.release));
        output.warn(&printable(&format!(
            "the plan was made against release {then}, and the controller has {now} now"
        )));
    }
    Ok(Work { plan, seen: Seen { live, at }, sources, connection })
}

fn way(args: &ApplyArgs) -> Way<'_> {
    Way {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.parallelism,
    }
}

/// Asks whether to go on: only `yes` approves, and Ctrl-C does not.
async fn approved(output: &mut Output<'_>) -> bool {
    output.say("\nDo you want to carry out this plan? Only `yes` approves.");
    let Some(ask) = output.host.ask.take() else { return false };
    // A terminal cannot be waited for but by a thread. It may be left waiting: the end of the
    // process is its end.
    let answer = tokio::task::spawn_blocking(ask);
    let interrupt = async {
        match &output.host.interrupts {
            Interrupts::Signals => interrupted().await,
            Interrupts::After(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        answer = answer => answer.is_ok_and(|it| it.is_ok_and(|it| it.trim() == "yes")),
        () = interrupt => false,
    }
}

async fn carried_out(
    args: &ApplyArgs,
    deadline: Instant,
    work: &Work,
    output: &mut Output<'_>,
) -> Exit {
    let Work { plan, seen, sources, connection } = work;
    let stop = CancellationToken::new();
    let job = Apply {
        plan,
        client: &connection.client,
        live: &seen.live,
        read_at: seen.at,
        limits: limits(args),
        deadline,
        stop: stop.clone(),
        wall_ms: output.now_ms(),
    };
    let interrupts = output.host.interrupts.clone();
    let mut report = Report::new(&plan.changes);
    let mut progress = Progress::new(plan.changes.len(), output);
    let mut tell = |event: &Event| {
        report.tell(event, output.now_ms());
        output.log(Happening::Applying(event, &plan.changes))?;
        if let Some(line) = progress.line(event, &report) {
            progress.say(&line, output);
        }
        Ok(())
    };
    let ended = tokio::select! {
        ended = apply::apply(job, &mut tell) => Some(ended),
        () = twice(interrupts, &stop) => None,
    };
    drop(progress);
    let exit = match ended {
        Some(Ended::NotRead(error)) => unread(&error, &connection.url, output),
        Some(Ended::Stale(moved)) => {
            for (change, moved) in &moved {
                let outcome = Outcome::Stale { words: moved.in_full() };
                let event = Event::Ended { change: *change, outcome };
                report.tell(&event, output.now_ms());
                drop(output.log(Happening::Applying(&event, &plan.changes)));
            }
            output.print(&format!("\n{}", render::stale_text(plan, &moved)));
            output.error(
                "the live state has moved since the plan was made; nothing was written",
                Some("run `trueup plan` again, review it, and apply that"),
            );
            Exit::Stale
        }
        Some(Ended::Finished) => {
            output.print(&format!("\n{}", render::account_text(plan, &report, sources)));
            exit_of(&report)
        }
        None => {
            output.error("left at once, on the second interrupt", None);
            output.print(&format!(
                "
{}",
                render::account_text(plan, &report, sources)
            ));
            if report.tally().open == 0 { Exit::Partial } else { Exit::Pending }
        }
    };
    finish(args, work, &report, output);
    exit
}

/// Gives the machines their account.
fn finish(args: &ApplyArgs, work: &Work, report: &Report, output: &mut Output<'_>) {
    let about = ReportAbout { plan: &work.plan, sources: &work.sources };
    let document = render::report_document(report, about);
    // A log that failed is told at the end.
    drop(output.log(Happening::Report(Box::new(document))));
    if args.format == Format::Json {
        output.print_document(&render::report_json(report, about));
    }
}

fn limits(args: &ApplyArgs) -> Limits {
    let wait = match args.wait {
        WaitFor::Tasks => Wait::Tasks,
        WaitFor::Runs => Wait::Runs,
    };
    Limits { parallelism: args.parallelism, max_pending: args.max_pending, wait, drain: args.drain }
}

/// Asks to stop on the first interrupt, and returns on the second.
async fn twice(interrupts: Interrupts, stop: &CancellationToken) {
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
