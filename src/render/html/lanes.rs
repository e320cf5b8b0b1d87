//! The parts of the address space that a picture shows: only prefixes with scanned addresses.
//!
//! Computes numbers and draws nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::{AddressRange, AddressSet};

/// The maximum number of lanes.
const MOST: usize = 32;

/// The host bits of the smallest lane: a /24, or a /120.
const SMALLEST: u32 = 8;

/// A lane is split if less than one part in this many is used.
const SPARSE: u128 = 8;

/// A lane with more ranges is split if there is room for more lanes.
const CROWDED: usize = 48;

/// The resolution of positions in a lane.
pub(super) const PARTS: u32 = 10_000;

/// A prefix, and its used ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    is_v4: bool,
    first: u128,
    /// The number of host bits.
    bits: u32,
    /// Sorted, without overlaps.
    used: Vec<(u128, u128)>,
}

/// Returns the lanes of disjoint sets in order, as few as needed for visible ranges in each.
pub(super) fn lanes(sets: &[&AddressSet]) -> Vec<Lane> {
    // Ranges of different sets are not merged: the boundary between them has to be visible.
    let mut ranges = sets.iter().flat_map(|it| it.ranges()).collect::<Vec<_>>();
    ranges.sort_unstable();
    let of = |is_v4: bool| {
        let ranges = ranges.iter().filter(|it| it.first().is_ipv4() == is_v4);
        Lane::around(is_v4, ranges.map(|it| it.numbers()).collect())
    };
    let mut lanes = [of(true), of(false)].into_iter().flatten().collect::<Vec<_>>();
    while lanes.len() < MOST {
        let candidates = lanes.iter().enumerate().filter(|(_, it)| it.wants_split());
        let Some((at, _)) = candidates.max_by_key(|(at, it)| (it.urgency(), usize::MAX - at))
        else {
            break;
        };
        let halves = lanes.remove(at).halves();
        lanes.splice(at..at, halves);
    }
    lanes
}

impl Lane {
    /// Returns the smallest lane around its used ranges.
    fn around(is_v4: bool, used: Vec<(u128, u128)>) -> Option<Self> {
        let (&(first, _), &(_, last)) = (used.first()?, used.last()?);
        let bits = (u128::BITS - (first ^ last).leading_zeros()).max(SMALLEST);
        let first = if bits == u128::BITS { 0 } else { first >> bits << bits };
        Some(Self { is_v4, first, bits, used })
    }

    fn is_sparse(&self) -> bool {
        let used = self.used.iter().map(|(first, last)| last - first).fold(0, u128::saturating_add);
        let all = u128::MAX >> (u128::BITS - self.bits);
        used < all / SPARSE
    }

    fn wants_split(&self) -> bool {
        SMALLEST < self.bits
            && 1 < self.used.len()
            && (self.is_sparse() || CROWDED < self.used.len())
    }

    /// The priority for splitting: mostly empty lanes, the widest first, then the most crowded.
    fn urgency(&self) -> (bool, u32, usize) {
        let is_sparse = self.is_sparse();
        (is_sparse, if is_sparse { self.bits } else { 0 }, self.used.len())
    }

    /// Returns both halves, each shrunk to its used ranges.
    fn halves(self) -> impl Iterator<Item = Self> {
        let Self { is_v4, first, bits, used } = self;
        let middle = first | 1 << (bits - 1);
        let low = used.iter().filter(|it| it.0 < middle);
        let low = low.map(|&(first, last)| (first, last.min(middle - 1))).collect();
        let high = used.iter().filter(|it| middle <= it.1);
        let high = high.map(|&(first, last)| (first.max(middle), last)).collect();
        [low, high].into_iter().filter_map(move |it| Self::around(is_v4, it))
    }

    /// Returns the lane in prefix notation.
    pub(super) fn prefix(&self) -> String {
        let length = if self.is_v4 { 32 } else { 128 } - self.bits;
        format!("{}/{length}", self.address(self.first))
    }

    pub(super) fn ends(&self) -> (IpAddr, IpAddr) {
        let last = self.first | u128::MAX >> (u128::BITS - self.bits);
        (self.address(self.first), self.address(last))
    }

