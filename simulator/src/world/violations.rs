//! What a careful client never does, counted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{state::World, wire::meaning};

/// How long after a delete a create with the same settings is a replace for nothing.
///
/// Longer than a name takes to be released, shorter than a person takes to change their mind.
const RIGHT_AFTER: u64 = 60_000;

/// Something that a careful client never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    /// A create of a name that the list shows at that moment.
    DuplicateCreate,
    /// A field that is documented nowhere, each of them.
    UnknownField,
    /// A write to an id that does not exist, and that no request deleted.
    WriteToMissingId,
    /// A create right after a delete of the same name with the same settings.
    NeedlessReplace,
    /// The mask in place of a secret, sent back.
    MaskedSecret,
    /// A PUT that starts or stops, and carries more than it needs.
    FieldInRunOrStop,
    /// An edit that changes nothing.
    NoopEdit,
    /// A delete of what a request deletes or deleted.
    DoubleDelete,
    /// The endpoints that delete all, or a range.
    DeleteAll,
    /// A request before the time that a 429 or 503 gave.
    EarlyRetry,
}

/// How often each was done.
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

    /// Remembers what another world was wronged by and had deleted: the violations go on from there.
    pub(crate) fn with_history_of(mut self, before: &Self) -> Self {
        self.violations = before.violations.clone();
        self.deleted.clone_from(&before.deleted);
        self
    }

    pub(crate) fn violate(&mut self, violation: Violation) {
        self.violations.add(violation, 1);
    }

    /// Whether a create with these settings makes again what a request just deleted.
    pub(super) fn is_needless_replace(&self, settings: &Map<String, Value>, now: u64) -> bool {
        let wanted = meaning(settings);
        let recent = self.deleted.iter().rev().filter(|it| now < it.when + RIGHT_AFTER);
        let mut same_name =
            recent.filter(|it| it.discovery.name() == wanted.get("name").map(|name| &**name));
        // Only the last of that name counts: between it and this nothing else had the name.
        same_name.next().is_some_and(|it| {
            it.by_request && it.discovery.fields().is_some_and(|was| meaning(was) == wanted)
        })
    }

    pub(super) fn was_deleted_by_request(&self, id: &str) -> bool {
        self.deleted.iter().any(|it| it.by_request && it.discovery.has_id(id))
    }
}
