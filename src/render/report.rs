//! The report of an apply as a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events::{Entry, Outcome, Report, StepProgress, Verdict},
    plan::Plan,
    render::saved::{ControllerV1, PlaceV1, controller, json_text, moment, schema_text, start},
    source::SourceMap,
};

/// The version of the format. Members may be added within a major version.
const FORMAT_VERSION: &str = "1.0";

/// The result of an apply: what `trueup apply --format json` prints.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(title = "trueup report")]
pub(crate) struct ReportV1 {
    /// The version of this format, as MAJOR.MINOR.
    format_version: String,
    /// The version of the program that applied the plan.
    trueup_version: String,
    /// The controller that was written to.
    controller: ControllerV1,
    /// Whether every change is done.
    complete: bool,
    summary: TallyV1,
    /// In the order of the plan.
    changes: Vec<ReportChangeV1>,
}

/// The number of changes by result; a replace is one added and one destroyed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
struct TallyV1 {
    /// Done, or already as wanted.
    done: usize,
    failed: usize,
    not_tried: usize,
    /// Still running, or unknown.
    open: usize,
    added: usize,
    changed: usize,
    destroyed: usize,
}

/// The result of one change.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
struct ReportChangeV1 {
    name: String,
    /// `create`, `update`, `replace`, `restart`, `stop` or `delete`.
    action: String,
    outcome: OutcomeV1,
    /// In the controller's words, if it gave any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// The discovery's id, if it is known.
    id: Option<String>,
    /// The steps that were begun, or found already done.
    steps: Vec<StepV1>,
    /// Notes that fail nothing.
    notes: Vec<String>,
    /// When it ended, in UTC; `null` if it was interrupted.
    ended_at: Option<String>,
    /// The discovery's entry in the files.
    source: Option<PlaceV1>,
}

/// The result of a change.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeV1 {
    Done,
    /// It was already as wanted, by another user's doing.
    Converged,
    Failed,
    /// It moved between the plan and the change: nothing was sent.
    Stale,
    /// Another user created a discovery of that name.
    Conflict,
    /// Whether it took effect cannot be determined.
    Unknown,
    NotTried,
    /// An operation of it has not ended.
    Open,
}

/// A step of a change. Times are in UTC.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
struct StepV1 {
    /// `stop`, `edit`, `run`, `delete` or `create`.
    step: String,
    /// The number of attempts.
    sent: u32,
    /// The controller's name of its task.
    task: Option<String>,
    submitted_at: Option<String>,
    accepted_at: Option<String>,
    /// When its effect was seen.
    settled_at: Option<String>,
    /// Whether it was already as wanted, and nothing had to be sent.
    found: bool,
}

/// The context of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReportAbout<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) sources: &'a SourceMap,
}

/// Returns the report as a document that ends with a newline.
pub(crate) fn report_json(report: &Report, about: ReportAbout<'_>) -> String {
    json_text(&report_document(report, about))
}

/// Returns the report in the types of the document.
pub(crate) fn report_document(report: &Report, about: ReportAbout<'_>) -> ReportV1 {
    let tally = report.tally();
    let places = about.plan.changes.iter().map(|it| it.span.map(|it| start(it, about.sources)));
    let changes = report.entries.iter().zip(places).map(|(entry, place)| change(entry, place));
    ReportV1 {
        format_version: FORMAT_VERSION.to_owned(),
        trueup_version: env!("CARGO_PKG_VERSION").to_owned(),
        controller: controller(&about.plan.controller),
        complete: report.verdict() == Verdict::Complete,
        summary: TallyV1 {
            done: tally.done,
            failed: tally.failed,
            not_tried: tally.not_tried,
            open: tally.open,
            added: tally.added,
            changed: tally.changed,
            destroyed: tally.destroyed,
        },
        changes: changes.collect(),
    }
}

/// Returns the schema of the report, as it is committed.
pub(crate) fn report_schema() -> String {
    schema_text::<ReportV1>()
}

fn change(entry: &Entry, source: Option<PlaceV1>) -> ReportChangeV1 {
    let Entry { name, action, reason: _, id, steps, notes, outcome: _, ended_ms } = entry;
    let (outcome, words) = result(entry);
    ReportChangeV1 {
        name: name.as_str().to_owned(),
        action: action.to_string(),
        outcome,
        words,
        id: id.as_ref().map(|it| it.0.clone()),
        steps: steps.iter().map(step).collect(),
        notes: notes.clone(),
        ended_at: ended_ms.map(moment),
        source,
    }
}

/// Returns the result of a change and its details. An interrupted change is open, or was not tried.
fn result(entry: &Entry) -> (OutcomeV1, Option<String>) {
    let Some(outcome) = &entry.outcome else {
        return (if entry.was_sent() { OutcomeV1::Open } else { OutcomeV1::NotTried }, None);
    };
    let (outcome, words) = match outcome {
        Outcome::Done => (OutcomeV1::Done, None),
        Outcome::Converged => (OutcomeV1::Converged, None),
        Outcome::Failed { words } => (OutcomeV1::Failed, Some(words)),
        Outcome::Stale { words } => (OutcomeV1::Stale, Some(words)),
        Outcome::Conflict { words } => (OutcomeV1::Conflict, Some(words)),
        Outcome::Unknown { words } => (OutcomeV1::Unknown, Some(words)),
        Outcome::NotTried { why } => (OutcomeV1::NotTried, Some(why)),
        Outcome::Open { task: _, words } => (OutcomeV1::Open, Some(words)),
    };
    (outcome, words.cloned())
}

fn step(taken: &StepProgress) -> StepV1 {
    let StepProgress { step, n_sent, task, submitted_ms, accepted_ms, settled_ms, found } = taken;
    StepV1 {
        step: step.to_string(),
        sent: *n_sent,
        task: task.clone(),
        submitted_at: submitted_ms.map(moment),
        accepted_at: accepted_ms.map(moment),
        settled_at: settled_ms.map(moment),
        found: *found,
    }
}
