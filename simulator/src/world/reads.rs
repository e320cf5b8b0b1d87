//! Reads of discoveries: count, pages, one.

use serde_json::{Value, json};

use super::{
    answer::Refusal,
    query::{PAGE, Page},
    state::{At, Discovery, World},
    wire,
};
use crate::{
    quirk::{ListOrder, NumberSpelling},
    seed,
};

impl World {
    pub(crate) fn release_info(&self) -> Value {
        let release = self.release.as_deref().unwrap_or_default();
        json!({
            "name": "cisco-dna-center",
            "installedVersion": release,
            "systemVersion": release,
            "supportedDirectUpdates": [],
        })
    }

    pub(crate) fn count(&self, at: At<'_>) -> Value {
        count(self.listed(at).len(), at)
    }

    pub(crate) fn list(&self, at: At<'_>) -> Value {
        let all = self.listed(at).into_iter();
        all.map(|it| wire::shown(&it.shown, &at.rules.quirks)).collect()
    }

    pub(crate) fn page(&self, page: Page, at: At<'_>) -> Result<Value, Refusal> {
        let Page { start, count } = page;
        if start == 0 || count == 0 || PAGE < count {
            let error = format!("the start is at least 1, the count between 1 and {PAGE}");
            return Err(Refusal::bad(error));
        }
        let page = self.listed(at).into_iter().skip(start - 1).take(count);
        Ok(page.map(|it| wire::shown(&it.shown, &at.rules.quirks)).collect())
    }

    pub(crate) fn one(&self, id: &str, at: At<'_>) -> Result<Value, Refusal> {
        Ok(wire::shown(&self.visible(id, at)?.shown, &at.rules.quirks))
    }

    /// The discoveries that the list shows, in its order.
    pub(super) fn listed(&self, at: At<'_>) -> Vec<&Discovery> {
        let mut listed: Vec<&Discovery> =
            self.discoveries.iter().filter(|it| it.is_visible(at.now)).collect();
        match at.rules.quirks.list_order {
            ListOrder::Oldest => (),
            ListOrder::Newest => listed.reverse(),
            // The same order for every page, else no list could be read completely.
            ListOrder::Shuffled => listed.sort_by_cached_key(|it| {
                let id = it.id().unwrap_or_default();
                seed::numbers(at.rules.seed, &["place", &id]).u64(..)
            }),
        }
        listed
    }

    pub(super) fn visible(&self, id: &str, at: At<'_>) -> Result<&Discovery, Refusal> {
        let found = self.discovery(id).filter(|it| it.is_visible(at.now));
        found.ok_or_else(|| Refusal::missing("Discovery", id, at))
    }

    pub(super) fn discovery(&self, id: &str) -> Option<&Discovery> {
        self.discoveries.iter().find(|it| it.has_id(id))
    }
}

/// A count, which some releases return as text.
pub(super) fn count(count: usize, at: At<'_>) -> Value {
    match at.rules.quirks.number_spelling {
        NumberSpelling::Number => json!(count),
        NumberSpelling::Text => json!(count.to_string()),
    }
}
