//! What an apply left that was cut short, folded from the events that were kept of it.
//!
//! Pure, and no judge of what came of a write: what nobody answered for is in doubt.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use super::{
    limits::Wait,
    operation::{
        AwaitingEffect, Doubt, Events, Moment, Operation, Phase, Sent, TaskClaim, WaitReason,
        says_duplicate,
    },
};
use crate::{
    api::TaskId,
    events::{Event, Outcome},
    model::{Name, RemoteId},
    plan::{Action, Change, Reason, Step},
};

/// What an apply left of its plan.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// In the order of the plan.
    pub(super) changes: Vec<ReplayedChange>,
    /// Every task that a write of it was taken on as.
    pub(super) tasks: BTreeSet<TaskId>,
    pub(super) longest_task: Duration,
    wait: Wait,
}

/// What is left of one change.
#[derive(Clone, Debug)]
pub(super) struct ReplayedChange {
    /// The steps that are not done, the current one first.
    pub(super) steps: VecDeque<Step>,
    /// Those that were carried out, rather than found done.
    pub(super) done: Vec<Step>,
    pub(super) id: Option<RemoteId>,
    /// Whether a write of it may have left.
    pub(super) begun: bool,
    pub(super) at: ReplayedState,
    /// When its latest write left, by the controller's clock.
    pub(super) sent_ms: Option<i64>,
    /// When the latest run before that started, by the same clock, as far as that was asked for.
    earlier_run_ms: Option<i64>,
    /// How often the current step was sent.
    n_sent: u32,
    accepted_at_ms: Option<i64>,
    /// Whether a write had left before the latest.
    begun_before: bool,
}

/// Where a change was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReplayedState {
    /// Before its current step.
    Ready,
    /// Its write was about to leave; no answer was told.
    Leaving,
    /// Nobody knows whether its write was taken on, or it was not.
    Doubt { why: String },
    /// The name of its create was refused as a duplicate.
    NameTaken { why: String },
    /// The write was taken on as this task.
    Pending { task: TaskId },
    /// The task said that it succeeded; its effect was not seen yet.
    Claimed { task: Option<TaskId> },
    /// It failed.
    Failed,
    /// What came of it is known otherwise, and nothing is left to do.
    Over,
}

impl Replay {
    /// Folds the events of a plan's changes, each with the time at which it was told, in
    /// milliseconds of the epoch. What the apply waited for says when a change is done.
    pub(crate) fn of<'e>(
        changes: &[Change],
        wait: Wait,
        events: impl IntoIterator<Item = (i64, &'e Event)>,
    ) -> Self {
        let mut left = Self {
            changes: changes.iter().map(ReplayedChange::new).collect(),
            tasks: BTreeSet::new(),
            longest_task: Duration::ZERO,
            wait,
        };
        for (at_ms, event) in events {
            left.tell(event, at_ms);
        }
        left
    }

    /// Takes an event in that was told then, in milliseconds of the epoch.
    pub(crate) fn tell(&mut self, event: &Event, at_ms: i64) {
        if let Event::Resumed { .. } = event {
            // How long a task took is not known of one that nobody looked at for a while.
            for change in &mut self.changes {
                change.accepted_at_ms = None;
            }
        }
        let Some(change) = event.change() else { return };
        if let Event::Accepted { task, .. } = event {
            self.tasks.insert(TaskId::new(task.clone()));
        }
        let Some(of) = self.changes.get_mut(change) else { return };
        if let (Event::Claimed { .. }, Some(accepted)) = (event, of.accepted_at_ms) {
            let took = u64::try_from(at_ms.saturating_sub(accepted)).unwrap_or_default();
            self.longest_task = self.longest_task.max(Duration::from_millis(took));
        }
        of.take_in(event, at_ms);
    }

    /// Whether something is under way of which nobody knows what came.
    pub(crate) fn is_open(&self) -> bool {
        self.changes.iter().any(ReplayedChange::is_open)
    }

