//! Fills the [`raw`](super::raw) maps from the tree: key by key, so that a mistake in one does not
//! hide the next.
//!
//! Knows types and keys, but not values: `resolve` decides whether a text is an address.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    problems::{Place, Problems, all_of, alternatives, nearest, shown},
    tree::{Entry, Node, Value},
};
use crate::{
    codes,
    model::Sourced,
    source::{Diagnostic, Spanned},
};

/// What is needed to read a file: its text, and where to report problems.
#[derive(Debug)]
pub(super) struct Reader<'a, 'c> {
    text: &'a str,
    problems: &'c mut Problems,
    /// The key of the value that is read; `None` at the top of the file.
    key: Option<&'static str>,
}

/// A type that a value of a file can have.
pub(super) trait Read: Sized {
    /// Reads a value. Reports a value of the wrong type, and returns `None`.
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self>;

    /// Returns the place that identifies an item of a list.
    fn item_place(node: &Node<'_>) -> Place {
        node.place
    }
}

/// An optional key.
#[derive(Clone, Debug, Default)]
pub(super) enum OptionalKey<T> {
    #[default]
    Absent,
    /// `null`: not managed, even if there is a default.
    Null,
    /// A value that is wrong, which has been reported.
    Invalid,
    Given(Sourced<T>),
}

impl<T> OptionalKey<T> {
    pub(super) fn given(&self) -> Option<&Sourced<T>> {
        match self {
            Self::Given(it) => Some(it),
            Self::Absent | Self::Null | Self::Invalid => None,
        }
    }

    /// Whether there is a value, right or wrong.
    pub(super) fn is_present(&self) -> bool {
        match self {
            Self::Invalid | Self::Given(_) => true,
            Self::Absent | Self::Null => false,
        }
    }

    /// Converts the value. `None` stands for a mistake that has been reported.
    pub(super) fn try_map<U>(&self, make: impl FnOnce(&Sourced<T>) -> Option<U>) -> OptionalKey<U> {
        match self {
            Self::Absent => OptionalKey::Absent,
            Self::Null => OptionalKey::Null,
            Self::Invalid => OptionalKey::Invalid,
            Self::Given(it) => match make(it) {
                Some(value) => OptionalKey::Given(Sourced { value, key: it.key, at: it.at }),
                None => OptionalKey::Invalid,
            },
        }
    }
}

impl<T: Clone> OptionalKey<T> {
    /// Returns the value, or else the default.
    pub(super) fn or_default(&self, default: &Self) -> Option<Sourced<T>> {
        match self {
            Self::Absent => default.given().cloned(),
            Self::Null | Self::Invalid => None,
            Self::Given(it) => Some(it.clone()),
        }
    }
}

/// A required key. `None` if it is missing or of the wrong type, which has been reported.
#[derive(Clone, Debug)]
pub(super) struct RequiredKey<T>(pub(super) Option<Sourced<T>>);

impl<T> Default for RequiredKey<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A map of a file, while its keys are read.
#[derive(Debug)]
pub(super) struct Fields<'n, 'a> {
    what: &'static str,
    node: &'n Node<'a>,
    entries: &'n [Entry<'a>],
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
}

/// The unknown keys of a map.
#[derive(Clone, Debug, Default)]
pub(super) struct Unknown {
    pub(super) n_keys: usize,
    /// The keys that they are probably misspellings of.
    pub(super) meant: Vec<&'static str>,
}

