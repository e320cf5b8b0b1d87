//! `apply`: plans, prints, asks, carries out, and gives account.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    apply::{Purpose, Wait},
    cli::{
        args::{ControllerArgs, ExecuteArgs, PlanningArgs, WaitFor},
        base,
        connect::{ConnectArgs, Connection, ExpectedController, connect, report_read_error},
        execute::{ExecuteOptions, PreparedApply, begin, execute, finish},
        exit::Exit,
        files,
        host::Interrupts,
        journal_file,
        journals::{self, Search, Settled},
        planning::{self, LiveSnapshot},
        run::{interrupted, interrupted_before_writes, unless_interrupted},
        saved,
        simulator_args::SimulationArgs,
        succession::{self, Succession},
        terminal::output::Output,
    },
    events::Report,
    live,
    model::printable,
    render::{self, About, LogRecord, Saved},
};

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Carry out this saved plan, and do not ask
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Do not ask
    #[arg(long)]
    pub(crate) auto_approve: bool,

    /// What to wait for: the tasks, or the runs that they start too
    #[arg(long, value_name = "WHAT", default_value = "tasks")]
    pub(crate) wait: WaitFor,

    /// Record what happens in this file [default: .trueup/journal-UTC-PID.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) carrying: ExecuteArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// Carries a plan out, if it may: a saved one as it is, or one that is made now and asked about.
pub(crate) async fn run(args: &ApplyArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let mut files =
        vec![("the plan", args.plan.as_deref()), ("the journal", args.journal.as_deref())];
    if args.plan.is_none() {
        files.extend(files::claimed(&args.planning.files, &args.planning.policy));
    }
    begin(&args.carrying, &files, output)?;
    drop(output.log(LogRecord::PlanStarted));
    let mut deadline = Instant::now() + args.carrying.timeout;
    let interrupts = output.host.interrupts.clone();
    let prepared = Box::pin(async {
        match &args.plan {
            Some(path) => saved(args, path, deadline, output).await,
            None => planned(args, deadline, output).await,
        }
    });
    let (work, settled) = match unless_interrupted(interrupts, prepared).await {
        Some(prepared) => prepared?,
        None => return Err(interrupted_before_writes(output)),
    };
    let report = Report::new(&work.plan.changes);
    match planning::exit_of(&work.plan) {
        Exit::Done => (),
        refused => {
            finish(&args.carrying, (&work.plan, &work.sources), &report, output);
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
        finish(&args.carrying, (&work.plan, &work.sources), &report, output);
        return Ok(Exit::Failed);
    }
    // Whoever thinks it over takes nothing from the time there is to carry it out.
    deadline += asked.elapsed();
    let wait = match args.wait {
        WaitFor::Tasks => Wait::Tasks,
        WaitFor::Runs => Wait::Runs,
    };
    let succession = Succession { settled, plan: &work.plan, is_planned_here: args.plan.is_none() };
    let header = journal_file::header(&work.document, wait);
    let search = search(args, &work.connection, deadline);
    let (journal, predecessors) = succession::begin(search, header, succession, output)?;
    let purpose = Purpose::CarryOut;
    let course =
        ExecuteOptions { args: &args.carrying, wait, deadline, purpose, report, predecessors };
    let exit = execute(course, &work, journal, output).await;
    work.connection.saved(exit, output)
}

fn search<'a>(args: &'a ApplyArgs, connection: &'a Connection, deadline: Instant) -> Search<'a> {
    Search { args: &args.carrying, journal: args.journal.as_deref(), connection, deadline }
}

/// Plans, and prints the plan.
async fn planned(
    args: &ApplyArgs,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<(PreparedApply, Vec<Settled>), Exit> {
    if !args.auto_approve && output.host.ask.is_none() {
        let help = "pass `--auto-approve` where nobody can answer";
        output.error("apply has to ask, and there is no terminal to ask at", Some(help));
        return Err(Exit::Invalid);
    }
    let policy = args.planning.policy.policy.as_deref();
    let mut files = files::load(&args.planning.files, policy, output)?;
    let mut options = files::options(&args.planning, &files, output)?;
    files.base = base::load(&args.planning, &files, output).await?;
    let connection = connect(way(args), ExpectedController::ByFiles(&files), output)?;
    let settled = journals::settled(search(args, &connection, deadline), output).await?;
    options.run_missing = settled.iter().flat_map(|it| it.owed.clone()).collect();
    options.deleted_not_recreated = settled.iter().flat_map(|it| it.kept.clone()).collect();
    let client = connection.client.until(deadline);
    let (plan, seen) = planning::make_plan(&client, &connection, &files, options, output).await?;
    output.print(&render::plan_text(&plan, &files.sources, render::Show::Changes));
    planning::say_refusals(&plan, &files.sources, output);
    let about =
        About { sources: &files.sources, warnings: &files.warnings, now_ms: output.host.now_ms };
    let document = render::plan_json(&plan, about);
    Ok((PreparedApply { plan, document, seen, sources: files.sources, connection }, settled))
}

/// Reads a saved plan and prints it, and reads what it has to be held against.
async fn saved(
    args: &ApplyArgs,
    path: &Path,
    deadline: Instant,
    output: &mut Output<'_>,
) -> Result<(PreparedApply, Vec<Settled>), Exit> {
    if let Some(flag) = args.planning.first_given() {
        let help = "give it to `trueup plan --out`: a saved plan is carried out as it is";
        output.error(&format!("`{flag}` steers a plan, and this one is made"), Some(help));
        return Err(Exit::Invalid);
    }
    let saved::Read { saved, text: document } = saved::read(path, output)?;
    let Saved { plan, sources, files: _, digest: _ } = saved;
    output.print(&render::plan_text(&plan, &sources, render::Show::Changes));
    if planning::exit_of(&plan) != Exit::Done {
        let complaints = plan.diagnostics.iter().map(|it| it.diagnostic.clone());
        output.complain(&complaints.collect::<Vec<_>>(), &sources);
        let (what, help) = match planning::exit_of(&plan) {
            Exit::Refused => {
                ("a plan that is refused cannot be applied", "keep to the limits, and plan again")
            }
            _ => ("a plan with errors cannot be applied", "mend them, and plan again"),
        };
        output.error(what, Some(help));
        return Err(Exit::Refused);
    }
    let connection = connect(way(args), ExpectedController::ByPlan(&plan.controller.url), output)?;
    let settled = journals::settled(search(args, &connection, deadline), output).await?;
    let client = connection.client.until(deadline);
    let at = Instant::now();
    let live = live::read(&client, connection.url.clone()).await;
    let live = live.map_err(|error| report_read_error(&error, &connection.url, output))?;
    if live.release != plan.controller.release {
        let known = |it: &Option<String>| it.as_deref().unwrap_or("unknown").to_owned();
        let (then, now) = (known(&plan.controller.release), known(&live.release));
        output.warn(&printable(&format!(
            "the plan was made against release {then}, and the controller has {now} now"
        )));
    }
    let seen = LiveSnapshot { live, at };
    Ok((PreparedApply { plan, document, seen, sources, connection }, settled))
}

fn way(args: &ApplyArgs) -> ConnectArgs<'_> {
    ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.carrying.parallelism,
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
