//! A plan as a page: what it does, what to check twice, and all changes.

use maud::{Markup, html};

use super::{
    changes::changes,
    diagnostics::diagnostics,
    drift::{compared, left_alone},
    frame::{Page, Part, document},
    picture::picture,
    warnings::warnings,
    words::{code, grouped, names, some},
};
use crate::{
    model::{AddressRange, Name, printable, shown},
    plan::{Controller, Overlap, Plan},
    render::{
        PlanAbout, Show,
        drift::origins,
        impact::address_count,
        plan::{counts, host, nothing},
    },
    source::SourceMap,
};

/// Returns a plan as a file for a browser.
pub(crate) fn plan_page(plan: &Plan, about: &PlanAbout<'_>) -> String {
    let of_plan = plan.diagnostics.iter().map(|it| &it.diagnostic);
    let found = about.warnings.iter().chain(of_plan).collect::<Vec<_>>();
    let host = shown(host(&plan.controller.url)).into_owned();
    let mut parts = Vec::new();
    let mut part = |id, title, body: Option<Markup>| {
        parts.extend(body.map(|body| Part { id, title, body }));
    };
    let some = |is: bool, body: &dyn Fn() -> Markup| is.then(body);
    let has_changes = !plan.changes.is_empty();
    part(
        "look-twice",
        "Look twice",
        some(has_changes || !found.is_empty(), &|| warnings(plan, &found)),
    );
    part(
        "complaints",
        "Errors and warnings",
        some(!found.is_empty(), &|| diagnostics(&found, about.sources)),
    );
    part("addresses", "Address space", some(has_changes, &|| picture(plan)));
    part("changes", "Changes", some(has_changes, &|| changes(plan, about.sources)));
    let has_overlaps = has_changes && !plan.overlaps.found.is_empty();
    part(
        "overlaps",
        "Scanned by two discoveries",
        some(has_overlaps, &|| overlaps(plan, about.sources)),
    );
    let is_all =
        about.show == Show::All && !(plan.unchanged.is_empty() && plan.unmanaged.is_empty());
    part("others", "Left as they are", some(is_all, &|| others(plan)));
    parts.extend(left_alone(plan));
    document(&Page {
        title: format!("Plan for {host}"),
        header: header(plan, &host),
        parts,
        footer: footer(plan, about),
    })
}

fn header(plan: &Plan, host: &str) -> Markup {
    let counts = counts(plan);
    let verdict = match counts.strip_prefix("Plan: ") {
        Some(counts) if !plan.changes.is_empty() => counts,
        Some(_) | None if plan.is_complete() => nothing(plan),
        Some(_) | None => "Nothing can be applied: there are errors.",
    };
    let is_calm = plan.is_complete() && plan.changes.is_empty();
    html! {
        p.brand { b { "trueup" } " plan" }
        h1 { "Plan for " span.word { (host) } }
        p.verdict.danger[!plan.is_complete()].good[is_calm] { (verdict) }
        @if let Some(origins) = origins(plan) { p.more { (origins) } }
        @if !plan.changes.is_empty() { (numbers(plan)) }
    }
}

/// Returns the key figures of a plan.
fn numbers(plan: &Plan) -> Markup {
    let impact = &plan.impact;
    let (started, stopped) = (plan.n_runs_started(), plan.n_runs_stopped());
    let n_live = plan.controller.n_live;
    let live = some(n_live, "live discovery", "live discoveries");
    let tiles = [
        ("Changes", grouped(plan.changes.len()), format!("{live} now")),
        ("Runs to start", grouped(started), format!("{} to stop", grouped(stopped))),
        (
            "Addresses scanned",
            impact.scanned.grouped(),
            format!("{} of them new", impact.new.grouped()),
        ),
        ("Addresses dropped", impact.dropped.grouped(), "no longer covered".to_owned()),
        ("Logins at most", impact.logins.grouped(), "addresses × credentials × tries".to_owned()),
        (
            "Unbounded runs",
            grouped(impact.unbounded.len()),
            "from neighbour to neighbour".to_owned(),
        ),
    ];
    tiled(&tiles)
}

/// The number of characters that fit in large type.
const LONG: usize = 11;

