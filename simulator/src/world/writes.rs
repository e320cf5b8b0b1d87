//! Writes to discoveries, from the request to its task.
//!
//! `execute` has the effect of a write when its task time is over.

use serde_json::{Map, Value};

use super::{
    answer::Answer,
    check,
    operation::Operation,
    query::Page,
    state::{At, Discovery, World},
    violations::Violation,
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
    pub(crate) fn create(&mut self, body: &Value, treatment: &Treatment, at: At<'_>) -> Answer {
        let Value::Object(body) = body else {
            return Answer::bad("the body is not a JSON object");
        };
        let quirks = &at.rules.quirks;
        self.violations.add(Violation::UnknownField, check::unknown_in_post(body, quirks));
        self.note_mask(body);
        if let Some(complaint) = check::post_complaint(body, quirks) {
            return Answer::bad(complaint);
        }
        let refused = quirks.bad_values == BadValues::Refused;
        if let Some(complaint) = check::bad_post_value(body, quirks).filter(|_| refused) {
            return Answer::bad(complaint);
        }
        let name = wire::text(body, "name");
        let mut shown = self.discoveries.iter().filter(|it| it.is_visible(at.now));
        if shown.any(|it| it.name() == Some(name)) {
            self.violate(Violation::DuplicateCreate);
        } else if self.is_needless_replace(&wire::from_post(body, quirks), at.now) {
            self.violate(Violation::NeedlessReplace);
        }
        self.accept(Operation::Create { body: body.clone() }, treatment, at)
    }

    pub(crate) fn put(&mut self, body: &Value, treatment: &Treatment, at: At<'_>) -> Answer {
        let Value::Object(body) = body else {
            return Answer::bad("the body is not a JSON object");
        };
        let id = wire::text(body, "id").to_owned();
        let stored = self.discovery(&id).and_then(|it| it.fields().cloned());
        let unknown = check::unknown_in_put(body, stored.as_ref());
        self.violations.add(Violation::UnknownField, unknown);
        self.note_mask(body);
        if let Some(complaint) = check::put_complaint(body) {
            return Answer::bad(complaint);
        }
        let status = wire::text(body, "discoveryStatus");
        let operation = match status {
            "Active" => Operation::Run { id: id.clone(), body: body.clone() },
            "Inactive" => Operation::Stop { id: id.clone(), body: body.clone() },
            "Edit" => Operation::Edit { id: id.clone(), body: body.clone() },
            other => return Answer::bad(format!("discoveryStatus {other} is not known")),
        };
        if status != "Edit" && body.len() != 2 {
            self.violate(Violation::FieldInRunOrStop);
        }
        let Some(before) = stored else {
            self.violate(Violation::WriteToMissingId);
            return self.answer_missing(&id, operation, treatment, at);
        };
        if status == "Edit"
            && let Some(refusal) = self.check_edit(&before, body, at)
        {
            return refusal;
        }
        self.accept(operation, treatment, at)
    }

    pub(crate) fn delete(&mut self, id: &str, treatment: &Treatment, at: At<'_>) -> Answer {
        let operation = Operation::Delete { id: id.to_owned() };
        let is_double = self.was_deleted_by_request(id) || self.is_being_deleted(id);
        if is_double {
            self.violate(Violation::DoubleDelete);
        }
        if self.discovery(id).is_some() {
            return self.accept(operation, treatment, at);
        }
        if !is_double {
            self.violate(Violation::WriteToMissingId);
        }
        self.answer_missing(id, operation, treatment, at)
    }

    /// Deletes part of the list as it is now.
    pub(crate) fn delete_range(
        &mut self,
        Page { start, count }: Page,
        treatment: &Treatment,
        at: At<'_>,
    ) -> Answer {
        self.violate(Violation::DeleteAll);
        let listed = self.listed(at).into_iter().skip(start.saturating_sub(1)).take(count);
        let ids = listed.filter_map(Discovery::id).collect();
        self.accept(Operation::DeleteSome { ids }, treatment, at)
    }

    pub(crate) fn delete_all(&mut self, treatment: &Treatment, at: At<'_>) -> Answer {
        self.violate(Violation::DeleteAll);
        self.accept(Operation::DeleteAll, treatment, at)
    }

    fn note_mask(&mut self, body: &Map<String, Value>) {
        if body.values().any(wire::has_mask) {
            self.violate(Violation::MaskedSecret);
        }
    }

    fn answer_missing(
        &mut self,
        id: &str,
        operation: Operation,
        treatment: &Treatment,
        at: At<'_>,
    ) -> Answer {
        match at.rules.quirks.missing_write {
            MissingWrite::Refused => Answer::missing("Discovery", id, at),
            MissingWrite::TaskFails => self.accept(operation, treatment, at),
        }
    }

    fn check_edit(
        &mut self,
        before: &Map<String, Value>,
        body: &Map<String, Value>,
        at: At<'_>,
    ) -> Option<Answer> {
        let quirks = &at.rules.quirks;
        let after = wire::edited(before, body, quirks);
        let sets_secret = body.iter().any(|(key, value)| {
            check::is_secret(key) && !value.is_null() && !wire::has_mask(value)
        });
        if !sets_secret && wire::meaning(before) == wire::meaning(&after) {
            self.violate(Violation::NoopEdit);
        }
        let complaint = check::bad_put_value(body, [before, &after], quirks)?;
        (quirks.bad_values == BadValues::Refused).then(|| Answer::bad(complaint))
    }
}
