//! What a plan reaches, as text: which changes scan what is new, how often devices are logged in to
//! at most, and what is scanned twice.
//!
//! Counts nothing itself.

use std::cmp::Reverse;

use crate::{
    model::{AddressRange, Count, Name},
    plan::{Change, Overlap, Plan},
};

/// How many changes and overlaps are listed; the others are counted.
const MOST_LISTED: usize = 10;

/// How many ranges of an overlap are listed.
const MOST_RANGES: usize = 4;

/// Returns what a plan reaches, in sections.
pub(super) fn impact_text(plan: &Plan) -> Vec<String> {
    if plan.changes.is_empty() {
        return Vec::new();
    }
    let reaching = reaching(plan).into_iter().map(change_line).collect::<Vec<_>>();
    let sections = [section("Impact:", &reaching), section("Overlaps:", &overlaps(plan))];
    sections.into_iter().flatten().collect()
}

/// Returns the changes that scan or drop something, those with the most new addresses first.
fn reaching(plan: &Plan) -> Vec<&Change> {
    let reaches = |it: &&Change| {
        let impact = &it.impact;
        let moves = !impact.new.is_zero() || !impact.dropped.is_zero();
        moves || !impact.logins.is_zero() || impact.is_unbounded
    };
    let mut changes = plan.changes.iter().filter(reaches).collect::<Vec<_>>();
    changes.sort_by_key(|it| Reverse((it.impact.new, it.impact.logins, it.impact.dropped)));
    changes
}

fn section(title: &str, lines: &[String]) -> Option<String> {
    if lines.is_empty() {
        return None;
    }
    let listed = lines.iter().take(MOST_LISTED).map(|it| format!("  {it}\n"));
    let n_more = lines.len().saturating_sub(MOST_LISTED);
    let more = (n_more != 0).then(|| format!("  and {n_more} more\n"));
    Some(format!("{title}\n{}{}", listed.collect::<String>(), more.unwrap_or_default()))
}

fn change_line(change: &Change) -> String {
    format!("{}: {}", change.name, said(change))
}

/// Says what a change reaches.
fn said(change: &Change) -> String {
    let impact = &change.impact;
    let (before, after) = (impact.before.grouped(), impact.after.grouped());
    let covers = match (&change.before, &change.after) {
        (None, _) => plural(impact.after),
        (Some(_), None) => format!("{} before, none after", plural(impact.before)),
        (Some(_), Some(_)) if before == after => plural(impact.after),
        (Some(_), Some(_)) => format!("{} before, {after} after", plural(impact.before)),
    };
    let part = |count: Count, what: &str| {
        (!count.is_zero()).then(|| format!("{} {what}", count.grouped()))
    };
    let parts = [
        Some(covers),
        part(impact.new, "new"),
        part(impact.dropped, "dropped"),
        part(impact.logins, "logins at most"),
        impact.is_unbounded.then(|| "unbounded".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn overlaps(plan: &Plan) -> Vec<String> {
    let mut lines = plan.overlaps.found.iter().map(overlap_line).collect::<Vec<_>>();
    if plan.overlaps.is_cut {
        lines.push("more than can be listed".to_owned());
    }
    lines
}

fn overlap_line(overlap: &Overlap) -> String {
    let Overlap { names: (one, other), ranges, addresses, spans } = overlap;
    let name = |name: &Name, is_declared: bool| {
        if is_declared { name.to_string() } else { format!("{name} (unmanaged)") }
    };
    let (one, other) = (name(one, spans.0.is_some()), name(other, spans.1.is_some()));
    format!("{one} and {other}: {} ({})", listed(ranges), plural(*addresses))
}

fn plural(addresses: Count) -> String {
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
