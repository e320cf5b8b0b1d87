//! Writes to discoveries, from the request to its operation.
//!
//! `execute` has the effect of a write when its task time is over.

use serde_json::Value;

use super::{
    Object,
    answer::Refusal,
    check,
    fields::{Part, field},
    operation::Operation,
    query::Page,
    state::{At, Discovery, World},
    tasks::NextStep,
    wire,
};
use crate::{
    fault::WriteOutcome,
    quirk::{BadValues, MissingWrite},
};

/// What faults do to an accepted write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Treatment {
    pub(crate) outcome: WriteOutcome,
    /// How long the task cannot be found, in milliseconds.
    pub(crate) task_hidden_for: u64,
}

impl World {
    pub(crate) fn create(&mut self, body: &Value, at: At<'_>) -> Result<Operation, Refusal> {
        let body = object(body)?;
        let quirks = &at.rules.quirks;
        self.violations.unknown_field += check::unknown_in_post(body, quirks);
        self.violations.masked_secret += u64::from(body.values().any(wire::has_mask));
        let refuses_values = quirks.bad_values == BadValues::Refused;
        let value_error = || check::post_value_error(body, quirks).filter(|_| refuses_values);
        if let Some(error) = check::post_shape_error(body, quirks).or_else(value_error) {
            return Err(Refusal::bad(error));
        }
        let name = wire::text(body, "name");
        let mut shown = self.discoveries.iter().filter(|it| it.is_visible(at.now));
        if shown.any(|it| it.name() == Some(name)) {
            self.violations.duplicate_create += 1;
        } else if self.is_needless_replace(&wire::from_post(body, quirks), at.now) {
            self.violations.needless_replace += 1;
        }
        Ok(Operation::Create { body: body.clone() })
    }

    pub(crate) fn put(&mut self, body: &Value, at: At<'_>) -> Result<Operation, Refusal> {
        let body = object(body)?;
        let quirks = &at.rules.quirks;
        let id = wire::text(body, "id").to_owned();
        let stored = self.discovery(&id).and_then(|it| it.fields().cloned());
        self.violations.unknown_field += check::unknown_in_put(body, stored.as_ref());
        self.violations.masked_secret += u64::from(body.values().any(wire::has_mask));
        if let Some(error) = check::put_shape_error(body) {
            return Err(Refusal::bad(error));
        }
        let status = wire::text(body, "discoveryStatus");
        let operation = match status {
            "Active" => Operation::Run { id: id.clone(), body: body.clone() },
            "Inactive" => Operation::Stop { id: id.clone(), body: body.clone() },
            "Edit" => Operation::Edit { id: id.clone(), body: body.clone() },
            other => return Err(Refusal::bad(format!("discoveryStatus {other} is not known"))),
        };
        if status != "Edit" && body.len() != 2 {
            self.violations.field_in_run_or_stop += 1;
        }
        let Some(before) = stored else {
            self.violations.write_to_missing_id += 1;
            return check_missing(&id, at).map(|()| operation);
        };
        if status == "Edit" {
            let after = wire::edited(&before, body, quirks);
            let sets_secret = body.iter().any(|(key, value)| {
                let is_secret = field(key).is_some_and(|it| it.part == Part::Secret);
                is_secret && !value.is_null() && !wire::has_mask(value)
            });
            if !sets_secret && wire::meaning(&before) == wire::meaning(&after) {
                self.violations.noop_edit += 1;
            }
            let error = check::put_value_error(body, [&before, &after], quirks);
            if let Some(error) = error.filter(|_| quirks.bad_values == BadValues::Refused) {
                return Err(Refusal::bad(error));
            }
        }
        Ok(operation)
    }

    pub(crate) fn delete(&mut self, id: &str, at: At<'_>) -> Result<Operation, Refusal> {
        let mut deleted = self.deleted.iter().filter(|it| it.by_request);
        let is_double = deleted.any(|it| it.discovery.has_id(id))
            || self.tasks.iter().any(|it| {
                matches!(&it.next, NextStep::Execute { operation, .. } if operation.deletes(id))
            });
        let exists = self.discovery(id).is_some();
        self.violations.double_delete += u64::from(is_double);
        self.violations.write_to_missing_id += u64::from(!is_double && !exists);
        if !exists {
            check_missing(id, at)?;
        }
        Ok(Operation::Delete { id: id.to_owned() })
    }

    /// Deletes part of the list as it is now.
    pub(crate) fn delete_range(&mut self, page: Page, at: At<'_>) -> Operation {
        self.violations.delete_all += 1;
        let listed = self.listed(at).into_iter().skip(page.start.saturating_sub(1));
        Operation::DeleteSome { ids: listed.take(page.count).filter_map(Discovery::id).collect() }
    }

    pub(crate) fn delete_all(&mut self) -> Operation {
        self.violations.delete_all += 1;
        Operation::DeleteAll
    }
}

pub(super) fn object(body: &Value) -> Result<&Object, Refusal> {
    body.as_object().ok_or_else(|| Refusal::bad("the body is not a JSON object"))
}

/// Whether a write to an id that does not exist is accepted all the same.
fn check_missing(id: &str, at: At<'_>) -> Result<(), Refusal> {
    match at.rules.quirks.missing_write {
        MissingWrite::Refused => Err(Refusal::missing("Discovery", id, at)),
        MissingWrite::TaskFails => Ok(()),
    }
}