/// Draws numbers, each with its name and a note.
pub(super) fn tiled(tiles: &[(&str, String, String)]) -> Markup {
    html! {
        dl.tiles {
            @for (name, number, more) in tiles {
                div.zero[number == "0"].long[LONG < number.len()] {
                    dt { (name) }
                    dd {
                        @for (at, group) in number.split(',').enumerate() {
                            @if at != 0 { "," wbr; }
                            (group)
                        }
                        small { (more) }
                    }
                }
            }
        }
    }
}

/// The maximum number of overlaps, and of ranges of each.
const MOST_OVERLAPS: usize = 1_000;
const MOST_RANGES: usize = 8;

fn overlaps(plan: &Plan, sources: &SourceMap) -> Markup {
    let found = &plan.overlaps.found;
    let is_cut = plan.overlaps.is_cut || MOST_OVERLAPS < found.len();
    html! {
        div.wide tabindex="0" role="region" aria-label="Pairs of discoveries" {
            table {
                thead {
                    tr {
                        th scope="col" { "Discoveries" }
                        th scope="col" { "In common" }
                        th.number scope="col" { "Addresses" }
                    }
                }
                tbody { @for it in found.iter().take(MOST_OVERLAPS) { (overlap(it, sources)) } }
            }
        }
        @if is_cut { p { "There are too many to list." } }
    }
}

fn overlap(overlap: &Overlap, sources: &SourceMap) -> Markup {
    let Overlap { names: (one, other), ranges, addresses, spans } = overlap;
    let of = |name: &Name, span: Option<_>| {
        html! {
            span.word { (name) } " "
            small {
                @match span {
                    Some(span) => (super::words::place(span, sources)),
                    None => "unmanaged",
                }
            }
        }
    };
    let n_more = ranges.len().saturating_sub(MOST_RANGES);
    let shown = ranges.iter().take(MOST_RANGES).map(AddressRange::to_string).collect::<Vec<_>>();
    html! {
        tr {
            th scope="row" { (of(one, spans.0)) br; (of(other, spans.1)) }
            td {
                (shown.join(", "))
                @if n_more != 0 { " and " (grouped(n_more)) " more" }
            }
            td.number { (addresses.grouped()) }
        }
    }
}

/// Lists the discoveries that do not change.
fn others(plan: &Plan) -> Markup {
    let list = |names: &[Name], what: String| {
        html! {
            @if !names.is_empty() {
                details.names {
                    summary { (what) }
                    ul { @for it in names { li.word { (it) } } }
                }
            }
        }
    };
    let (unchanged, unmanaged) = (&plan.unchanged, &plan.unmanaged);
    let one = some(unchanged.len(), "discovery is unchanged", "discoveries are unchanged");
    let live = ["live discovery is in no file", "live discoveries are in no file"];
    html! {
        (list(unchanged, one))
        (list(unmanaged, some(unmanaged.len(), live[0], live[1])))
    }
}

fn footer(plan: &Plan, about: &PlanAbout<'_>) -> Markup {
    let Controller { url, release, interface, n_live } = &plan.controller;
    let release = release.as_deref().unwrap_or("unknown");
    let many = if *n_live == 1 { "discovery" } else { "discoveries" };
    html! {
        h2 { "About this plan" }
        dl {
            dt { "Controller" }
            dd { (code(url)) ", " (interface.to_string()) " interface, " (grouped(*n_live)) " " (many) }
            dt { "Release" } dd { (code(release)) }
            dt { "Files" }
            dd { @for (at, it) in about.files.iter().enumerate() { @if at != 0 { ", " } code { (printable(it)) } } }
            dt { "Unchanged, unmanaged" }
            dd { (grouped(plan.unchanged.len())) ", " (grouped(plan.unmanaged.len())) }
            @if let Some(it) = &plan.compared { dt { "Comparison with" } dd { (compared(it)) } }
            @if !plan.options.rerun.is_empty() {
                dt { "Run again by name" }
                dd { (names(&plan.options.rerun.iter().collect::<Vec<_>>())) }
            }
            dt { "Digest" } dd { (code(about.digest)) }
            dt { "Generated by" } dd { "trueup " (env!("CARGO_PKG_VERSION")) }
        }
        p { "Addresses are those that discoveries name; what a run finds beyond them through \
             neighbours is not counted. " (address_count(plan.impact.before)) " covered before, "
             (plan.impact.after.grouped()) " after." }
    }
}
