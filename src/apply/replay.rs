//! The operations of an interrupted apply, replayed from the events that its journal kept.
//!
//! Does not judge what came of a write: a write without an answer is in doubt.

use std::{collections::BTreeSet, time::Duration};

use super::{limits::Wait, operation::Operation};
use crate::{
    api::TaskId,
    events::Event,
    model::Name,
    plan::{Action, Change, Reason, Step},
};

/// The operations of a plan as far as their events tell.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// In the order of the plan.
    operations: Vec<Operation>,
    /// When the open task of each was accepted, in milliseconds of the epoch, as far as it was
    /// watched since.
    accepted_ms: Vec<Option<i64>>,
    /// Every task that a write was taken on as.
    tasks: BTreeSet<TaskId>,
    longest_task: Duration,
    wait: Wait,
}

impl Replay {
    /// Replays the events of a plan's changes, each with its time in milliseconds of the epoch.
    /// What the apply waited for says when a change is done.
    pub(crate) fn of<'e>(
        changes: &[Change],
        wait: Wait,
        events: impl IntoIterator<Item = (i64, &'e Event)>,
    ) -> Self {
        let mut replay = Self {
            operations: changes.iter().map(Operation::new).collect(),
            accepted_ms: vec![None; changes.len()],
            tasks: BTreeSet::new(),
            longest_task: Duration::ZERO,
            wait,
        };
        for (at_ms, event) in events {
            replay.apply_event(event, at_ms);
        }
        replay
    }

    /// Moves on by an event of that time, in milliseconds of the epoch.
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

    pub(super) fn operations(&self) -> &[Operation] {
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

    /// Whether something is under way of which nobody knows what came.
    pub(crate) fn is_open(&self) -> bool {
        self.operations.iter().any(Operation::is_open)
    }

    /// Returns how many changes are under way.
    pub(crate) fn n_open(&self) -> usize {
        self.operations.iter().filter(|it| it.is_open()).count()
    }

    /// Whether a change is left to be carried on with.
    pub(crate) fn has_more(&self) -> bool {
        self.n_left() != 0
    }

    /// Returns how many changes are left to be carried on with.
    pub(crate) fn n_left(&self) -> usize {
        let waits = |it: &Operation| self.wait == Wait::Runs && it.has_started_a_run();
        let has_steps = |it: &Operation| it.steps().next().is_some();
        let left = self.operations.iter().filter(|it| !it.is_over());
        left.filter(|it| has_steps(it) || waits(it)).count()
    }

    /// Returns the changes whose end is still to be told.
    pub(crate) fn goes_on(&self) -> impl Iterator<Item = usize> {
        let operations = self.operations.iter().enumerate();
        operations.filter(|(_, it)| !it.is_over()).map(|(change, _)| change)
    }

    /// Returns the replaces that are cut between their halves: deleted, and not created again, by
    /// this apply or by one before it.
    pub(crate) fn deleted_not_recreated<'c>(&self, changes: &'c [Change]) -> Vec<&'c Change> {
        self.where_(changes, is_deleted_not_recreated)
    }

    /// Returns the replaces that may be cut between their halves, whatever came of their deletes.
    pub(crate) fn may_be_deleted_not_recreated<'c>(
        &self,
        changes: &'c [Change],
    ) -> Vec<&'c Change> {
        self.where_(changes, |it, change| {
            let is_left = !is_settled(it) && it.steps().any(|it| it == Step::Create);
            let is_begun = change.action == Action::Replace && it.has_begun();
            is_left && is_begun || is_deleted_not_recreated(it, change)
        })
    }

    fn where_<'c>(
        &self,
        changes: &'c [Change],
        which: impl Fn(&Operation, &Change) -> bool,
    ) -> Vec<&'c Change> {
        let all = self.operations.iter().zip(changes);
        all.filter(|(it, change)| which(it, change)).map(|(_, change)| change).collect()
    }

    /// Returns the changes of which a later apply has to make up for something, even where nothing is
    /// left of them to carry on with: a run, or the second half of a replace.
    pub(crate) fn with_obligations(&self, changes: &[Change]) -> Vec<usize> {
        let all = self.operations.iter().zip(changes).enumerate();
        let with_obligations = all.filter(|(_, (it, change))| has_obligations(it, change));
        with_obligations.map(|(position, _)| position).collect()
    }

    /// Whether a later apply has to make up for something.
    pub(crate) fn has_obligations(&self, changes: &[Change]) -> bool {
        !self.with_obligations(changes).is_empty()
    }

    /// Returns the changes that something is left to do for, and that wait for no answer: a new apply
    /// may have them.
    pub(crate) fn waiting(&self, changes: &[Change]) -> Vec<usize> {
        let all = self.operations.iter().zip(changes).enumerate();
        let waiting = all.filter(|(_, (it, change))| {
            let is_left = !it.is_over() && it.steps().next().is_some();
            !it.is_open() && (is_left || has_obligations(it, change))
        });
        waiting.map(|(position, _)| position).collect()
    }

    /// Whether a look has to tell which runs it owes.
    pub(crate) fn may_miss_runs(&self, changes: &[Change]) -> bool {
        self.operations.iter().zip(changes).any(|(it, change)| {
            let is_left = !it.is_over() && it.steps().any(|it| it == Step::Run);
            is_left && change.action == Action::Update || is_run_missing(it, change)
        })
    }

    /// Returns the changes whose run is planned and not started, although nothing else is left to
    /// tell of it: their settings are as wanted.
    pub(crate) fn runs_missing<'c>(&self, changes: &'c [Change]) -> Vec<&'c Name> {
        self.where_(changes, is_run_missing).into_iter().map(|it| &it.name).collect()
    }
}

fn is_settled(operation: &Operation) -> bool {
    operation.is_over() && !operation.has_failed()
}

fn has_obligations(operation: &Operation, change: &Change) -> bool {
    is_deleted_not_recreated(operation, change) || is_run_missing(operation, change)
}

fn is_deleted_not_recreated(operation: &Operation, change: &Change) -> bool {
    let is_left = !is_settled(operation) && operation.step() == Some(Step::Create);
    is_left && (change.action == Action::Replace || change.reason == Reason::ReplaceOwed)
}

/// A run that is under way is not owed, nor one of a discovery that moved since. An edit that
/// nobody knows the fate of owes its run, should the settings turn out as it wanted them.
fn is_run_missing(operation: &Operation, change: &Change) -> bool {
    let steps: &[Step] = if operation.is_open() { &[Step::Edit, Step::Run] } else { &[Step::Run] };
    let is_left = !is_settled(operation) && operation.steps().eq(steps.iter().copied());
    is_left && (change.action == Action::Update || change.reason == Reason::RerunOwed)
}
