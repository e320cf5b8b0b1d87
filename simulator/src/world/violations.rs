//! Counts what a careful client never does.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Object, state::World, wire::meaning};

/// How long after a delete a create with the same settings is a needless replace.
///
/// Longer than the release of a name takes, shorter than a person takes to decide otherwise.
const REPLACE_WINDOW: u64 = 60_000;

#[derive(Clone, Debug, Default, serde::Serialize)]
pub(crate) struct Violations {
    /// A create of a name that the list shows at that moment.
    pub(super) duplicate_create: u64,
    /// An undocumented field. Each is counted.
    pub(super) unknown_field: u64,
    /// A write to an id that does not exist, and that no request deleted.
    pub(super) write_to_missing_id: u64,
    /// A create right after a delete of the same name with the same settings.
    pub(super) needless_replace: u64,
    /// The mask of a secret, sent back.
    pub(super) masked_secret: u64,
    /// A PUT that starts or stops a run, and has more fields than it needs.
    pub(super) field_in_run_or_stop: u64,
    /// An edit that changes nothing.
    pub(super) noop_edit: u64,
    /// A delete of a discovery that a request has deleted or is deleting.
    pub(super) double_delete: u64,
    /// A request that deletes all discoveries, or a range.
    pub(super) delete_all: u64,
    /// A request before the end of a `Retry-After`.
    pub(crate) early_retry: u64,
}

impl World {
    /// Every count, zero or not.
    pub(crate) fn violations(&self) -> BTreeMap<String, u64> {
        serde_json::from_value(json!(self.violations)).expect("invariant: all members are numbers")
    }

    /// Whether a create with these settings recreates what a request just deleted.
    pub(super) fn is_needless_replace(&self, settings: &Object, now: u64) -> bool {
        let wanted = meaning(settings);
        let recent = self.deleted.iter().rev().filter(|it| now < it.when + REPLACE_WINDOW);
        let mut same_name =
            recent.filter(|it| it.discovery.name() == wanted.get("name").map(|name| &**name));
        // Only the last discovery of that name counts.
        same_name.next().is_some_and(|it| {
            it.by_request && it.discovery.fields().is_some_and(|was| meaning(was) == wanted)
        })
    }
}
