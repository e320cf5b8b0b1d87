//! The live discoveries that no file names: deleted where `--prune` and `manage.names` say so, left
//! alone otherwise.

use super::{
    complaints::{self, Complaints},
    diff,
    scene::Scene,
    steps::{self, Decision},
    types::{Change, ChangeImpact, Planned, Reason},
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
    pub(super) n_narrowed_away: usize,
}

/// Goes through the live discoveries that no file names.
pub(super) fn changes(scene: &Scene<'_>, complaints: &mut Complaints) -> Undeclared {
    let mut result = Undeclared::default();
    let mut unreadable = Vec::<(&LiveDiscovery, &Unreadable)>::new();
    for (name, live) in scene.undeclared() {
        if !scene.looks_at(name) {
            result.n_narrowed_away += live.len();
            continue;
        }
        let is_owned = scene.desired.manage.is_match(name);
        let is_pruned = scene.options.prune && is_owned && !scene.is_left_alone(name);
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
        let diagnostic = complaints::unreadable_unmanaged(&unreadable);
        complaints.add_general(Planned { diagnostic, refuses: false });
    }
    guard(scene, result.deletes.len(), complaints);
    result
}

/// Returns the delete, or complains of why there is none.
fn prune(name: &Name, live: &[&LiveDiscovery], complaints: &mut Complaints) -> Option<Change> {
    let [live] = live else {
        complaints.add(name, complaints::duplicate_live_name(name, live));
        return None;
    };
    match &live.read {
        Ok(readable) => {
            if readable.being_edited {
                complaints.add(name, complaints::being_edited(name));
            }
            Some(delete(live, readable))
        }
        Err(why) => {
            complaints.add(name, complaints::unreadable(live, why));
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
fn guard(scene: &Scene<'_>, n_deletions: usize, complaints: &mut Complaints) {
    let live = scene.live.discoveries.iter();
    let n_covered = live.filter(|it| scene.desired.manage.is_match(&it.name)).count();
    let is_much = FEW_DELETIONS < n_deletions && n_covered < n_deletions * ONE_IN;
    let is_allowed = scene.options.allow_delete.is_some_and(|it| n_deletions <= it);
    if is_much && !is_allowed {
        let diagnostic = complaints::too_many_deletions(n_deletions, n_covered);
        complaints.add_general(Planned { diagnostic, refuses: true });
    }
}
