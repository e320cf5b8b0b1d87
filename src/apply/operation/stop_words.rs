//! Messages on an operation that is stopped where it is: the time is over, or nothing more is
//! begun.

use super::{
    execution::{Events, Execution, Phase},
    state::{State, TaskClaim},
};
use crate::{
    api::TaskId,
    events::{Outcome, StopReason},
    model::RunState,
    plan::Step,
};

impl Execution {
    /// Ends it because the time is over, or because nothing more is begun, and describes what is
    /// left.
    pub(in crate::apply) fn stop(&mut self, why: StopReason) -> Events {
        let outcome = match (self.phase(), self.operation.state()) {
            (Phase::Ended, _) => return Events::new(),
            (Phase::Waiting, State::NameTaken { why: words }) => {
                Outcome::NotTried { why: format!("{why} before its create: {words}") }
            }
            (Phase::Sending, State::Submitted) => {
                Outcome::Unknown { words: format!("{why} while a request was under way") }
            }
            (Phase::InDoubt, State::InDoubt { why }) => Outcome::Unknown { words: why.clone() },
            (Phase::Accepted, State::Accepted { task }) => open(why, Some(task), "its task ended"),
            (Phase::AwaitingEffect, State::AwaitingEffect { task, claim }) => {
                self.effect_not_seen(why, task.as_ref(), claim)
            }
            (Phase::AwaitingRun, _) => open(why, None, "its run ended"),
            _ => self.not_tried(why),
        };
        self.end(outcome)
    }

    /// Ends it because its write, though announced, is not sent.
    pub(in crate::apply) fn stop_unsent(&mut self, why: StopReason) -> Events {
        let outcome = self.not_tried(why);
        self.end(outcome)
    }

    fn effect_not_seen(
        &self,
        why: StopReason,
        task: Option<&TaskId>,
        claim: &TaskClaim,
    ) -> Outcome {
        match claim {
            TaskClaim::Failed { .. } if self.found_nothing_to_delete => {
                open(why, None, "its effect was seen")
            }
            TaskClaim::Failed { words } => Outcome::Failed { words: words.clone() },
            // A run has until the deadline of the command to stop.
            TaskClaim::Done
                if self.operation.step() == Some(Step::Stop)
                    && why == StopReason::OutOfTime
                    && self.run == Some(RunState::Running) =>
            {
                let words = "the controller reported success, but it is still running".to_owned();
                Outcome::Failed { words }
            }
            TaskClaim::Done => open(why, task, "its effect was seen"),
        }
    }

    fn not_tried(&self, why: StopReason) -> Outcome {
        match self.operation.step() {
            Some(step) if self.operation.has_begun() => {
                Outcome::NotTried { why: format!("{why} before its {step}") }
            }
            Some(_) | None => Outcome::NotTried { why: why.to_string() },
        }
    }
}

fn open(why: StopReason, task: Option<&TaskId>, what: &str) -> Outcome {
    let task = task.map(|it| it.as_str().to_owned());
    Outcome::Open { task, words: format!("{why} before {what}") }
}
