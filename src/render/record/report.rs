//! The report of an apply as a document.

use super::document::{FORMAT_VERSION, OutcomeV1, ReportChangeV1, ReportV1, StepV1, TallyV1};
use crate::{
    events::{Entry, Outcome, Report, Taken, Verdict},
    model::shown_json,
    plan::Plan,
    render::saved::{PlaceV1, controller, moment, start},
    source::SourceMap,
};

/// What is known of an apply beside its report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReportAbout<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) sources: &'a SourceMap,
}

/// Returns the report as a document that ends with a newline.
pub(crate) fn report_json(report: &Report, about: ReportAbout<'_>) -> String {
    let document = report_document(report, about);
    let text = serde_json::to_string_pretty(&document);
    shown_json(text.expect("invariant: every key is text")) + "\n"
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

fn change(entry: &Entry, source: Option<PlaceV1>) -> ReportChangeV1 {
    let Entry { name, action, reason: _, id, steps, notes, outcome: _, ended_ms } = entry;
    let (outcome, words) = came_to(entry);
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

/// Returns the word for what came of a change; what was cut short is open, or was not tried.
fn came_to(entry: &Entry) -> (OutcomeV1, Option<String>) {
    match &entry.outcome {
        Some(outcome) => outcome_of(outcome),
        None if entry.was_sent() => (OutcomeV1::Open, None),
        None => (OutcomeV1::NotTried, None),
    }
}

/// Returns the word for an outcome, and what was said of it.
pub(super) fn outcome_of(outcome: &Outcome) -> (OutcomeV1, Option<String>) {
    let (word, words) = match outcome {
        Outcome::Done => (OutcomeV1::Done, None),
        Outcome::Converged => (OutcomeV1::Converged, None),
        Outcome::Failed { words } => (OutcomeV1::Failed, Some(words)),
        Outcome::Stale { words } => (OutcomeV1::Stale, Some(words)),
        Outcome::Conflict { words } => (OutcomeV1::Conflict, Some(words)),
        Outcome::Unknown { words } => (OutcomeV1::Unknown, Some(words)),
        Outcome::NotTried { why } => (OutcomeV1::NotTried, Some(why)),
        Outcome::Open { task: _, words } => (OutcomeV1::Open, Some(words)),
    };
    (word, words.cloned())
}

fn step(taken: &Taken) -> StepV1 {
    let Taken { step, n_sent, task, submitted_ms, accepted_ms, settled_ms, found } = taken;
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