    /// Whether a change is left to be carried on with.
    pub(crate) fn has_more(&self) -> bool {
        self.changes.iter().any(|it| it.has_more(self.wait))
    }

    /// Returns the changes whose end is still to be told.
    pub(crate) fn goes_on(&self) -> impl Iterator<Item = usize> {
        let changes = self.changes.iter().enumerate();
        changes.filter(|(_, it)| !it.is_over()).map(|(change, _)| change)
    }

    /// Returns when the earliest write left that nobody knows the fate of, by the controller's
    /// clock, in milliseconds of the epoch.
    pub(super) fn first_open_ms(&self) -> Option<i64> {
        self.changes.iter().filter(|it| it.is_open()).filter_map(|it| it.sent_ms).min()
    }

    /// Returns how long its longest task took.
    pub(crate) fn longest_task(&self) -> Duration {
        self.longest_task
    }

    /// Returns the replaces that are cut between their halves: deleted, and not created again, by
    /// this apply or by one before it.
    pub(crate) fn deleted_not_recreated<'c>(&self, changes: &'c [Change]) -> Vec<&'c Change> {
        let deleted_not_recreated = self.changes.iter().zip(changes);
        deleted_not_recreated
            .filter(|(it, change)| it.is_deleted_not_recreated(change))
            .map(|(_, change)| change)
            .collect()
    }

    /// Returns the replaces that may be cut between their halves, whatever came of their deletes.
    pub(crate) fn may_be_deleted_not_recreated<'c>(
        &self,
        changes: &'c [Change],
    ) -> Vec<&'c Change> {
        let deleted_not_recreated = self.changes.iter().zip(changes);
        deleted_not_recreated
            .filter(|(it, change)| it.may_be_deleted_not_recreated(change))
            .map(|(_, change)| change)
            .collect()
    }

    /// Returns the changes of which a later apply has to make up for something, even where nothing is
    /// left of them to carry on with: a run, or the second half of a replace.
    pub(crate) fn with_obligations(&self, changes: &[Change]) -> Vec<usize> {
        let all = self.changes.iter().zip(changes).enumerate();
        let with_obligations = all.filter(|(_, (it, change))| it.has_obligations(change));
        with_obligations.map(|(position, _)| position).collect()
    }

    /// Whether a later apply has to make up for something.
    pub(crate) fn has_obligations(&self, changes: &[Change]) -> bool {
        !self.with_obligations(changes).is_empty()
    }

    /// Returns the changes that something is left to do for, and that wait for no answer: a new apply
    /// may have them.
    pub(crate) fn waiting(&self, changes: &[Change]) -> Vec<usize> {
        let all = self.changes.iter().zip(changes).enumerate();
        let waiting = all.filter(|(_, (it, change))| it.is_waiting(change));
        waiting.map(|(position, _)| position).collect()
    }

    /// Returns how many changes are left to be carried on with.
    pub(crate) fn n_left(&self) -> usize {
        self.changes.iter().filter(|it| it.has_more(self.wait)).count()
    }

    /// Returns how many changes are under way.
    pub(crate) fn n_open(&self) -> usize {
        self.changes.iter().filter(|it| it.is_open()).count()
    }

    /// Whether a look has to tell which runs it owes: some were to follow an edit that nobody knows
    /// the fate of, or that it had not come to. Somebody may have made it, an earlier apply of the
    /// same plan too.
    pub(crate) fn may_miss_runs(&self, changes: &[Change]) -> bool {
        self.changes.iter().zip(changes).any(|(it, change)| it.may_miss_a_run(change))
    }

    /// Returns the changes whose run is planned and not started, although nothing else is left to
    /// tell of it: their settings are as wanted.
    pub(crate) fn runs_missing<'c>(&self, changes: &'c [Change]) -> Vec<&'c Name> {
        let owes =
            self.changes.iter().zip(changes).filter(|(it, change)| it.is_run_missing(change));
        owes.map(|(_, change)| &change.name).collect()
    }
}

