//! The settings of a change, a line or more for each.
//!
//! Handles signs, columns and lists. Does not know the reason for a change.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    difference::{Line, difference},
    plan::plural,
};
use crate::{
    model::{Credential, CredentialId, Field, FieldValue, Settings, quoted, shown},
    plan::{Change, FieldChange, Origin},
};

/// How long a list may be, in characters, to be shown on one line.
const LINE: usize = 72;

/// A longer row of unchanged elements is only counted.
const MAX_CONTEXT: usize = 2;

/// Returns the settings that a change affects, their names in one column. If only some of a
/// discovery's settings are shown, those on one line come first.
pub(super) fn lines(change: &Change) -> Vec<String> {
    let attributes = change.fields.iter().flat_map(|field| {
        let attributes = drawn(field, change).into_iter();
        attributes.map(|it| Attribute { origin: field.origin, ..it })
    });
    let mut attributes = attributes.collect::<Vec<_>>();
    if change.before.is_some() && change.after.is_some() {
        attributes.sort_by_key(|it| matches!(it.value, Drawn::Lines(_)));
    }
    let width = attributes.iter().map(|it| it.path.len()).max().unwrap_or_default();
    let first_lines = attributes.iter().filter_map(|it| it.draw(width).into_iter().next());
    let lengths = first_lines.map(|it| it.chars().count()).filter(|it| *it <= COLUMN);
    let column = lengths.max().unwrap_or_default();
    let mut lines = Vec::new();
    for attribute in &attributes {
        let mut drawn = attribute.draw(width);
        if let (Some(origin), Some(first)) = (attribute.origin, drawn.first_mut()) {
            let blanks = column.saturating_sub(first.chars().count()) + 1;
            *first = format!("{first}{:blanks$}# {origin}", "");
        }
        lines.extend(drawn);
    }
    let n_hidden = n_unchanged(change);
    if n_hidden != 0 {
        let settings = plural(n_hidden, "setting", "settings");
        lines.push(format!("        # ({n_hidden} unchanged {settings} hidden)"));
    }
    lines
}

/// Lines up to this length have their origins in one column.
const COLUMN: usize = 72;

/// Counts the unchanged settings. A list that stays empty does not count.
pub(super) fn n_unchanged(change: &Change) -> usize {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return 0;
    };
    let before = before.fields();
    let stays = |it: &Field| before.contains(it) && !it.value.is_empty_list();
    after.fields().into_iter().filter(stays).count()
}

/// One setting of a block.
struct Attribute {
    sign: char,
    path: &'static str,
    value: Drawn,
    /// Which side changed it, if that is known.
    origin: Option<Origin>,
}

/// A value, on one line or with a line for each element.
enum Drawn {
    Line(String),
    Lines(Vec<Element>),
}

