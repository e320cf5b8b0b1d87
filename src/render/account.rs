//! The outcome of an apply, as text.
//!
//! It is printed last, so what needs action is near its end. Only a discovery that was deleted and
//! not created again comes first.

use std::fmt::Write as _;

use crate::{
    events::{Entry, Outcome, Report, Taken, Verdict},
    model::printable,
    plan::{Action, Plan, Reason, Step},
    source::{Location, SourceMap},
};

/// The outcome of a change, and its place in the files.
type Located<'a> = (&'a Entry, Option<Location>);

/// Returns the account of an apply, with a summary in the last line.
pub(crate) fn account_text(plan: &Plan, report: &Report, sources: &SourceMap) -> String {
    let mut text = String::new();
    let places = plan.changes.iter().map(|it| it.span.map(|span| sources.locate(span)));
    let located = report.entries.iter().zip(places).collect::<Vec<_>>();
    let of = |is_in: &dyn Fn(&Entry) -> bool| {
        located.iter().filter(|(entry, _)| is_in(entry)).cloned().collect::<Vec<_>>()
    };
    section(&mut text, "Deleted, not created again:", &of(&is_halved));
    for (title, is_in) in SECTIONS {
        section(&mut text, title, &of(&|it| !is_halved(it) && is_in(it)));
    }
    text.push_str(&summary(report));
    text
}

/// A title, and which entries belong below it.
type Section = (&'static str, fn(&Entry) -> bool);

/// The sections of an account, in their order.
const SECTIONS: [Section; 6] = [
    ("Done:", |it| matches!(it.outcome, Some(Outcome::Done))),
    ("Converged (already as wanted):", |it| matches!(it.outcome, Some(Outcome::Converged))),
    ("Not tried:", |it| matches!(it.outcome, Some(Outcome::NotTried { .. })) || is_untouched(it)),
    ("Moved since the plan, not tried:", |it| matches!(it.outcome, Some(Outcome::Stale { .. }))),
    ("Still running:", |it| {
        matches!(it.outcome, Some(Outcome::Open { .. } | Outcome::Unknown { .. }))
            || (it.outcome.is_none() && it.was_sent())
    }),
    ("Failed:", |it| matches!(it.outcome, Some(Outcome::Failed { .. } | Outcome::Conflict { .. }))),
];

fn is_untouched(entry: &Entry) -> bool {
    entry.outcome.is_none() && !entry.was_sent()
}

/// Whether a replace, possibly of an earlier apply, deleted the discovery and did not recreate it.
pub(crate) fn is_halved(entry: &Entry) -> bool {
    let deleted = entry.action == Action::Replace && entry.done().any(|it| it == Step::Delete);
    let is_left = deleted || entry.reason == Reason::ReplaceOwed;
    let is_over =
        matches!(entry.outcome, Some(Outcome::Done | Outcome::Converged | Outcome::Stale { .. }));
    is_left && !entry.done().any(|it| it == Step::Create) && !is_over
}

fn section(text: &mut String, title: &str, entries: &[Located<'_>]) {
    if entries.is_empty() {
        return;
    }
    writeln!(text, "{title}").expect("invariant: a string takes everything");
    for (entry, place) in entries {
        text.push_str(&block(entry, place.as_ref()));
    }
    text.push('\n');
}

fn block(entry: &Entry, place: Option<&Location>) -> String {
    let first = format!("  {} {}: {}\n", sign(entry.action), entry.name, words(entry));
    let notes = entry.notes.iter().map(|it| format!("      warning: {}\n", printable(it)));
    let in_place = matches!(entry.outcome, Some(Outcome::Done | Outcome::Converged));
    let place = place.filter(|_| !in_place);
    let place =
        place.map(|it| format!("      at {}:{}:{}\n", printable(&it.path), it.line, it.column));
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
            Some(Taken { step, task: Some(task), .. }) => {
                format!("{step} in progress, task {}{after}", printable(task))
            }
            Some(Taken { step, task: None, .. }) => format!("{step} sent, no answer yet{after}"),
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
