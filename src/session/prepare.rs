//! Plans, and prepares applies up to the approval.

use std::{path::Path, time::Duration};

use tokio::time::Instant;

use super::{
    connection::{Connection, Connector, ExpectedController},
    earlier_applies::{EarlierApplies, deleted_by_earlier_applies},
    environment::Environment,
    error::{Error, ErrorKind},
    execute::PreparedApply,
    files::{Files, PlanRequest},
    observer::Observer,
    planning::{load_for_plan, make_plan, plan_error_kind, read_live, report_refusals},
    saved_plan::{SavedPlan, load_plan},
};
use crate::{
    apply::Limits,
    model::printable,
    plan::Plan,
    recovery::SettledApply,
    render::{self, About, Saved},
};

/// How long a plan may take to read the controller.
const PLAN_TIMEOUT: Duration = Duration::from_mins(5);

/// Makes a plan of the files.
pub(crate) async fn plan_changes(
    request: PlanRequest<'_>,
    connector: &mut dyn Connector,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(Files, Plan), Error> {
    let (files, mut options) = load_for_plan(request, environment, observer).await?;
    let connection = connector.connect(ExpectedController::ByFiles(&files), observer)?;
    options.deleted_not_recreated =
        deleted_by_earlier_applies(&connection, environment, observer).await?;
    let connection = connection.until(Instant::now() + PLAN_TIMEOUT);
    let (plan, _) = make_plan(&connection, &files, options, environment, observer).await?;
    Ok((files, plan))
}

/// How an apply is prepared.
#[derive(Clone, Copy)]
pub(crate) struct PrepareOptions<'a> {
    pub(crate) limits: Limits,
    /// The file of `--journal`.
    pub(crate) journal: Option<&'a Path>,
    pub(crate) deadline: Instant,
}

impl<'a> PrepareOptions<'a> {
    /// Returns where to find and how to settle earlier applies.
    pub(crate) fn earlier_applies(self, connection: &'a Connection) -> EarlierApplies<'a> {
        let Self { limits, journal, deadline } = self;
        EarlierApplies { limits, journal, connection, deadline }
    }
}

/// Settles earlier applies, plans, and prints the plan.
pub(crate) async fn prepare_new(
    request: PlanRequest<'_>,
    prepare: PrepareOptions<'_>,
    connector: &mut dyn Connector,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(PreparedApply, Vec<SettledApply>), Error> {
    let (files, mut options) = load_for_plan(request, environment, observer).await?;
    let expected = ExpectedController::ByFiles(&files);
    let connection = connector.connect(expected, observer)?;
    let earlier = prepare.earlier_applies(&connection);
    let settled = earlier.settle(environment, observer).await?;
    options.run_missing = settled.iter().flat_map(SettledApply::run_missing).collect();
    options.deleted_not_recreated =
        settled.iter().flat_map(SettledApply::last_known_settings).collect();
    let limited = connection.until(prepare.deadline);
    let (plan, snapshot) = make_plan(&limited, &files, options, environment, observer).await?;
    observer.print(&render::plan_text(&plan, &files.sources, render::Show::Changes));
    report_refusals(&plan, &files.sources, observer);
    let now_ms = environment.clock.start_ms;
    let about = About { sources: &files.sources, warnings: &files.warnings, now_ms };
    let document = render::plan_json(&plan, about);
    let sources = files.sources;
    let apply = PreparedApply { plan, document, snapshot, sources, connection };
    Ok((apply, settled))
}

/// Reads and prints a saved plan, and reads the live state to check it against.
pub(crate) async fn prepare_saved(
    path: &Path,
    prepare: PrepareOptions<'_>,
    connector: &mut dyn Connector,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(PreparedApply, Vec<SettledApply>), Error> {
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
    let connection = connector.connect(expected, observer)?;
    let earlier = prepare.earlier_applies(&connection);
    let settled = earlier.settle(environment, observer).await?;
    let snapshot = read_live(&connection.until(prepare.deadline)).await?;
    if snapshot.live.release != plan.controller.release {
        let known = |it: &Option<String>| it.as_deref().unwrap_or("unknown").to_owned();
        let (then, now) = (known(&plan.controller.release), known(&snapshot.live.release));
        observer.warn(&printable(&format!(
            "the plan was made against release {then}, and the controller now has {now}"
        )));
    }
    let apply = PreparedApply { plan, document, snapshot, sources, connection };
    Ok((apply, settled))
}
