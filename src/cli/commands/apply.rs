//! `apply`: plans, asks for approval, executes and reports.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    apply::Purpose,
    cli::{
        args::{ControllerArgs, ExecuteArgs, PlanningArgs, WaitFor},
        connect::{ConnectArgs, Connected, ExpectedController, connect},
        exit::Exit,
        host::Process,
        output::Output,
        simulator_args::SimulationArgs,
    },
    events::Report,
    model::printable,
    recovery::SettledApply,
    render::{self, About, LogRecord, ReportAbout, Saved},
    session::{
        Connection, EarlierApplies, Error, ErrorKind, ExecuteOptions, Observer, PreparedApply,
        SavedPlan, Takeover, execute, finish, load_for_plan, load_plan, make_plan, plan_error_kind,
        read_live, report_refusals,
    },
};

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Execute this saved plan, without asking
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Do not ask for approval
    #[arg(long)]
    pub(crate) auto_approve: bool,

    /// What to wait for: only the tasks, or also the runs that they start
    #[arg(long, value_name = "WHAT", default_value = "tasks")]
    pub(crate) wait: WaitFor,

    /// Write the journal to this file [default: .trueup/journal-UTC-PID.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) execution: ExecuteArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// An apply that only has to be approved.
struct Prepared {
    apply: PreparedApply,
    connected: Connected,
    /// The journals of earlier applies.
    settled: Vec<SettledApply>,
}

/// Executes a plan: a saved one as it is, or one that is made now and has to be approved.
pub(crate) async fn run(
    args: &ApplyArgs,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let environment = &process.environment;
    let mut files =
        vec![("the plan", args.plan.as_deref()), ("the journal", args.journal.as_deref())];
    if args.plan.is_none() {
        files.extend(args.planning.request().files.claimed_paths());
    }
    output.open_for_execution(&args.execution, &files, environment)?;
    _ = output.record(LogRecord::PlanStarted);
    let mut deadline = Instant::now() + args.execution.timeout;
    let can_ask = output.terminal.can_ask();
    let prepared = Box::pin(async {
        match &args.plan {
            Some(path) => prepare_saved(args, path, deadline, process, output).await,
            None if args.auto_approve || can_ask => {
                prepare_new(args, deadline, process, output).await
            }
            None => {
                let message = "apply has to ask, and there is no terminal to ask at";
                let help = "pass `--auto-approve` to apply without a question";
                Err(Error::new(ErrorKind::Invalid, message).help(help))
            }
        }
    });
    let prepared = environment.interrupts.unless_interrupted(prepared).await;
    let Prepared { apply, connected, settled } =
        prepared.unwrap_or_else(|| Err(Error::interrupted_before_writes()))?;
    let report = Report::new(&apply.plan.changes);
    let about = ReportAbout { plan: &apply.plan, sources: &apply.sources };
    let report_file = args.execution.report.as_deref();
    if let Some(kind) = plan_error_kind(&apply.plan) {
        finish(report_file, &report, about, environment, output);
        return Ok(kind.into());
    }
    connected.check_world_file()?;
    let asks = args.plan.is_none() && !args.auto_approve && !apply.plan.changes.is_empty();
    let asked = Instant::now();
    if asks && !output.terminal.approves(&environment.interrupts).await {
        output.print("\nApply cancelled.\n");
        finish(report_file, &report, about, environment, output);
        return Ok(Exit::Failed);
    }
    // The time for thinking it over does not count.
    deadline += asked.elapsed();
    let is_planned_here = args.plan.is_none();
    let wait = args.wait.into();
    let takeover = Takeover { settled, prepared: &apply, wait, is_planned_here };
    let earlier = earlier_applies(args, &apply.connection, deadline);
    let (journal, earlier) = earlier.take_over(takeover, environment, output)?;
    let purpose = Purpose::CarryOut;
    let limits = args.execution.limits(args.wait.into());
    let options = ExecuteOptions { limits, report_file, deadline, purpose, report, earlier };
    let result = execute(options, &apply, journal, environment, output).await;
    Ok(connected.save_world(Exit::of(&result), output))
}

