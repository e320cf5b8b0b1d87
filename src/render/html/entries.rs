//! The outcome of each change, those that need attention first.

use maud::{Markup, html};

use super::{
    fields::fields,
    filter::{Kind, filter},
    timeline::Times,
    words::place,
};
use crate::{
    events::{Report, StepProgress},
    model::{printable, shown},
    render::{
        ReportAbout,
        account::{Ending, words},
    },
};

/// Up to this many entries that need attention are unfolded.
const MOST_UNFOLDED: usize = 100;

/// Up to this many entries, the steps of all of them are listed. The timeline always has them.
const MOST_WITH_STEPS: usize = 1_000;

impl Ending {
    const ALL: [Self; 7] = [
        Self::DeletedOnly,
        Self::Failed,
        Self::Open,
        Self::Stale,
        Self::NotTried,
        Self::Converged,
        Self::Done,
    ];

    /// Whether it is worse than a change that is not done yet.
    pub(super) fn is_bad(self) -> bool {
        self <= Self::Failed
    }

    pub(super) fn needs_attention(self) -> bool {
        self <= Self::NotTried
    }

    /// Returns the predicate for a number of changes.
    pub(super) fn words(self) -> &'static str {
        let [_, _, words] = self.texts();
        words
    }

    /// Returns its CSS class, its label, and its predicate.
    fn texts(self) -> [&'static str; 3] {
        match self {
            Self::DeletedOnly => ["halved", "Deleted only", "deleted, not created again"],
            Self::Failed => ["failed", "Failed", "failed"],
            Self::Open => ["running", "Still running", "still running"],
            Self::Stale => ["stale", "Moved", "moved since the plan, not tried"],
            Self::NotTried => ["untried", "Not tried", "not tried"],
            Self::Converged => ["converged", "Converged", "converged: already as wanted"],
            Self::Done => ["done", "Done", "done"],
        }
    }
}

/// Lists the outcome of every change.
pub(super) fn entries(report: &Report, about: ReportAbout<'_>, times: Option<Times>) -> Markup {
    let all = report.entries.iter().zip(&about.plan.changes);
    let mut all = all.map(|(entry, change)| (Ending::of(entry), entry, change)).collect::<Vec<_>>();
    all.sort_by_key(|(ending, _, _)| *ending);
    let n = |ending: Ending| all.iter().filter(|(it, _, _)| *it == ending).count();
    let kinds = Ending::ALL.map(|it| {
        let [class, label, _] = it.texts();
        Kind { class, label, n: n(it) }
    });
    let n_open = all.iter().filter(|(it, _, _)| it.needs_attention()).count();
    html! {
        (filter(&kinds))
        div.items {
            @for &(ending, entry, change) in &all {
                @let needs_attention = ending.needs_attention();
                @let [class, label, _] = ending.texts();
                details.item.(class) open[needs_attention && n_open <= MOST_UNFOLDED] {
                    summary {
                        span.act { (label) }
                        h3.name { (entry.name) }
                        span.reach.(entry.action) { (entry.action) }
                    }
                    div.body {
                        p.came { (words(entry)) }
                        @for note in &entry.notes { p.note { "Warning: " (printable(note)) } }
                        @if ending != Ending::Done && let Some(span) = change.span {
                            p.at { "Asked for at " code { (place(span, about.sources)) } }
                        }
                        @if !entry.steps.is_empty()
                            && (needs_attention || all.len() <= MOST_WITH_STEPS) {
                            ul.steps { @for it in &entry.steps { li { (step(it, times)) } } }
                        }
                        @if needs_attention { (fields(change, about.sources)) }
                    }
                }
            }
        }
    }
}

/// Describes a step: what was sent, and when.
fn step(taken: &StepProgress, times: Option<Times>) -> Markup {
    let StepProgress { step, n_sent, task, submitted_ms, accepted_ms, settled_ms, found } = taken;
    let at = |it: &Option<i64>, what: &str| {
        let since = it.zip(times).map(|(at, times)| times.since(at));
        since.map(|it| format!(", {what} {it}")).unwrap_or_default()
    };
    html! {
        b { (step) }
        (at(submitted_ms, "submitted")) (at(accepted_ms, "accepted")) (at(settled_ms, "seen"))
        @if *found { ": already as wanted" }
        @if 1 < *n_sent { ", sent " (n_sent) " times" }
        @if let Some(task) = task { ", task " code { (shown(task)) } }
    }
}
