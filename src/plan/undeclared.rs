//! Plans undeclared live discoveries: deletes those that `--prune` and `manage.names` cover, and
//! leaves the others alone.

use super::{
    diff,
    inputs::PlanInputs,
    messages::{self, Diagnostics},
    steps::{self, Decision},
    types::{Change, ChangeImpact, PlanDiagnostic, Reason},
};
use crate::model::{LiveDiscovery, Name, Readable, Unreadable};

/// The guard allows this many deletions: a review notices so few.
const FEW_DELETIONS: usize = 2;

/// The guard allows deletions of up to one in this many covered discoveries.
const ONE_IN: usize = 5;

/// The plan for undeclared live discoveries.
#[derive(Debug, Default)]
pub(super) struct Undeclared {
    pub(super) deletes: Vec<Change>,
    /// Those that stay, by name.
    pub(super) unmanaged: Vec<Name>,
    pub(super) n_excluded: usize,
}

/// Plans the undeclared live discoveries.
pub(super) fn changes(inputs: &PlanInputs<'_>, diagnostics: &mut Diagnostics) -> Undeclared {
    let mut result = Undeclared::default();
    let mut unreadable = Vec::<(&LiveDiscovery, &Unreadable)>::new();
    for (name, live) in inputs.undeclared() {
        if !inputs.is_selected(name) {
            result.n_excluded += live.len();
            continue;
        }
        let is_owned = inputs.desired.manage.is_match(name);
        let is_pruned = inputs.options.prune && is_owned && !inputs.is_left_alone(name);
        if is_pruned && let Some(delete) = prune(name, live, diagnostics) {
            result.deletes.push(delete);
            continue;
        }
        for it in live {
            result.unmanaged.push(name.clone());
            // A discovery that should be deleted has its own error.
            unreadable.extend(it.read.as_ref().err().filter(|_| !is_pruned).map(|why| (*it, why)));
        }
    }
    if !unreadable.is_empty() {
        let diagnostic = messages::unreadable_unmanaged(&unreadable);
        diagnostics.add_general(PlanDiagnostic { diagnostic, refuses: false });
    }
    guard(inputs, result.deletes.len(), diagnostics);
    result
}

/// Returns the delete, or reports why it is impossible.
fn prune(name: &Name, live: &[&LiveDiscovery], diagnostics: &mut Diagnostics) -> Option<Change> {
    let [live] = live else {
        diagnostics.add(name, messages::duplicate_live_name(name, live));
        return None;
    };
    match &live.read {
        Ok(readable) => {
            if readable.being_edited {
                diagnostics.add(name, messages::being_edited(name));
            }
            Some(delete(live, readable))
        }
        Err(why) => {
            diagnostics.add(name, messages::unreadable(live, why));
            None
        }
    }
}

fn delete(live: &LiveDiscovery, readable: &Readable) -> Change {
    let Decision { action, reason, steps } = steps::decide_delete(Reason::NotDeclared);
    Change {
        name: live.name.clone(),
        action,
        reason,
        id: Some(live.id.clone()),
        steps,
        before: Some(readable.settings.clone()),
        after: None,
        fields: diff::removed(&readable.settings),
        span: None,
        impact: ChangeImpact::default(),
        origin: None,
    }
}

/// Refuses if `--prune` would delete so many that a mistake is likely.
fn guard(inputs: &PlanInputs<'_>, n_deletions: usize, diagnostics: &mut Diagnostics) {
    let live = inputs.live.discoveries.iter();
    let n_covered = live.filter(|it| inputs.desired.manage.is_match(&it.name)).count();
    let is_much = FEW_DELETIONS < n_deletions && n_covered < n_deletions * ONE_IN;
    let is_allowed = inputs.options.allow_delete.is_some_and(|it| n_deletions <= it);
    if is_much && !is_allowed {
        let diagnostic = messages::too_many_deletions(n_deletions, n_covered);
        diagnostics.add_general(PlanDiagnostic { diagnostic, refuses: true });
    }
}
