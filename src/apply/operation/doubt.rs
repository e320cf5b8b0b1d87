//! Writes in doubt, settled by reading.
//!
//! No answer came, or none of use: the write may or may not have been taken on. Nothing is sent
//! again on that alone.

use std::time::Duration;

use super::{
    effect::Effect,
    observation::Observation,
    state::{Doubt, Moment, Operation},
};
use crate::model::RemoteId;

/// How long a write that was taken on may take to show, where no task was slower yet.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// How much longer than the longest task so far a write may take.
const LONGEST_TIMES: u32 = 3;

/// How often a write is sent at most.
const MOST_SENDS: u32 = 3;

/// What to do about a write in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apply) enum DoubtVerdict {
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

impl Doubt {
    /// Rules on a write by a look at the list: done if its effect shows; not taken on only if the
    /// effect has not shown for long enough and no task since the send is unaccounted for.
    pub(in crate::apply) fn ruling(
        &self,
        effect: Effect,
        item: &Operation,
        look: &Observation<'_>,
    ) -> DoubtVerdict {
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
            Effect::Shown { id } => DoubtVerdict::Done { id },
            Effect::Other { why } if told => DoubtVerdict::Conflict { why },
            // What is gone does not come back: there is nothing to send again.
            Effect::Gone => {
                DoubtVerdict::GiveUp { words: format!("it is no longer there: {}", self.why) }
            }
            Effect::Not { .. } | Effect::AskJobs if told && n_sends < MOST_SENDS => {
                DoubtVerdict::SendAgain
            }
            Effect::Not { .. } | Effect::AskJobs if told => DoubtVerdict::GiveUp {
                words: format!("not taken on in {n_sends} tries: {}", self.why),
            },
            Effect::Not { .. } | Effect::AskJobs | Effect::Other { .. } | Effect::Unknown => {
                DoubtVerdict::Wait { asks_jobs }
            }
        }
    }
}
