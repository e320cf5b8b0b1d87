//! Whether what a change was planned on is still so, right before it is touched.
//!
//! Pure, and no judge of what came of a write: `seen` and `settle` are.

use super::state::{Events, Moment, Operation, Phase};
use crate::{
    apply::precondition::{Precondition, View, precondition},
    events::{Event, Outcome},
    model::RunState,
    plan::{Change, Step},
};

impl Operation {
    /// Polling at the precondition before the first write, by a list that is as old as the first of
    /// these moments says, and had come by the second.
    pub(in crate::apply) fn check(
        &mut self,
        change: &Change,
        view: &View<'_>,
        (at, now): (Moment, Moment),
    ) -> Events {
        self.listed = self.listed.or(Some(now));
        match precondition(change, view) {
            // Somebody had made the edit, which was not carried out for that, and undid it.
            Precondition::Holds if change.steps.contains(&Step::Edit) && !self.has(Step::Edit) => {
                let words = "its settings were changed back".to_owned();
                self.end(Outcome::Stale { words })
            }
            Precondition::Holds => {
                self.checked = at;
                self.note_run(view);
                self.phase = Phase::Ready;
                // It may have ended by itself since the plan, which moves nothing.
                let is_idle = self.run.is_some_and(|it| it != RunState::Running);
                if self.step() == Some(Step::Stop) && is_idle {
                    return self.settle_step(true, false);
                }
                self.wait_while_running();
                Events::new()
            }
            Precondition::Converged { left } => {
                self.checked = at;
                self.note_run(view);
                self.converge(&left)
            }
            Precondition::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
            Precondition::Unknown => Events::new(),
        }
    }

    /// Leaves out the steps that somebody else has carried out.
    fn converge(&mut self, left: &[Step]) -> Events {
        let found = self.steps.iter().copied().filter(|it| !left.contains(it)).collect::<Vec<_>>();
        self.steps.retain(|it| left.contains(it));
        let id = self.id.clone();
        let settled = |step| {
            let id = id.clone();
            Event::Settled { change: self.position, step, found: true, id }
        };
        let mut events = found.into_iter().map(settled).collect::<Vec<_>>();
        if self.steps.is_empty() {
            events.extend(self.end(Outcome::Converged));
        } else {
            self.wait_while_running();
        }
        events
    }

    /// Polling at the precondition once more, by the read right before an edit. Returns the events
    /// of its end where it no longer holds.
    pub(in crate::apply) fn recheck(&mut self, change: &Change, view: &View<'_>) -> Events {
        match precondition(change, view) {
            Precondition::Holds | Precondition::Converged { .. } | Precondition::Unknown => {
                Events::new()
            }
            Precondition::Moved(moved) if self.begun => self.fail(format!("it was moved: {moved}")),
            Precondition::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
        }
    }

    /// Polling at the precondition of a write that is about to be sent, or sent again, after others
    /// of the change were: what somebody has moved since is left alone. Returns the events of its
    /// end where that is so.
    pub(in crate::apply) fn fail_if_moved(&mut self, change: &Change, view: &View<'_>) -> Events {
        match precondition(change, view) {
            Precondition::Holds | Precondition::Converged { .. } | Precondition::Unknown => {
                Events::new()
            }
            Precondition::Moved(moved) => self.fail(format!("it was moved: {moved}")),
        }
    }
}
