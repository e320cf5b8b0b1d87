//! Reads the controller and makes a plan.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    base::load_base,
    connection::Connection,
    environment::Environment,
    error::{Error, ErrorKind},
    files::{Files, PlanRequest, load_files, plan_options},
    observer::{Observer, Progress},
};
use crate::{
    live,
    model::{Live, printable},
    plan::{self, Controller, Plan},
    render::LogRecord,
    source::SourceMap,
};

/// How often the progress of a read is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Reads and checks everything that a plan is made of, except for the live state.
pub(crate) async fn load_for_plan(
    request: PlanRequest<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(Files, plan::Options), Error> {
    let mut files = load_files(request.files, observer)?;
    let options = plan_options(request, &files)?;
    files.base = load_base(request, &files, environment, observer).await?;
    Ok((files, options))
}

/// The live state that a plan was made of, and when it was asked for.
#[derive(Debug)]
pub(crate) struct LiveSnapshot {
    pub(crate) live: Live,
    pub(crate) at: Instant,
}

/// Reads the controller and makes the plan. Reports the warnings of the files and then every
/// problem of the plan, except for refusals, which are printed below the plan.
pub(crate) async fn make_plan(
    connection: &Connection,
    files: &Files,
    options: plan::Options,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(Plan, LiveSnapshot), Error> {
    let at = Instant::now();
    let read = read_for_plan(connection, files, &options);
    let live = with_progress(read, connection, observer).await;
    let live = live.map_err(|error| connection.read_error(&error))?;
    let now = environment.clock.start_ms;
    let mut plan = match &files.base {
        Some(base) => plan::plan_against(base, &files.desired, &live, &options, now),
        None => plan::plan(&files.desired, &live, &options, now),
    };
    plan.refuse(files.refusals.iter().cloned());
    let (_, others) = plan.split_diagnostics();
    observer.diagnostics(&[files.warnings.clone(), others].concat(), &files.sources);
    _ = observer.record(LogRecord::plan_made(&plan));
    observer.note(&controller_summary(&plan));
    Ok((plan, LiveSnapshot { live, at }))
}

/// Reads the live state, to check a plan against that was made before.
pub(crate) async fn read_live(connection: &Connection) -> Result<LiveSnapshot, Error> {
    let at = Instant::now();
    let live = live::read(&connection.client, connection.url.clone()).await;
    Ok(LiveSnapshot { live: live.map_err(|error| connection.read_error(&error))?, at })
}

/// Says what was planned against.
fn controller_summary(plan: &Plan) -> String {
    let Controller { url, release, interface, n_live } = &plan.controller;
    let release = release.as_deref().unwrap_or("unknown");
    let many = if *n_live == 1 { "discovery" } else { "discoveries" };
    let release = printable(release);
    format!("Read {n_live} {many} from {url} (release {release}, {interface} interface).")
}

async fn read_for_plan(
    connection: &Connection,
    files: &Files,
    options: &plan::Options,
) -> Result<Live, live::ReadError> {
    let client = &connection.client;
    let mut live = live::read(client, connection.url.clone()).await?;
    let ids = plan::needs_run_age_against(files.base.as_ref(), &files.desired, &live, options);
    live::read_run_ages(client, &mut live, &ids).await?;
    Ok(live)
}

/// Waits for a read of the controller, and reports its progress. Both bars and lines show what
/// keeps the client from an answer.
pub(crate) async fn with_progress<T>(
    read: impl Future<Output = T>,
    connection: &Connection,
    observer: &mut dyn Observer,
) -> T {
    let began = Instant::now();
    let mut read = pin!(read);
    loop {
        let trouble = connection.client.last_failure();
        observer.progress(Progress::Reading {
            url: &connection.url,
            elapsed: began.elapsed(),
            trouble: trouble.as_deref(),
        });
        tokio::select! {
            biased;
            read = &mut read => {
                observer.progress(Progress::Ended);
                return read;
            }
            () = sleep(PROGRESS_INTERVAL) => (),
        }
    }
}

/// Returns the kind of error that the problems of a plan are, if it cannot be applied.
pub(crate) fn plan_error_kind(plan: &Plan) -> Option<ErrorKind> {
    let errors = plan.diagnostics.iter().filter(|it| it.diagnostic.is_error());
    let (refusals, mistakes): (Vec<_>, Vec<_>) = errors.partition(|it| it.refuses);
    match (mistakes.is_empty(), refusals.is_empty()) {
        (false, _) => Some(ErrorKind::Failed),
        (true, false) => Some(ErrorKind::Refused),
        (true, true) => None,
    }
}

/// Reports what refuses a plan, below the plan.
pub(crate) fn report_refusals(plan: &Plan, sources: &SourceMap, observer: &mut dyn Observer) {
    let (refusals, _) = plan.split_diagnostics();
    observer.diagnostics(&refusals, sources);
}
