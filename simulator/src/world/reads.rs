//! Reads of discoveries: count, pages, one.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    query::{PAGE, Page},
    state::{At, Discovery, World},
    wire,
};
use crate::{
    quirk::{ListOrder, NumberSpelling},
    seed,
};

impl World {
    pub(crate) fn release_info(&self) -> Answer {
        let release = self.release().unwrap_or_default();
        Answer::Found(json!({
            "name": "cisco-dna-center",
            "installedVersion": release,
            "systemVersion": release,
            "supportedDirectUpdates": [],
        }))
    }

    pub(crate) fn count(&self, at: At<'_>) -> Answer {
        Answer::Found(count(self.listed(at).len(), at))
    }

    pub(crate) fn list(&self, at: At<'_>) -> Answer {
        let all = self.listed(at).into_iter();
        Answer::Found(all.map(|it| wire::shown(&it.shown, &at.rules.quirks)).collect())
    }

    pub(crate) fn page(&self, page: Page, at: At<'_>) -> Answer {
        let Page { start, count } = page;
        if start == 0 || count == 0 || PAGE < count {
            return Answer::bad(format!("the start is at least 1, the count between 1 and {PAGE}"));
        }
        let page = self.listed(at).into_iter().skip(start - 1).take(count);
        Answer::Found(page.map(|it| wire::shown(&it.shown, &at.rules.quirks)).collect())
    }

    pub(crate) fn one(&self, id: &str, at: At<'_>) -> Answer {
        match self.visible(id, at) {
            Some(it) => Answer::Found(wire::shown(&it.shown, &at.rules.quirks)),
            None => Answer::missing("Discovery", id, at),
        }
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

    pub(super) fn visible(&self, id: &str, at: At<'_>) -> Option<&Discovery> {
        self.discovery(id).filter(|it| it.is_visible(at.now))
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
