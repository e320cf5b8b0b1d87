//! The changes: a table of all of them, and the settings of each.
//!
//! Shows the lines of the text format, with the sign in the first column.

use super::inert::{Open, cell, details, fence};
use crate::{
    plan::{Action, Change, Plan, Step},
    render::{impact::place, plan::block},
    source::SourceMap,
};

/// Every action in the order of changes, and its label after a count.
pub(super) const ACTIONS: [(Action, &str); 6] = [
    (Action::Delete, "to delete"),
    (Action::Replace, "to replace"),
    (Action::Update, "to update"),
    (Action::Stop, "to stop"),
    (Action::Restart, "to restart"),
    (Action::Create, "to create"),
];

/// How many settings of a change are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All that the text format shows.
    All,
    /// Only changed values, without context. No settings of created and deleted discoveries.
    ChangedFields,
}

/// Returns the table with a row for each change.
pub(super) fn table(plan: &Plan, sources: &SourceMap) -> Option<String> {
    if plan.changes.is_empty() {
        return None;
    }
    let head = match plan.compared {
        Some(_) => {
            "| Action | Discovery | Origin | Reason | Steps | Source |\n|---|---|---|---|---|---|"
        }
        None => "| Action | Discovery | Reason | Steps | Source |\n|---|---|---|---|---|",
    };
    let rows = plan.changes.iter().map(|it| row(it, plan.compared.is_some(), sources));
    Some(std::iter::once(head.to_owned()).chain(rows).collect::<Vec<_>>().join("\n"))
}

fn row(change: &Change, has_origin: bool, sources: &SourceMap) -> String {
    let Change { name, action, reason, steps, span, origin, .. } = change;
    let action = match action {
        Action::Delete | Action::Replace => format!("**{action}**"),
        Action::Update | Action::Stop | Action::Restart | Action::Create => action.to_string(),
    };
    let steps = steps.iter().map(Step::to_string).collect::<Vec<_>>().join(", ");
    let source = span.map(|it| cell(&place(it, sources))).unwrap_or_default();
    let name = cell(name.as_str());
    let origin = origin.map(|it| it.to_string()).unwrap_or_default();
    let origin = if has_origin { format!(" {origin} |") } else { String::new() };
    format!("| {action} | {name} |{origin} {reason} | {steps} | {source} |")
}

/// Returns a part for each action. Deletes and replaces are unfolded.
pub(super) fn diffs(plan: &Plan, extent: Extent) -> Vec<String> {
    let part = |(action, what): (Action, &str)| {
        let changes = plan.changes.iter().filter(|it| it.action == action);
        let blocks = changes.map(|it| diff(it, extent)).collect::<Vec<_>>();
        let open = match action {
            Action::Delete | Action::Replace => Open::Yes,
            Action::Update | Action::Stop | Action::Restart | Action::Create => Open::No,
        };
        let title = format!("{} {what}", blocks.len());
        let body = fence("diff", &blocks.join("\n"));
        (!blocks.is_empty()).then(|| details(open, &title, &body))
    };
    let actions = ACTIONS.into_iter().filter(|(action, _)| match action {
        Action::Replace | Action::Update => true,
        Action::Delete | Action::Stop | Action::Restart | Action::Create => extent == Extent::All,
    });
    actions.filter_map(part).collect()
}

fn diff(change: &Change, extent: Extent) -> String {
    let text = block(change);
    let lines = text.lines().filter(|it| extent == Extent::All || shows_change(it));
    lines.map(|it| with_leading_sign(it) + "\n").collect()
}

/// The signs at the start of lines of the text format. Values are quoted, so they have none.
const SIGNS: [&str; 7] = ["-/+", "-", "+", "~", ".", "!", "#"];

fn split_sign(line: &str) -> Option<(usize, &str, &str)> {
    let bare = line.trim_start_matches(' ');
    let (sign, rest) = bare.split_once(' ')?;
    SIGNS.contains(&sign).then_some((line.len() - bare.len(), sign, rest))
}

/// Whether a line shows a change, and not only context.
fn shows_change(line: &str) -> bool {
    match split_sign(line) {
        Some((indent, "#", _)) => indent <= 2,
        Some(_) => true,
        None => matches!(line.trim_start(), "]" | "}"),
    }
}

/// Moves the sign of a line to the first column, where diff highlighting expects it.
fn with_leading_sign(line: &str) -> String {
    match split_sign(line) {
        Some((indent, sign, rest)) => {
            let blanks = indent.saturating_sub(1).max(1);
            format!("{sign}{:blanks$}{rest}", "")
        }
        None => line.strip_prefix("  ").unwrap_or(line).to_owned(),
    }
}
