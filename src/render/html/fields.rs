//! The settings that a change affects.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{drift, words::place};
use crate::{
    model::{Credential, Field, FieldValue, shown},
    plan::{Change, FieldChange, Origin},
    render::{
        attributes::{ambiguous, n_unchanged, target_fields},
        difference::{ChangedWords, Line, Piece, changed_words, difference},
    },
    source::{SourceMap, Span},
};

/// One setting: removed, added, and the number of unchanged elements.
struct Row {
    path: &'static str,
    before: Vec<String>,
    after: Vec<String>,
    n_unchanged: usize,
    /// The key in the files that sets it.
    key: Option<Span>,
    /// Which side changed it, if the plan was compared with a base.
    origin: Option<Origin>,
}

/// Returns the settings that a change affects: a list if the discovery is created or deleted, else
/// a table.
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
            @for Row { path, before, after, n_unchanged: _, key: _, origin: _ } in rows {
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
                        @let sides = marked(row);
                        td { @for it in &sides.before { del { (words(it)) } } (rest(&row.before, row.n_unchanged)) }
                        td { @for it in &sides.after { ins { (words(it)) } } (rest(&row.after, row.n_unchanged)) }
                    }
                }
            }
        }
        @if n_unchanged != 0 {
            p.hidden {
                @if n_unchanged == 1 { "1 unchanged setting is hidden." }
                @else { (n_unchanged) " unchanged settings are hidden." }
            }
        }
    }
}

/// The elements of both sides, each in pieces.
struct Marked {
    before: Vec<Vec<Piece>>,
    after: Vec<Vec<Piece>>,
}

/// Returns the elements of a row. If one long element becomes another, the changed words are apart.
fn marked(row: &Row) -> Marked {
    if let ([before], [after]) = (&*row.before, &*row.after)
        && let Some(ChangedWords { before, after }) = changed_words(before, after)
    {
        return Marked { before: vec![before], after: vec![after] };
    }
    let whole = |all: &[String]| {
        let piece = |it: &String| vec![Piece { text: it.clone(), is_changed: false }];
        all.iter().map(piece).collect()
    };
    Marked { before: whole(&row.before), after: whole(&row.after) }
}

fn words(pieces: &[Piece]) -> Markup {
    html! {
        @for Piece { text, is_changed } in pieces {
            @if *is_changed { mark { (text) } } @else { (text) }
        }
    }
}

/// Notes on a side: it is not set, or has unchanged elements.
fn rest(elements: &[String], n_unchanged: usize) -> Markup {
    html! {
        @if n_unchanged != 0 {
            small { (n_unchanged) " unchanged" }
        } @else if elements.is_empty() {
            small { "not set" }
        }
    }
}

/// Returns the rows of a field. If the kind of target changes, those of both targets.
fn rows(field: &FieldChange, change: &Change) -> Vec<Row> {
    let FieldChange { setting: _, path, before, after, key, origin } = field;
    let (key, origin) = (*key, *origin);
    if *path == "target" {
        let one = |it: &Field, is_before: bool| {
            let texts = texts(&it.value, &BTreeSet::new());
            let (before, after) = if is_before { (texts, Vec::new()) } else { (Vec::new(), texts) };
            Row { path: it.path, before, after, n_unchanged: 0, key, origin }
        };
        let gone = target_fields(change.before.as_ref());
        let new = target_fields(change.after.as_ref());
        let gone = gone.iter().map(|it| one(it, true));
        return gone.chain(new.iter().map(|it| one(it, false))).collect();
    }
    // When everything is removed, an empty list is noise.
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
    let mut row = Row { path, before: Vec::new(), after: Vec::new(), n_unchanged: 0, key, origin };
    for Line { sign, text, is_moved } in difference(old, new) {
        let text = if is_moved { text + " (moved)" } else { text };
        match sign {
            '-' => row.before.push(text),
            '+' => row.after.push(text),
            _ => row.n_unchanged += 1,
        }
    }
    vec![row]
}

/// Returns the elements of a value as they are shown.
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
