//! Why a plan can no longer be applied, as text.

use std::fmt::Write as _;

use crate::{events::Moved, model::printable, plan::Plan};

/// Lists the changes that have moved: the planned-against, the live and the wanted values.
pub(crate) fn stale_text(plan: &Plan, moved: &[(usize, Moved)]) -> String {
    let mut text = String::new();
    for (position, Moved { what, fields }) in moved {
        let Some(change) = plan.changes.get(*position) else { continue };
        let put = "invariant: a string takes everything";
        writeln!(text, "  # {} has moved since the plan: {}", change.name, printable(what))
            .expect(put);
        for field in fields {
            writeln!(text, "      {}", printable(&field.to_string())).expect(put);
        }
        text.push('\n');
    }
    text
}
