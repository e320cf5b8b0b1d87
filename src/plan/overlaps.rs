//! Finds discoveries that scan the same addresses.
//!
//! An overlap may be intended, so it is a fact here and not a problem.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    impact::covered,
    types::{Change, Overlap, Overlaps},
};
use crate::{
    model::{
        AddressSet, Common, Desired, DesiredDiscovery, Live, LiveDiscovery, Name, RemoteId, State,
        overlapping,
    },
    source::Span,
};

/// The most pairs of discoveries that are kept.
const MOST_PAIRS: usize = 1_000;

/// A discovery that scans, as it will be after the plan.
struct Scanner<'a> {
    name: &'a Name,
    addresses: AddressSet,
    /// Its entry in the files, if any.
    span: Option<Span>,
}

/// Finds the overlaps of declared discoveries with one another and with undeclared live ones, sorted
/// by names.
pub(super) fn overlaps(desired: &Desired, live: &Live, changes: &[Change]) -> Overlaps {
    between(&scanners(desired, live, changes))
}

/// Finds the overlaps of declared discoveries with one another, without a controller.
pub(super) fn of_files(desired: &Desired) -> Overlaps {
    let declared = desired.discoveries.iter().filter(|it| it.state() != State::Absent);
    let mut scanners = declared.filter_map(|it| declared_scanner(it, None)).collect::<Vec<_>>();
    scanners.sort_by_key(|it| it.name);
    between(&scanners)
}

fn between(scanners: &[Scanner<'_>]) -> Overlaps {
    let ranges = scanners
        .iter()
        .enumerate()
        .flat_map(|(owner, it)| it.addresses.ranges().into_iter().map(move |range| (range, owner)));
    let matters = |one: usize, other: usize| {
        let is_declared = |it: usize| scanners.get(it).is_some_and(|it| it.span.is_some());
        is_declared(one) || is_declared(other)
    };
    let Common { pairs, is_cut } = overlapping(ranges.collect(), matters, MOST_PAIRS);
    let found = pairs.into_iter().filter_map(|((one, other), ranges)| {
        let (one, other) = (scanners.get(one)?, scanners.get(other)?);
        let common = ranges.into_iter().collect::<AddressSet>();
        Some(Overlap {
            names: (one.name.clone(), other.name.clone()),
            ranges: common.ranges(),
            addresses: common.count(),
            spans: (one.span, other.span),
        })
    });
    Overlaps { found: found.collect(), is_cut }
}

/// Returns every discovery that will exist, by name.
fn scanners<'a>(desired: &'a Desired, live: &'a Live, changes: &[Change]) -> Vec<Scanner<'a>> {
    let by_name = live.discoveries.iter().map(|it| (&it.name, it)).collect::<BTreeMap<_, _>>();
    let deleted = changes.iter().filter(|it| it.after.is_none()).filter_map(|it| it.id.as_ref());
    let deleted = deleted.collect::<BTreeSet<&RemoteId>>();
    let names = desired.discoveries.iter().map(|it| &it.name.value).collect::<BTreeSet<_>>();
    let declared = desired.discoveries.iter().filter(|it| it.state() != State::Absent);
    let declared =
        declared.filter_map(|it| declared_scanner(it, by_name.get(&it.name.value).copied()));
    let unmanaged = live.discoveries.iter();
    let unmanaged = unmanaged.filter(|it| !names.contains(&it.name) && !deleted.contains(&it.id));
    let mut all = declared.chain(unmanaged.filter_map(unmanaged_scanner)).collect::<Vec<_>>();
    all.sort_by_key(|it| it.name);
    all
}

fn declared_scanner<'a>(
    it: &'a DesiredDiscovery,
    live: Option<&LiveDiscovery>,
) -> Option<Scanner<'a>> {
    let target = it.wanted.target()?.value;
    let kept = || live?.read.as_ref().ok()?.settings.exclude();
    let exclude = it.wanted.exclude().map(|it| it.value).or_else(kept);
    let addresses = covered(target, exclude);
    Some(Scanner { name: &it.name.value, addresses, span: Some(it.name.span) })
}

fn unmanaged_scanner(it: &LiveDiscovery) -> Option<Scanner<'_>> {
    let settings = &it.read.as_ref().ok()?.settings;
    let addresses = covered(settings.target()?, settings.exclude());
    Some(Scanner { name: &it.name, addresses, span: None })
}
