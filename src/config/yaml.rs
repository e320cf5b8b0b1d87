//! Parses the text of one file to a tree.
//!
//! The only file that uses the YAML parser. Turns its errors into diagnostics.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{
    Location, MessageFormatter as _, Options, UserMessageFormatter,
    options::{DuplicateKeyPolicy, NonFiniteFloatPolicy},
};

use super::{
    problems::{Place, Problems, shown},
    tree::{Entry, Node, Value},
};
use crate::{codes, source::Diagnostic};

/// Enough for 100,000 discoveries, at about twenty nodes each.
const MAX_NODES: usize = 4_000_000;

/// Each node is one event, or two where it has an end.
const MAX_EVENTS: usize = 2 * MAX_NODES;

/// Each discovery of a file may refer to one anchor with its credentials, so many aliases are normal.
/// The parser's defaults still limit how much they add up to.
const MAX_MERGES: usize = 50_000;

/// Half of the parser's own limit, which needs more stack than a thread has in a build without
/// optimization. A valid file is six levels deep.
const MAX_DEPTH: usize = 32;

/// Parses the text as one document. Reports an error, and returns `None`.
pub(super) fn parse<'a>(text: &'a str, problems: &mut Problems) -> Option<Node<'a>> {
    match serde_saphyr::from_str_with_options::<Node<'a>>(text, options()) {
        Ok(root) => Some(root),
        Err(error) => {
            problems.add(syntax(&error, text, problems));
            None
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: MAX_EVENTS,
            max_merge_keys: MAX_MERGES,
            max_depth: MAX_DEPTH,
            enforce_alias_anchor_ratio: false,
        },
        // We report all of them, and show both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // As in YAML 1.2, and in editors that check the schema: `no` and `1_000` are text.
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// Turns an error of the parser into a diagnostic.
fn syntax(error: &serde_saphyr::Error, text: &str, problems: &Problems) -> Diagnostic {
    let message = match error.without_snippet() {
        serde_saphyr::Error::Budget { .. }
        | serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. } => {
            "too large, too deep, or too many aliases".to_owned()
        }
        serde_saphyr::Error::MultipleDocuments { .. } => {
            "the file contains several documents".to_owned()
        }
        serde_saphyr::Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "an anchor contains itself".to_owned()
        }
        serde_saphyr::Error::UnknownAnchor { .. } => "there is no such anchor".to_owned(),
        serde_saphyr::Error::UnsupportedTag { tag, .. } => format!("unknown tag {}", shown(tag)),
        serde_saphyr::Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            "`<<` needs a map, or a list of maps".to_owned()
        }
        other => plain(&UserMessageFormatter.format_message(other)),
    };
    let at = error.location().map(|it| place_of_error(&it, text)).unwrap_or_default();
    let problem = Diagnostic::error(&codes::config::SYNTAX, message).at(problems.span(at));
    match error.without_snippet() {
        serde_saphyr::Error::MultipleDocuments { .. } => {
            problem.help("give each document a file of its own")
        }
        // Every second byte of UTF-16 is one, and text has none.
        _ if text.contains('\0') => problem.help("save it as UTF-8"),
        _ => problem,
    }
}

/// Returns a message of the parser in lower case, on one line.
fn plain(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.starts_with("YAML document too large") || line.starts_with("recursion limit") {
        return "too large, too deep, or too many aliases".to_owned();
    }
    let mut chars = line.chars();
    let second_is_upper = chars.clone().nth(1).is_some_and(char::is_uppercase);
    match chars.next() {
        Some(first) if !second_is_upper => first.to_lowercase().chain(chars).collect(),
        Some(_) | None => line,
    }
}

/// Returns where an error is. The scanner counts its errors in characters only, and often points
/// between two of them.
fn place_of_error(location: &Location, text: &str) -> Place {
    let in_bytes = location.span().byte_offset().and_then(|it| usize::try_from(it).ok());
    let in_chars = usize::try_from(location.span().offset()).unwrap_or(text.len());
    let counted = || text.char_indices().nth(in_chars).map_or(text.len(), |(at, _)| at);
    let at = in_bytes.unwrap_or_else(counted);
    let rest = text.get(at..).unwrap_or_default();
    let known = location.span().byte_len().and_then(|it| usize::try_from(it).ok());
    let length = match known {
        Some(length) if length != 0 => length,
        Some(_) | None => rest.chars().next().filter(|it| *it != '\n').map_or(0, char::len_utf8),
    };
    Place { start: at.min(text.len()), end: (at + length).min(text.len()) }
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let it = serde_saphyr::Spanned::<Value<'a>>::deserialize(deserializer)?;
        let (defined, used) = (place(&it.defined), place(&it.referenced));
        Ok(Self { value: it.value, place: defined, used, first_key: defined.start })
    }
}

fn place(location: &Location) -> Place {
    let bytes = |it: Option<u64>| it.and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
    let start = bytes(location.span().byte_offset());
    Place { start, end: start + bytes(location.span().byte_len()) }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry()? {
            entries.push(Entry { key, value });
        }
        Ok(Value::Map(entries))
    }
}
