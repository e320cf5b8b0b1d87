//! The operations of an interrupted apply, replayed from the events of its journal.
//!
//! Does not judge the outcome of a write: a write without an answer is in doubt.

use std::{collections::BTreeSet, time::Duration};

use super::operation::Operation;
use crate::{api::TaskId, events::Event, plan::Change};

/// The operations of a plan, according to their events.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// In the order of the plan.
    operations: Vec<Operation>,
    /// When the open task of each was accepted, in milliseconds of the epoch, if it was watched
    /// since.
    accepted_ms: Vec<Option<i64>>,
    /// The task of every accepted write.
    tasks: BTreeSet<TaskId>,
    longest_task: Duration,
}

impl Replay {
    /// Replays the events of a plan's changes, each with its time in milliseconds of the epoch.
    pub(crate) fn of<'e>(
        changes: &[Change],
        events: impl IntoIterator<Item = (i64, &'e Event)>,
    ) -> Self {
        let mut replay = Self {
            operations: changes.iter().map(Operation::new).collect(),
            accepted_ms: vec![None; changes.len()],
            tasks: BTreeSet::new(),
            longest_task: Duration::ZERO,
        };
        for (at_ms, event) in events {
            replay.apply_event(event, at_ms);
        }
        replay
    }

    /// Applies an event of that time, in milliseconds of the epoch.
    pub(crate) fn apply_event(&mut self, event: &Event, at_ms: i64) {
        if let Event::Resumed { .. } = event {
            self.operations.iter_mut().for_each(Operation::reopen);
            // The duration of a task that was not watched for a while is not known.
            self.accepted_ms.fill(None);
        }
        let Some(change) = event.change() else { return };
        let Some(operation) = self.operations.get_mut(change) else { return };
        operation.apply_event(event);
        let Some(accepted_ms) = self.accepted_ms.get_mut(change) else { return };
        match event {
            Event::Accepted { task, .. } => {
                self.tasks.insert(TaskId::new(task.clone()));
                *accepted_ms = Some(at_ms);
            }
            Event::Submitting { .. } => *accepted_ms = None,
            Event::Claimed { .. } => {
                let took = accepted_ms.map(|it| at_ms.saturating_sub(it));
                let took = took.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
                self.longest_task = self.longest_task.max(Duration::from_millis(took));
            }
            _ => (),
        }
    }

    /// In the order of the plan.
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(super) fn tasks(&self) -> &BTreeSet<TaskId> {
        &self.tasks
    }

    /// How long the longest task took.
    pub(crate) fn longest_task(&self) -> Duration {
        self.longest_task
    }

    /// When the earliest open write was sent, by the controller's clock in milliseconds of the
    /// epoch.
    pub(super) fn first_open_ms(&self) -> Option<i64> {
        self.operations.iter().filter(|it| it.is_open()).filter_map(Operation::sent_ms).min()
    }

    /// How many operations were in flight.
    pub(crate) fn n_open(&self) -> usize {
        self.operations.iter().filter(|it| it.is_open()).count()
    }

    /// The changes with an open outcome.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = usize> {
        let operations = self.operations.iter().enumerate();
        operations.filter(|(_, it)| !it.is_over()).map(|(change, _)| change)
    }
}
