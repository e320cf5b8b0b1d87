//! The live discoveries that no file names: deleted where `--prune` and `manage.names` say so, left
//! alone otherwise.

use super::{
    diff,
    inputs::PlanInputs,
    messages::{self, Diagnostics},
    steps::{self, Decision},
    types::{Change, ChangeImpact, PlanDiagnostic, Reason},
};
use crate::model::{LiveDiscovery, Name, Readable, Unreadable};

/// Below this many deletions the guard is quiet: so few are seen in a review.
const FEW_DELETIONS: usize = 2;

/// The guard is quiet up to one in so many of the discoveries that the globs cover.
const ONE_IN: usize = 5;

/// What becomes of the live discoveries that no file names.
#[derive(Debug, Default)]
pub(super) struct Undeclared {
    pub(super) deletes: Vec<Change>,
    /// Those that stay, by name.
    pub(super) unmanaged: Vec<Name>,
    pub(super) n_excluded: usize,
}

/// Goes through the live discoveries that no file names.
pub(super) fn changes(inputs: &PlanInputs<'_>, complaints: &mut Diagnostics) -> Undeclared {
    let mut result = Undeclared::default();
    let mut unreadable = Vec::<(&LiveDiscovery, &Unreadable)>::new();
    for (name, live) in inputs.undeclared() {
        if !inputs.looks_at(name) {
            result.n_excluded += live.len();
            continue;
        }
        let is_owned = inputs.desired.manage.is_match(name);
        let is_pruned = inputs.options.prune && is_owned && !inputs.is_left_alone(name);
        if is_pruned && let Some(delete) = prune(name, live, complaints) {
            result.deletes.push(delete);
            continue;
        }
        for it in live {
            result.unmanaged.push(name.clone());
            // One that was to be deleted has an error of its own.
            unreadable.extend(it.read.as_ref().err().filter(|_| !is_pruned).map(|why| (*it, why)));
        }
    }
    if !unreadable.is_empty() {
        let diagnostic = messages::unreadable_unmanaged(&unreadable);
        complaints.add_general(PlanDiagnostic { diagnostic, refuses: false });
    }
    guard(inputs, result.deletes.len(), complaints);
    result
}

/// Returns the delete, or complains of why there is none.
fn prune(name: &Name, live: &[&LiveDiscovery], complaints: &mut Diagnostics) -> Option<Change> {
    let [live] = live else {
        complaints.add(name, messages::duplicate_live_name(name, live));
        return None;
    };
    match &live.read {
        Ok(readable) => {
            if readable.being_edited {
                complaints.add(name, messages::being_edited(name));
            }
            Some(delete(live, readable))
        }
        Err(why) => {
            complaints.add(name, messages::unreadable(live, why));
            None
        }
    }
}

fn delete(live: &LiveDiscovery, readable: &Readable) -> Change {
    let Decision { action, reason, steps } = steps::of_delete(Reason::NotDeclared);
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

/// Refuses where `--prune` would delete so much that a mistake is likelier than a wish.
fn guard(inputs: &PlanInputs<'_>, n_deletions: usize, complaints: &mut Diagnostics) {
    let live = inputs.live.discoveries.iter();
    let n_covered = live.filter(|it| inputs.desired.manage.is_match(&it.name)).count();
    let is_much = FEW_DELETIONS < n_deletions && n_covered < n_deletions * ONE_IN;
    let is_allowed = inputs.options.allow_delete.is_some_and(|it| n_deletions <= it);
    if is_much && !is_allowed {
        let diagnostic = messages::too_many_deletions(n_deletions, n_covered);
        complaints.add_general(PlanDiagnostic { diagnostic, refuses: true });
    }
}