impl<'n, 'a> Fields<'n, 'a> {
    /// Opens a map; `what` names it in messages.
    pub(super) fn of(
        node: &'n Node<'a>,
        what: &'static str,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reader.wrong_type(node, "a map");
            return None;
        };
        Some(Self { what, node, entries, known: Vec::new(), missing: Vec::new() })
    }

    /// Reads a key that may be left out.
    pub(super) fn optional<T: Read>(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'_, '_>,
    ) -> OptionalKey<T> {
        let Some(entry) = self.take(key) else { return OptionalKey::Absent };
        if let Value::Null = entry.value.value {
            return OptionalKey::Null;
        }
        match given(entry, key, reader) {
            Some(it) => OptionalKey::Given(it),
            None => OptionalKey::Invalid,
        }
    }

    /// Reads a key that must be there.
    pub(super) fn required<T: Read>(
        &mut self,
        key: &'static str,
        reader: &mut Reader<'_, '_>,
    ) -> RequiredKey<T> {
        if let Some(entry) = self.take(key) {
            return RequiredKey(given(entry, key, reader));
        }
        self.missing.push(key);
        RequiredKey(None)
    }

    /// Returns the place of the first key, or of the whole map where it has none.
    fn first_key(&self) -> Place {
        let keys = self.entries.iter().map(|it| it.key.place);
        let inside = keys.filter(|it| self.node.place.start <= it.start);
        inside.min_by_key(|it| it.start).unwrap_or(self.node.place)
    }

    fn take(&mut self, key: &'static str) -> Option<&'n Entry<'a>> {
        self.known.push(key);
        self.entries.iter().find(|it| it.name() == key)
    }

    /// Reports unknown keys, and missing ones unless they are only misspelt.
    pub(super) fn finish(self, reader: &mut Reader<'_, '_>) -> Unknown {
        let unknown = self.unknown(reader);
        for key in self.missing.iter().filter(|it| !unknown.meant.contains(it)) {
            let message = format!("{} needs the key `{key}`", self.what);
            let at = reader.problems.span(self.first_key());
            reader.problems.add(
                Diagnostic::error(&codes::config::MISSING_KEY, message)
                    .labelled(at, format!("`{key}` is missing here")),
            );
        }
        unknown
    }

    fn unknown(&self, reader: &mut Reader<'_, '_>) -> Unknown {
        let mut unknown = Unknown::default();
        for entry in self.entries {
            let name = entry.name();
            if self.known.contains(&name) {
                continue;
            }
            let keys = all_of(self.known.iter().copied());
            let meant = nearest(name, self.known.iter().copied());
            unknown.n_keys += 1;
            unknown.meant.extend(meant);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys are {keys}"),
            };
            reader.problems.add(
                Diagnostic::error(
                    &codes::config::UNKNOWN_KEY,
                    format!("{} has no key {}", self.what, shown(name)),
                )
                .at(reader.problems.span(entry.key.place))
                .help(help),
            );
        }
        unknown
    }
}

impl Entry<'_> {
    fn name(&self) -> &str {
        // `tree` has dropped all other keys.
        if let Value::Text(name) = &self.key.value { name } else { "" }
    }
}

fn given<T: Read>(
    entry: &Entry<'_>,
    key: &'static str,
    reader: &mut Reader<'_, '_>,
) -> Option<Sourced<T>> {
    let outer = reader.key.replace(key);
    let value = T::read(&entry.value, reader);
    reader.key = outer;
    let value = value?;
    let key = reader.problems.span(entry.key.place);
    Some(Sourced { value, key, at: reader.problems.span(entry.value.place) })
}

impl<'a, 'c> Reader<'a, 'c> {
    pub(super) fn new(text: &'a str, problems: &'c mut Problems) -> Self {
        Self { text, problems, key: None }
    }

    /// Returns a value as it is written.
    pub(super) fn written(&self, node: &Node<'_>) -> &'a str {
        self.text.get(node.place.start..node.place.end).unwrap_or_default()
    }

    /// Reports a value of the wrong type.
    pub(super) fn wrong_type(&mut self, node: &Node<'_>, expected: &str) {
        self.wrong_type_help(node, expected, None);
    }

    /// Reports a value of the wrong type, with help.
    pub(super) fn wrong_type_help(
        &mut self,
        node: &Node<'_>,
        expected: &str,
        help: Option<String>,
    ) {
        let found = node.found(self.text);
        let at = self.problems.span(node.place);
        let message = match self.key {
            Some(key) => format!("`{key}`: expected {expected}, found {found}"),
            None => format!("expected {expected}, found {found}"),
        };
        let problem = Diagnostic::error(&codes::config::WRONG_TYPE, message).at(at);
        self.problems.add(problem.help_if(help));
    }
}

impl Read for String {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let help = match &node.value {
            Value::Text(text) => return Some(text.clone().into_owned()),
            Value::Bool | Value::Integer(_) | Value::Float(_) => {
                Some("put it in quotes if it is meant as text".to_owned())
            }
            Value::Null | Value::List(_) | Value::Map(_) => None,
        };
        reader.wrong_type_help(node, "text", help);
        None
    }
}

/// The text of a duration.
#[derive(Clone, Debug)]
pub(super) struct DurationText(pub(super) String);

impl Read for DurationText {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let help = match &node.value {
            Value::Text(text) => return Some(Self(text.clone().into_owned())),
            Value::Integer(number) => Some(format!("a duration has a unit, such as `{number}s`")),
            _ => None,
        };
        reader.wrong_type_help(node, "a duration", help);
        None
    }
}

