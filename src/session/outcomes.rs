//! The outcomes of changes as diagnostics, at the lines of the files that ask for the changes.
//!
//! For machines: people read the account instead. A change that is done has no diagnostic.

use std::collections::BTreeSet;

use crate::{
    codes::{self, Code},
    events::{Entry, Outcome, Report},
    plan::{Change, Plan},
    render::{is_deleted_only, outcome_words},
    source::Diagnostic,
};

/// A diagnostic about an outcome, and the change that it is about.
pub(crate) struct OutcomeDiagnostic<'a> {
    pub(crate) change: Option<&'a Change>,
    pub(crate) diagnostic: Diagnostic,
}

/// Returns a diagnostic for each change that failed, is stale or is pending, in the order of the
/// plan, and one for all those that were not tried.
pub(crate) fn outcome_diagnostics<'a>(
    plan: &'a Plan,
    report: &Report,
) -> Vec<OutcomeDiagnostic<'a>> {
    let entries = plan.changes.iter().zip(&report.entries);
    let each = entries.filter_map(|(change, entry)| {
        let diagnostic = diagnostic(entry)?;
        let diagnostic = match change.span {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        };
        Some(OutcomeDiagnostic { change: Some(change), diagnostic })
    });
    let not_tried =
        not_tried(report).map(|diagnostic| OutcomeDiagnostic { change: None, diagnostic });
    each.chain(not_tried).collect()
}

fn diagnostic(entry: &Entry) -> Option<Diagnostic> {
    let (name, action, words) = (&entry.name, entry.action, outcome_words(entry));
    let is_open = match &entry.outcome {
        Some(outcome) => matches!(outcome, Outcome::Open { .. }),
        None => entry.was_sent(),
    };
    let of = |code: &'static Code, message: String, help: &str| {
        Some(Diagnostic::error(code, message).help(help))
    };
    match &entry.outcome {
        Some(Outcome::Failed { .. }) if is_deleted_only(entry) => of(
            &codes::apply::FAILED,
            format!("`{name}` was deleted and not created again: {words}"),
            "fix the cause, then apply again, which creates it",
        ),
        Some(Outcome::Failed { .. }) => of(
            &codes::apply::FAILED,
            format!("the {action} of `{name}` failed: {words}"),
            "fix the cause, then plan and apply again",
        ),
        Some(Outcome::Conflict { .. }) => of(
            &codes::apply::CONFLICT,
            format!("the {action} of `{name}` failed: {words}"),
            "plan again, and review the changes",
        ),
        Some(Outcome::Stale { .. }) => of(
            &codes::apply::STALE,
            format!("`{name}` has moved since the plan, nothing was sent: {words}"),
            "plan again, review the plan, and apply it",
        ),
        Some(Outcome::Unknown { .. }) => of(
            &codes::apply::UNKNOWN,
            format!("the outcome of the {action} of `{name}` is unknown: {words}"),
            "nothing is sent again until the outcome is known",
        ),
        Some(Outcome::Open { .. }) | None if is_open => of(
            &codes::apply::PENDING,
            format!("the {action} of `{name}` has not ended: {words}"),
            "run `trueup resume`, or apply again, which checks the outcome first",
        ),
        Some(
            Outcome::Done | Outcome::Converged | Outcome::NotTried { .. } | Outcome::Open { .. },
        )
        | None => None,
    }
}

/// How many reasons are listed.
const MAX_REASONS: usize = 3;

fn not_tried(report: &Report) -> Option<Diagnostic> {
    let reasons = report.entries.iter().filter_map(|it| match &it.outcome {
        Some(Outcome::NotTried { why }) => Some(why.as_str()),
        Some(_) | None => None,
    });
    let n = reasons.clone().count();
    let reasons =
        reasons.collect::<BTreeSet<_>>().into_iter().take(MAX_REASONS).collect::<Vec<_>>();
    let many = if n == 1 { "1 change was" } else { &format!("{n} changes were") };
    let message = format!("{many} not tried: {}", reasons.join("; "));
    let help = "run `trueup resume`, or plan and apply again";
    (n != 0).then(|| Diagnostic::error(&codes::apply::NOT_TRIED, message).help(help))
}
