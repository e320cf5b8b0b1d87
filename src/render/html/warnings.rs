//! What a reviewer of a plan should check twice.
//!
//! Selects deletions, lost coverage and unbounded runs from the plan.

use maud::{Markup, html};

use super::{
    drift::undone,
    words::{grouped, names, some},
};
use crate::{
    model::Name,
    plan::{Action, Plan},
    render::{
        impact::address_count,
        plan::{forbidden, narrowed},
    },
    source::{Diagnostic, Severity},
};

/// How serious an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Danger,
    Care,
}

/// Returns the items to check twice, the most serious first, or a sentence that there are none.
pub(super) fn warnings(plan: &Plan, diagnostics: &[&Diagnostic]) -> Markup {
    let undone = undone(plan).map(|it| (Level::Care, it)).into_iter().collect();
    let parts =
        [destroyed(plan), reaching(plan), undone, warning_count(diagnostics), limited(plan)];
    let all = std::iter::once(errors(plan)).chain(parts);
    let all = all.flatten().collect::<Vec<_>>();
    html! {
        @if all.is_empty() {
            p.calm { "Nothing is deleted or replaced, nothing is dropped or scanned twice, and every \
                      run ends by itself." }
        } @else {
            ul.twice {
                @for (level, it) in all {
                    li.danger[level == Level::Danger].care[level == Level::Care] { (it) }
                }
            }
        }
    }
}

type Item = (Level, Markup);

fn errors(plan: &Plan) -> Vec<Item> {
    forbidden(plan)
        .map(|it| (Level::Danger, html! { strong { (it.trim_end()) } }))
        .into_iter()
        .collect()
}

fn destroyed(plan: &Plan) -> Vec<Item> {
    let of = |action: Action| {
        let changes = plan.changes.iter().filter(|it| it.action == action);
        changes.map(|it| &it.name).collect::<Vec<&Name>>()
    };
    let item = |found: &[&Name], what: &str| {
        let many = some(found.len(), "discovery is", "discoveries are");
        let text = html! { strong { (many) " " (what) } ": " (names(found)) "." };
        (!found.is_empty()).then_some((Level::Danger, text))
    };
    let deleted = item(&of(Action::Delete), "deleted");
    let replaced = item(&of(Action::Replace), "deleted and created again");
    deleted.into_iter().chain(replaced).collect()
}

fn reaching(plan: &Plan) -> Vec<Item> {
    let impact = &plan.impact;
    let mut items = Vec::new();
    if !impact.unbounded.is_empty() {
        let many = some(impact.unbounded.len(), "run goes", "runs go");
        let names = names(&impact.unbounded.iter().collect::<Vec<_>>());
        items.push((
            Level::Care,
            html! {
                strong { (many) " on to neighbours" } ": " (names) ". The number of addresses that \
                they reach is unknown."
            },
        ));
    }
    if !impact.dropped.is_zero() {
        let pronoun = if impact.dropped.grouped() == "1" { "it" } else { "them" };
        let text = html! { strong { (address_count(impact.dropped)) " dropped" } ": no discovery covers " (pronoun) "." };
        items.push((Level::Care, text));
    }
    let twice = impact.space.twice.count();
    if !twice.is_zero() {
        let text = html! { strong { (address_count(twice)) " scanned twice" } ", by two or more \
        discoveries." };
        items.push((Level::Care, text));
    }
    let n_stopped = plan.n_runs_stopped();
    if n_stopped != 0 {
        let text = html! { strong { (some(n_stopped, "run is", "runs are")) " stopped" } " by this plan." };
        items.push((Level::Care, text));
    }
    items
}

fn warning_count(diagnostics: &[&Diagnostic]) -> Vec<Item> {
    let n = diagnostics.iter().filter(|it| it.severity == Severity::Warning).count();
    let text = html! { strong { (some(n, "warning", "warnings")) } ", " a href="#complaints" { "below" } "." };
    (n != 0).then_some((Level::Care, text)).into_iter().collect()
}

fn limited(plan: &Plan) -> Vec<Item> {
    let limited = narrowed(plan).map(|it| (Level::Care, html! { (it.trim_end()) }));
    let n_missing = plan.options.run_missing.len();
    let missing = (n_missing != 0).then(|| {
        let text = html! { (grouped(n_missing)) " of the runs an interrupted apply had planned." };
        (Level::Care, text)
    });
    limited.into_iter().chain(missing).collect()
}