/// A whole number of any size. Its bounds are checked where it is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) i128);

impl Read for Number {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        match &node.value {
            Value::Integer(it) => Some(Self(*it)),
            // A number that is too long for an integer, or written as `3.0`, is still a whole number.
            Value::Float(it) if it.fract() == 0.0 => {
                Some(Self(reader.written(node).parse().unwrap_or(saturated(*it))))
            }
            _ => {
                reader.wrong_type(node, "a whole number");
                None
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a saturated number is out of every range too")]
fn saturated(number: f64) -> i128 {
    number as i128
}

impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            let help = matches!(node.value, Value::Text(_))
                .then(|| "put it in brackets to make a list of one".to_owned());
            reader.wrong_type_help(node, "a list", help);
            return None;
        };
        let read = |item: &Node<'_>, reader: &mut Reader<'_, '_>| {
            let span = reader.problems.span(T::item_place(item));
            T::read(item, reader).map(|it| Spanned::new(it, span))
        };
        Some(items.iter().filter_map(|it| read(it, reader)).collect())
    }
}

/// A map with arbitrary keys, in the order of the file, without those that are `null`.
#[derive(Clone, Debug)]
pub(super) struct Keyed<T>(pub(super) Vec<(String, Sourced<T>)>);

impl<T: Read> Read for Keyed<T> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reader.wrong_type(node, "a map");
            return None;
        };
        let given_keys = entries.iter().filter(|it| !matches!(it.value.value, Value::Null));
        let key = reader.key.unwrap_or_default();
        let read = |it: &Entry<'_>| Some((it.name().to_owned(), given(it, key, reader)?));
        Some(Self(given_keys.filter_map(read).collect()))
    }
}

/// A value that is one of a few words.
pub(super) trait Keywords: Copy + 'static {
    const KEYWORDS: &'static [(&'static str, Self)];
}

/// One of a few words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyword<T>(pub(super) T);

impl<T: Keywords> Keyword<T> {
    pub(super) fn keys() -> impl Iterator<Item = &'static str> {
        T::KEYWORDS.iter().map(|(key, _)| *key)
    }
}

impl<T: Keywords> Read for Keyword<T> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut help = None;
        if let Value::Text(text) = &node.value {
            if let Some((_, value)) = T::KEYWORDS.iter().find(|(key, _)| key == text) {
                return Some(Self(*value));
            }
            help = nearest(text, Self::keys()).map(|it| format!("did you mean `{it}`?"));
        }
        reader.wrong_type_help(node, &alternatives(Self::keys()), help);
        None
    }
}

/// Reads a map with keys that are named like its fields, in their order.
macro_rules! read_map {
    ($map:ident as $what:literal { $($key:ident: $presence:ident),+ $(,)? }) => {
        impl Read for $map {
            fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
                let mut fields = Fields::of(node, $what, reader)?;
                let it = Self { $($key: fields.$presence(stringify!($key), reader)),+ };
                fields.finish(reader);
                Some(it)
            }
        }
    };
}
pub(super) use read_map;

/// Gives a type a schema that is written out wherever the type is used.
macro_rules! inline_schema {
    ($type:ident $(<$t:ident: $bound:ident>)?, $schema:expr) => {
        impl $(<$t: $bound>)? JsonSchema for $type $(<$t>)? {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
pub(super) use inline_schema;

inline_schema!(
    Keyword<T: Keywords>,
    json_schema!({ "type": "string", "enum": Self::keys().collect::<Vec<_>>() })
);
inline_schema!(DurationText, json_schema!({ "type": "string", "pattern": r"^[0-9]+[smhdw]$" }));
inline_schema!(Number, json_schema!({ "type": "integer" }));

/// Leaves places out of the schema.
macro_rules! schema_of {
    ($outer:ident as $inner:ty) => {
        impl<T: JsonSchema> JsonSchema for $outer<T> {
            fn inline_schema() -> bool {
                <$inner>::inline_schema()
            }

            fn schema_name() -> Cow<'static, str> {
                <$inner>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                <$inner>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$inner>::json_schema(generator)
            }
        }
    };
}

schema_of!(OptionalKey as Option<T>);
schema_of!(RequiredKey as T);
schema_of!(Spanned as T);
schema_of!(Keyed as std::collections::BTreeMap<String, Option<T>>);
