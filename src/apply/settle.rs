//! Writes in doubt, settled by reading.
//!
//! No answer came, or none of use: the write may or may not have been taken on. Nothing is sent
//! again on that alone.

use std::time::Duration;

use super::{
    effect::Effect,
    item::{Look, Moment, Sent},
    watch::TaskView,
};
use crate::model::RemoteId;

/// How long a write that was taken on may take to show, where no task was slower yet.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// How much longer than the longest task so far a write may take.
const LONGEST_TIMES: u32 = 3;

/// How often a write is sent at most.
const MOST_SENDS: u32 = 3;

/// A write that nobody knows the fate of.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) sent: Sent,
    pub(super) why: String,
    /// Whether the job items have to be asked for a run that was over before the look.
    pub(super) asks_jobs: bool,
}

/// What to do about a write in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// Its effect shows.
    Done {
        id: Option<RemoteId>,
    },
    /// The name of a create is somebody else's.
    Conflict {
        why: String,
    },
    /// It was not taken on.
    SendAgain,
    /// It was not taken on, and was sent often enough.
    GiveUp {
        words: String,
    },
    Wait {
        asks_jobs: bool,
    },
}

/// The tasks as last looked at, and when that look was asked for.
#[derive(Debug)]
pub(super) struct TasksSeen<'a> {
    pub(super) view: TaskView<'a>,
    /// `None` where the tasks have not been looked at yet.
    pub(super) asked_at: Option<Moment>,
}

impl Doubt {
    /// Rules on a write by a look at the list: done if its effect shows; not taken on only if the
    /// effect has not shown for long enough and no task since the send is unaccounted for.
    pub(super) fn ruling(&self, effect: Effect, look: &Look<'_>, n_sends: u32) -> Ruling {
        let due = self.sent.at + SETTLES_WITHIN.max(look.longest_task * LONGEST_TIMES);
        let asks_jobs = effect == Effect::AskJobs;
        let tasks_known = look.tasks.asked_at.is_some_and(|it| due <= it);
        let is_open = look.tasks.view.leaves_open(self.sent.server_ms, &look.view);
        let told = due <= look.asked_at && tasks_known && !is_open;
        match effect {
            Effect::Shown { id } => Ruling::Done { id },
            Effect::Other { why } if told => Ruling::Conflict { why },
            // The job items were asked for after the last look, and showed no run.
            Effect::AskJobs if !self.asks_jobs => Ruling::Wait { asks_jobs },
            Effect::Not { .. } | Effect::AskJobs if told && n_sends < MOST_SENDS => {
                Ruling::SendAgain
            }
            Effect::Not { .. } | Effect::AskJobs if told => {
                Ruling::GiveUp { words: format!("not taken on in {n_sends} tries: {}", self.why) }
            }
            Effect::Not { .. } | Effect::AskJobs | Effect::Other { .. } | Effect::Untold => {
                Ruling::Wait { asks_jobs }
            }
        }
    }
}
