//! Reads the controller and makes a plan.

use tokio::time::Instant;

use super::{
    connect::{Connection, report_read_error},
    exit::Exit,
    files::Files,
    terminal::{output::Output, progress::reading},
};
use crate::{
    api::Client,
    live,
    model::{Live, printable},
    plan::{self, Controller, Plan},
    render::LogRecord,
    source::SourceMap,
};

/// Returns what there is to do in a plan that can be applied, for `--detailed-exitcode`.
pub(crate) fn detailed(plan: &Plan) -> Exit {
    if plan.is_only_drift() {
        return Exit::Drift;
    }
    if plan.changes.is_empty() { Exit::Done } else { Exit::Changes }
}

/// The live state that a plan was made of, and when it was asked for.
#[derive(Debug)]
pub(crate) struct LiveSnapshot {
    pub(crate) live: Live,
    pub(crate) at: Instant,
}

/// Reads the controller and makes the plan; says every complaint about it, the files' own
/// warnings first, but for what refuses it: that comes behind the plan.
pub(crate) async fn make_plan(
    client: &Client,
    connection: &Connection,
    files: &Files,
    options: plan::Options,
    output: &mut Output<'_>,
) -> Result<(Plan, LiveSnapshot), Exit> {
    let at = Instant::now();
    let read = read(client, connection, files, &options);
    let live = reading(read, (client, &connection.url), output).await;
    let live = live.map_err(|error| report_read_error(&error, &connection.url, output))?;
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
    Ok((plan, LiveSnapshot { live, at }))
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
