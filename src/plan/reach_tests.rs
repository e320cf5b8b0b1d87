//! The impact of plans with too many addresses to enumerate: large IPv6 prefixes, counted by halving
//! and in decimal digits; and many discoveries, with a limit on the time.

use std::{fmt::Write as _, fs, net::Ipv6Addr, time::Duration};

use proptest::{prelude::*, sample::select};

use super::{Plan, impact::impact, overlaps::overlaps, testing::Scenario};
use crate::model::AddressRange;

/// How much more a build without optimization may take.
const SLACK: u32 = if cfg!(debug_assertions) { 8 } else { 1 };

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug)]
struct Block {
    bits: u128,
    n_bits: u32,
}

impl Block {
    const ALL: Self = Self { bits: 0, n_bits: 0 };

    fn new(bits: u128, n_bits: u32) -> Self {
        let rest = u128::MAX.checked_shr(n_bits).unwrap_or_default();
        Self { bits: bits & !rest, n_bits }
    }

    fn halves(self) -> [Self; 2] {
        let n_bits = self.n_bits + 1;
        let half = 1 << (128 - n_bits);
        [Self { n_bits, ..self }, Self { bits: self.bits | half, n_bits }]
    }

    fn has(self, other: Self) -> bool {
        self.n_bits <= other.n_bits && Self::new(other.bits, self.n_bits).bits == self.bits
    }

    fn text(self) -> String {
        format!("{}/{}", Ipv6Addr::from(self.bits), self.n_bits)
    }
}

/// Whether all of a block is in a set, or none of it; `None` if only a part is.
type Part = Option<bool>;

fn not(it: Part) -> Part {
    it.map(|it| !it)
}

fn either(parts: impl IntoIterator<Item = Part>) -> Part {
    let one = |sum: Part, it: Part| match (sum, it) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), it) | (it, Some(false)) => it,
        (None, None) => None,
    };
    parts.into_iter().fold(Some(false), one)
}

fn both(one: Part, other: Part) -> Part {
    not(either([not(one), not(other)]))
}

/// A discovery: its name, what it scans, and what it excludes.
#[derive(Clone, Debug)]
struct Scan {
    name: String,
    target: Block,
    exclude: Vec<Block>,
}

impl Scan {
    fn line(&self) -> String {
        let exclude = self.exclude.iter().map(|it| it.text()).collect::<Vec<_>>().join(", ");
        let (name, target) = (&self.name, self.target.text());
        format!("{name}; cidr {target}; exclude {exclude}; cli netops; retries 0\n")
    }

    fn part(&self, of: Block) -> Part {
        let part = |it: Block| match (it.has(of), of.has(it)) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        };
        both(part(self.target), not(either(self.exclude.iter().map(|it| part(*it)))))
    }
}

