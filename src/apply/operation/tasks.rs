//! What a task says of the step that it carries out, and which tasks nobody accounts for.

use std::collections::BTreeSet;

use super::state::{Moment, SHOWS_WITHIN, TaskVerdict};
use crate::{
    api::{Task, TaskId, TaskState},
    apply::precondition::View,
    model::RemoteId,
    plan::Step,
};

/// Judges a task by the step that it carries out.
///
/// A create has succeeded when its task yields the discovery's id, even where it has no end yet:
/// on newer releases the end comes with the end of the run (controller-facts.md#task-end).
pub(in crate::apply) fn verdict(step: Step, task: &Task) -> TaskVerdict {
    // Other tasks may end with a number too, and it is not theirs to say what was made.
    let created = task.created_id.clone().filter(|_| step == Step::Create).map(RemoteId);
    let began_ms = task.started_ms;
    match &task.state {
        TaskState::Failed { words } if step == Step::Create && says_duplicate(words) => {
            TaskVerdict::Duplicate { words: words.clone() }
        }
        TaskState::Failed { words } if step == Step::Delete && says_missing(words) => {
            TaskVerdict::Missing
        }
        TaskState::Failed { words } => TaskVerdict::Failed { words: words.clone() },
        TaskState::Ended => TaskVerdict::Succeeded { created, began_ms },
        TaskState::Open if step == Step::Create && created.is_some() => {
            TaskVerdict::Succeeded { created, began_ms }
        }
        TaskState::Open => TaskVerdict::Open,
    }
}

/// The vendor's words are `Discovery name is duplicate` (controller-facts.md#duplicate-names).
pub(in crate::apply) fn says_duplicate(words: &str) -> bool {
    words.to_lowercase().contains("duplicate")
}

/// The words in which other services say that an object is missing; what this one says is not
/// recorded (controller-facts.md#missing-discoveries).
fn says_missing(words: &str) -> bool {
    let words = words.to_lowercase();
    ["not found", "does not exist", "doesn't exist", "no such", "no discovery"]
        .iter()
        .any(|it| words.contains(it))
}

/// How far the clocks of a controller's parts may be apart, in milliseconds.
const SKEW_MS: i64 = 2_000;

/// A look at the tasks: what a write in doubt is settled by.
#[derive(Debug)]
pub(in crate::apply) struct TaskView<'a> {
    pub(in crate::apply) tasks: &'a [Task],
    /// Every task of ours.
    pub(in crate::apply) ours: &'a BTreeSet<TaskId>,
}

impl TaskView<'_> {
    /// Whether a task that started since a moment, by the controller's clock, may be the one of a
    /// write in doubt: it is none of ours, of a service that works on discoveries, and has either
    /// not ended or made something that the list does not show yet. One that names another
    /// discovery of the list is accounted for; `id` is the one that the write is about. What was
    /// made and does not show after so long a wait was deleted since.
    pub(in crate::apply) fn leaves_open(
        &self,
        (since_ms, waited): (i64, Moment),
        (step, id): (Step, Option<&RemoteId>),
        view: &View<'_>,
    ) -> bool {
        self.tasks.iter().any(|it| {
            let is_later =
                it.started_ms.is_none_or(|start| since_ms <= start.saturating_add(SKEW_MS));
            let may_be_ours = is_later && !self.ours.contains(&it.id) && is_of_discovery(it);
            let named = it.created_id.clone().map(RemoteId);
            let shown = named.as_ref().is_some_and(|it| view.with_id(it).is_some());
            let of_another = shown && named.as_ref() != id;
            // Only a create makes something that a list can be behind with.
            let may_show = waited < SHOWS_WITHIN;
            // The second generation's list does not say what a task has made.
            let is_untold = named.is_none() && it.service_type.is_none();
            let has_made = named.is_some() || is_untold && it.state == TaskState::Ended;
            let unseen = step == Step::Create && has_made && !shown && may_show;
            let failed = matches!(it.state, TaskState::Failed { .. });
            may_be_ours && !failed && !of_another && (it.is_open() || unseen)
        })
    }
}

/// Recorded for writes of discoveries and of what belongs to them: `Discovery Service` and
/// `Inventory service` (controller-facts.md#service-types). The second generation does not say.
fn is_of_discovery(task: &Task) -> bool {
    let service = task.service_type.as_ref().map(|it| it.to_lowercase());
    service.is_none_or(|it| it.contains("discovery") || it.contains("inventory"))
}
