//! `apply`: plans, prints, asks, carries out, and gives account.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    args::{ApplyArgs, WaitFor},
    connect::{Connection, Way, connect, unread},
    exit::Exit,
    files::{self, Files},
    host::Interrupts,
    output::Output,
    plan::{self, Seen},
    progress::Progress,
    run::interrupted,
};
use crate::{
    apply::{self, Apply, Ended, Limits, Wait},
    events::{Event, Report, Verdict},
    plan::Plan,
    render,
};

/// Plans and carries the plan out, if it may.
pub(crate) async fn run(args: &ApplyArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    if !args.auto_approve && output.host.ask.is_none() {
        let help = "pass `--auto-approve` where nobody can answer";
        output.error("apply has to ask, and there is no terminal to ask at", Some(help));
        return Err(Exit::Invalid);
    }
    let mut deadline = Instant::now() + args.timeout;
    let files = files::load(&args.planning.files, output)?;
    let options = files::options(&args.planning, &files, output)?;
    let way = Way {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.parallelism,
    };
    let connection = connect(way, Some(&files), output)?;
    let client = connection.client.until(deadline);
    let (plan, seen) = plan::made(&client, &connection, &files, options, output).await?;
    output.print(&render::plan_text(&plan, render::Show::Changes));
    match plan::exit_of(&plan) {
        Exit::Done => (),
        refused => return Ok(refused),
    }
    let asked = Instant::now();
    if !plan.changes.is_empty() && !approved(args, output).await {
        output.print("\nApply cancelled.\n");
        return Ok(Exit::Failed);
    }
    // Whoever thinks it over takes nothing from the time there is to carry it out.
    deadline += asked.elapsed();
    let exit =
        carried_out(args, deadline, Work { plan, seen, files, connection: &connection }, output)
            .await;
    let saved = match &connection.simulated {
        Some(simulated) => simulated.save(output),
        None => Ok(()),
    };
    let exit = exit?;
    saved.map(|()| exit)
}

/// Asks whether to go on: only `yes` approves, and Ctrl-C does not.
async fn approved(args: &ApplyArgs, output: &mut Output<'_>) -> bool {
    if args.auto_approve {
        return true;
    }
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

/// What is to be carried out.
struct Work<'a> {
    plan: Plan,
    seen: Seen,
    files: Files,
    connection: &'a Connection,
}

async fn carried_out(
    args: &ApplyArgs,
    deadline: Instant,
    work: Work<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Exit> {
    let Work { plan, seen, files, connection } = work;
    let stop = CancellationToken::new();
    let job = Apply {
        plan: &plan,
        client: &connection.client,
        live: &seen.live,
        read_at: seen.at,
        limits: limits(args),
        deadline,
        stop: stop.clone(),
        wall_ms: output.host.now_ms,
    };
    let interrupts = output.host.interrupts.clone();
    let mut report = Report::new(&plan.changes);
    let mut progress = Progress::new(plan.changes.len(), output);
    let mut tell = |event: &Event| {
        report.tell(event);
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
    match ended {
        Some(Ended::NotRead(error)) => Err(unread(&error, &connection.url, output)),
        Some(Ended::Stale(moved)) => {
            output.print(&format!("\n{}", render::stale_text(&plan, &moved)));
            output.error(
                "the live state has moved since the plan was made; nothing was written",
                Some("run `trueup plan` again, review it, and apply that"),
            );
            Ok(Exit::Stale)
        }
        Some(Ended::Finished) => {
            output.print(&format!("\n{}", render::account_text(&plan, &report, &files.sources)));
            Ok(exit_of(&report))
        }
        None => {
            output.error("left at once, on the second interrupt", None);
            output.print(&format!("\n{}", render::account_text(&plan, &report, &files.sources)));
            Ok(if report.tally().open == 0 { Exit::Partial } else { Exit::Pending })
        }
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
