//! The drift in a plan, as text: how many changes have which origin, which drift is left alone, and
//! which discoveries the branch removed from the files and left on the controller.
//!
//! Empty for a plan without a base.

use super::{impact::Section, plan::counted};
use crate::{
    model::{Field, brief},
    plan::{Action, Comparison, FieldChange, KeptDrift, Origins, Plan},
};

/// A section lists this many lines and counts the rest.
const MOST_LISTED: usize = 50;

/// Counts the changes by origin, in one line.
pub(super) fn origins(plan: &Plan) -> Option<String> {
    plan.compared.as_ref()?;
    let Origins { this_change, drift, both, restart, deleted_not_recreated } = plan.origins();
    let parts = [
        counted(this_change, "change from this branch", "changes from this branch"),
        counted(drift, "correction of drift", "corrections of drift"),
        counted(
            both,
            "change combines this branch and drift",
            "changes combine this branch and drift",
        ),
        counted(restart, "restart", "restarts"),
        counted(
            deleted_not_recreated,
            "left by an interrupted apply",
            "left by an interrupted apply",
        ),
    ];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
}

/// Returns the drift that is left alone, as text.
pub(super) fn drift_text(plan: &Plan) -> Vec<String> {
    sections(plan, brief).iter().map(Section::text).collect()
}

/// Returns the drift that is left alone. `write` makes foreign texts safe.
pub(super) fn sections(plan: &Plan, write: impl Fn(&str) -> String) -> Vec<Section> {
    let Some(Comparison { kept, removed, git: _, is_readable: _ }) = &plan.compared else {
        return Vec::new();
    };
    let kept = kept.iter().flat_map(|it| {
        let name = write(it.name.as_str());
        differences(it, &write).into_iter().map(move |it| format!("{name}: {it}"))
    });
    let removed = removed.iter().map(|it| write(it.as_str()));
    let removed_title = "Removed from the files by this branch, and left on the controller";
    let kept = Section::new("Drift left alone", kept.collect(), MOST_LISTED);
    let removed = Section::new(removed_title, removed.collect(), MOST_LISTED);
    kept.into_iter().chain(removed).collect()
}

/// Compares a live discovery with the files.
fn differences(kept: &KeptDrift, write: &impl Fn(&str) -> String) -> Vec<String> {
    match kept.action {
        Action::Create => vec!["it is missing, but the files declare it".to_owned()],
        Action::Delete if kept.span.is_some() => {
            vec!["it exists, but the files declare it absent".to_owned()]
        }
        Action::Delete => vec!["it exists, but no file declares it".to_owned()],
        Action::Stop => vec!["it is running, but the files declare it stopped".to_owned()],
        Action::Update | Action::Replace | Action::Restart => {
            let line = |it: &FieldChange| {
                let value = |of: Option<&Field>| value(of, it.path, write);
                let (found, wanted) = (value(it.before.as_ref()), value(it.after.as_ref()));
                format!("{} is {found}, but the files say {wanted}", it.path)
            };
            kept.fields.iter().map(line).collect()
        }
    }
}

/// Returns the value of a field in one line, with its path if that is not the given one.
pub(super) fn value(field: Option<&Field>, path: &str, write: impl Fn(&str) -> String) -> String {
    let Some(field) = field else { return "not set".to_owned() };
    let value = write(&field.value.to_string());
    if field.path == path { value } else { format!("{} {value}", field.path) }
}
