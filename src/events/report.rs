//! The results of a plan, folded from events.

use super::event::{Event, Outcome};
use crate::{
    model::{Name, RemoteId},
    plan::{Action, Change, Reason, Step},
};

/// The result of each change.
#[derive(Clone, Debug)]
#[must_use = "a report has to be shown"]
pub(crate) struct Report {
    /// In the order of the plan.
    pub(crate) entries: Vec<Entry>,
}

/// The result of one change.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Name,
    pub(crate) action: Action,
    pub(crate) reason: Reason,
    /// The id of the discovery; of a create, once it is known.
    pub(crate) id: Option<RemoteId>,
    /// The steps that were begun, or found already done, in their order.
    pub(crate) steps: Vec<StepProgress>,
    pub(crate) notes: Vec<String>,
    /// `None` while it is in progress.
    pub(crate) outcome: Option<Outcome>,
    /// When it ended, in milliseconds of the epoch.
    pub(crate) ended_ms: Option<i64>,
}

/// A step that was begun, or found already done. Times are in milliseconds of the epoch.
#[derive(Clone, Debug)]
pub(crate) struct StepProgress {
    pub(crate) step: Step,
    /// The number of attempts.
    pub(crate) n_sent: u32,
    pub(crate) task: Option<String>,
    pub(crate) submitted_ms: Option<i64>,
    pub(crate) accepted_ms: Option<i64>,
    /// When its effect was seen.
    pub(crate) settled_ms: Option<i64>,
    /// Whether it was already as wanted, by another user's doing.
    pub(crate) found: bool,
}

/// The number of changes by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) not_tried: usize,
    pub(crate) open: usize,
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) destroyed: usize,
}

/// The result of an apply as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Complete,
    /// Something failed or was not tried, and nothing took effect.
    Failed,
    /// Something took effect, and something failed or was not tried.
    Partial,
    /// An operation is open, or its result is unknown.
    Pending,
}

impl Report {
    /// Makes the report of a plan before its apply.
    pub(crate) fn new(changes: &[Change]) -> Self {
        let entry = |it: &Change| Entry {
            name: it.name.clone(),
            action: it.action,
            reason: it.reason,
            id: it.id.clone(),
            steps: Vec::new(),
            notes: Vec::new(),
            outcome: None,
            ended_ms: None,
        };
        Self { entries: changes.iter().map(entry).collect() }
    }

    /// Applies an event that happened at that time, in milliseconds of the epoch.
    pub(crate) fn apply_event(&mut self, event: &Event, at_ms: i64) {
        let Some(change) = event.change() else { return };
        if let Some(entry) = self.entries.get_mut(change) {
            entry.apply_event(event, at_ms);
        }
    }

    /// Reopens a change that had ended.
    pub(crate) fn reopen(&mut self, change: usize) {
        if let Some(entry) = self.entries.get_mut(change) {
            entry.outcome = None;
            entry.ended_ms = None;
        }
    }

    /// Counts the changes by result; a replace is one added and one destroyed.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for entry in &self.entries {
            match &entry.outcome {
                Some(Outcome::Done) => {
                    tally.done += 1;
                    match entry.action {
                        Action::Create => tally.added += 1,
                        Action::Delete => tally.destroyed += 1,
                        Action::Replace => {
                            tally.added += 1;
                            tally.destroyed += 1;
                        }
                        Action::Update | Action::Stop | Action::Restart => tally.changed += 1,
                    }
                }
                Some(Outcome::Converged) => tally.done += 1,
                Some(Outcome::Failed { .. } | Outcome::Conflict { .. }) => {
                    tally.failed += 1;
                }
                Some(Outcome::Open { .. } | Outcome::Unknown { .. }) => tally.open += 1,
                None if entry.was_sent() => tally.open += 1,
                Some(Outcome::NotTried { .. } | Outcome::Stale { .. }) | None => {
                    tally.not_tried += 1;
                }
            }
        }
        tally
    }

    /// Returns the result as a whole; an operation in progress counts as open.
    pub(crate) fn verdict(&self) -> Verdict {
        let tally = self.tally();
        if tally.open != 0 {
            return Verdict::Pending;
        }
        if tally.failed == 0 && tally.not_tried == 0 {
            return Verdict::Complete;
        }
        let took_effect = self.entries.iter().any(|it| it.done().next().is_some());
        if took_effect { Verdict::Partial } else { Verdict::Failed }
    }
}

impl Entry {
    /// Returns the steps that this apply carried out.
    pub(crate) fn done(&self) -> impl Iterator<Item = Step> {
        let done = self.steps.iter().filter(|it| it.settled_ms.is_some() && !it.found);
        done.map(|it| it.step)
    }

    /// Whether a write of it may have been sent.
    pub(crate) fn was_sent(&self) -> bool {
        self.steps.iter().any(|it| it.n_sent != 0)
    }

    /// Returns the step that is in progress.
    pub(crate) fn current(&self) -> Option<&StepProgress> {
        self.steps.last().filter(|it| it.settled_ms.is_none())
    }

    fn apply_event(&mut self, event: &Event, at_ms: i64) {
        match event {
            Event::Submitting { step, attempt, .. } => {
                let progress = self.step_mut(*step);
                progress.n_sent = *attempt;
                progress.task = None;
                progress.submitted_ms = Some(at_ms);
            }
            Event::Accepted { step, task, .. } => {
                let progress = self.step_mut(*step);
                progress.task = Some(task.clone());
                progress.accepted_ms = Some(at_ms);
            }
            Event::Settled { step, found, id, .. } => {
                let progress = self.step_mut(*step);
                progress.found = *found;
                progress.settled_ms = Some(at_ms);
                self.id = id.clone().or(self.id.take());
            }
            Event::Noted { note, .. } => self.notes.push(note.clone()),
            Event::Ended { outcome, .. } => {
                self.outcome = Some(outcome.clone());
                self.ended_ms = Some(at_ms);
            }
            Event::InDoubt { .. }
            | Event::NotTaken { .. }
            | Event::Refused { .. }
            | Event::Claimed { .. }
            | Event::Started { .. }
            | Event::Resumed { .. }
            | Event::Stopping { .. }
            | Event::Waiting { .. }
            | Event::ReadFailed { .. } => (),
        }
    }

    /// Returns the entry of a step, which is added if there is none yet.
    fn step_mut(&mut self, step: Step) -> &mut StepProgress {
        if !self.steps.iter().any(|it| it.step == step) {
            self.steps.push(StepProgress {
                step,
                n_sent: 0,
                task: None,
                submitted_ms: None,
                accepted_ms: None,
                settled_ms: None,
                found: false,
            });
        }
        let mut steps = self.steps.iter_mut();
        steps.find(|it| it.step == step).expect("invariant: it was added right above")
    }
}
