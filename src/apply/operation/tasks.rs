//! What a task reports about its step.

use crate::{
    api::{Task, TaskState},
    plan::Step,
};

/// The report of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apply) enum TaskVerdict {
    Open,
    Succeeded {
        /// When it began, by the controller's clock.
        began_ms: Option<i64>,
    },
    /// A create failed because its name exists.
    Duplicate {
        words: String,
    },
    /// A delete failed because there is nothing to delete.
    Missing,
    Failed {
        words: String,
    },
}

/// Judges a task by the step that it carries out.
///
/// A create has succeeded when its task yields the discovery's id, even if it has no end yet: on
/// newer releases the end comes with the end of the run (controller-facts.md#task-end).
pub(in crate::apply) fn verdict(step: Step, task: &Task) -> TaskVerdict {
    let succeeded = TaskVerdict::Succeeded { began_ms: task.started_ms };
    match &task.state {
        TaskState::Failed { words } if step == Step::Create && says_duplicate(words) => {
            TaskVerdict::Duplicate { words: words.clone() }
        }
        TaskState::Failed { words } if step == Step::Delete && says_missing(words) => {
            TaskVerdict::Missing
        }
        TaskState::Failed { words } => TaskVerdict::Failed { words: words.clone() },
        TaskState::Ended => succeeded,
        TaskState::Open if step == Step::Create && task.created_id.is_some() => succeeded,
        TaskState::Open => TaskVerdict::Open,
    }
}

/// The vendor's words are `Discovery name is duplicate` (controller-facts.md#duplicate-names).
fn says_duplicate(words: &str) -> bool {
    words.to_lowercase().contains("duplicate")
}

/// The messages of other services on a missing object; the message of this service is not recorded
/// (controller-facts.md#missing-discoveries).
fn says_missing(words: &str) -> bool {
    let words = words.to_lowercase();
    ["not found", "does not exist", "doesn't exist", "no such", "no discovery"]
        .iter()
        .any(|it| words.contains(it))
}