impl ReplayedChange {
    fn new(change: &Change) -> Self {
        Self {
            steps: change.steps.iter().copied().collect(),
            done: Vec::new(),
            id: change.id.clone(),
            begun: false,
            at: ReplayedState::Ready,
            sent_ms: None,
            earlier_run_ms: None,
            n_sent: 0,
            accepted_at_ms: None,
            begun_before: false,
        }
    }

    fn take_in(&mut self, event: &Event, at_ms: i64) {
        match event {
            Event::Submitting { sent_ms, attempt, earlier_run_ms, .. } => {
                self.begun_before = self.begun;
                self.begun = true;
                self.sent_ms = Some(*sent_ms);
                self.earlier_run_ms = (*earlier_run_ms).max(self.earlier_run_ms);
                self.n_sent = *attempt;
                self.accepted_at_ms = None;
                self.at = ReplayedState::Leaving;
            }
            Event::Accepted { task, .. } => {
                self.accepted_at_ms = Some(at_ms);
                self.at = ReplayedState::Pending { task: TaskId::new(task.clone()) };
            }
            Event::NotTaken { step: Step::Create, why, .. } if says_duplicate(why) => {
                self.at = ReplayedState::NameTaken { why: why.clone() };
            }
            Event::InDoubt { why, .. } | Event::NotTaken { why, .. } => {
                self.at = ReplayedState::Doubt { why: why.clone() };
            }
            // Its task, or a look, will say the same once more.
            Event::Refused { why, .. } => {
                if self.at == ReplayedState::Leaving {
                    self.at = ReplayedState::Doubt { why: why.clone() };
                }
            }
            Event::Claimed { .. } => {
                let task = match &self.at {
                    ReplayedState::Pending { task } => Some(task.clone()),
                    ReplayedState::Ready
                    | ReplayedState::Leaving
                    | ReplayedState::Doubt { .. }
                    | ReplayedState::NameTaken { .. }
                    | ReplayedState::Claimed { .. }
                    | ReplayedState::Failed
                    | ReplayedState::Over => None,
                };
                self.at = ReplayedState::Claimed { task };
            }
            Event::Settled { step, found, id, .. } => {
                self.steps.retain(|it| it != step);
                self.done.extend((!found).then_some(*step));
                self.id = id.clone().or(self.id.take());
                self.n_sent = 0;
                self.at = ReplayedState::Ready;
            }
            Event::Ended { outcome, .. } => self.end(outcome),
            Event::Noted { .. }
            | Event::Started { .. }
            | Event::Resumed { .. }
            | Event::Stopping { .. }
            | Event::Waiting { .. }
            | Event::ReadFailed { .. } => (),
        }
    }

