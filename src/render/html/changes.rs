//! Every change of a plan.

use maud::{Markup, html};

use super::{
    drift,
    fields::fields,
    filter::{Kind, filter},
    words::{place, why},
};
use crate::{
    plan::{Action, Change, Plan, Step},
    render::impact::reach,
    source::SourceMap,
};

/// Up to this many changes are unfolded, and up to this many deletes.
const MOST_UNFOLDED: usize = 12;
const MOST_DELETING_UNFOLDED: usize = 50;

/// Returns every change, deletes first, and the filter.
pub(super) fn changes(plan: &Plan, sources: &SourceMap) -> Markup {
    let all = &plan.changes;
    let n = |action: Action| all.iter().filter(|it| it.action == action).count();
    let kinds = Action::ALL.map(|it| Kind { class: it.key(), label: label(it), n: n(it) });
    let n_deleting = n(Action::Delete) + n(Action::Replace);
    let is_open = |it: &Change| match it.action {
        Action::Delete | Action::Replace => {
            n_deleting <= MOST_DELETING_UNFOLDED || all.len() <= MOST_UNFOLDED
        }
        Action::Update | Action::Stop | Action::Restart | Action::Create => {
            all.len() <= MOST_UNFOLDED
        }
    };
    html! {
        (filter(&kinds))
        div.items {
            @for (at, it) in all.iter().enumerate() { (change(it, at, is_open(it), sources)) }
        }
    }
}

fn label(action: Action) -> &'static str {
    match action {
        Action::Delete => "Delete",
        Action::Replace => "Replace",
        Action::Update => "Update",
        Action::Stop => "Stop",
        Action::Restart => "Restart",
        Action::Create => "Create",
    }
}

fn change(change: &Change, at: usize, is_open: bool, sources: &SourceMap) -> Markup {
    let Change { name, action, reason, steps, span, origin, .. } = change;
    let steps = steps.iter().map(Step::to_string).collect::<Vec<_>>().join(", ");
    html! {
        details.item.(action) id={ "c" (at + 1) } open[is_open] {
            summary {
                span.act { (action) }
                h3.name { (name) }
                span.reach {
                    @if let Some(it) = origin { span.origin { (drift::origin(*it)) } " · " }
                    (reach(change))
                }
            }
            div.body {
                p.why {
                    "Why: " (why(*reason)) " (" (reason.key()) "). Steps: " (steps) "."
                    @if let Some(span) = span { " " code { (place(*span, sources)) } }
                }
                (fields(change, sources))
            }
        }
    }
}