fn earlier_applies<'a>(
    args: &'a ApplyArgs,
    connection: &'a Connection,
    deadline: Instant,
) -> EarlierApplies<'a> {
    let limits = args.execution.limits(args.wait.into());
    EarlierApplies { limits, journal: args.journal.as_deref(), connection, deadline }
}

/// Plans, and prints the plan.
async fn prepare_new(
    args: &ApplyArgs,
    deadline: Instant,
    process: &Process,
    observer: &mut dyn Observer,
) -> Result<Prepared, Error> {
    let environment = &process.environment;
    let request = args.planning.request();
    let (files, mut options) = load_for_plan(request, environment, observer).await?;
    let expected = ExpectedController::ByFiles(&files);
    let connected = connect(connect_args(args), expected, process, observer)?;
    let connection = connected.connection.clone();
    let earlier = earlier_applies(args, &connection, deadline);
    let settled = earlier.settle(environment, observer).await?;
    options.run_missing = settled.iter().flat_map(SettledApply::run_missing).collect();
    options.deleted_not_recreated =
        settled.iter().flat_map(SettledApply::last_known_settings).collect();
    let limited = connection.until(deadline);
    let (plan, snapshot) = make_plan(&limited, &files, options, environment, observer).await?;
    observer.print(&render::plan_text(&plan, &files.sources, render::Show::Changes));
    report_refusals(&plan, &files.sources, observer);
    let now_ms = environment.clock.start_ms;
    let about = About { sources: &files.sources, warnings: &files.warnings, now_ms };
    let document = render::plan_json(&plan, about);
    let sources = files.sources;
    let apply = PreparedApply { plan, document, snapshot, sources, connection };
    Ok(Prepared { apply, connected, settled })
}

/// Reads and prints a saved plan, and reads the live state to check it against.
async fn prepare_saved(
    args: &ApplyArgs,
    path: &Path,
    deadline: Instant,
    process: &Process,
    observer: &mut dyn Observer,
) -> Result<Prepared, Error> {
    if let Some(flag) = args.planning.first_given() {
        let message = format!("`{flag}` cannot change a saved plan");
        let help = "pass it to `trueup plan --out`";
        return Err(Error::new(ErrorKind::Invalid, message).help(help));
    }
    let SavedPlan { saved, text: document } = load_plan(path)?;
    let Saved { plan, sources, files: _, digest: _ } = saved;
    observer.print(&render::plan_text(&plan, &sources, render::Show::Changes));
    if let Some(kind) = plan_error_kind(&plan) {
        let diagnostics = plan.diagnostics.iter().map(|it| it.diagnostic.clone());
        let error = Error::in_files(ErrorKind::Refused, diagnostics.collect(), sources);
        let (message, help) = if kind == ErrorKind::Refused {
            ("a refused plan cannot be applied", "stay within the limits, and plan again")
        } else {
            ("a plan with errors cannot be applied", "correct the errors, and plan again")
        };
        return Err(error.and(Error::new(ErrorKind::Refused, message).help(help)));
    }
    let expected = ExpectedController::ByPlan(&plan.controller.url);
    let connected = connect(connect_args(args), expected, process, observer)?;
    let connection = connected.connection.clone();
    let earlier = earlier_applies(args, &connection, deadline);
    let settled = earlier.settle(&process.environment, observer).await?;
    let snapshot = read_live(&connection.until(deadline)).await?;
    if snapshot.live.release != plan.controller.release {
        let known = |it: &Option<String>| it.as_deref().unwrap_or("unknown").to_owned();
        let (then, now) = (known(&plan.controller.release), known(&snapshot.live.release));
        observer.warn(&printable(&format!(
            "the plan was made against release {then}, and the controller now has {now}"
        )));
    }
    let apply = PreparedApply { plan, document, snapshot, sources, connection };
    Ok(Prepared { apply, connected, settled })
}

fn connect_args(args: &ApplyArgs) -> ConnectArgs<'_> {
    ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: args.execution.parallelism,
    }
}
