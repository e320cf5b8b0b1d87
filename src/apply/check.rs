//! Whether what a change was planned on is still so, right before it is touched.
//!
//! Pure, and no judge of what came of a write: `seen` and `settle` are.

use super::{
    item::{Events, Item, Moment, Phase},
    standing::{Standing, View, standing},
};
use crate::{
    events::{Event, Outcome},
    model::RunState,
    plan::{Change, Step},
};

impl Item {
    /// Looks at the precondition before the first write, by a list that is as old as the first of
    /// these moments says, and had come by the second.
    pub(super) fn check(
        &mut self,
        change: &Change,
        view: &View<'_>,
        (at, now): (Moment, Moment),
    ) -> Events {
        self.listed = self.listed.or(Some(now));
        match standing(change, view) {
            // Somebody had made the edit, which was not carried out for that, and undid it.
            Standing::Holds if change.steps.contains(&Step::Edit) && !self.has(Step::Edit) => {
                let words = "its settings were changed back".to_owned();
                self.end(Outcome::Stale { words })
            }
            Standing::Holds => {
                self.checked = at;
                self.note_run(view);
                self.phase = Phase::Ready;
                // It may have ended by itself since the plan, which moves nothing.
                let is_idle = self.run.is_some_and(|it| it != RunState::Running);
                if self.step() == Some(Step::Stop) && is_idle {
                    return self.settle_step(true, false);
                }
                self.hold_back();
                Events::new()
            }
            Standing::Converged { left } => {
                self.checked = at;
                self.note_run(view);
                self.converge(&left)
            }
            Standing::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
            Standing::Untold => Events::new(),
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
            self.hold_back();
        }
        events
    }

    /// Looks at the precondition once more, by the read right before an edit. Returns the events
    /// of its end where it no longer holds.
    pub(super) fn recheck(&mut self, change: &Change, view: &View<'_>) -> Events {
        match standing(change, view) {
            Standing::Holds | Standing::Converged { .. } | Standing::Untold => Events::new(),
            Standing::Moved(moved) if self.begun => self.fail(format!("it was moved: {moved}")),
            Standing::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
        }
    }

    /// Looks at the precondition of a write that is about to be sent, or sent again, after others
    /// of the change were: what somebody has moved since is left alone. Returns the events of its
    /// end where that is so.
    pub(super) fn unless_moved(&mut self, change: &Change, view: &View<'_>) -> Events {
        match standing(change, view) {
            Standing::Holds | Standing::Converged { .. } | Standing::Untold => Events::new(),
            Standing::Moved(moved) => self.fail(format!("it was moved: {moved}")),
        }
    }
}
