//! Ranges and sets of IP addresses, exact over both families.

use std::{
    fmt,
    iter::Sum,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::Add,
    str::FromStr,
};

use ipnet::IpNet;

/// The addresses from a first to a last one, both included and of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AddressRange {
    first: IpAddr,
    last: IpAddr,
}

/// Why a text is not an address or a range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RangeError {
    #[error("`{0}` is not an IP address")]
    NotAnAddress(String),
    #[error("`{0}` is an IPv4 address inside IPv6")]
    Mapped(Ipv6Addr),
    #[error("the range ends before it begins")]
    Reversed,
    #[error("the range begins in one address family and ends in the other")]
    MixedFamilies,
}

impl AddressRange {
    /// Creates a range, if its ends are in order and of one family.
    pub(crate) fn new(first: IpAddr, last: IpAddr) -> Result<Self, RangeError> {
        if first.is_ipv4() != last.is_ipv4() {
            return Err(RangeError::MixedFamilies);
        }
        if last < first {
            return Err(RangeError::Reversed);
        }
        Ok(Self { first, last })
    }

    pub(crate) fn first(self) -> IpAddr {
        self.first
    }

    pub(crate) fn last(self) -> IpAddr {
        self.last
    }

    /// Returns how many addresses there are.
    pub(crate) fn count(self) -> Count {
        let (first, last) = self.numbers();
        Count::of_range(first, last)
    }

    /// Returns the first and the last address as numbers.
    pub(crate) fn numbers(self) -> (u128, u128) {
        (number(self.first), number(self.last))
    }
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        Self { first: address, last: address }
    }
}

impl From<IpNet> for AddressRange {
    fn from(net: IpNet) -> Self {
        Self { first: net.network(), last: net.broadcast() }
    }
}

/// Reads `FIRST-LAST`, or one address.
impl FromStr for AddressRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        match text.split_once('-') {
            None => Ok(Self::from(parse_address(text)?)),
            Some((first, last)) => {
                Self::new(parse_address(first.trim())?, parse_address(last.trim())?)
            }
        }
    }
}

/// Parses one address. Refuses IPv4-mapped IPv6, since such an address has two different spellings.
pub(crate) fn parse_address(text: &str) -> Result<IpAddr, RangeError> {
    let address = text.parse::<IpAddr>().map_err(|_| RangeError::NotAnAddress(text.to_owned()))?;
    match address {
        IpAddr::V6(it) if it.to_ipv4_mapped().is_some() => Err(RangeError::Mapped(it)),
        IpAddr::V4(_) | IpAddr::V6(_) => Ok(address),
    }
}

/// Shows `FIRST-LAST`, or the address where there is one only.
impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// A set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressSet {
    v4: Intervals,
    v6: Intervals,
}

impl AddressSet {
    /// Returns the addresses that are in this one and not in the other.
    #[must_use]
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    /// Returns the addresses that are in both.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.minus(&self.minus(other))
    }

    /// Returns the addresses that two or more of the sets contain.
    pub(crate) fn shared(sets: &[Self]) -> Self {
        let of = |family: fn(&Self) -> &Intervals| {
            Intervals::shared(sets.iter().flat_map(|it| family(it).0.iter().copied()).collect())
        };
        Self { v4: of(|it| &it.v4), v6: of(|it| &it.v6) }
    }

    /// Whether there is no address.
    pub(crate) fn is_empty(&self) -> bool {
        self.v4.0.is_empty() && self.v6.0.is_empty()
    }

    /// Returns how many addresses there are.
    pub(crate) fn count(&self) -> Count {
        self.v4.count() + self.v6.count()
    }

    /// Returns the set as the fewest ranges, IPv4 first, in order.
    pub(crate) fn ranges(&self) -> Vec<AddressRange> {
        let range = |(first, last): (IpAddr, IpAddr)| AddressRange { first, last };
        let v4 = self.v4.0.iter().map(|&(first, last)| range((v4(first), v4(last))));
        let v6 = self.v6.0.iter().map(|&(first, last)| range((v6(first), v6(last))));
        v4.chain(v6).collect()
    }
}

fn v4(number: u128) -> IpAddr {
    let number = u32::try_from(number).expect("invariant: numbers in `v4` came from 32 bits");
    IpAddr::V4(Ipv4Addr::from(number))
}

fn v6(number: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(number))
}

impl FromIterator<AddressRange> for AddressSet {
    fn from_iter<I: IntoIterator<Item = AddressRange>>(ranges: I) -> Self {
        let (v4, v6): (Vec<_>, Vec<_>) = ranges.into_iter().partition(|it| it.first.is_ipv4());
        let intervals = |ranges: Vec<AddressRange>| {
            Intervals::merged(ranges.into_iter().map(AddressRange::numbers).collect())
        };
        Self { v4: intervals(v4), v6: intervals(v6) }
    }
}

