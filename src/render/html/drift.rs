//! The origin of the changes of a plan with a base: this branch, or drift on the controller.

use maud::{Markup, html};

use super::{
    frame::Part,
    words::{code, grouped, names, some},
};
use crate::{
    model::{Name, printable, shown},
    plan::{Comparison, Git, Origin, Plan},
    render::drift::sections,
};

/// The number of characters that are shown of a commit.
const COMMIT: usize = 12;

/// Returns the origin of a change or a field, short enough to be beside its name.
pub(super) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::ThisChange => "this change",
        Origin::Drift => "drift",
        Origin::Both => "this change and drift",
    }
}

/// Lists the changes that correct drift.
pub(super) fn undone(plan: &Plan) -> Option<Markup> {
    let is_drift = |it: &Option<Origin>| matches!(it, Some(Origin::Drift | Origin::Both));
    let changes = plan.changes.iter().filter(|it| is_drift(&it.origin));
    let found = changes.map(|it| &it.name).collect::<Vec<&Name>>();
    let many = some(found.len(), "change corrects drift", "changes correct drift");
    (!found.is_empty()).then(|| {
        html! {
            strong { (many) } ": " (names(&found)) ". These settings were changed on the \
            controller, and are set back to the files."
        }
    })
}

/// Returns what is left alone: drift, and discoveries that the branch removed from the files.
pub(super) fn left_alone(plan: &Plan) -> Vec<Part> {
    let sections = sections(plan, |text| shown(text).into_owned());
    let parts = ["left-alone", "removed"].into_iter().zip(sections).map(|(id, section)| {
        let body = html! { ul.left { @for it in section.lines { li { (it) } } } };
        Part { id, title: section.title, body }
    });
    parts.collect()
}

/// Returns the base that a plan was compared with.
pub(super) fn compared(compared: &Comparison) -> Markup {
    let Comparison { git, is_readable, kept: _, removed: _ } = compared;
    let Git { base, merge_base, head: _, dirty, renamed: _, outside: _ } = git;
    let commit = merge_base.chars().take(COMMIT).collect::<String>();
    html! {
        (code(base)) " at " code { (printable(&commit)) }
        @if !is_readable { ", whose files cannot be read: everything counts as this change" }
        @if !dirty.is_empty() {
            ", with uncommitted changes in "
            (grouped(dirty.len())) @if dirty.len() == 1 { " file" } @else { " files" }
        }
    }
}
