//! The parameters of reads, and the part of a list that they select.

use serde_json::Value;

use super::answer::Refusal;

/// The most items that a list returns at once.
pub(super) const PAGE: usize = 500;

/// The parameters after `?`, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

/// A part of a list, counted from 1. The members are parameters of a path.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub(crate) struct Page {
    pub(crate) start: usize,
    pub(crate) count: usize,
}

/// A part of a list that belongs to the object with this id.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct PageOf {
    pub(crate) id: String,
    pub(crate) start: usize,
    pub(crate) count: usize,
}

impl Query {
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == key).map(|(_, value)| value.as_str())
    }

    /// Whether a value passes the filter of this name, if the query has one.
    pub(super) fn allows(&self, key: &str, value: &str) -> bool {
        let mut allowed = self.0.iter().filter(|(it, _)| it == key).peekable();
        allowed.peek().is_none() || allowed.any(|(_, it)| it.eq_ignore_ascii_case(value))
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, Refusal> {
        let bad = |_| Refusal::bad(format!("`{key}` must be a whole number"));
        self.one(key).map(|it| it.parse().map_err(bad)).transpose()
    }

    /// The part that `offset`, counted from 1, and `limit` select.
    pub(super) fn page(&self, items: impl IntoIterator<Item = Value>) -> Result<Value, Refusal> {
        let offset = self.number("offset")?.unwrap_or(1);
        let limit = self.number("limit")?.unwrap_or(PAGE as u64);
        if !(1..=PAGE as u64).contains(&limit) {
            return Err(Refusal::bad(format!("`limit` must be between 1 and {PAGE}")));
        }
        let skipped = usize::try_from(offset.saturating_sub(1)).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(PAGE);
        Ok(items.into_iter().skip(skipped).take(limit).collect())
    }
}
