//! What a change does to the settings of its discovery.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{drift, words::place};
use crate::{
    model::{Credential, Field, FieldValue, shown},
    plan::{Change, FieldChange, Origin},
    render::attributes::{ambiguous, n_unchanged, target_fields},
    source::{SourceMap, Span},
};

/// One setting: what goes, what comes, and how much of it stays.
struct Row {
    path: &'static str,
    before: Vec<String>,
    after: Vec<String>,
    n_stay: usize,
    /// The key in the files that asks for it.
    key: Option<Span>,
    /// Whose doing it is, where that was asked for.
    origin: Option<Origin>,
}

/// Returns the settings that a change concerns: what is made or deleted as a list, what becomes
/// another as a table.
pub(super) fn fields(change: &Change, sources: &SourceMap) -> Markup {
    let rows = change.fields.iter().flat_map(|it| rows(it, change)).collect::<Vec<_>>();
    if rows.is_empty() {
        return html! {};
    }
    let is_gone = change.after.is_none();
    if is_gone || change.before.is_none() {
        listed(&rows, is_gone)
    } else {
        compared(&rows, n_unchanged(change), sources)
    }
}

fn listed(rows: &[Row], is_gone: bool) -> Markup {
    html! {
        ul.set.gone[is_gone] {
            @for Row { path, before, after, n_stay: _, key: _, origin: _ } in rows {
                li {
                    b { (path) } " "
                    span {
                        @for (at, it) in before.iter().chain(after).enumerate() {
                            @if at != 0 { ", " }
                            code { (it) }
                        }
                    }
                }
            }
        }
    }
}

fn compared(rows: &[Row], n_unchanged: usize, sources: &SourceMap) -> Markup {
    html! {
        table.diff {
            thead {
                tr {
                    th scope="col" { "Setting" }
                    th scope="col" { "Before" }
                    th scope="col" { "After" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            (row.path)
                            @if let Some(key) = row.key { small { (place(key, sources)) } }
                            @if let Some(it) = row.origin { small { (drift::origin(it)) } }
                        }
                        td { @for it in &row.before { del { (it) } } (rest(&row.before, row.n_stay)) }
                        td { @for it in &row.after { ins { (it) } } (rest(&row.after, row.n_stay)) }
                    }
                }
            }
        }
        @if n_unchanged != 0 {
            p.hidden {
                @if n_unchanged == 1 { "1 other setting stays as it is." }
                @else { (n_unchanged) " other settings stay as they are." }
            }
        }
    }
}

/// Says what else is on a side: nothing at all, or elements that stay.
fn rest(elements: &[String], n_stay: usize) -> Markup {
    html! {
        @if n_stay != 0 {
            small { (n_stay) @if n_stay == 1 { " stays" } @else { " stay" } }
        } @else if elements.is_empty() {
            small { "not set" }
        }
    }
}

/// Returns the rows of a field; a target of another kind has those of both.
fn rows(field: &FieldChange, change: &Change) -> Vec<Row> {
    let FieldChange { setting: _, path, before, after, key, origin } = field;
    let (key, origin) = (*key, *origin);
    if *path == "target" {
        let one = |it: &Field, is_before: bool| {
            let texts = texts(&it.value, &BTreeSet::new());
            let (before, after) = if is_before { (texts, Vec::new()) } else { (Vec::new(), texts) };
            Row { path: it.path, before, after, n_stay: 0, key, origin }
        };
        let gone = target_fields(change.before.as_ref());
        let new = target_fields(change.after.as_ref());
        let gone = gone.iter().map(|it| one(it, true));
        return gone.chain(new.iter().map(|it| one(it, false))).collect();
    }
    // Where all goes, a list of nothing is not worth a line.
    let is_noise = change.after.is_none()
        && before.as_ref().is_none_or(|it| it.value.is_empty_list())
        && after.is_none();
    if is_noise {
        return Vec::new();
    }
    let values = [before, after].into_iter().flatten().map(|it| &it.value).collect::<Vec<_>>();
    let ambiguous = ambiguous(&values);
    let of =
        |it: &Option<Field>| it.as_ref().map(|it| texts(&it.value, &ambiguous)).unwrap_or_default();
    let (old, new) = (of(before), of(after));
    let path = after.as_ref().or(before.as_ref()).map_or(*path, |it| it.path);
    let has = |all: &[String], it: &String| all.contains(it);
    let stays = |it: &&String| has(&new, it);
    let n_stay = old.iter().filter(stays).count();
    // The same in another order: all of it is the change.
    let is_order_only = n_stay == old.len() && n_stay == new.len();
    if is_order_only || n_stay == 0 {
        return vec![Row { path, before: old, after: new, n_stay: 0, key, origin }];
    }
    let dropped = old.iter().filter(|it| !has(&new, it)).cloned().collect();
    let added = new.iter().filter(|it| !has(&old, it)).cloned().collect();
    vec![Row { path, before: dropped, after: added, n_stay, key, origin }]
}

/// Returns a value as it is shown, an element each.
fn texts(value: &FieldValue, ambiguous: &BTreeSet<String>) -> Vec<String> {
    let credential = |it: &Credential| {
        let text = it.to_string();
        let id =
            if ambiguous.contains(&text) { format!(" (id {})", it.id.0) } else { String::new() };
        shown(&format!("{text}{id}")).into_owned()
    };
    match value {
        FieldValue::Scalar(it) => vec![shown(&it.to_string()).into_owned()],
        FieldValue::List(it) if it.is_empty() => vec!["none".to_owned()],
        FieldValue::List(it) => it.iter().map(|it| shown(it).into_owned()).collect(),
        FieldValue::Credentials(it) if it.is_empty() => vec!["none".to_owned()],
        FieldValue::Credentials(it) => it.iter().map(credential).collect(),
        FieldValue::Gone(it) => it.iter().map(|it| format!("{} (gone)", shown(&it.0))).collect(),
    }
}
