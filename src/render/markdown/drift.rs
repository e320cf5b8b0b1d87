//! Drift as Markdown: the live settings beside those of the files.

use super::inert::{cell, short_code};
use crate::{
    model::Name,
    plan::{Action, FieldChange, Git, Plan},
    render::{drift, impact::place},
    source::{SourceMap, Span},
};

/// The maximum length of a value in a cell, in bytes.
const MOST_OF_VALUE: usize = 300;

/// Whether a plan has nothing but drift: no change of this branch, or no branch at all.
pub(super) fn is_report(plan: &Plan) -> bool {
    let is_at_base = plan
        .compared
        .as_ref()
        .is_some_and(|it| it.git.merge_base == it.git.head && it.git.dirty.is_empty());
    is_at_base || plan.is_only_drift()
}

/// Returns the base of a comparison, as a line of the footer.
pub(super) fn compared(git: &Git) -> String {
    let Git { base, merge_base, head, .. } = git;
    let short = |it: &String| short_code(it.get(..7).unwrap_or(it), MOST_OF_VALUE);
    let [merge_base, head] = [merge_base, head].map(short);
    let base = short_code(base, MOST_OF_VALUE);
    format!("- Comparison with: {base}, merge-base {merge_base}, HEAD {head}")
}

/// Returns the table of a drift report: for each setting, the live value and that of the files.
pub(super) fn table(plan: &Plan, sources: &SourceMap) -> Option<String> {
    if !is_report(plan) || plan.changes.is_empty() {
        return None;
    }
    let head = "| Discovery | Setting | Found | The files say | Source |\n|---|---|---|---|---|";
    let rows = plan.changes.iter().filter(|it| it.origin.is_some()).flat_map(|it| {
        let row = |[setting, found, wanted]: [String; 3], at| {
            row(&it.name, [&setting, &found, &wanted], at, sources)
        };
        let whole = |found: &str, wanted: &str| {
            vec![row([String::new(), found.to_owned(), wanted.to_owned()], it.span)]
        };
        match it.action {
            Action::Create => whole("not there", "present"),
            Action::Delete if it.span.is_some() => whole("there", "absent"),
            Action::Delete => whole("there", "nothing"),
            Action::Stop => whole("running", "stopped"),
            Action::Update | Action::Replace | Action::Restart => {
                it.fields.iter().map(|field| row(values(field), field.key.or(it.span))).collect()
            }
        }
    });
    let rows = rows.collect::<Vec<_>>();
    (!rows.is_empty()).then(|| format!("{head}\n{}", rows.join("\n")))
}

fn values(field: &FieldChange) -> [String; 3] {
    let write = |it: &str| short_code(it, MOST_OF_VALUE).replace('|', "\\|");
    let value = |it| drift::value(it, field.path, write);
    [field.path.to_owned(), value(field.before.as_ref()), value(field.after.as_ref())]
}

fn row(name: &Name, cells: [&str; 3], at: Option<Span>, sources: &SourceMap) -> String {
    let source = at.map(|it| cell(&place(it, sources))).unwrap_or_default();
    let [setting, found, wanted] = cells;
    let name = cell(name.as_str());
    format!("| {name} | {setting} | {found} | {wanted} | {source} |")
}
