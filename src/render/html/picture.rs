//! The address space as a picture, and as a table.
//!
//! A lane has a row for now above one for after the plan, so that new and dropped ranges differ in
//! position, and not only in pattern and colour.

use std::net::IpAddr;

use maud::{Markup, html};

use super::{
    lanes::{Lane, lanes},
    words::grouped,
};
use crate::{
    model::{AddressRange, AddressSet, Count},
    plan::{Coverage, Plan},
    render::impact::address_count,
};

/// The minimum width of a mark.
const NARROWEST: u32 = 40;

/// The maximum number of ranges in a table.
const MOST_RANGES: usize = 5_000;

/// A kind of address range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Stays,
    Dropped,
    New,
    Twice,
}

impl What {
    const ALL: [Self; 4] = [Self::Stays, Self::New, Self::Dropped, Self::Twice];

    fn class(self) -> &'static str {
        match self {
            Self::Stays => "stays",
            Self::Dropped => "dropped",
            Self::New => "new",
            Self::Twice => "twice",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Stays => "scanned now, and kept",
            Self::Dropped => "dropped",
            Self::New => "new",
            Self::Twice => "scanned twice",
        }
    }

    /// Its label in a lane.
    fn word(self) -> &'static str {
        match self {
            Self::Stays => "kept",
            Self::Dropped => "dropped",
            Self::New => "new",
            Self::Twice => "twice",
        }
    }

    /// The position of its marks from the top of a lane, and their height.
    fn rows(self) -> (&'static str, &'static str) {
        match self {
            Self::Stays => ("0", "26"),
            Self::Dropped => ("0", "12"),
            Self::New => ("14", "12"),
            Self::Twice => ("29", "5"),
        }
    }

    fn of(self, space: &Coverage) -> &AddressSet {
        match self {
            Self::Stays => &space.stays,
            Self::Dropped => &space.dropped,
            Self::New => &space.new,
            Self::Twice => &space.twice,
        }
    }
}

/// Draws the covered addresses before and after the plan.
pub(super) fn picture(plan: &Plan) -> Markup {
    let impact = &plan.impact;
    let space = &impact.space;
    let all = [&space.stays, &space.new, &space.dropped];
    if all.iter().all(|it| it.is_empty()) {
        let is_unknown = !(impact.before.is_zero() && impact.after.is_zero());
        return html! {
            p {
                @if is_unknown { "The saved plan does not say which addresses are covered." }
                @else { "No discovery names an address." }
            }
        };
    }
    let ranges = What::ALL.map(|it| (it, it.of(space).ranges()));
    let covered = space.new.count();
    html! {
        figure {
            (patterns())
            figcaption {
                p {
                    "Each lane is one prefix, drawn as wide as the page; unscanned prefixes are \
                     left out. The upper row is now, the lower row is after this plan, and the marks \
                     below are scanned by two discoveries."
                }
                ul.legend { @for what in What::ALL { (key(what, what.of(space).count())) } }
                @if covered != impact.new {
                    p {
                        (address_count(covered)) " will be newly covered; the runs of this plan scan \
                        " (impact.new.grouped()) " of them."
                    }
                }
            }
            ul.lanes { @for it in lanes(&all) { (lane(&it, &ranges)) } }
        }
        (tables(space))
    }
}

fn key(what: What, count: Count) -> Markup {
    let (y, height) = what.rows();
    html! {
        li.none[count.is_zero()] {
            svg width="34" height="36" aria-hidden="true" {
                rect.track width="34" height="26" {}
                rect.(what.class()) y=(y) width="34" height=(height) {}
            }
            span { b { (count.grouped()) } " " (what.words()) }
        }
    }
}

/// The fill patterns of the marks, which the style sheet uses.
pub(super) fn patterns() -> Markup {
    let pattern = |id: &str, size: &str, path: &str| {
        html! {
            pattern id=(id) width=(size) height=(size) patternUnits="userSpaceOnUse" {
                rect.ground width=(size) height=(size) {}
                path d=(path) {}
            }
        }
    };
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            defs {
                (pattern("p-dropped", "6", "M-1 7L7 -1M-1 1L1 -1M5 7L7 5"))
                (pattern("p-new", "6", "M3 0V6M0 3H6"))
                (pattern("p-twice", "4", "M0 0L4 4M4 0L0 4"))
            }
        }
    }
}

