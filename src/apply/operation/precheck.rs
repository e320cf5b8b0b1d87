//! Whether the precondition of a change still holds right before it is touched.
//!
//! Does not judge the outcome of a write: `on_view` and `doubt` do.

use super::execution::{Events, Execution, Moment};
use crate::{
    apply::precondition::{Precondition, View, precondition},
    events::Outcome,
    model::RunState,
    plan::{Change, Step},
};

impl Execution {
    /// Checks the precondition before the first write, by a list that shows the state at `as_of`
    /// and was received at `came_at`.
    pub(in crate::apply) fn check(
        &mut self,
        change: &Change,
        view: &View<'_>,
        as_of: Moment,
        came_at: Moment,
    ) -> Events {
        self.listed_at = self.listed_at.or(Some(came_at));
        let has_edit = self.operation.steps().any(|it| it == Step::Edit);
        match precondition(change, view) {
            // Another user had made the edit, so that it was not carried out, and undid it.
            Precondition::Holds if change.steps.contains(&Step::Edit) && !has_edit => {
                let words = "its settings were changed back".to_owned();
                self.end(Outcome::Stale { words })
            }
            Precondition::Holds => {
                self.checked_at = as_of;
                self.note_run(view);
                // It may have ended by itself since the plan, which is no drift.
                let is_idle = self.run.is_some_and(|it| it != RunState::Running);
                if self.operation.step() == Some(Step::Stop) && is_idle {
                    return self.settle_step(true, None, false);
                }
                self.wait_while_running();
                Events::new()
            }
            Precondition::Converged { left } => {
                self.checked_at = as_of;
                self.note_run(view);
                self.converge(&left)
            }
            Precondition::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
            Precondition::Unknown => Events::new(),
        }
    }

    /// Skips the steps that another user has carried out.
    fn converge(&mut self, left: &[Step]) -> Events {
        let found = self.operation.steps().filter(|it| !left.contains(it)).collect::<Vec<_>>();
        let settled = found.into_iter().flat_map(|step| self.record_settled(step, true, None));
        let mut events = settled.collect::<Events>();
        if self.operation.step().is_none() {
            events.extend(self.end(Outcome::Converged));
        } else {
            self.wait_while_running();
        }
        events
    }

    /// Checks the precondition again, by the read right before an edit. Returns the events of its
    /// end if it no longer holds.
    pub(in crate::apply) fn recheck(&mut self, change: &Change, view: &View<'_>) -> Events {
        match precondition(change, view) {
            Precondition::Holds | Precondition::Converged { .. } | Precondition::Unknown => {
                Events::new()
            }
            Precondition::Moved(moved) if self.operation.has_begun() => {
                self.fail(format!("it was moved: {moved}"))
            }
            Precondition::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
        }
    }

    /// Checks the precondition of a write that is sent after others of the change, or sent again:
    /// what another user has changed since is left alone. Returns the events of its end if so.
    pub(in crate::apply) fn fail_if_moved(&mut self, change: &Change, view: &View<'_>) -> Events {
        match precondition(change, view) {
            Precondition::Holds | Precondition::Converged { .. } | Precondition::Unknown => {
                Events::new()
            }
            Precondition::Moved(moved) => self.fail(format!("it was moved: {moved}")),
        }
    }
}
