//! Finds ranges that overlap, by a sorted sweep.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::address::AddressRange;

/// The most pairs of ranges to compare, so that ranges that all overlap do not take forever.
const MAX_COMPARISONS: usize = 4_000_000;

/// The addresses that pairs of owners share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Common {
    /// By the pair, the lower one first.
    pub(crate) pairs: BTreeMap<(usize, usize), Vec<AddressRange>>,
    /// Whether some pairs are missing.
    pub(crate) is_cut: bool,
}

/// Finds at most `most` pairs of owners with ranges that overlap, and where they do. The ranges of one
/// owner must not overlap.
pub(crate) fn overlapping(
    mut ranges: Vec<(AddressRange, usize)>,
    matters: impl Fn(usize, usize) -> bool,
    most: usize,
) -> Common {
    // IPv4 sorts before IPv6, so one sweep covers both.
    ranges.sort_unstable();
    let mut common = Common::default();
    // The ranges that reach to where the sweep is, by their ends.
    let mut open = BTreeSet::<(IpAddr, usize)>::new();
    let mut n_comparisons = 0;
    for (range, owner) in ranges {
        open = open.split_off(&(range.first(), 0));
        for &(last, other) in &open {
            n_comparisons += 1;
            let pair = (owner.min(other), owner.max(other));
            if !matters(owner, other) {
                continue;
            }
            if common.pairs.len() == most && !common.pairs.contains_key(&pair) {
                common.is_cut = true;
                continue;
            }
            let both = AddressRange::new(range.first(), range.last().min(last));
            common.pairs.entry(pair).or_default().extend(both);
        }
        if MAX_COMPARISONS < n_comparisons {
            common.is_cut = true;
            return common;
        }
        open.insert((range.last(), owner));
    }
    common
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::model::AddressSet;

    /// Lists every address of a small range.
    fn each(range: AddressRange) -> Vec<IpAddr> {
        let number = |it: IpAddr| match it {
            IpAddr::V4(it) => u128::from(it.to_bits()),
            IpAddr::V6(it) => it.to_bits(),
        };
        let address = |it: u128| match range.first() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(it).unwrap())),
            IpAddr::V6(_) => IpAddr::V6(it.into()),
        };
        (number(range.first())..=number(range.last())).map(address).collect()
    }

    fn ranges() -> impl Strategy<Value = Vec<Vec<AddressRange>>> {
        let one = (0_u32..60, 0_u32..12, any::<bool>()).prop_map(|(first, more, is_v6)| {
            let address = |it: u32| {
                if is_v6 { IpAddr::V6(u128::from(it).into()) } else { IpAddr::V4(it.into()) }
            };
            AddressRange::new(address(first), address(first + more)).unwrap()
        });
        let of_one = prop::collection::vec(one, 0..5)
            .prop_map(|it| it.into_iter().collect::<AddressSet>().ranges());
        prop::collection::vec(of_one, 0..7)
    }

    proptest! {
        #[test]
        fn overlaps_equal_brute_force(owners in ranges()) {
            let all = owners.iter().enumerate();
            let all = all.flat_map(|(at, them)| them.iter().map(move |it| (*it, at)));
            let found = overlapping(all.collect(), |_, _| true, usize::MAX);
            prop_assert!(!found.is_cut);
            let addresses = |it: &[AddressRange]| {
                it.iter().flat_map(|it| each(*it)).collect::<BTreeSet<_>>()
            };
            let sets = owners.iter().map(|it| addresses(it)).collect::<Vec<_>>();
            let mut expected = BTreeMap::new();
            for (one, left) in sets.iter().enumerate() {
                for (other, right) in sets.iter().enumerate().skip(one + 1) {
                    let both = left & right;
                    if !both.is_empty() {
                        expected.insert((one, other), both);
                    }
                }
            }
            let found = found.pairs.into_iter();
            let found = found.map(|(pair, it)| (pair, addresses(&it))).collect::<BTreeMap<_, _>>();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn missing_pairs_are_reported() {
        let range = "10.0.0.0-10.0.0.9".parse::<AddressRange>().unwrap();
        let all = (0..9).map(|owner| (range, owner)).collect::<Vec<_>>();
        let found = overlapping(all.clone(), |_, _| true, 4);
        assert!(found.is_cut && found.pairs.len() == 4);
        let found = overlapping(all, |one, other| one + other == 8, 4);
        assert!(!found.is_cut && found.pairs.len() == 4);
    }
}
