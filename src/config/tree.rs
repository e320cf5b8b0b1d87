//! One file as a tree of scalars, lists and maps, each with the place where it is written.
//!
//! Checks the rules for all maps: keys are text, and unique.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    problems::{Place, Problems, shown},
    yaml,
};
use crate::{codes, source::Diagnostic};

/// A value and where it is.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) value: Value<'a>,
    /// Where it is written; for an alias, the place of the anchor.
    pub(super) place: Place,
    /// Where it takes effect: for an alias, the alias itself, and for a merged key, the alias after
    /// `<<`.
    pub(super) used: Place,
    /// Where the first key of a map is; for anything else, its start.
    pub(super) first_key: usize,
}

/// A YAML value.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool,
    Integer(i128),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
}

/// One key of a map and its value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Node<'a>,
    pub(super) value: Node<'a>,
}

/// Reads a file. `None` if it cannot be parsed.
pub(super) fn read<'a>(text: &'a str, problems: &mut Problems) -> Option<Node<'a>> {
    let mut root = yaml::parse(text, problems)?;
    settle(&mut root, text, problems);
    Some(root)
}

impl Node<'_> {
    /// Describes the value in a message.
    pub(super) fn found(&self, text: &str) -> String {
        let written = text.get(self.place.start..self.place.end).unwrap_or_default();
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool => shown(written),
            Value::Integer(_) | Value::Float(_) => format!("the number {}", shown(written)),
            Value::Text(text) => format!("the text {}", shown(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// Whether it comes from an alias.
    fn is_replayed(&self) -> bool {
        self.used.start != self.place.start
    }
}

/// Completes the places, which the parser gives for scalars only, and drops invalid keys.
fn settle(node: &mut Node<'_>, text: &str, problems: &mut Problems) {
    match &mut node.value {
        Value::Null | Value::Bool | Value::Integer(_) | Value::Float(_) => return,
        Value::Text(_) => {
            // The parser extends a block scalar to the next key.
            node.place = trimmed(node.place, text);
            node.used = trimmed(node.used, text);
            return;
        }
        Value::List(items) => items.iter_mut().for_each(|it| settle(it, text, problems)),
        Value::Map(entries) => {
            for Entry { key, value } in entries.iter_mut() {
                settle(key, text, problems);
                settle(value, text, problems);
                // An empty value has no place of its own.
                if value.place.start == value.place.end {
                    (value.place, value.used) = (key.place, key.used);
                }
            }
            *entries = checked(std::mem::take(entries), text, problems);
        }
    }
    let parts = parts(node);
    let is_flow = text.get(node.place.start..).is_some_and(|it| it.starts_with('{'));
    if let (true, Some(first)) = (is_flow, parts.iter().map(|it| it.start).min()) {
        node.first_key = first;
    }
    let end = end_of(node.place, &parts, text);
    let in_place = !node.is_replayed();
    node.place.end = end;
    if in_place {
        node.used.end = end;
    }
}

fn trimmed(place: Place, text: &str) -> Place {
    let written = text.get(place.start..place.end).unwrap_or_default();
    Place { end: place.start + written.trim_end().len(), ..place }
}

/// Returns the entries with the keys that are text, each once; the first one of a key stays.
fn checked<'a>(entries: Vec<Entry<'a>>, text: &str, problems: &mut Problems) -> Vec<Entry<'a>> {
    let mut first = BTreeMap::new();
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        let Value::Text(key) = &entry.key.value else {
            let found = entry.key.found(text);
            problems.add(
                Diagnostic::error(
                    &codes::config::WRONG_TYPE,
                    format!("a key must be text, found {found}"),
                )
                .at(problems.span(entry.key.place)),
            );
            continue;
        };
        if let Some(place) = first.get(key) {
            problems.add(
                Diagnostic::error(
                    &codes::config::DUPLICATE_KEY,
                    format!("{} is given twice", shown(key)),
                )
                .labelled(problems.span(entry.key.place), "again here")
                .labelled(problems.span(*place), "first given here")
                .help("remove one of them"),
            );
            continue;
        }
        first.insert(key.clone(), entry.key.place);
        kept.push(entry);
    }
    kept
}

/// Returns the places of the parts of a list or a map, as far as they lie inside it.
fn parts(node: &Node<'_>) -> Vec<Place> {
    let replayed = node.is_replayed();
    let place = |it: &Node<'_>| if replayed { it.place } else { it.used };
    let mut parts = match &node.value {
        Value::List(items) => items.iter().map(place).collect::<Vec<_>>(),
        Value::Map(entries) => {
            entries.iter().flat_map(|it| [place(&it.key), place(&it.value)]).collect()
        }
        _ => Vec::new(),
    };
    parts.retain(|it| node.place.start <= it.start);
    parts
}

/// Returns where a list or a map ends: after its last part, and its bracket if it has one.
fn end_of(place: Place, parts: &[Place], text: &str) -> usize {
    let last = parts.iter().map(|it| it.end).max().unwrap_or_default();
    let end = last.max(place.end);
    let bracket = match text.get(place.start..).and_then(|it| it.chars().next()) {
        Some('{') => '}',
        Some('[') => ']',
        Some(_) | None => return end,
    };
    let rest = text.get(end..).unwrap_or_default();
    end + closing(rest, bracket).unwrap_or_default()
}

/// Returns the length up to a closing bracket, if only blanks, commas and comments precede it.
fn closing(text: &str, bracket: char) -> Option<usize> {
    let mut in_comment = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => in_comment = false,
            _ if in_comment => (),
            '#' => in_comment = true,
            c if c == bracket => return Some(at + c.len_utf8()),
            c if c.is_whitespace() || matches!(c, ',' | ':') => (),
            _ => return None,
        }
    }
    None
}