    fn address(&self, number: u128) -> IpAddr {
        match u32::try_from(number) {
            Ok(it) if self.is_v4 => IpAddr::V4(Ipv4Addr::from(it)),
            Ok(_) | Err(_) => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }

    /// Returns the first and last number of the part of a range in the lane.
    pub(super) fn within(&self, range: AddressRange) -> Option<(u128, u128)> {
        let (first, last) = range.numbers();
        let end = self.first | u128::MAX >> (u128::BITS - self.bits);
        let is_in = range.first().is_ipv4() == self.is_v4 && first <= end && self.first <= last;
        is_in.then(|| (first.max(self.first), last.min(end)))
    }

    /// Returns the start and end of the marks for ranges. A mark has a minimum width, and marks that
    /// touch are merged.
    pub(super) fn drawn(&self, numbers: &[(u128, u128)], narrowest: u32) -> Vec<(u32, u32)> {
        let mut drawn: Vec<(u32, u32)> = Vec::new();
        for (first, last) in numbers {
            let from = self.part(*first, 0).min(PARTS - narrowest);
            let to = self.part(*last, 1).max(from + narrowest);
            match drawn.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                Some(_) | None => drawn.push((from, to)),
            }
        }
        drawn
    }

    /// Returns the position of a number in the lane, plus an offset.
    fn part(&self, number: u128, more: u128) -> u32 {
        // 2⁶⁴ times the resolution does not overflow.
        let shift = self.bits.saturating_sub(64);
        let into = ((number - self.first) >> shift) + more;
        let part = into * u128::from(PARTS) / (1 << (self.bits - shift));
        u32::try_from(part).unwrap_or(PARTS).min(PARTS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> AddressSet {
        texts.iter().map(|it| it.parse::<AddressRange>().unwrap()).collect()
    }

    fn prefixes(texts: &[&str]) -> Vec<String> {
        lanes(&[&set(texts)]).iter().map(Lane::prefix).collect()
    }

    #[test]
    fn gaps_are_left_out() {
        assert_eq!(
            prefixes(&[
                "10.10.0.1-10.10.0.254",
                "10.10.2.7",
                "10.20.0.0-10.20.3.255",
                "2001:db8::7"
            ]),
            ["10.10.0.0/22", "10.20.0.0/22", "2001:db8::/120"]
        );
        assert_eq!(prefixes(&["0.0.0.0-255.255.255.255"]), ["0.0.0.0/0"]);
        let all = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        assert_eq!(prefixes(&[all]), ["::/0"]);
        assert_eq!(prefixes(&["::1", "ffff::1"]), ["::/120", "ffff::/120"]);
        assert!(prefixes(&[]).is_empty());
    }

    #[test]
    fn a_crowded_lane_is_split_even_without_gaps() {
        let nets = |parity: u32| {
            let net =
                |it: u32| format!("10.0.{it}.0-10.0.{it}.255").parse::<AddressRange>().unwrap();
            (0..256).filter(|it| it % 2 == parity).map(net).collect::<AddressSet>()
        };
        let lanes = lanes(&[&nets(0), &nets(1)]);
        let prefixes = lanes.iter().map(Lane::prefix).collect::<Vec<_>>();
        assert_eq!(prefixes.len(), 8, "{prefixes:?}");
        assert_eq!(prefixes.first().map(String::as_str), Some("10.0.0.0/19"));
    }

    #[test]
    fn what_is_drawn_can_be_seen_and_stays_inside() {
        let all = set(&["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);
        let [lane] = &lanes(&[&all])[..] else { panic!() };
        assert_eq!(lane.drawn(&[(0, u128::MAX)], 40), [(0, PARTS)]);
        assert_eq!(lane.drawn(&[(u128::MAX, u128::MAX)], 40), [(PARTS - 40, PARTS)]);
        assert_eq!(
            lane.drawn(&[(0, 0), (5, 5), (u128::MAX / 2 + 1, u128::MAX)], 40),
            [(0, 40), (5_000, PARTS)]
        );
    }

    proptest! {
        #[test]
        fn every_address_is_in_one_lane(ranges in ranges()) {
            let all = ranges.iter().copied().collect::<AddressSet>();
            let lanes = lanes(&[&all]);
            prop_assert!(lanes.len() <= MOST);
            let n_in = |it: AddressRange| {
                let within = lanes.iter().filter_map(|lane| lane.within(it));
                within.map(|(first, last)| last - first + 1).sum::<u128>()
            };
            for range in all.ranges() {
                let (first, last) = range.numbers();
                prop_assert_eq!(n_in(range), last - first + 1);
            }
            for lane in &lanes {
                for (from, to) in lane.drawn(&lane.used, 40) {
                    prop_assert!(from < to && to <= PARTS);
                }
            }
        }
    }

    fn ranges() -> impl Strategy<Value = Vec<AddressRange>> {
        let one = (any::<u32>(), 0_u32..5_000, any::<bool>()).prop_map(|(first, more, is_v4)| {
            let last = first.saturating_add(more);
            let address = |it: u32| {
                if is_v4 {
                    IpAddr::V4(Ipv4Addr::from(it))
                } else {
                    IpAddr::V6(Ipv6Addr::from(u128::from(it) << 40))
                }
            };
            AddressRange::new(address(first), address(last)).unwrap()
        });
        prop::collection::vec(one, 0..80)
    }
}
