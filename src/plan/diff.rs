//! Turns differences into field changes with the keys of the files that cause them.
//!
//! The model finds differences, and the planner acts on them.

use super::types::FieldChange;
use crate::model::{Difference, Field, Settings, Wanted};

/// Returns the differences with the keys that cause them.
pub(super) fn changed(wanted: &Wanted, differences: Vec<Difference>) -> Vec<FieldChange> {
    let change = |it: Difference| {
        let Difference { setting, path, have: before, want: after } = it;
        FieldChange { setting, path, before, after, key: wanted.place_of(setting), origin: None }
    };
    differences.into_iter().map(change).collect()
}

/// Returns every setting of a new discovery.
pub(super) fn added(wanted: &Wanted, after: &Settings) -> Vec<FieldChange> {
    let fields = after.fields().into_iter();
    let add = |field: Field| {
        let Field { setting, path, .. } = field;
        let key = wanted.place_of(setting);
        FieldChange { setting, path, before: None, after: Some(field), key, origin: None }
    };
    fields.map(add).collect()
}

/// Returns every setting of a deleted discovery.
pub(super) fn removed(before: &Settings) -> Vec<FieldChange> {
    let fields = before.fields().into_iter();
    let drop = |it: Field| {
        let Field { setting, path, .. } = it;
        FieldChange { setting, path, before: Some(it), after: None, key: None, origin: None }
    };
    fields.map(drop).collect()
}
