//! `plan`: shows what would change, and changes nothing.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    cli::{
        annotations::OutputClaims,
        args::{AnnotationArgs, PlanOutputArgs, PlanningArgs},
        connect::{ArgsConnector, ConnectArgs, NO_WRITES},
        exit::Exit,
        host::Process,
        output::Output,
        plan_output::{detailed_exit, print_plan},
    },
    render::{self, About, LogRecord, PlanAbout},
    session::{
        Error, Observer as _, OutputFile, check_path_conflicts, check_plan_file, plan_changes,
        plan_error_kind, report_refusals, save_plan,
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
    pub(crate) connection: ConnectArgs,
}

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
    let mut connector = ArgsConnector::new(&args.connection, NO_WRITES, process);
    let request = args.planning.request();
    let (files, plan) = plan_changes(request, &mut connector, environment, output).await?;
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
