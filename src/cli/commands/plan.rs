//! `plan`: shows what would change, and changes nothing.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    cli::{
        annotations::OutputClaims,
        args::{AnnotationArgs, ControllerArgs, PlanOutputArgs, PlanningArgs},
        connect::{ConnectArgs, ExpectedController, NO_WRITES, connect},
        exit::Exit,
        host::Process,
        output::Output,
        plan_output::{detailed_exit, print_plan},
        simulator_args::SimulationArgs,
    },
    render::{self, About, LogRecord, PlanAbout},
    session::{
        Error, Observer as _, OutputFile, check_path_conflicts, check_plan_file,
        deleted_by_earlier_applies, load_for_plan, make_plan, plan_error_kind, report_refusals,
        save_plan,
    },
};

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Save the plan to this file, for `trueup apply FILE`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) printing: PlanOutputArgs,

    /// Write each event to this file, as a line of JSON; - is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) events: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// How long a plan may take to read the controller.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Plans, and prints the plan.
pub(crate) async fn run(
    args: &PlanArgs,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let environment = &process.environment;
    let read = args.planning.request().files.claimed_paths();
    let files = [&read[..], &[("the plan", args.out.as_deref())]].concat();
    let stdout = args.printing.format.stdout_flag();
    let claims = OutputClaims { stdout, events: args.events.as_deref(), files: &files };
    output.open_annotations(&args.annotations, claims, environment)?;
    let out = OutputFile { what: "the plan", flag: "--out", path: args.out.as_deref() };
    check_path_conflicts(out, &read)?;
    args.out.as_deref().map_or(Ok(()), check_plan_file)?;
    output.open_events(args.events.as_deref(), &files)?;
    _ = output.record(LogRecord::PlanStarted);
    let request = args.planning.request();
    let (files, mut options) = load_for_plan(request, environment, output).await?;
    let connect_args = ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: NO_WRITES,
    };
    let expected = ExpectedController::ByFiles(&files);
    let connection = connect(connect_args, expected, process, output)?.connection;
    options.deleted_not_recreated =
        deleted_by_earlier_applies(&connection, environment, output).await?;
    let connection = connection.until(Instant::now() + TIMEOUT);
    let (plan, _) = make_plan(&connection, &files, options, environment, output).await?;
    let now_ms = environment.clock.start_ms;
    let about = About { sources: &files.sources, warnings: &files.warnings, now_ms };
    let document = || render::plan_json(&plan, about);
    if let Some(path) = &args.out {
        save_plan(path, &document())?;
    }
    let text = if args.printing.format.has_digest() { document() } else { String::new() };
    let paths = files.sources.sources().iter().map(|it| it.path.clone());
    let about = PlanAbout {
        digest: render::digest_of(&text),
        files: &paths.collect::<Vec<_>>(),
        sources: &files.sources,
        warnings: &files.warnings,
        saved_to: args.out.as_ref().map(|it| it.display().to_string()),
        show: args.printing.show.into(),
    };
    print_plan(&args.printing, &plan, &about, document, output);
    if let Some(path) = &args.out {
        output.note(&format!("Saved the plan to {}.", path.display()));
    }
    report_refusals(&plan, &files.sources, output);
    Ok(match plan_error_kind(&plan) {
        Some(kind) => kind.into(),
        None if args.printing.detailed_exitcode => detailed_exit(&plan),
        None => Exit::Done,
    })
}
