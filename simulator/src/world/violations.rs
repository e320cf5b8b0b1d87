//! Counts what a careful client never does.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{state::World, wire::meaning};

/// How long after a delete a create with the same settings is a needless replace.
///
/// Longer than the release of a name takes, shorter than a person takes to decide otherwise.
const REPLACE_WINDOW: u64 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    /// A create of a name that the list shows at that moment.
    DuplicateCreate,
    /// An undocumented field. Each is counted.
    UnknownField,
    /// A write to an id that does not exist, and that no request deleted.
    WriteToMissingId,
    /// A create right after a delete of the same name with the same settings.
    NeedlessReplace,
    /// The mask of a secret, sent back.
    MaskedSecret,
    /// A PUT that starts or stops a run, and has more fields than it needs.
    FieldInRunOrStop,
    /// An edit that changes nothing.
    NoopEdit,
    /// A delete of a discovery that a request has deleted or is deleting.
    DoubleDelete,
    /// A request that deletes all discoveries, or a range.
    DeleteAll,
    /// A request before the end of a `Retry-After`.
    EarlyRetry,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Violations(BTreeMap<Violation, u64>);

impl Violations {
    pub(super) fn add(&mut self, violation: Violation, times: usize) {
        if times != 0 {
            *self.0.entry(violation).or_default() += times as u64;
        }
    }
}

impl Violation {
    const ALL: [(Self, &'static str); 10] = [
        (Self::DuplicateCreate, "duplicate_create"),
        (Self::UnknownField, "unknown_field"),
        (Self::WriteToMissingId, "write_to_missing_id"),
        (Self::NeedlessReplace, "needless_replace"),
        (Self::MaskedSecret, "masked_secret"),
        (Self::FieldInRunOrStop, "field_in_run_or_stop"),
        (Self::NoopEdit, "noop_edit"),
        (Self::DoubleDelete, "double_delete"),
        (Self::DeleteAll, "delete_all"),
        (Self::EarlyRetry, "early_retry"),
    ];
}

impl World {
    /// Every count, zero or not.
    pub(crate) fn violations(&self) -> BTreeMap<String, u64> {
        let count = |it| self.violations.0.get(&it).copied().unwrap_or_default();
        Violation::ALL.iter().map(|(it, word)| ((*word).to_owned(), count(*it))).collect()
    }

    /// Takes over the violations and deletions of another world.
    pub(crate) fn with_history_of(mut self, before: &Self) -> Self {
        self.violations = before.violations.clone();
        self.deleted.clone_from(&before.deleted);
        self
    }

    pub(crate) fn violate(&mut self, violation: Violation) {
        self.violations.add(violation, 1);
    }

    /// Whether a create with these settings recreates what a request just deleted.
    pub(super) fn is_needless_replace(&self, settings: &Map<String, Value>, now: u64) -> bool {
        let wanted = meaning(settings);
        let recent = self.deleted.iter().rev().filter(|it| now < it.when + REPLACE_WINDOW);
        let mut same_name =
            recent.filter(|it| it.discovery.name() == wanted.get("name").map(|name| &**name));
        // Only the last discovery of that name counts.
        same_name.next().is_some_and(|it| {
            it.by_request && it.discovery.fields().is_some_and(|was| meaning(was) == wanted)
        })
    }

    pub(super) fn was_deleted_by_request(&self, id: &str) -> bool {
        self.deleted.iter().any(|it| it.by_request && it.discovery.has_id(id))
    }
}
