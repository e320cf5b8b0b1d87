//! The report of an apply as a page: the result, what needs attention, every change, the timeline.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    diagnostics::diagnostics,
    entries::entries,
    frame::{Page, Part, document},
    plan_page::tiled,
    timeline::{Times, operations, timeline},
    words::{code, grouped, names, some},
};
use crate::{
    events::{Entry, Report, Verdict},
    model::{Name, shown},
    plan::Controller,
    render::{
        ReportAbout,
        account::{Ending, summary},
        plan::host,
        saved::moment,
    },
};

/// Returns the report of an apply as a file for a browser. `now_ms` is when it is written.
pub(crate) fn report_page(report: &Report, about: ReportAbout<'_>, now_ms: i64) -> String {
    let host = shown(host(&about.plan.controller.url)).into_owned();
    let operations = operations(report);
    let times = Times::of(&operations);
    let mut parts = Vec::new();
    let mut part = |id, title, is_there: bool, body: &dyn Fn() -> Markup| {
        parts.extend(is_there.then(|| Part { id, title, body: body() }));
    };
    let has_changes = !report.entries.is_empty();
    part("look-twice", "Needs attention", has_changes, &|| attention(report));
    let found = about.plan.diagnostics.iter().map(|it| &it.diagnostic).collect::<Vec<_>>();
    part("complaints", "Errors and warnings", !found.is_empty(), &|| {
        diagnostics(&found, about.sources)
    });
    part("changes", "Changes", has_changes, &|| entries(report, about, times));
    part("timeline", "Timeline", !operations.is_empty(), &|| timeline(&operations, times));
    document(&Page {
        title: format!("Apply to {host}"),
        header: header(report, about.plan.is_complete(), &host, times),
        parts,
        footer: footer(about, times, now_ms),
    })
}

fn header(report: &Report, is_allowed: bool, host: &str, times: Option<Times>) -> Markup {
    let is_bad = !is_allowed || report.verdict() != Verdict::Complete;
    let verdict = if is_allowed {
        summary(report)
    } else {
        "Nothing was applied: the plan has errors.".to_owned()
    };
    html! {
        p.brand { b { "trueup" } " apply" }
        h1 { "Apply to " span.word { (host) } }
        p.verdict.danger[is_bad].good[!is_bad] { (verdict.trim_end()) }
        @if is_allowed && is_bad && times.is_none() { p.more { "Nothing was written on the controller." } }
        (numbers(report, times))
    }
}

fn numbers(report: &Report, times: Option<Times>) -> Markup {
    let tally = report.tally();
    let n_sent = report.entries.iter().flat_map(|it| &it.steps).map(|it| it.n_sent as usize);
    let done = format!("of {}", some(report.entries.len(), "change", "changes"));
    let took = times.map_or_else(|| "–".to_owned(), Times::length);
    tiled(&[
        ("Done", grouped(tally.done), done),
        ("Failed", grouped(tally.failed), "or in conflict".to_owned()),
        ("Not tried", grouped(tally.not_tried), "nothing was sent".to_owned()),
        ("Still running", grouped(tally.open), "or unknown".to_owned()),
        ("Writes sent", grouped(n_sent.sum()), "including retries".to_owned()),
        ("Took", took, "since the first write".to_owned()),
    ])
}

/// Lists what needs attention, by ending.
fn attention(report: &Report) -> Markup {
    let mut by_ending = BTreeMap::<Ending, Vec<&Entry>>::new();
    for entry in &report.entries {
        by_ending.entry(Ending::of(entry)).or_default().push(entry);
    }
    let bad = by_ending.iter().filter(|(ending, _)| ending.needs_attention()).collect::<Vec<_>>();
    let n_notes = report.entries.iter().filter(|it| !it.notes.is_empty()).count();
    html! {
        @if bad.is_empty() && n_notes == 0 {
            p.calm { "Every planned change is in effect, as verified on the controller." }
        } @else {
            ul.twice {
                @for (ending, entries) in bad {
                    @let found = entries.iter().map(|it| &it.name).collect::<Vec<&Name>>();
                    li.danger[ending.is_bad()].care[!ending.is_bad()] {
                        strong { (grouped(found.len())) " " (ending.words()) } ": " (names(&found)) "."
                    }
                }
                @if n_notes != 0 {
                    li.care {
                        strong { (some(n_notes, "change has", "changes have")) " a note" }
                        ": see below."
                    }
                }
            }
        }
    }
}

fn footer(about: ReportAbout<'_>, times: Option<Times>, now_ms: i64) -> Markup {
    let Controller { url, release, interface, n_live: _ } = &about.plan.controller;
    let release = release.as_deref().unwrap_or("unknown");
    html! {
        h2 { "About this report" }
        dl {
            dt { "Controller" } dd { (code(url)) ", " (interface.to_string()) " interface" }
            dt { "Release" } dd { (code(release)) }
            @if let Some(times) = times { dt { "First write" } dd { (moment(times.first_ms)) } }
            dt { "Written" } dd { (moment(now_ms)) }
            dt { "Generated by" } dd { "trueup " (env!("CARGO_PKG_VERSION")) }
        }
    }
}
