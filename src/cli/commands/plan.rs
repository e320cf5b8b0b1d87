//! `plan`: shows what would change, and changes nothing.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueHint};
use tokio::time::Instant;

use crate::{
    cli::{
        annotations::{self, OutputClaims},
        args::{AnnotationArgs, ControllerArgs, PlanFormat, PlanningArgs, Show},
        base,
        connect::{ConnectArgs, ExpectedController, NO_WRITES, connect},
        exit::Exit,
        files, journals,
        path_conflicts::{OutputFile, keep_apart},
        planning::{detailed, exit_of, make_plan, say_refusals},
        saved,
        simulator_args::SimulationArgs,
        terminal::output::Output,
    },
    render::{self, About, LogRecord, PlanAbout},
};

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Save the plan to this file, for `trueup apply FILE`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// What to show: the changes, or unchanged and unmanaged names too
    #[arg(long, value_name = "WHAT", default_value = "changes")]
    pub(crate) show: Show,

    /// Exit with 2 if there are changes, with 3 if there is nothing but drift
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// Write what happens to this file, a line of JSON an event; - is stdout
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
pub(crate) async fn run(args: &PlanArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    begin(args, output)?;
    let policy = args.planning.policy.policy.as_deref();
    let mut files = files::load(&args.planning.files, policy, output)?;
    let mut options = files::options(&args.planning, &files, output)?;
    files.base = base::load(&args.planning, &files, output).await?;
    let way = ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: NO_WRITES,
    };
    let connection = connect(way, ExpectedController::ByFiles(&files), output)?;
    options.deleted_not_recreated = journals::remembered(&connection, output).await?;
    let client = connection.client.until(Instant::now() + TIMEOUT);
    let (plan, _) = make_plan(&client, &connection, &files, options, output).await?;
    let about =
        About { sources: &files.sources, warnings: &files.warnings, now_ms: output.host.now_ms };
    let document = || render::plan_json(&plan, about);
    if let Some(path) = &args.out {
        saved::save(path, &document(), output)?;
    }
    match args.format {
        PlanFormat::Text => {
            output.print(&render::plan_text(&plan, &files.sources, args.show.into()));
        }
        PlanFormat::Json => output.print_document(&document()),
        PlanFormat::TerraformJson => output.print_document(&render::plan_terraform(&plan)),
        PlanFormat::Markdown | PlanFormat::Html => {
            let document = document();
            let paths = files.sources.sources().iter().map(|it| it.path.clone());
            let about = PlanAbout {
                digest: render::digest_of(&document),
                files: &paths.collect::<Vec<_>>(),
                sources: &files.sources,
                warnings: &files.warnings,
                saved_to: args.out.as_ref().map(|it| it.display().to_string()),
                show: args.show.into(),
            };
            if args.format == PlanFormat::Html {
                output.print_document(&render::plan_page(&plan, &about));
            } else {
                output.print_markdown(&render::plan_markdown(&plan, &about));
            }
        }
    }
    if let Some(path) = &args.out {
        output.say(&format!("Saved the plan to {}.", path.display()));
    }
    say_refusals(&plan, &files.sources, output);
    let exit = exit_of(&plan);
    if exit == Exit::Done && args.detailed_exitcode {
        return Ok(detailed(&plan));
    }
    Ok(exit)
}

/// Prepares whatever tells of the plan beside the plan itself.
fn begin(args: &PlanArgs, output: &mut Output<'_>) -> Result<(), Exit> {
    let read = files::claimed(&args.planning.files, &args.planning.policy);
    let files = [&read[..], &[("the plan", args.out.as_deref())]].concat();
    let stdout = match args.format {
        PlanFormat::Text => None,
        PlanFormat::Json => Some("--format json"),
        PlanFormat::Markdown => Some("--format markdown"),
        PlanFormat::TerraformJson => Some("--format terraform-json"),
        PlanFormat::Html => Some("--format html"),
    };
    let claims = OutputClaims { stdout, events: args.events.as_deref(), files: &files };
    annotations::open(&args.annotations, claims, output)?;
    let out = OutputFile { what: "the plan", flag: "--out", path: args.out.as_deref() };
    keep_apart(out, &read, output)?;
    if let Some(out) = &args.out {
        saved::check(out, output)?;
    }
    let events = OutputFile { what: "the events", flag: "--events", path: args.events.as_deref() };
    keep_apart(events, &files, output)?;
    output.open_events(args.events.as_deref())?;
    drop(output.log(LogRecord::PlanStarted));
    Ok(())
}
