//! The impact of a plan, as text: which changes scan new addresses, the maximum number of logins, and
//! which addresses are scanned twice.
//!
//! The numbers come from the plan.

use std::cmp::Reverse;

use crate::{
    model::{AddressRange, Count, Name, shown},
    plan::{Change, ChangeImpact, Overlap, Plan},
    source::{SourceMap, Span},
};

/// This many changes and overlaps are listed, and the rest is counted.
const MOST_LISTED: usize = 10;

/// How many ranges of an overlap are listed.
const MOST_RANGES: usize = 4;

/// Returns the impact of a plan, in sections.
pub(super) fn impact_text(plan: &Plan, sources: &SourceMap) -> Vec<String> {
    let place = |it: Span| shown(&place(it, sources)).into_owned();
    sections(plan, ToString::to_string, place).iter().map(Section::text).collect()
}

/// Returns the file and line of a span.
pub(super) fn place(span: Span, sources: &SourceMap) -> String {
    let at = sources.locate(span);
    format!("{}:{}", at.path, at.line)
}

/// A title and the lines below it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) lines: Vec<String>,
}

impl Section {
    /// Makes a section that lists at most this many lines and counts the rest; `None` without lines.
    pub(super) fn new(title: &'static str, mut lines: Vec<String>, most: usize) -> Option<Self> {
        let n_more = lines.len().saturating_sub(most);
        lines.truncate(most);
        lines.extend((n_more != 0).then(|| format!("and {n_more} more")));
        (!lines.is_empty()).then_some(Self { title, lines })
    }

    pub(super) fn text(&self) -> String {
        let lines = self.lines.iter().map(|it| format!("  {it}\n"));
        std::iter::once(format!("{}:\n", self.title)).chain(lines).collect()
    }
}

/// Returns the impact of a plan. `name` and `place` make foreign texts safe for the format.
pub(super) fn sections(
    plan: &Plan,
    name: impl Fn(&Name) -> String,
    place: impl Fn(Span) -> String,
) -> Vec<Section> {
    if plan.changes.is_empty() {
        return Vec::new();
    }
    let change = |it: &Change| format!("{}: {}", name(&it.name), reach(it));
    let reaching = reaching(plan).into_iter().map(change).collect::<Vec<_>>();
    let overlap = |it: &Overlap| {
        let of = |of: &Name, span: Option<Span>| {
            let place = span.map_or_else(|| "unmanaged".to_owned(), &place);
            format!("{} ({place})", name(of))
        };
        let Overlap { names: (one, other), ranges, addresses, spans } = it;
        let (one, other) = (of(one, spans.0), of(other, spans.1));
        format!("{one} and {other}: {} ({})", listed(ranges), address_count(*addresses))
    };
    let mut overlaps = plan.overlaps.found.iter().map(overlap).collect::<Vec<_>>();
    overlaps.extend(plan.overlaps.is_cut.then(|| "too many to list".to_owned()));
    let section = |title, lines| Section::new(title, lines, MOST_LISTED);
    let sections = [section("Impact", reaching), section("Overlaps", overlaps)];
    sections.into_iter().flatten().collect()
}

/// Returns the changes that scan or drop addresses, those with the most new addresses first.
fn reaching(plan: &Plan) -> Vec<&Change> {
    let reaches = |it: &&Change| {
        let ChangeImpact { before: _, after: _, new, dropped, logins, is_unbounded } = &it.impact;
        !(new.is_zero() && dropped.is_zero() && logins.is_zero()) || *is_unbounded
    };
    let mut changes = plan.changes.iter().filter(reaches).collect::<Vec<_>>();
    changes.sort_by_key(|it| Reverse((it.impact.new, it.impact.logins, it.impact.dropped)));
    changes
}

/// Returns the impact of a change.
pub(super) fn reach(change: &Change) -> String {
    let ChangeImpact { before, after, new, dropped, logins, is_unbounded } = change.impact;
    let covers = match (&change.before, &change.after) {
        (Some(_), None) => format!("{} before, none after", address_count(before)),
        (Some(_), Some(_)) if before != after => {
            format!("{} before, {} after", address_count(before), after.grouped())
        }
        (None | Some(_), _) => address_count(after),
    };
    let part = |count: Count, what: &str| {
        (!count.is_zero()).then(|| format!("{} {what}", count.grouped()))
    };
    let parts = [
        Some(covers),
        part(new, "new"),
        part(dropped, "dropped"),
        part(logins, "logins at most"),
        is_unbounded.then(|| "unbounded".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Returns a number of addresses with its noun.
pub(super) fn address_count(addresses: Count) -> String {
    let count = addresses.grouped();
    let what = if count == "1" { "address" } else { "addresses" };
    format!("{count} {what}")
}

fn listed(ranges: &[AddressRange]) -> String {
    let shown = ranges.iter().take(MOST_RANGES).map(ToString::to_string).collect::<Vec<_>>();
    let n_more = ranges.len().saturating_sub(MOST_RANGES);
    let more = if n_more == 0 { String::new() } else { format!(" and {n_more} more") };
    format!("{}{more}", shown.join(", "))
}
