//! `plan`: shows what would change, and changes nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    args::{PlanArgs, PlanFormat, Show},
    connect::{Connection, Meant, NO_WRITES, Way, connect, unread},
    exit::Exit,
    files::{self, Files},
    output::Output,
    progress::reading,
    saved,
};
use crate::{
    api::Client,
    live,
    model::{Live, printable},
    plan::{self, Controller, Plan},
    render::{self, About, Happening, PlanAbout},
    source::Diagnostic,
};

/// How long a plan may take to read the controller.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Plans, and prints the plan.
pub(crate) async fn run(args: &PlanArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    output.open_events(args.events.as_deref())?;
    drop(output.log(Happening::PlanStarted));
    let files = files::load(&args.planning.files, output)?;
    let options = files::options(&args.planning, &files, output)?;
    let way =
        Way { controller: &args.controller, simulation: &args.simulation, parallelism: NO_WRITES };
    let connection = connect(way, Meant::ByFiles(&files), output)?;
    let client = connection.client.until(Instant::now() + TIMEOUT);
    let (plan, _) = made(&client, &connection, &files, options, output).await?;
    let about =
        About { sources: &files.sources, warnings: &files.warnings, now_ms: output.host.now_ms };
    let document = || render::plan_json(&plan, about);
    if let Some(path) = &args.out {
        saved::save(path, &document(), output)?;
    }
    match args.format {
        PlanFormat::Text => output.print(&render::plan_text(&plan, args.show.into())),
        PlanFormat::Json => output.print_document(&document()),
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
            let page = match args.format {
                PlanFormat::Html => render::plan_page(&plan, &about),
                PlanFormat::Markdown | PlanFormat::Text | PlanFormat::Json => {
                    render::plan_markdown(&plan, &about)
                }
            };
            output.print_document(&page);
        }
    }
    if let Some(path) = &args.out {
        output.say(&format!("Saved the plan to {}.", path.display()));
    }
    let exit = exit_of(&plan);
    if exit == Exit::Done && args.detailed_exitcode && !plan.changes.is_empty() {
        return Ok(Exit::Changes);
    }
    Ok(exit)
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
/// warnings first.
pub(crate) async fn made(
    client: &Client,
    connection: &Connection,
    files: &Files,
    options: plan::Options,
    output: &mut Output<'_>,
) -> Result<(Plan, Seen), Exit> {
    let at = Instant::now();
    let live = reading(read(client, connection, files, &options), &connection.url, output).await;
    let live = live.map_err(|error| unread(&error, &connection.url, output))?;
    let plan = plan::plan(&files.desired, &live, &options, output.host.now_ms);
    let planned = plan.diagnostics.iter().map(|it| it.diagnostic.clone());
    let all = files.warnings.iter().cloned().chain(planned).collect::<Vec<Diagnostic>>();
    output.complain(&all, &files.sources);
    drop(output.log(Happening::PlanMade(&plan)));
    output.say(&found(&plan));
    Ok((plan, Seen { live, at }))
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
    let ids = plan::needs_run_age(&files.desired, &live, options);
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
