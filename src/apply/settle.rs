//! Writes in doubt, settled by reading.
//!
//! No answer came, or none of use: the write may or may not have been taken on. Nothing is sent
//! again on that alone.

use std::time::Duration;

use super::{
    effect::Effect,
    item::{Item, Moment, Sent},
    seen::Look,
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
    /// When the doubt arose. A write may have waited for long before it left, so that its time to
    /// show begins here.
    pub(super) since: Moment,
    pub(super) why: String,
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
    pub(super) fn ruling(&self, effect: Effect, item: &Item, look: &Look<'_>) -> Ruling {
        let n_sends = item.sends;
        let due = self.since + SETTLES_WITHIN.max(look.longest_task * LONGEST_TIMES);
        let asks_jobs = effect == Effect::AskJobs;
        let is_after = |it: Option<Moment>| it.is_some_and(|it| due <= it);
        let step = item.step().expect("invariant: a write in doubt belongs to a step");
        let written = (step, item.id.as_ref());
        let sent = (self.sent.server_ms, look.asked_at.saturating_sub(self.since));
        let is_open = look.tasks.view.leaves_open(sent, written, &look.view);
        let told = due <= look.asked_at
            && is_after(look.tasks.asked_at)
            && !is_open
            && (!asks_jobs || is_after(item.jobs.show_none_at));
        match effect {
            Effect::Shown { id } => Ruling::Done { id },
            Effect::Other { why } if told => Ruling::Conflict { why },
            // What is gone does not come back: there is nothing to send again.
            Effect::Gone => {
                Ruling::GiveUp { words: format!("it is no longer there: {}", self.why) }
            }
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
