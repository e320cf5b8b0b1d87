//! Fields: settings in the form in which they are shown and written to JSON.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    credential::{Credential, CredentialId},
    name::quoted,
    settings::SettingKey,
};

/// One field of a setting, by its path in the files. Only targets have more than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) setting: SettingKey,
    pub(crate) path: &'static str,
    pub(crate) value: FieldValue,
}

/// The value of a field, as it is shown and written to JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldValue {
    Scalar(Scalar),
    List(Vec<String>),
    /// Sorted as they are shown.
    Credentials(Vec<Credential>),
    Gone(Vec<CredentialId>),
}

/// A value that is not a list. JSON has a type for each.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Text(String),
    Number(u64),
}

impl Scalar {
    /// Shows the value on a terminal: text in quotes.
    pub(crate) fn quoted(&self) -> String {
        match self {
            Self::Text(it) => quoted(it),
            Self::Number(_) => self.to_string(),
        }
    }
}

/// Shows the value as it is.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(it) => f.write_str(it),
            Self::Number(it) => write!(f, "{it}"),
        }
    }
}

impl FieldValue {
    /// Whether it is an empty list, which a controller reports by leaving the field out.
    pub(crate) fn is_empty_list(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::List(it) => it.is_empty(),
            Self::Credentials(it) => it.is_empty(),
            Self::Gone(it) => it.is_empty(),
        }
    }

    pub(super) fn from_text(value: &impl ToString) -> Self {
        Self::Scalar(Scalar::Text(value.to_string()))
    }

    pub(super) fn from_number(value: impl Into<u64>) -> Self {
        Self::Scalar(Scalar::Number(value.into()))
    }

    pub(super) fn from_list<T: ToString>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts(values))
    }

    pub(super) fn number(&self) -> Option<u64> {
        if let Self::Scalar(Scalar::Number(it)) = self { Some(*it) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Scalar(Scalar::Text(it)) = self { Some(it) } else { None }
    }

    pub(super) fn parse<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    pub(super) fn parse_list<T, C: FromIterator<T>>(
        &self,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<C> {
        if let Self::List(it) = self { it.iter().map(|it| parse(it)).collect() } else { None }
    }
}

/// Shows the value in one line.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |items: &[String]| format!("[{}]", items.join(", "));
        match self {
            Self::Scalar(it) => it.fmt(f),
            Self::List(it) => f.write_str(&listed(it)),
            Self::Credentials(it) => f.write_str(&listed(&texts(it))),
            Self::Gone(it) => f.write_str(&listed(&texts(it))),
        }
    }
}

fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|it| it.to_string()).collect()
}