fn lane(lane: &Lane, ranges: &[(What, Vec<AddressRange>); 4]) -> Markup {
    let within = ranges.each_ref().map(|(what, all)| {
        (*what, all.iter().filter_map(|it| lane.within(*it)).collect::<Vec<_>>())
    });
    let counts = within.iter().filter(|(_, it)| !it.is_empty());
    let counts = counts.map(|(what, numbers)| {
        let one = |&(first, last): &(u128, u128)| Count::from(last - first) + Count::from(1);
        let count = numbers.iter().map(one).sum::<Count>();
        format!("{} {}", count.grouped(), what.word())
    });
    let counts = counts.collect::<Vec<_>>().join(" · ");
    let (first, last) = lane.ends();
    html! {
        li {
            p.lane { b { (lane.prefix()) } " " span { (counts) } }
            svg width="100%" height="36" role="img" aria-label={ (lane.prefix()) ": " (counts) } {
                rect.track width="100%" height="26" {}
                @for (what, numbers) in &within {
                    @let (y, height) = what.rows();
                    @for (from, to) in lane.drawn(numbers, NARROWEST) {
                        rect.(what.class()) x=(percent(from)) y=(y) width=(percent(to - from))
                            height=(height) {}
                    }
                }
            }
            p.ends aria-hidden="true" { span { (first) } span { (last) } }
        }
    }
}

/// Returns parts of ten thousand as a percentage.
fn percent(parts: u32) -> String {
    let (whole, rest) = (parts / 100, parts % 100);
    if rest == 0 { format!("{whole}%") } else { format!("{whole}.{rest:02}%") }
}

/// Lists the ranges, for screen readers and for exact values.
fn tables(space: &Coverage) -> Markup {
    let of = |what: What| {
        let ranges = what.of(space).ranges();
        ranges.into_iter().map(move |it| (it, what)).collect::<Vec<_>>()
    };
    let mut covered = [What::Stays, What::New, What::Dropped].map(of).concat();
    // IPv4 comes before IPv6 in this order, too.
    covered.sort_by_key(|(it, _)| *it);
    let twice = of(What::Twice);
    let n = covered.len() + twice.len();
    html! {
        details.ranges {
            summary { "The same as a table: " (grouped(n)) @if n == 1 { " range" } @else { " ranges" } }
            (table(&covered, "What is covered"))
            @if !twice.is_empty() { (table(&twice, "What is scanned twice")) }
        }
    }
}

fn table(rows: &[(AddressRange, What)], caption: &str) -> Markup {
    let n_more = rows.len().saturating_sub(MOST_RANGES);
    html! {
        div.wide tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { "Range" }
                        th.number scope="col" { "Addresses" }
                        th scope="col" { "What" }
                    }
                }
                tbody {
                    @for (range, what) in rows.iter().take(MOST_RANGES) {
                        tr {
                            th scope="row" { (text(*range)) }
                            td.number { (range.count().grouped()) }
                            td { (what.words()) }
                        }
                    }
                }
            }
        }
        @if n_more != 0 { p { (grouped(n_more)) " more are in the plan's JSON." } }
    }
}

/// Returns a range as text, as a prefix if it is one.
fn text(range: AddressRange) -> String {
    let (first, last) = range.numbers();
    let open = (first ^ last).trailing_ones();
    let length = match range.first() {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let mask = u128::MAX.checked_shr(u128::BITS - open).unwrap_or_default();
    let is_prefix = first & mask == 0 && first | mask == last;
    if is_prefix && open != 0 {
        return format!("{}/{}", range.first(), length - open);
    }
    range.to_string().replace('-', " – ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_written_as_a_prefix_where_it_is_one() {
        let written = |it: &str| text(it.parse().unwrap());
        assert_eq!(written("10.0.0.0-10.0.0.255"), "10.0.0.0/24");
        assert_eq!(written("10.0.0.1-10.0.0.254"), "10.0.0.1 – 10.0.0.254");
        assert_eq!(written("10.0.0.128-10.0.1.127"), "10.0.0.128 – 10.0.1.127");
        assert_eq!(written("10.0.0.7"), "10.0.0.7");
        assert_eq!(written("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
    }

    #[test]
    fn percents_are_exact() {
        assert_eq!([0, 5, 40, 100, 10_000].map(percent), ["0%", "0.05%", "0.40%", "1%", "100%"]);
    }
}
