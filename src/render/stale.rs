//! Why a plan can no longer be applied, as text.

use std::fmt::Write as _;

use crate::{
    events::Moved,
    model::{FieldValue, printable},
    plan::Plan,
};

/// Says of each change that has moved what was planned against, what is there and what was wanted.
pub(crate) fn stale_text(plan: &Plan, moved: &[(usize, Moved)]) -> String {
    let mut text = String::new();
    for (position, Moved { what, fields }) in moved {
        let Some(change) = plan.changes.get(*position) else { continue };
        let put = "invariant: a string takes everything";
        writeln!(text, "  # {} has moved since the plan: {}", change.name, printable(what))
            .expect(put);
        let value = |it: &Option<FieldValue>| {
            it.as_ref().map_or_else(|| "not set".to_owned(), |it| printable(&it.to_string()))
        };
        for field in fields {
            let (path, found) = (field.path, value(&field.found));
            let (planned, wanted) = (value(&field.planned_against), value(&field.wanted));
            writeln!(
                text,
                "      {path}: planned against {planned}, found {found}, wanted {wanted}"
            )
            .expect(put);
        }
        text.push('\n');
    }
    text
}
