//! `plan`: shows what would change, and changes nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    annotations::{self, Claims},
    apart::{Written, keep_apart},
    args::{PlanArgs, PlanFormat, Show},
    base,
    connect::{Connection, Meant, NO_WRITES, Way, connect, unread},
    exit::Exit,
    files::{self, Files},
    journals,
    output::Output,
    progress::reading,
    saved,
};
use crate::{
    api::Client,
    live,
    model::{Live, printable},
    plan::{self, Controller, Plan},
    render::{self, About, LogRecord, PlanAbout},
    source::SourceMap,
};

/// How long a plan may take to read the controller.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Plans, and prints the plan.
pub(crate) async fn run(args: &PlanArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    begin(args, output)?;
    let policy = args.planning.policy.policy.as_deref();
    let mut files = files::load(&args.planning.files, policy, output)?;
    let mut options = files::options(&args.planning, &files, output)?;
    files.base = base::load(&args.planning, &files, output).await?;
    let way =
        Way { controller: &args.controller, simulation: &args.simulation, parallelism: NO_WRITES };
    let connection = connect(way, Meant::ByFiles(&files), output)?;
    options.halved = journals::remembered(&connection, output).await?;
    let client = connection.client.until(Instant::now() + TIMEOUT);
    let (plan, _) = made(&client, &connection, &files, options, output).await?;
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
    let claims = Claims { stdout, events: args.events.as_deref(), files: &files };
    annotations::open(&args.annotations, claims, output)?;
    let out = Written { what: "the plan", flag: "--out", path: args.out.as_deref() };
    keep_apart(out, &read, output)?;
    if let Some(out) = &args.out {
        saved::check(out, output)?;
    }
    let events = Written { what: "the events", flag: "--events", path: args.events.as_deref() };
    keep_apart(events, &files, output)?;
    output.open_events(args.events.as_deref())?;
    drop(output.log(LogRecord::PlanStarted));
    Ok(())
}

/// Returns what there is to do in a plan that can be applied, for `--detailed-exitcode`.
pub(crate) fn detailed(plan: &Plan) -> Exit {
    if plan.is_only_drift() {
        return Exit::Drift;
    }
    if plan.changes.is_empty() { Exit::Done } else { Exit::Changes }
}

impl From<Show> for render::Show {
    fn from(show: Show) -> Self {
        match show {
            Show::Changes => Self::Changes,
            Show::All => Self::All,
        }
    }
}

/// The live state that a plan was made of, and when it was asked for.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) live: Live,
    pub(crate) at: Instant,
}

/// Reads the controller and makes the plan; says every complaint about it, the files' own
/// warnings first, but for what refuses it: that comes behind the plan.
pub(crate) async fn made(
    client: &Client,
    connection: &Connection,
    files: &Files,
    options: plan::Options,
    output: &mut Output<'_>,
) -> Result<(Plan, Seen), Exit> {
    let at = Instant::now();
    let read = read(client, connection, files, &options);
    let live = reading(read, (client, &connection.url), output).await;
    let live = live.map_err(|error| unread(&error, &connection.url, output))?;
    let now = output.host.now_ms;
    let mut plan = match &files.base {
        Some(base) => plan::plan_against(base, &files.desired, &live, &options, now),
        None => plan::plan(&files.desired, &live, &options, now),
    };
    plan.refuse(files.refusals.iter().cloned());
    let (_, others) = plan.complaints();
    output.complain(&[files.warnings.clone(), others].concat(), &files.sources);
    drop(output.log(LogRecord::plan_made(&plan)));
    output.say(&found(&plan));
    Ok((plan, Seen { live, at }))
}

/// Says what refuses a plan that was shown.
pub(crate) fn say_refusals(plan: &Plan, sources: &SourceMap, output: &mut Output<'_>) {
    let (refusals, _) = plan.complaints();
    output.complain(&refusals, sources);
}

/// Says what was planned against.
fn found(plan: &Plan) -> String {
    let Controller { url, release, interface, n_live } = &plan.controller;
    let release = release.as_deref().unwrap_or("unknown");
    let many = if *n_live == 1 { "discovery" } else { "discoveries" };
    let release = printable(release);
    format!("Read {n_live} {many} from {url} (release {release}, {interface} interface).")
}

async fn read(
    client: &Client,
    connection: &Connection,
    files: &Files,
    options: &plan::Options,
) -> Result<Live, live::ReadError> {
    let mut live = live::read(client, connection.url.clone()).await?;
    let ids = plan::needs_run_age_against(files.base.as_ref(), &files.desired, &live, options);
    live::read_run_ages(client, &mut live, &ids).await?;
    Ok(live)
}

/// Returns what the complaints about a plan mean for the exit code.
pub(crate) fn exit_of(plan: &Plan) -> Exit {
    let errors = plan.diagnostics.iter().filter(|it| it.diagnostic.is_error());
    let (refusals, mistakes): (Vec<_>, Vec<_>) = errors.partition(|it| it.refuses);
    if !mistakes.is_empty() {
        return Exit::Failed;
    }
    if !refusals.is_empty() {
        return Exit::Refused;
    }
    Exit::Done
}