/// Counts the addresses of a set: in decimal digits, the last one first.
fn counted(is_in: &dyn Fn(Block) -> Part) -> String {
    let mut n_blocks = vec![0; 129];
    let mut left = vec![Block::ALL];
    while let Some(block) = left.pop() {
        match is_in(block) {
            Some(true) => n_blocks[block.n_bits as usize] += 1,
            Some(false) => (),
            None => left.extend(block.halves()),
        }
    }
    let mut digits = vec![0_u32];
    for n in n_blocks {
        let mut carry = n;
        for digit in &mut digits {
            carry += *digit * 2;
            (*digit, carry) = (carry % 10, carry / 10);
        }
        while carry != 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(ToString::to_string).collect()
}

fn scans(n: usize) -> impl Strategy<Value = Vec<Scan>> {
    let n_bits = select(vec![0_u32, 1, 2, 8, 32, 63, 64, 65, 100, 126, 127, 128]);
    let bits = (0_u128..4, 0_u128..3, 0_u128..4);
    let bits = bits.prop_map(|(high, middle, low)| (high << 126) | (middle << 63) | low);
    let block = (bits, n_bits).prop_map(|(bits, n_bits)| Block::new(bits, n_bits));
    let one = (block.clone(), prop::collection::vec(block, 0..3));
    prop::collection::vec(prop::option::of(one), n).prop_map(|them| {
        let named = them.into_iter().enumerate().filter_map(|(at, it)| {
            it.map(|(target, exclude)| Scan { name: format!("n{at}"), target, exclude })
        });
        named.collect()
    })
}

fn any(scans: &[&Scan], of: Block) -> Part {
    either(scans.iter().map(|it| it.part(of)))
}

/// Whether a range is exactly one of the ranges of a set.
fn is_edged(range: AddressRange, is_in: &dyn Fn(Block) -> Part) -> bool {
    let (first, last) = range.numbers();
    let has = |it: Option<u128>| it.is_some_and(|it| is_in(Block::new(it, 128)) == Some(true));
    let inside = has(Some(first)) && has(Some(last));
    inside && !has(first.checked_sub(1)) && !has(last.checked_add(1))
}

proptest! {
    #[test]
    fn all_of_ipv6_is_counted_as_by_hand(desired in scans(4), live in scans(5)) {
        let text = |scans: &[Scan]| scans.iter().map(Scan::line).collect::<String>();
        let plan = Scenario::new(&text(&desired), &text(&live)).plan();
        let is_changed = |it: &&Scan| plan.changes.iter().any(|of| of.name.as_str() == it.name);
        let runs = desired.iter().filter(is_changed).collect::<Vec<_>>();
        let is_given = |it: &&Scan| desired.iter().any(|of| of.name == it.name);
        let unmanaged = live.iter().filter(|it| !is_given(it)).collect::<Vec<_>>();
        let (before, wanted) = (live.iter().collect::<Vec<_>>(), desired.iter().collect::<Vec<_>>());
        let after = |of: Block| either([any(&wanted, of), any(&unmanaged, of)]);
        let impact = &plan.impact;
        prop_assert_eq!(impact.scanned.to_string(), counted(&|of| any(&runs, of)));
        let new = counted(&|of| both(any(&runs, of), not(any(&before, of))));
        prop_assert_eq!(impact.new.to_string(), new);
        let dropped = counted(&|of| both(any(&before, of), not(after(of))));
        prop_assert_eq!(impact.dropped.to_string(), dropped);
        prop_assert_eq!(impact.before.to_string(), counted(&|of| any(&before, of)));
        prop_assert_eq!(impact.after.to_string(), counted(&after));
        expect_overlaps(&plan, &wanted, &unmanaged)?;
    }
}

fn expect_overlaps(
    plan: &Plan,
    wanted: &[&Scan],
    unmanaged: &[&Scan],
) -> Result<(), TestCaseError> {
    let mut found = plan.overlaps.found.iter();
    let mut all = [wanted, unmanaged].concat();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    for (at, one) in all.iter().enumerate() {
        for other in all.iter().skip(at + 1) {
            let is_ours = |it: &Scan| wanted.iter().any(|of| of.name == it.name);
            let shared = |of: Block| both(one.part(of), other.part(of));
            let n = counted(&shared);
            if n == "0" || !(is_ours(one) || is_ours(other)) {
                continue;
            }
            let overlap = found.next().unwrap();
            let names = (overlap.names.0.as_str(), overlap.names.1.as_str());
            prop_assert_eq!(names, (one.name.as_str(), other.name.as_str()));
            prop_assert_eq!(overlap.addresses.to_string(), n);
            prop_assert!(overlap.ranges.iter().all(|it| is_edged(*it, &shared)));
        }
    }
    prop_assert!(found.next().is_none());
    Ok(())
}

/// Returns how long this thread was on the processor, if the system reports it.
#[expect(clippy::disallowed_methods, reason = "the system reports it in a file")]
fn on_the_processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

#[test]
fn the_impact_of_five_thousand_discoveries_is_computed_quickly() {
    let lines = |shift: usize| {
        let mut text = String::new();
        for it in 0..5_000 {
            let range = |n: usize| {
                // Each shares a range with its neighbour.
                let (of, first) = (it + n / 7, n % 7 * 30 + shift);
                let (high, low) = (of / 250, of % 250);
                format!("10.{high}.{low}.{first}-10.{high}.{low}.{}", first + 20)
            };
            let ranges = (0..8).map(range).collect::<Vec<_>>().join(", ");
            writeln!(text, "d{it:04}; ranges {ranges}; cli netops; snmp_v3 core").unwrap();
        }
        text
    };
    let scenario = Scenario::new(&lines(0), &lines(3));
    let Plan { mut changes, .. } = scenario.plan();
    assert_eq!(changes.len(), 5_000);
    let mut once = || {
        let began = on_the_processor()?;
        let reached = impact(&mut changes, &scenario.live);
        let found = overlaps(&scenario.desired, &scenario.live, &changes);
        assert!(!reached.new.is_zero() && !found.found.is_empty());
        Some(on_the_processor()?.saturating_sub(began))
    };
    let took = (0..5).map(|_| once()).min().flatten();
    assert!(took.is_none_or(|it| it < Duration::from_millis(100) * SLACK), "{took:?}");
}