/// A line of a list.
enum Element {
    /// Its sign, its text, and a comment.
    Signed(char, String, &'static str),
    Hidden(usize),
}

impl Attribute {
    fn draw(&self, width: usize) -> Vec<String> {
        let Self { sign, path, value, origin: _ } = self;
        let start = format!("      {sign} {path:<width$} =");
        match value {
            Drawn::Line(line) => vec![format!("{start} {line}")],
            Drawn::Lines(elements) => {
                let elements = elements.iter().map(Element::draw);
                let first = std::iter::once(format!("{start} ["));
                first.chain(elements).chain(["        ]".to_owned()]).collect()
            }
        }
    }
}

impl Element {
    fn draw(&self) -> String {
        match self {
            Self::Signed(sign, it, comment) => format!("          {sign} {it},{comment}"),
            Self::Hidden(n) => {
                let elements = plural(*n, "element", "elements");
                format!("            # ({n} unchanged {elements} hidden)")
            }
        }
    }
}

/// Returns the settings of a field. If the kind of target changes, those of both targets.
fn drawn(field: &FieldChange, change: &Change) -> Vec<Attribute> {
    let FieldChange { path, before, after, .. } = field;
    if *path == "target" {
        let gone = target_fields(change.before.as_ref()).into_iter().map(|it| added('-', &it));
        let new = target_fields(change.after.as_ref()).into_iter().map(|it| added('+', &it));
        return gone.chain(new).collect();
    }
    match (before, after) {
        (Some(before), Some(after)) => vec![changed(before, after)],
        // The list still exists; only deleted credentials are removed from it.
        (Some(Field { setting: _, path, value: FieldValue::Gone(ids) }), None)
            if change.after.is_some() =>
        {
            let elements = ids.iter().map(|it| Element::Signed('-', gone(it), "")).collect();
            vec![Attribute { sign: '~', path, value: Drawn::Lines(elements), origin: None }]
        }
        (Some(before), None) => {
            // When everything is removed, an empty list is noise.
            let is_noise = before.value.is_empty_list();
            if is_noise { Vec::new() } else { vec![added('-', before)] }
        }
        (None, Some(after)) => vec![added('+', after)],
        (None, None) => Vec::new(),
    }
}

pub(super) fn target_fields(settings: Option<&Settings>) -> Vec<Field> {
    settings.map(Settings::target_fields).unwrap_or_default()
}

/// Draws a setting that is added or removed as a whole.
fn added(sign: char, field: &Field) -> Attribute {
    let Field { setting: _, path, value } = field;
    let value = match value {
        FieldValue::Scalar(it) => Drawn::Line(it.quoted()),
        FieldValue::List(_) | FieldValue::Credentials(_) | FieldValue::Gone(_) => {
            let elements = elements(value, &ambiguous(&[value]));
            let line = format!("[{}]", elements.join(", "));
            if line.chars().count() <= LINE || elements.len() < 2 {
                Drawn::Line(line)
            } else {
                Drawn::Lines(elements.into_iter().map(|it| Element::Signed(sign, it, "")).collect())
            }
        }
    };
    Attribute { sign, path, value, origin: None }
}

/// Draws a setting whose value changes.
fn changed(before: &Field, after: &Field) -> Attribute {
    let ambiguous = ambiguous(&[&before.value, &after.value]);
    let value = match (scalar(&before.value), scalar(&after.value)) {
        (Some(before), Some(after)) => Drawn::Line(format!("{before} -> {after}")),
        (Some(_) | None, None) | (None, Some(_)) => Drawn::Lines(without_long_context(
            &difference(elements(&before.value, &ambiguous), elements(&after.value, &ambiguous)),
        )),
    };
    Attribute { sign: '~', path: after.path, value, origin: None }
}

fn scalar(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Scalar(it) => Some(it.quoted()),
        FieldValue::List(_) | FieldValue::Credentials(_) | FieldValue::Gone(_) => None,
    }
}

/// Returns the elements as they are shown. A scalar is one element.
fn elements(value: &FieldValue, ambiguous: &BTreeSet<String>) -> Vec<String> {
    match value {
        FieldValue::Scalar(it) => vec![it.quoted()],
        FieldValue::List(it) => it.iter().map(|it| quoted(it)).collect(),
        FieldValue::Credentials(it) => it.iter().map(|it| credential(it, ambiguous)).collect(),
        FieldValue::Gone(it) => it.iter().map(gone).collect(),
    }
}

fn credential(credential: &Credential, ambiguous: &BTreeSet<String>) -> String {
    let text = credential.to_string();
    if ambiguous.contains(&text) {
        return format!("{} (id {})", quoted(&text), shown(&credential.id.0));
    }
    quoted(&text)
}

fn gone(id: &CredentialId) -> String {
    format!("(gone) {}", shown(&id.0))
}

/// Returns the texts that two or more credentials of these values share.
pub(super) fn ambiguous(values: &[&FieldValue]) -> BTreeSet<String> {
    let mut ids = BTreeMap::<String, BTreeSet<&CredentialId>>::new();
    for value in values {
        let credentials = match value {
            FieldValue::Credentials(it) => it.as_slice(),
            FieldValue::Scalar(_) | FieldValue::List(_) | FieldValue::Gone(_) => continue,
        };
        for credential in credentials {
            ids.entry(credential.to_string()).or_default().insert(&credential.id);
        }
    }
    ids.into_iter().filter(|(_, ids)| 1 < ids.len()).map(|(text, _)| text).collect()
}

/// Replaces each long row of unchanged elements by their number.
fn without_long_context(lines: &[Line]) -> Vec<Element> {
    let mut elements = Vec::new();
    for row in lines.chunk_by(|one, next| one.sign == ' ' && next.sign == ' ') {
        let is_hidden = MAX_CONTEXT < row.len();
        if is_hidden {
            elements.push(Element::Hidden(row.len()));
        } else {
            elements.extend(row.iter().map(|it| {
                let moved = if it.is_moved { " # moved" } else { "" };
                Element::Signed(it.sign, it.text.clone(), moved)
            }));
        }
    }
    elements
}