impl FromIterator<Self> for AddressSet {
    fn from_iter<I: IntoIterator<Item = Self>>(sets: I) -> Self {
        let (v4, v6): (Vec<_>, Vec<_>) = sets.into_iter().map(|it| (it.v4.0, it.v6.0)).unzip();
        Self { v4: Intervals::merged(v4.concat()), v6: Intervals::merged(v6.concat()) }
    }
}

/// Inclusive intervals in ascending order that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    fn merged(mut intervals: Vec<(u128, u128)>) -> Self {
        intervals.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(intervals.len());
        for (first, last) in intervals {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                Some(_) | None => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Returns what two or more of these intervals cover; they may come in any order.
    fn shared(mut intervals: Vec<(u128, u128)>) -> Self {
        intervals.sort_unstable();
        let mut shared = Vec::new();
        let mut reached: Option<u128> = None;
        for (first, last) in intervals {
            if let Some(end) = reached.filter(|end| first <= *end) {
                shared.push((first, last.min(end)));
            }
            reached = reached.max(Some(last));
        }
        Self::merged(shared)
    }

    fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        let Some(&(lowest, _)) = self.0.first() else { return Self(left) };
        let begin = other.0.partition_point(|(_, end)| *end < lowest);
        let mut holes = other.0.iter().skip(begin).copied().peekable();
        for &(first, last) in &self.0 {
            while holes.next_if(|(_, end)| *end < first).is_some() {}
            let mut from = Some(first);
            while let (Some(start), Some(&(hole, end))) = (from, holes.peek()) {
                if last < hole {
                    break;
                }
                if start < hole {
                    left.push((start, hole - 1));
                }
                // A hole that reaches past this interval may cover the next one too, so it is not consumed.
                from = if end < last { Some(end + 1) } else { None };
                if from.is_some() {
                    holes.next();
                }
            }
            left.extend(from.map(|start| (start, last)));
        }
        Self(left)
    }

    fn count(&self) -> Count {
        self.0.iter().map(|&(first, last)| Count::of_range(first, last)).sum()
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(it) => u128::from(u32::from(it)),
        IpAddr::V6(it) => u128::from(it),
    }
}

/// A number of addresses, exact even for all of IPv6, which 128 bits cannot count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Count {
    /// The multiple of 2¹²⁸.
    high: u64,
    low: u128,
}

impl Count {
    fn of_range(first: u128, last: u128) -> Self {
        Self::from(last - first) + Self::from(1)
    }

    /// Returns the digits, in groups of three with commas in between.
    pub(crate) fn grouped(self) -> String {
        let digits = self.to_string();
        let mut out = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index != 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }

    /// Multiplies the count.
    #[must_use]
    pub(crate) fn times(self, n: u64) -> Self {
        let (mut product, mut doubled) = (Self::default(), self);
        for bit in 0..u64::BITS - n.leading_zeros() {
            if n >> bit & 1 == 1 {
                product = product + doubled;
            }
            doubled = doubled + doubled;
        }
        product
    }

    pub(crate) fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl From<u128> for Count {
    fn from(low: u128) -> Self {
        Self { high: 0, low }
    }
}

/// Parses decimal digits, as many as a count can have.
impl FromStr for Count {
    type Err = CountError;

