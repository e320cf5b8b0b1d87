//! What came of a plan, folded from events.

use super::event::{Event, Outcome};
use crate::{
    model::Name,
    plan::{Action, Change, Step},
};

/// What came of each change.
#[derive(Clone, Debug)]
#[must_use = "an unread report helps nobody"]
pub(crate) struct Report {
    /// In the order of the plan.
    pub(crate) entries: Vec<Entry>,
}

/// What came of one change.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Name,
    pub(crate) action: Action,
    /// Steps that took effect by our doing.
    pub(crate) done: Vec<Step>,
    /// The step under way, and its task.
    pub(crate) current: Option<(Step, Option<String>)>,
    /// Whether a write of it may have left.
    pub(crate) was_sent: bool,
    pub(crate) notes: Vec<String>,
    /// `None` while it is under way.
    pub(crate) outcome: Option<Outcome>,
}

/// How many changes came to what.
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

/// What an apply came to, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Complete,
    /// Something failed or was not tried, and nothing took effect.
    Failed,
    /// Something took effect, and something failed or was not tried.
    Partial,
    /// An operation is open, or nobody knows what came of it.
    Pending,
}

impl Report {
    /// Makes the report of a plan of which nothing has happened yet.
    pub(crate) fn new(changes: &[Change]) -> Self {
        let entry = |it: &Change| Entry {
            name: it.name.clone(),
            action: it.action,
            done: Vec::new(),
            current: None,
            was_sent: false,
            notes: Vec::new(),
            outcome: None,
        };
        Self { entries: changes.iter().map(entry).collect() }
    }

    /// Takes an event in.
    pub(crate) fn tell(&mut self, event: &Event) {
        let change = match event {
            Event::Started { .. } | Event::Stopping { .. } | Event::ReadFailed { .. } => return,
            Event::Submitting { change, .. }
            | Event::Accepted { change, .. }
            | Event::InDoubt { change, .. }
            | Event::NotTaken { change, .. }
            | Event::Claimed { change, .. }
            | Event::Settled { change, .. }
            | Event::Noted { change, .. }
            | Event::Ended { change, .. } => *change,
        };
        if let Some(entry) = self.entries.get_mut(change) {
            entry.tell(event);
        }
    }

    /// Counts what the changes came to; a replace is one added and one destroyed.
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
                Some(Outcome::Failed { .. } | Outcome::Stale { .. } | Outcome::Conflict { .. }) => {
                    tally.failed += 1;
                }
                Some(Outcome::Open { .. } | Outcome::Unknown { .. }) => tally.open += 1,
                None if entry.was_sent => tally.open += 1,
                Some(Outcome::NotTried { .. }) | None => tally.not_tried += 1,
            }
        }
        tally
    }

    /// Returns what it all came to; what is still under way counts as open.
    pub(crate) fn verdict(&self) -> Verdict {
        let tally = self.tally();
        if tally.open != 0 {
            return Verdict::Pending;
        }
        if tally.failed == 0 && tally.not_tried == 0 {
            return Verdict::Complete;
        }
        let took_effect = self.entries.iter().any(|it| !it.done.is_empty());
        if took_effect { Verdict::Partial } else { Verdict::Failed }
    }
}

impl Entry {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::Submitting { step, .. } => {
                self.was_sent = true;
                self.current = Some((*step, None));
            }
            Event::Accepted { step, task, .. } => self.current = Some((*step, Some(task.clone()))),
            Event::Settled { step, found, .. } => {
                self.current = None;
                if !found {
                    self.done.push(*step);
                }
            }
            Event::Noted { note, .. } => self.notes.push(note.clone()),
            Event::Ended { outcome, .. } => self.outcome = Some(outcome.clone()),
            Event::InDoubt { .. }
            | Event::NotTaken { .. }
            | Event::Claimed { .. }
            | Event::Started { .. }
            | Event::Stopping { .. }
            | Event::ReadFailed { .. } => (),
        }
    }
}
