//! The outcome of an apply, as text.
//!
//! It is printed last, so what needs action is near its end. Only a discovery that was deleted and
//! not created again comes first.

use crate::{
    events::{Entry, Outcome, Report, StepProgress, Verdict},
    model::printable,
    plan::{Action, Plan, Reason, Step},
    source::{Location, SourceMap, Span},
};

/// Returns the account of an apply, with a summary in the last line.
pub(crate) fn account_text(plan: &Plan, report: &Report, sources: &SourceMap) -> String {
    let mut text = String::new();
    for (ending, title) in SECTIONS {
        let entries = report.entries.iter().zip(&plan.changes);
        let entries = entries.filter(|(entry, _)| Ending::of(entry) == ending);
        let blocks = entries.map(|(entry, change)| block(entry, change.span, sources));
        let blocks = blocks.collect::<String>();
        if !blocks.is_empty() {
            text += &[title, "\n", &blocks, "\n"].concat();
        }
    }
    text + &summary(report)
}

/// The sections of an account, in their order.
const SECTIONS: [(Ending, &str); 7] = [
    (Ending::DeletedOnly, "Deleted, not created again:"),
    (Ending::Done, "Done:"),
    (Ending::Converged, "Converged (already as wanted):"),
    (Ending::NotTried, "Not tried:"),
    (Ending::Stale, "Moved since the plan, not tried:"),
    (Ending::Open, "Still running:"),
    (Ending::Failed, "Failed:"),
];

/// How a change ended, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// A replace that deleted and did not create.
    DeletedOnly,
    Failed,
    Open,
    Stale,
    NotTried,
    Converged,
    Done,
}

impl Ending {
    pub(super) fn of(entry: &Entry) -> Self {
        if is_deleted_only(entry) {
            return Self::DeletedOnly;
        }
        match &entry.outcome {
            Some(Outcome::Done) => Self::Done,
            Some(Outcome::Converged) => Self::Converged,
            Some(Outcome::Failed { .. } | Outcome::Conflict { .. }) => Self::Failed,
            Some(Outcome::Stale { .. }) => Self::Stale,
            Some(Outcome::Open { .. } | Outcome::Unknown { .. }) => Self::Open,
            None if entry.was_sent() => Self::Open,
            Some(Outcome::NotTried { .. }) | None => Self::NotTried,
        }
    }
}

/// Whether a replace, possibly of an earlier apply, deleted the discovery and did not recreate it.
pub(crate) fn is_deleted_only(entry: &Entry) -> bool {
    let deleted = entry.action == Action::Replace && entry.done().any(|it| it == Step::Delete);
    let is_left = deleted || entry.reason == Reason::ReplaceOwed;
    let is_over =
        matches!(entry.outcome, Some(Outcome::Done | Outcome::Converged | Outcome::Stale { .. }));
    is_left && !entry.done().any(|it| it == Step::Create) && !is_over
}

fn block(entry: &Entry, span: Option<Span>, sources: &SourceMap) -> String {
    let first = format!("  {} {}: {}\n", sign(entry.action), entry.name, words(entry));
    let notes = entry.notes.iter().map(|it| format!("      warning: {}\n", printable(it)));
    let in_place = matches!(entry.outcome, Some(Outcome::Done | Outcome::Converged));
    let place = span.filter(|_| !in_place).map(|it| {
        let Location { path, line, column, .. } = sources.locate(it);
        format!("      at {}:{line}:{column}\n", printable(&path))
    });
    std::iter::once(first).chain(notes).chain(place).collect()
}

/// Returns the outcome of a change in one line.
pub(crate) fn words(entry: &Entry) -> String {
    let taken = entry.done().map(|it| it.to_string()).collect::<Vec<_>>().join(", ");
    let after = if taken.is_empty() { String::new() } else { format!(" (already done: {taken})") };
    match &entry.outcome {
        Some(Outcome::Done) => past(entry.action).to_owned(),
        Some(Outcome::Converged) => "already as wanted".to_owned(),
        Some(
            Outcome::NotTried { why: words }
            | Outcome::Failed { words }
            | Outcome::Conflict { words }
            | Outcome::Stale { words }
            | Outcome::Open { task: None, words },
        ) => format!("{}{after}", printable(words)),
        Some(Outcome::Unknown { words }) => format!(
            "outcome unknown: {}{after}; check the discovery on the controller, or run `trueup plan` \
             again",
            printable(words)
        ),
        Some(Outcome::Open { task: Some(task), words }) => {
            format!("task {}: {}{after}", printable(task), printable(words))
        }
        None => match entry.current() {
            Some(StepProgress { step, task: Some(task), .. }) => {
                format!("{step} in progress, task {}{after}", printable(task))
            }
            Some(StepProgress { step, task: None, .. }) => {
                format!("{step} sent, no answer yet{after}")
            }
            None if entry.was_sent() => format!("in progress{after}"),
            None => "not started".to_owned(),
        },
    }
}

pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Restart => "restarted",
        Action::Stop => "stopped",
        Action::Delete => "destroyed",
    }
}

fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Restart => "!",
        Action::Stop => ".",
        Action::Delete => "-",
    }
}

/// Returns the last line of the account.
pub(super) fn summary(report: &Report) -> String {
    let tally = report.tally();
    if report.verdict() == Verdict::Complete {
        return format!(
            "Apply complete! Resources: {} added, {} changed, {} destroyed.\n",
            tally.added, tally.changed, tally.destroyed
        );
    }
    format!(
        "Apply incomplete. {} done, {} failed, {} not tried, {} still running.\n",
        tally.done, tally.failed, tally.not_tried, tally.open
    )
}
