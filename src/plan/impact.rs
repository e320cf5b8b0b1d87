//! The impact of a plan: addresses, and login attempts.
//!
//! Exact for IPv4 and IPv6. The neighbours of a CDP or LLDP seed cannot be counted.

use std::collections::BTreeSet;

use super::types::{Change, ChangeImpact, Coverage, Impact, Reason};
use crate::model::{
    AddressSet, Count, Exclude, Interface, Live, LiveDiscovery, Name, Settings, Target,
};

/// The retries to assume if neither the files nor the controller set them: the maximum
/// (controller-facts.md#retries).
const MOST_RETRIES: u64 = 3;

/// Counts what the changes scan and drop, and sets the impact of each change.
pub(super) fn impact(changes: &mut [Change], live: &Live) -> Impact {
    let changed = changes.iter().filter_map(|it| it.id.clone()).collect::<BTreeSet<_>>();
    let (mut covered, mut kept) = (Vec::new(), Vec::new());
    for LiveDiscovery { id, name: _, read } in &live.discoveries {
        let Ok(readable) = read else { continue };
        let named = addresses(&readable.settings);
        if !changed.contains(id) {
            kept.push(named.clone());
        }
        covered.push(named);
    }
    kept.extend(changes.iter().filter_map(|it| it.after.as_ref()).map(addresses));
    let covered = covered.into_iter().collect::<AddressSet>();
    let twice = AddressSet::shared(&kept);
    let kept = kept.into_iter().collect::<AddressSet>();
    let mut scanned = Vec::new();
    let mut unbounded = Vec::new();
    for change in changes.iter_mut() {
        change.impact = impact_of(change, live.interface, &covered, &kept);
        if let (true, Some(after)) = (change.starts_a_run(live.interface), &change.after) {
            scanned.push(addresses(after));
            unbounded.extend(is_unbounded(after).then(|| change.name.clone()));
        }
    }
    unbounded.sort();
    let scanned = scanned.into_iter().collect::<AddressSet>();
    let dropped = covered.minus(&kept);
    Impact {
        scanned: scanned.count(),
        new: scanned.minus(&covered).count(),
        dropped: dropped.count(),
        before: covered.count(),
        after: kept.count(),
        logins: changes.iter().map(|it| it.impact.logins).sum(),
        unbounded,
        space: Coverage {
            stays: covered.minus(&dropped),
            new: kept.minus(&covered),
            dropped,
            twice,
        },
    }
}

/// Counts the scanned addresses that no live discovery covers, nor a discovery that an interrupted
/// apply was about to create again with the same settings.
pub(super) fn new_except_recreated(
    changes: &[Change],
    live: &Live,
    deleted_not_recreated: &[(Name, Settings)],
) -> Count {
    let readable = live.discoveries.iter().filter_map(|it| it.read.as_ref().ok());
    let recreated = deleted_not_recreated.iter().filter(|(name, _)| {
        changes.iter().any(|it| it.reason == Reason::ReplaceOwed && it.name == *name)
    });
    let covered = readable.map(|it| &it.settings).chain(recreated.map(|(_, it)| it));
    let covered = covered.map(addresses).collect::<AddressSet>();
    let runs = changes.iter().filter(|it| it.starts_a_run(live.interface));
    let scanned = runs.filter_map(|it| it.after.as_ref()).map(addresses).collect::<AddressSet>();
    scanned.minus(&covered).count()
}

/// Counts what one change scans.
fn impact_of(
    change: &Change,
    interface: Interface,
    covered: &AddressSet,
    kept: &AddressSet,
) -> ChangeImpact {
    let of = |it: &Option<Settings>| it.as_ref().map(addresses).unwrap_or_default();
    let (before, after) = (of(&change.before), of(&change.after));
    let runs = change.starts_a_run(interface);
    let scanned = if runs { after.clone() } else { AddressSet::default() };
    let logins = change.after.as_ref().filter(|_| runs).map(logins).unwrap_or_default();
    ChangeImpact {
        before: before.count(),
        after: after.count(),
        new: scanned.minus(covered).count(),
        dropped: before.minus(kept).count(),
        logins,
        is_unbounded: change.after.as_ref().is_some_and(is_unbounded),
    }
}

/// Returns the worst-case number of logins: each address with each credential, and again for each
/// retry.
fn logins(settings: &Settings) -> Count {
    let n_credentials = settings.credentials().count() as u64;
    let tries = settings.retries().unwrap_or(MOST_RETRIES).saturating_add(1);
    addresses(settings).count().times(n_credentials.saturating_mul(tries))
}

fn is_unbounded(settings: &Settings) -> bool {
    settings.target().is_some_and(Target::is_unbounded)
}

/// Returns the addresses of a discovery, without excluded ones if the controller honors `exclude`.
fn addresses(settings: &Settings) -> AddressSet {
    settings.target().map(|it| covered(it, settings.exclude())).unwrap_or_default()
}

/// Returns the addresses of a target, without excluded ones if the controller honors `exclude`.
pub(super) fn covered(target: &Target, exclude: Option<&BTreeSet<Exclude>>) -> AddressSet {
    let named = target.addresses();
    match exclude {
        Some(exclude) if target.kind().honors_exclude() && !exclude.is_empty() => {
            named.minus(&exclude.iter().copied().map(Exclude::range).collect())
        }
        Some(_) | None => named,
    }
}
