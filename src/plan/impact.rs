//! A plan's reach in addresses.
//!
//! Exact over both families. What a neighbour discovery finds beyond its seed nobody can count.

use std::collections::BTreeSet;

use super::types::{Change, Impact};
use crate::model::{AddressSet, Exclude, Live, Settings, Target};

/// Counts what the changes scan, and what they leave uncovered.
pub(super) fn impact(changes: &[Change], live: &Live) -> Impact {
    let runs = changes.iter().filter(|it| it.starts_a_run(live.interface));
    let runs = runs.filter_map(|it| Some((&it.name, it.after.as_ref()?))).collect::<Vec<_>>();
    let scanned = runs.iter().map(|(_, after)| reach(after)).collect::<AddressSet>();
    let changed = changes.iter().filter_map(|it| it.id.as_ref()).collect::<BTreeSet<_>>();
    let (mut covered, mut kept) = (Vec::new(), Vec::new());
    for discovery in &live.discoveries {
        let Ok(readable) = &discovery.read else {
            continue;
        };
        let reach = reach(&readable.settings);
        if !changed.contains(&discovery.id) {
            kept.push(reach.clone());
        }
        covered.push(reach);
    }
    kept.extend(changes.iter().filter_map(|it| it.after.as_ref()).map(reach));
    let covered = covered.into_iter().collect::<AddressSet>();
    let kept = kept.into_iter().collect::<AddressSet>();
    let is_unbounded = |it: &Settings| it.target.as_ref().is_some_and(Target::is_unbounded);
    let unbounded = runs.iter().filter(|(_, after)| is_unbounded(after));
    let mut unbounded = unbounded.map(|(name, _)| (*name).clone()).collect::<Vec<_>>();
    unbounded.sort();
    Impact {
        scanned: scanned.count(),
        new: scanned.minus(&covered).count(),
        dropped: covered.minus(&kept).count(),
        unbounded,
    }
}

/// Returns the addresses that a discovery names, without those that the controller leaves out.
fn reach(settings: &Settings) -> AddressSet {
    let Some(target) = &settings.target else {
        return AddressSet::default();
    };
    let named = target.addresses();
    match &settings.exclude {
        Some(exclude) if target.kind().heeds_exclude() && !exclude.is_empty() => {
            named.minus(&exclude.iter().copied().map(Exclude::range).collect())
        }
        Some(_) | None => named,
    }
}
