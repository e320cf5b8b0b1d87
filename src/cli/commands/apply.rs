//! `apply`: plans, asks for approval, executes and reports.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    apply::Purpose,
    cli::{
        args::{ExecuteArgs, PlanningArgs, WaitFor},
        connect::{ArgsConnector, ConnectArgs},
        exit::Exit,
        host::Process,
        output::Output,
    },
    events::Report,
    render::{LogRecord, ReportAbout},
    session::{
        Connector as _, Error, ErrorKind, ExecuteOptions, Observer as _, PrepareOptions, Takeover,
        execute, finish, plan_error_kind, prepare_new, prepare_saved,
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
    pub(crate) connection: ConnectArgs,
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
    let limits = args.execution.limits(args.wait.into());
    let journal = args.journal.as_deref();
    let deadline = Instant::now() + args.execution.timeout;
    let mut options = PrepareOptions { limits, journal, deadline };
    let mut connector = ArgsConnector::new(&args.connection, args.execution.parallelism, process);
    check_usage(args, output.terminal.can_ask())?;
    let prepared = Box::pin(async {
        if let Some(path) = &args.plan {
            return prepare_saved(path, options, &mut connector, environment, output).await;
        }
        let request = args.planning.request();
        prepare_new(request, options, &mut connector, environment, output).await
    });
    let prepared = environment.interrupts.unless_interrupted(prepared).await;
    let (apply, settled) = prepared.unwrap_or_else(|| Err(Error::interrupted_before_writes()))?;
    let report = Report::new(&apply.plan.changes);
    let about = ReportAbout { plan: &apply.plan, sources: &apply.sources };
    let report_file = args.execution.report.as_deref();
    if let Some(kind) = plan_error_kind(&apply.plan) {
        finish(report_file, &report, about, environment, output);
        return Ok(kind.into());
    }
    connector.check_before_writes()?;
    let asks = args.plan.is_none() && !args.auto_approve && !apply.plan.changes.is_empty();
    let asked = Instant::now();
    if asks && !output.terminal.approves(&environment.interrupts).await {
        output.print("\nApply cancelled.\n");
        finish(report_file, &report, about, environment, output);
        return Ok(Exit::Failed);
    }
    // The time for thinking it over does not count.
    options.deadline += asked.elapsed();
    let (wait, is_planned_here) = (args.wait.into(), args.plan.is_none());
    let takeover = Takeover { settled, prepared: &apply, wait, is_planned_here };
    let (journal, earlier) =
        options.earlier_applies(&apply.connection).take_over(takeover, environment, output)?;
    let purpose = Purpose::CarryOut;
    let PrepareOptions { limits, deadline, .. } = options;
    let options = ExecuteOptions { limits, report_file, deadline, purpose, report, earlier };
    let result = execute(options, &apply, journal, environment, output).await;
    Ok(connector.save_world(Exit::of(&result), output))
}

/// Checks that a saved plan comes without flags that cannot change it, and that there is a way to
/// approve a new one.
fn check_usage(args: &ApplyArgs, can_ask: bool) -> Result<(), Error> {
    let flag = args.planning.first_given().filter(|_| args.plan.is_some());
    if let Some(flag) = flag {
        let message = format!("`{flag}` cannot change a saved plan");
        let error = Error::new(ErrorKind::Invalid, message);
        return Err(error.help("pass it to `trueup plan --out`"));
    }
    if args.plan.is_none() && !args.auto_approve && !can_ask {
        let message = "apply has to ask, and there is no terminal to ask at";
        let error = Error::new(ErrorKind::Invalid, message);
        return Err(error.help("pass `--auto-approve` to apply without a question"));
    }
    Ok(())
}
