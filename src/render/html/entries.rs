//! The outcome of each change, those that need attention first.

use maud::{Markup, html};

use super::{
    fields::fields,
    filter::{Kind, filter},
    timeline::Times,
    words::{class, place},
};
use crate::{
    events::{Entry, Outcome, Report, Taken},
    model::{printable, shown},
    plan::Change,
    render::{
        ReportAbout,
        account::{is_halved, words},
    },
    source::SourceMap,
};

/// Up to this many entries that need attention are unfolded.
const MOST_UNFOLDED: usize = 100;

/// Up to this many entries, the steps of all of them are listed. The timeline always has them.
const MOST_WITH_STEPS: usize = 1_000;

/// How a change ended, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// A replace that deleted and did not create.
    Halved,
    Failed,
    Open,
    Stale,
    NotTried,
    Converged,
    Done,
}

impl Ending {
    const ALL: [Self; 7] = [
        Self::Halved,
        Self::Failed,
        Self::Open,
        Self::Stale,
        Self::NotTried,
        Self::Converged,
        Self::Done,
    ];

    pub(super) fn of(entry: &Entry) -> Self {
        if is_halved(entry) {
            return Self::Halved;
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

    /// Whether it is worse than a change that is not done yet.
    pub(super) fn is_bad(self) -> bool {
        match self {
            Self::Halved | Self::Failed => true,
            Self::Open | Self::Stale | Self::NotTried | Self::Converged | Self::Done => false,
        }
    }

    pub(super) fn is_to_be_seen_to(self) -> bool {
        match self {
            Self::Halved | Self::Failed | Self::Open | Self::Stale | Self::NotTried => true,
            Self::Converged | Self::Done => false,
        }
    }

    /// Returns the predicate for a number of changes.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Halved => "deleted, not created again",
            Self::Failed => "failed",
            Self::Open => "still running",
            Self::Stale => "moved since the plan, not tried",
            Self::NotTried => "not tried",
            Self::Converged => "converged: already as wanted",
            Self::Done => "done",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Halved => "Deleted only",
            Self::Failed => "Failed",
            Self::Open => "Still running",
            Self::Stale => "Moved",
            Self::NotTried => "Not tried",
            Self::Converged => "Converged",
            Self::Done => "Done",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Halved => "halved",
            Self::Failed => "failed",
            Self::Open => "running",
            Self::Stale => "stale",
            Self::NotTried => "untried",
            Self::Converged => "converged",
            Self::Done => "done",
        }
    }
}

/// Returns what came of every change, and what of them is shown.
pub(super) fn entries(report: &Report, about: ReportAbout<'_>, times: Option<Times>) -> Markup {
    let all = report.entries.iter().zip(&about.plan.changes);
    let mut all = all.map(|(entry, change)| (Ending::of(entry), entry, change)).collect::<Vec<_>>();
    all.sort_by_key(|(ending, _, _)| *ending);
    let n = |ending: Ending| all.iter().filter(|(it, _, _)| *it == ending).count();
    let kinds = Ending::ALL.map(|it| Kind { class: it.class(), label: it.label(), n: n(it) });
    let n_open = all.iter().filter(|(it, _, _)| it.is_to_be_seen_to()).count();
    html! {
        (filter(&kinds))
        div.items {
            @for &(ending, one, change) in &all {
                @let is_open = ending.is_to_be_seen_to() && n_open <= MOST_UNFOLDED;
                @let show = Shown {
                    is_open,
                    has_steps: ending.is_to_be_seen_to() || all.len() <= MOST_WITH_STEPS,
                };
                (entry(ending, (one, change), show, (about.sources, times)))
            }
        }
    }
}

/// How much of an entry is shown.
#[derive(Clone, Copy, Debug)]
struct Shown {
    is_open: bool,
    has_steps: bool,
}

fn entry(
    ending: Ending,
    (entry, change): (&Entry, &Change),
    Shown { is_open, has_steps }: Shown,
    (sources, times): (&SourceMap, Option<Times>),
) -> Markup {
    html! {
        details.item.(ending.class()) open[is_open] {
            summary {
                span.act { (ending.label()) }
                h3.name { (entry.name) }
                span.reach.(class(entry.action)) { (entry.action) }
            }
            div.body {
                p.came { (words(entry)) }
                @for note in &entry.notes { p.note { "Warning: " (printable(note)) } }
                @if ending != Ending::Done && let Some(span) = change.span {
                    p.at { "Asked for at " code { (place(span, sources)) } }
                }
                @if has_steps && !entry.steps.is_empty() {
                    ul.steps { @for it in &entry.steps { li { (step(it, times)) } } }
                }
                @if ending.is_to_be_seen_to() { (fields(change, sources)) }
            }
        }
    }
}

/// Says what was done for a step, and when.
fn step(taken: &Taken, times: Option<Times>) -> Markup {
    let Taken { step, n_sent, task, submitted_ms, accepted_ms, settled_ms, found } = taken;
    let at = |it: &Option<i64>, what: &str| {
        let since = it.zip(times).map(|(at, times)| times.since(at));
        since.map(|it| format!(", {what} {it}")).unwrap_or_default()
    };
    html! {
        b { (step) }
        (at(submitted_ms, "submitted")) (at(accepted_ms, "accepted")) (at(settled_ms, "seen"))
        @if *found { ": it was so already" }
        @if 1 < *n_sent { ", sent " (n_sent) " times" }
        @if let Some(task) = task { ", task " code { (shown(task)) } }
    }
}
