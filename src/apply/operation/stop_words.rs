//! What is said of a change that is left where it is: the time is over, or nothing more is begun.

use super::state::{AwaitingEffect, Events, Operation, Phase, Request, TaskClaim, WaitReason};
use crate::{
    api::TaskId,
    events::{Outcome, StopReason},
    model::RunState,
    plan::Step,
};

impl Operation {
    /// Ends it because the time is over, or because nothing more is begun: says what is left.
    pub(in crate::apply) fn leave(&mut self, why: StopReason) -> Events {
        let open = |task: Option<&TaskId>, what: &str| Outcome::Open {
            task: task.map(|it| it.as_str().to_owned()),
            words: format!("{why} before {what}"),
        };
        let outcome = match &self.phase {
            Phase::Ended => return Events::new(),
            Phase::Waiting(WaitReason::NameTaken { words, .. }) => {
                Outcome::NotTried { why: format!("{why} before its create: {words}") }
            }
            Phase::Ready | Phase::Waiting(_) => self.not_tried(why),
            Phase::Sending if self.request == Request::Read => self.not_tried(why),
            Phase::Sending => {
                Outcome::Unknown { words: format!("{why} while a request was under way") }
            }
            Phase::Doubt(doubt) => Outcome::Unknown { words: doubt.why.clone() },
            Phase::Pending { task, .. } => open(Some(task), "its task ended"),
            Phase::AwaitingEffect(AwaitingEffect {
                claim: TaskClaim::Failed { words }, ..
            }) => Outcome::Failed { words: words.clone() },
            // The command's own time is all the time that a run has to stop.
            Phase::AwaitingEffect(unseen)
                if self.step() == Some(Step::Stop)
                    && why == StopReason::OutOfTime
                    && unseen.claim == TaskClaim::Done
                    && self.run == Some(RunState::Running) =>
            {
                let words = "the controller reported success, but it is still running".to_owned();
                Outcome::Failed { words }
            }
            Phase::AwaitingEffect(unseen) => open(unseen.task.as_ref(), "its effect was seen"),
            Phase::Running(_) => open(None, "its run ended"),
        };
        self.end(outcome)
    }

    fn not_tried(&self, why: StopReason) -> Outcome {
        match self.steps.front() {
            Some(step) if self.begun => {
                Outcome::NotTried { why: format!("{why} before its {step}") }
            }
            Some(_) | None => Outcome::NotTried { why: why.to_string() },
        }
    }
}