    fn end(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done
            | Outcome::Converged
            | Outcome::Stale { .. }
            | Outcome::Conflict { .. } => self.at = ReplayedState::Over,
            Outcome::Failed { .. } => self.at = ReplayedState::Failed,
            Outcome::NotTried { .. } => {
                // A write that was about to leave, and did not.
                if self.at == ReplayedState::Leaving {
                    self.begun = self.begun_before;
                    self.n_sent = self.n_sent.saturating_sub(1);
                }
                self.at = ReplayedState::Ready;
            }
            Outcome::Unknown { .. } | Outcome::Open { .. } => (),
        }
    }

    /// Takes the change up. Returns the events of its end where nothing of it is left but to say
    /// so.
    pub(super) fn take_up(
        &self,
        position: usize,
        change: &Change,
        wait: Wait,
    ) -> (Operation, Events) {
        let Self { steps, done, id, begun, at, sent_ms, earlier_run_ms, n_sent, .. } = self.clone();
        let sent = Sent { at: Moment::ZERO, server_ms: sent_ms.unwrap_or_default() };
        let mut item = Operation {
            steps,
            id,
            begun,
            earlier_run_ms,
            done,
            ..Operation::new(position, change)
        };
        if item.steps.is_empty() && !self.is_over() {
            let events = item.complete(wait == Wait::Runs);
            return (item, events);
        }
        item.sends = n_sent;
        item.doubted = matches!(at, ReplayedState::Leaving | ReplayedState::Doubt { .. });
        let in_doubt = |why: String| Phase::Doubt(Doubt { sent, since: Moment::ZERO, why });
        item.phase = match at {
            ReplayedState::Failed | ReplayedState::Over => Phase::Ended,
            // It may have been started since: by the edit itself, or by somebody else.
            ReplayedState::Ready if item.step() == Some(Step::Run) && begun => {
                Phase::Waiting(WaitReason::MayHaveRun { since_ms: sent.server_ms })
            }
            ReplayedState::Ready => Phase::Ready,
            ReplayedState::Leaving => {
                in_doubt("the apply was cut short before its answer came".to_owned())
            }
            ReplayedState::Doubt { why } => in_doubt(why),
            ReplayedState::NameTaken { why: words } => {
                Phase::Waiting(WaitReason::NameTaken { lacked_since: None, words })
            }
            ReplayedState::Pending { task } => {
                Phase::Pending { task, sent, accepted: Moment::ZERO }
            }
            ReplayedState::Claimed { task } => {
                let (since, claim) = (Moment::ZERO, TaskClaim::Done);
                Phase::AwaitingEffect(AwaitingEffect {
                    sent,
                    since,
                    task,
                    task_began_ms: None,
                    claim,
                })
            }
        };
        (item, Events::new())
    }

    fn is_over(&self) -> bool {
        matches!(self.at, ReplayedState::Failed | ReplayedState::Over)
    }

    fn has_more(&self, wait: Wait) -> bool {
        let waits = wait == Wait::Runs && self.has_started_a_run();
        !self.is_over() && (!self.steps.is_empty() || waits)
    }

    fn has_started_a_run(&self) -> bool {
        self.done.iter().any(|it| matches!(it, Step::Run | Step::Create))
    }

    fn is_open(&self) -> bool {
        !self.steps.is_empty()
            && match self.at {
                ReplayedState::Ready
                | ReplayedState::NameTaken { .. }
                | ReplayedState::Failed
                | ReplayedState::Over => false,
                ReplayedState::Leaving
                | ReplayedState::Doubt { .. }
                | ReplayedState::Pending { .. }
                | ReplayedState::Claimed { .. } => true,
            }
    }

    fn is_waiting(&self, change: &Change) -> bool {
        let is_left = !self.is_over() && !self.steps.is_empty();
        !self.is_open() && (is_left || self.has_obligations(change))
    }

    fn has_obligations(&self, change: &Change) -> bool {
        self.is_deleted_not_recreated(change) || self.is_run_missing(change)
    }

    fn is_deleted_not_recreated(&self, change: &Change) -> bool {
        let is_left = self.at != ReplayedState::Over && self.steps.front() == Some(&Step::Create);
        is_left && (change.action == Action::Replace || change.reason == Reason::ReplaceOwed)
    }

    fn may_be_deleted_not_recreated(&self, change: &Change) -> bool {
        let is_left = self.at != ReplayedState::Over && self.steps.contains(&Step::Create);
        let is_begun = change.action == Action::Replace && self.begun;
        is_left && is_begun || self.is_deleted_not_recreated(change)
    }

    fn may_miss_a_run(&self, change: &Change) -> bool {
        let is_left = !self.is_over() && self.steps.contains(&Step::Run);
        is_left && change.action == Action::Update || self.is_run_missing(change)
    }

    /// A run that is under way is not owed, nor one of a discovery that moved since. An edit that
    /// nobody knows the fate of owes its run, should the settings turn out as it wanted them.
    fn is_run_missing(&self, change: &Change) -> bool {
        let steps: &[Step] = if self.is_open() { &[Step::Edit, Step::Run] } else { &[Step::Run] };
        let is_left = self.at != ReplayedState::Over && self.steps.iter().eq(steps);
        let is_edited = change.action == Action::Update;
        is_left && (is_edited || change.reason == Reason::RerunOwed)
    }
}