    fn from_str(text: &str) -> Result<Self, CountError> {
        let is_plain = !text.is_empty() && text.len() <= MOST_DIGITS;
        if !is_plain || !text.chars().all(|it| it.is_ascii_digit()) {
            return Err(CountError);
        }
        let append = |sum: Self, digit: u32| {
            let times_ten = std::iter::repeat_n(sum, 10).sum::<Self>();
            times_ten + Self::from(u128::from(digit))
        };
        Ok(text.chars().filter_map(|it| it.to_digit(10)).fold(Self::default(), append))
    }
}

/// Both families together have fewer than 10⁴⁰ addresses, and each gets far fewer than a million
/// logins, so `high` stays small.
const MOST_DIGITS: usize = 46;

/// A text that is not a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a count")]
pub(crate) struct CountError;

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        Self { high: self.high + other.high + u64::from(carry), low }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.high == 0 {
            return write!(f, "{}", self.low);
        }
        // Schoolbook division by ten: the two halves of `low` behind `high`.
        let low = |it: u128| it & u128::from(u64::MAX);
        let mut limbs = [u128::from(self.high), self.low >> 64, low(self.low)];
        let mut digits = Vec::new();
        while limbs.iter().any(|it| *it != 0) {
            let mut rest = 0;
            for limb in &mut limbs {
                let value = (rest << 64) | *limb;
                (*limb, rest) = (value / 10, value % 10);
            }
            digits.push(rest);
        }
        digits.iter().rev().try_for_each(|it| write!(f, "{it}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap()
    }

    fn set(texts: &[&str]) -> AddressSet {
        texts.iter().map(|it| range(it)).collect()
    }

    fn shown(set: &AddressSet) -> String {
        set.ranges().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_range_may_cross_octets() {
        assert_eq!(range("10.0.0.200-10.0.1.5").count().to_string(), "62");
    }

    #[test]
    fn a_range_of_one_address_is_that_address() {
        assert_eq!(range("10.0.0.1-10.0.0.1"), range("10.0.0.1"));
        assert_eq!(range("2001:DB8::0001").to_string(), "2001:db8::1");
    }

    #[test]
    fn an_invalid_range_has_a_reason() {
        let error = |text: &str| text.parse::<AddressRange>().unwrap_err();
        assert_eq!(error("10.0.0.2-10.0.0.1"), RangeError::Reversed);
        assert_eq!(error("10.0.0.2-::1"), RangeError::MixedFamilies);
        assert_eq!(error("10.0.0"), RangeError::NotAnAddress("10.0.0".into()));
        assert_eq!(error("10.0.0.1-"), RangeError::NotAnAddress(String::new()));
        assert!(matches!(error("::ffff:10.0.0.1"), RangeError::Mapped(_)));
    }

    #[test]
    fn ranges_that_touch_are_one() {
        assert_eq!(
            shown(&set(&["10.0.0.0-10.0.0.5", "10.0.0.6", "10.0.0.8"])),
            "10.0.0.0-10.0.0.6 10.0.0.8"
        );
        assert_eq!(shown(&set(&["::", "0.0.0.1"])), "0.0.0.1 ::");
    }

    #[test]
    fn all_of_both_families_is_counted_exactly() {
        let all = set(&["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0-255.255.255.255"]);
        let digits = "340282366920938463463374607436063178752";
        assert_eq!(all.count().to_string(), digits);
        assert_eq!(digits.parse::<Count>(), Ok(all.count()));
        assert_eq!("-1".parse::<Count>(), Err(CountError));
        assert!(all.minus(&all).count().is_zero());
    }

    #[test]
    fn counts_are_grouped_for_people() {
        let grouped = |it: u128| Count::from(it).grouped();
        assert_eq!(
            [grouped(0), grouped(999), grouped(5120), grouped(1_234_567)],
            ["0", "999", "5,120", "1,234,567"]
        );
    }

    proptest! {
        #[test]
        fn sets_equal_brute_force(a in intervals(), b in intervals()) {
            let (left, right) = (built(&a), built(&b));
            let (brute_a, brute_b) = (enumerated(&a), enumerated(&b));
            let same = |set: &AddressSet, brute: BTreeSet<u32>| {
                let listed = set.ranges().iter().flat_map(|it| {
                    let (first, last) = it.numbers();
                    first..=last
                }).map(|it| u32::try_from(it).unwrap()).collect::<Vec<_>>();
                prop_assert_eq!(&listed, &brute.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(set.count(), Count::from(brute.len() as u128));
                Ok(())
            };
            let both = [left.clone(), right.clone()].into_iter().collect::<AddressSet>();
            same(&both, &brute_a | &brute_b)?;
            same(&left.minus(&right), &brute_a - &brute_b)?;
            same(&AddressSet::shared(&[left.clone(), right.clone()]), &brute_a & &brute_b)?;
            same(&AddressSet::shared(&[left.clone(), right, left]), brute_a)?;
        }

        #[test]
        fn a_range_read_back_is_itself(a in any::<IpAddr>(), b in any::<IpAddr>()) {
            let mapped = |it: IpAddr| parse_address(&it.to_string()).is_err();
            if let Ok(range) = AddressRange::new(a, b) && !mapped(a) && !mapped(b) {
                prop_assert_eq!(range.to_string().parse::<AddressRange>().unwrap(), range);
            }
        }
    }

    fn intervals() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0_u32..300, 0_u32..40), 0..8)
            .prop_map(|it| it.into_iter().map(|(first, more)| (first, first + more)).collect())
    }

    fn built(intervals: &[(u32, u32)]) -> AddressSet {
        let address = |it: u32| IpAddr::V4(Ipv4Addr::from(it));
        let ranges = intervals.iter();
        ranges.map(|&(a, b)| AddressRange::new(address(a), address(b)).unwrap()).collect()
    }

    fn enumerated(intervals: &[(u32, u32)]) -> BTreeSet<u32> {
        intervals.iter().flat_map(|&(first, last)| first..=last).collect()
    }
}
