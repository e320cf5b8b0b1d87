//! The settings of a change, a line or more for each.
//!
//! Knows signs, columns and lists. Does not know what a change is for.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::plural;
use crate::{
    model::{Credential, CredentialId, Field, FieldValue, Settings, quoted, shown},
    plan::{Change, FieldChange, Origin},
};

/// How long a list may be, in characters, to be shown on one line.
const LINE: usize = 72;

/// How many unchanged elements in a row are shown before they are only counted.
const MAX_CONTEXT: usize = 2;

/// Returns the settings that a change concerns, their names in one column. Where only some of a
/// discovery's settings are shown, those with one line come first.
pub(super) fn lines(change: &Change) -> Vec<String> {
    let attributes = change.fields.iter().flat_map(|it| attributes(it, change));
    let mut attributes = attributes.collect::<Vec<_>>();
    if change.before.is_some() && change.after.is_some() {
        attributes.sort_by_key(|it| matches!(it.value, Drawn::Lines(_)));
    }
    let width = attributes.iter().map(|it| it.path.len()).max().unwrap_or_default();
    let column = comment_column(&attributes, width);
    let lines = attributes.iter().flat_map(|it| {
        let lines = it.draw(width);
        commented(lines, it.origin, column)
    });
    let mut lines = lines.collect::<Vec<_>>();
    let n_hidden = n_unchanged(change);
    if n_hidden != 0 {
        let settings = plural(n_hidden, "setting", "settings");
        lines.push(format!("        # ({n_hidden} unchanged {settings} hidden)"));
    }
    lines
}

/// How far behind a line its origin is put at most to stand in one column with others.
const COLUMN: usize = 72;

/// Returns the column in which the origins stand: behind the longest line that is not too long.
fn comment_column(attributes: &[Attribute], width: usize) -> usize {
    let lines =
        attributes.iter().filter_map(|it| it.draw(width).first().map(|it| it.chars().count()));
    lines.filter(|it| *it <= COLUMN).max().unwrap_or_default()
}

/// Puts behind a setting whose doing it is, where that is known.
fn commented(mut lines: Vec<String>, origin: Option<Origin>, column: usize) -> Vec<String> {
    if let (Some(origin), Some(first)) = (origin, lines.first_mut()) {
        let blanks = column.saturating_sub(first.chars().count()) + 1;
        *first = format!("{first}{:blanks$}# {origin}", "");
    }
    lines
}

/// Counts the settings that stay as they are; a list that is and stays empty is none.
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
    /// Whose doing it is, where that is known.
    origin: Option<Origin>,
}

/// A value, on one line or with a line for each element.
enum Drawn {
    Line(String),
    Lines(Vec<Element>),
}

/// A line of a list.
enum Element {
    Signed(char, String),
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
            Self::Signed(sign, it) => format!("          {sign} {it},"),
            Self::Hidden(n) => {
                let elements = plural(*n, "element", "elements");
                format!("            # ({n} unchanged {elements} hidden)")
            }
        }
    }
}

/// Returns the settings of a field, with its origin.
fn attributes(field: &FieldChange, change: &Change) -> Vec<Attribute> {
    let attributes = drawn(field, change).into_iter();
    attributes.map(|it| Attribute { origin: field.origin, ..it }).collect()
}

/// Returns the settings of a field; a target of another kind has those of both.
fn drawn(field: &FieldChange, change: &Change) -> Vec<Attribute> {
    let FieldChange { path, before, after, .. } = field;
    if *path == "target" {
        let gone = target_fields(change.before.as_ref()).into_iter().map(|it| added('-', &it));
        let new = target_fields(change.after.as_ref()).into_iter().map(|it| added('+', &it));
        return gone.chain(new).collect();
    }
    match (before, after) {
        (Some(before), Some(after)) => vec![changed(before, after)],
        // Credentials that are gone leave a list that goes on.
        (Some(Field { setting: _, path, value: FieldValue::Gone(ids) }), None)
            if change.after.is_some() =>
        {
            let elements = ids.iter().map(|it| Element::Signed('-', gone(it))).collect();
            vec![Attribute { sign: '~', path, value: Drawn::Lines(elements), origin: None }]
        }
        (Some(before), None) => {
            // Where all goes, a list of nothing is not worth a line.
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

/// Draws a setting that is added or dropped as a whole.
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
                Drawn::Lines(elements.into_iter().map(|it| Element::Signed(sign, it)).collect())
            }
        }
    };
    Attribute { sign, path, value, origin: None }
}

/// Draws a setting that becomes another.
fn changed(before: &Field, after: &Field) -> Attribute {
    let ambiguous = ambiguous(&[&before.value, &after.value]);
    let value = match (scalar(&before.value), scalar(&after.value)) {
        (Some(before), Some(after)) => Drawn::Line(format!("{before} -> {after}")),
        (Some(_) | None, None) | (None, Some(_)) => Drawn::Lines(difference(
            elements(&before.value, &ambiguous),
            elements(&after.value, &ambiguous),
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

/// Returns the elements as they are shown; what is no list is one element.
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

/// Returns what two or more credentials of these values would be shown as.
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

/// Lists what was dropped, what was added, and what stays in between, in the order of both lists.
fn difference(before: Vec<String>, after: Vec<String>) -> Vec<Element> {
    let places = after.iter().enumerate().map(|(at, it)| (it.clone(), at));
    let places = places.collect::<BTreeMap<_, _>>();
    let mut lines = Vec::new();
    let mut rest = after.into_iter().enumerate().peekable();
    for element in before {
        let next = rest.peek().map(|(at, _)| *at);
        let place = places.get(&element).filter(|it| next.is_some_and(|next| next <= **it));
        let Some(place) = place else {
            lines.push(Element::Signed('-', element));
            continue;
        };
        while let Some((_, new)) = rest.next_if(|(at, _)| at < place) {
            lines.push(Element::Signed('+', new));
        }
        lines.extend(rest.next().map(|(_, same)| Element::Signed(' ', same)));
    }
    lines.extend(rest.map(|(_, new)| Element::Signed('+', new)));
    without_long_context(lines)
}

/// Replaces each long row of unchanged elements by their number.
fn without_long_context(lines: Vec<Element>) -> Vec<Element> {
    let mut shortened = Vec::new();
    let mut context = Vec::new();
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        if !matches!(line, Element::Signed(' ', _)) {
            shortened.push(line);
            continue;
        }
        context.push(line);
        if lines.peek().is_some_and(|next| matches!(next, Element::Signed(' ', _))) {
            continue;
        }
        if MAX_CONTEXT < context.len() {
            shortened.push(Element::Hidden(context.len()));
            context.clear();
        }
        shortened.append(&mut context);
    }
    shortened
}
