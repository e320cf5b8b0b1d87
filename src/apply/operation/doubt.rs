//! Writes in doubt, settled by reading.
//!
//! No usable answer came: the write may or may not have been accepted. That alone is no reason to
//! send it again.

use std::time::Duration;

use super::{
    effect::Effect,
    execution::{Execution, Moment, SHOWS_WITHIN},
    observation::Observation,
};
use crate::{
    api::{Task, TaskState},
    model::RemoteId,
    plan::Step,
};

/// How long an accepted write may take to show, if no task has been slower yet.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// A write may take this many times as long as the longest task so far.
const LONGEST_TIMES: u32 = 3;

/// How often a write is sent at most.
const MAX_ATTEMPTS: u32 = 3;

/// How far the clocks of a controller's parts may be apart, in milliseconds.
const SKEW_MS: i64 = 2_000;

/// What to do about a write in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DoubtVerdict {
    /// Its effect is visible.
    Done {
        id: Option<RemoteId>,
    },
    /// Another user has taken the name of a create.
    Conflict {
        why: String,
    },
    /// It was not accepted.
    SendAgain,
    /// It was not accepted, and was sent often enough.
    GiveUp {
        words: String,
    },
    Wait {
        asks_jobs: bool,
    },
}

impl Execution {
    /// Judges a write in doubt by a list: done if its effect is visible; not accepted only if the
    /// effect has not shown for long enough and no task since the send is unaccounted for.
    pub(super) fn doubt_verdict(
        &self,
        doubt: &str,
        effect: Effect,
        seen: &Observation<'_>,
    ) -> DoubtVerdict {
        let n_sends = self.operation.attempts();
        // A write may have waited for long before it left, so its time begins with the doubt.
        let due = self.since + SETTLES_WITHIN.max(seen.longest_task * LONGEST_TIMES);
        let asks_jobs = effect == Effect::AskJobs;
        let is_after = |it: Option<Moment>| it.is_some_and(|it| due <= it);
        let is_settled = due <= seen.asked_at
            && is_after(seen.tasks.asked_at)
            && !seen.tasks.tasks.iter().any(|it| self.may_be_task_in_doubt(it, seen))
            && (!asks_jobs || is_after(self.jobs.show_none_at));
        match effect {
            Effect::Shown { id } => DoubtVerdict::Done { id },
            Effect::Other { why } if is_settled => DoubtVerdict::Conflict { why },
            // A deleted discovery does not come back: there is nothing to send again.
            Effect::Gone => {
                DoubtVerdict::GiveUp { words: format!("it is no longer there: {doubt}") }
            }
            Effect::Not { .. } | Effect::AskJobs if is_settled && n_sends < MAX_ATTEMPTS => {
                DoubtVerdict::SendAgain
            }
            Effect::Not { .. } | Effect::AskJobs if is_settled => DoubtVerdict::GiveUp {
                words: format!("not taken on in {n_sends} attempts: {doubt}"),
            },
            Effect::Not { .. } | Effect::AskJobs | Effect::Other { .. } | Effect::Unknown => {
                DoubtVerdict::Wait { asks_jobs }
            }
        }
    }

    /// Whether a task may belong to the write in doubt: it started since the write was sent, is not
    /// one of ours, belongs to a service that works on discoveries, and has either not ended or
    /// created a discovery that the list does not show yet. A task that names another discovery of
    /// the list is accounted for. A created discovery that does not show after this wait was
    /// deleted since.
    fn may_be_task_in_doubt(&self, task: &Task, seen: &Observation<'_>) -> bool {
        let since_ms = self.sent_ms();
        let is_later = task.started_ms.is_none_or(|it| since_ms <= it.saturating_add(SKEW_MS));
        let may_be_ours = is_later && !seen.tasks.ours.contains(&task.id) && is_of_discovery(task);
        let named = task.created_id.clone().map(RemoteId);
        let is_shown = named.as_ref().is_some_and(|it| seen.view.with_id(it).is_some());
        let is_of_another = is_shown && named.as_ref() != self.operation.id();
        // Only the result of a create can be missing from an outdated list.
        let may_show = seen.asked_at.saturating_sub(self.since) < SHOWS_WITHIN;
        // The second generation's list does not have the id that a task created.
        let is_untold = named.is_none() && task.service_type.is_none();
        let has_made = named.is_some() || is_untold && task.state == TaskState::Ended;
        let is_create = self.operation.step() == Some(Step::Create);
        let is_unseen = is_create && has_made && !is_shown && may_show;
        let has_failed = matches!(task.state, TaskState::Failed { .. });
        may_be_ours && !has_failed && !is_of_another && (task.is_open() || is_unseen)
    }
}

/// Recorded for writes of discoveries and of what belongs to them: `Discovery Service` and
/// `Inventory service` (controller-facts.md#service-types). The second generation does not report
/// it.
fn is_of_discovery(task: &Task) -> bool {
    let service = task.service_type.as_ref().map(|it| it.to_lowercase());
    service.is_none_or(|it| it.contains("discovery") || it.contains("inventory"))
}
