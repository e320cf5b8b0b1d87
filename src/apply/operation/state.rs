//! What was sent for a change and what became of it: the one state machine of the write protocol.
//!
//! Events are all that moves it, those that a running apply emits just as those that a journal has
//! kept of an interrupted one.

use std::{collections::VecDeque, mem};

use crate::{
    api::TaskId,
    events::{Event, Outcome},
    model::RemoteId,
    plan::{Change, Step},
};

/// The operation that carries out one change of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The steps that are not done, the current one first.
    steps: VecDeque<Step>,
    /// The steps that we carried out, as opposed to those found done.
    done: Vec<Step>,
    id: Option<RemoteId>,
    state: State,
    /// How the operation ended, if it did.
    end: Option<End>,
    /// When its latest write was sent, by the controller's clock in milliseconds of the epoch.
    sent_ms: Option<i64>,
    /// When the latest run started that is known not to be ours, by the same clock.
    earlier_run_ms: Option<i64>,
    /// Whether a write was sent, or may have been.
    has_begun: bool,
    /// Whether that was so before the latest write.
    had_begun: bool,
    /// How often the current step was sent.
    attempts: u32,
    /// Whether an attempt at the current step was in doubt: what shows then may be our doing.
    was_in_doubt: bool,
}

/// Where an operation is in the protocol. An operation that has ended keeps the state that it
/// ended in, since a later apply may continue from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The current step was not sent, or was sent to no effect.
    Ready,
    /// The current step is being sent, and no answer came yet.
    Submitted,
    /// The controller took the write on as this task.
    Accepted { task: TaskId },
    /// The controller has said what came of the write; a read has to show it.
    AwaitingEffect { task: Option<TaskId>, claim: TaskClaim },
    /// It is unknown whether the write was taken on.
    InDoubt { why: String },
    /// The write was in doubt and turned out not to be taken on: it may be sent again.
    NotTaken { why: String },
    /// A create was refused because its name is taken: it may be sent again once the name is free.
    NameTaken { why: String },
    /// Every step is done. A run that was started may still be waited for.
    StepsDone,
}

/// What the controller says came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TaskClaim {
    Done,
    /// It failed. Its purpose may be fulfilled all the same: another user did it, or the run ended
    /// by itself.
    Failed {
        words: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing is left to do for the change.
    Final,
    Failed,
    /// A later apply can resume it.
    Resumable,
}

impl Operation {
    pub(in crate::apply) fn new(change: &Change) -> Self {
        Self {
            steps: change.steps.iter().copied().collect(),
            done: Vec::new(),
            id: change.id.clone(),
            state: State::Ready,
            end: None,
            sent_ms: None,
            earlier_run_ms: None,
            has_begun: false,
            had_begun: false,
            attempts: 0,
            was_in_doubt: false,
        }
    }

    /// Moves on by an event of its change: every transition of the protocol.
    pub(in crate::apply) fn apply_event(&mut self, event: &Event) {
        match event {
            Event::Submitting { attempt, sent_ms, earlier_run_ms, .. } => {
                self.had_begun = mem::replace(&mut self.has_begun, true);
                self.sent_ms = Some(*sent_ms);
                self.note_earlier_run(*earlier_run_ms);
                self.attempts = *attempt;
                self.state = State::Submitted;
            }
            Event::Accepted { task, .. } => {
                self.state = State::Accepted { task: TaskId::new(task.clone()) };
            }
            Event::InDoubt { why, .. } => self.doubt(why.clone()),
            // Of a task, only that of a create says this.
            Event::NotTaken { why, .. } if matches!(self.state, State::Accepted { .. }) => {
                self.state = State::NameTaken { why: why.clone() };
            }
            Event::NotTaken { why, .. } => self.state = State::NotTaken { why: why.clone() },
            Event::Refused { why, .. } => {
                let claim = TaskClaim::Failed { words: why.clone() };
                self.state = State::AwaitingEffect { task: self.task().cloned(), claim };
            }
            Event::Claimed { .. } => {
                let claim = TaskClaim::Done;
                self.state = State::AwaitingEffect { task: self.task().cloned(), claim };
            }
            Event::Settled { step, found, id, .. } => {
                self.steps.retain(|it| it != step);
                self.done.extend((!found).then_some(*step));
                self.id = id.clone().or(self.id.take());
                self.attempts = 0;
                self.was_in_doubt = false;
                let is_done = self.steps.is_empty();
                self.state = if is_done { State::StepsDone } else { State::Ready };
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
        self.end = Some(match outcome {
            Outcome::Done
            | Outcome::Converged
            | Outcome::Stale { .. }
            | Outcome::Conflict { .. } => End::Final,
            Outcome::Failed { .. } => End::Failed,
            Outcome::NotTried { .. } => {
                self.withdraw();
                End::Resumable
            }
            Outcome::Unknown { .. } | Outcome::Open { .. } => End::Resumable,
        });
    }

    /// Takes back a write that was announced and never sent. This is no event: nothing happened,
    /// and if the apply is interrupted here, the write counts as in doubt, which is safe.
    pub(super) fn withdraw(&mut self) {
        if self.state == State::Submitted {
            self.has_begun = self.had_begun;
            self.attempts = self.attempts.saturating_sub(1);
        }
        if self.state != State::StepsDone {
            self.state = State::Ready;
        }
    }

    /// Continues where an apply was interrupted. No answer that it was waiting for comes any more,
    /// so whatever it did not record is in doubt.
    pub(in crate::apply) fn reopen(&mut self) {
        match self.end {
            Some(End::Final | End::Failed) => return,
            Some(End::Resumable) | None => self.end = None,
        }
        if self.steps.is_empty() {
            self.state = State::StepsDone;
            return;
        }
        match self.state.clone() {
            State::Submitted => {
                self.doubt("the apply was interrupted before the answer came".into());
            }
            State::NotTaken { why } => self.doubt(why),
            State::AwaitingEffect { task, claim: TaskClaim::Failed { words } } => match task {
                // The task will say the same once more.
                Some(task) => self.state = State::Accepted { task },
                None => self.doubt(words),
            },
            State::Ready
            | State::Accepted { .. }
            | State::AwaitingEffect { claim: TaskClaim::Done, .. }
            | State::InDoubt { .. }
            | State::NameTaken { .. }
            | State::StepsDone => (),
        }
    }

    fn doubt(&mut self, why: String) {
        self.was_in_doubt = true;
        self.state = State::InDoubt { why };
    }

    /// Notes when the latest run started that is not the one to come.
    pub(super) fn note_earlier_run(&mut self, latest_start_ms: Option<i64>) {
        self.earlier_run_ms = latest_start_ms.max(self.earlier_run_ms);
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// The current step.
    pub(in crate::apply) fn step(&self) -> Option<Step> {
        self.steps.front().copied()
    }

    /// The steps that are not done, the current one first.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> {
        self.steps.iter().copied()
    }

    /// The task that the latest write was taken on as.
    pub(in crate::apply) fn task(&self) -> Option<&TaskId> {
        match &self.state {
            State::Accepted { task } => Some(task),
            State::AwaitingEffect { task, .. } => task.as_ref(),
            State::Ready
            | State::Submitted
            | State::InDoubt { .. }
            | State::NotTaken { .. }
            | State::NameTaken { .. }
            | State::StepsDone => None,
        }
    }

    pub(in crate::apply) fn id(&self) -> Option<&RemoteId> {
        self.id.as_ref()
    }

    pub(in crate::apply) fn sent_ms(&self) -> Option<i64> {
        self.sent_ms
    }

    pub(super) fn earlier_run_ms(&self) -> Option<i64> {
        self.earlier_run_ms
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The number of the next attempt. Those at a name that was taken do not count.
    pub(super) fn next_attempt(&self) -> u32 {
        if matches!(self.state, State::NameTaken { .. }) { 1 } else { self.attempts + 1 }
    }

    pub(super) fn was_in_doubt(&self) -> bool {
        self.was_in_doubt
    }

    /// Whether we carried any step out.
    pub(super) fn has_done_something(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether we started a run, which may go on after the last step.
    pub(crate) fn has_started_a_run(&self) -> bool {
        self.done.iter().any(|it| matches!(it, Step::Run | Step::Create))
    }

    /// Whether a write was sent, or may have been.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(in crate::apply) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it ended and no later apply can resume it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.end, Some(End::Final | End::Failed))
    }

    /// Whether it failed, so that it is over and yet not everything was done.
    pub(crate) fn has_failed(&self) -> bool {
        self.end == Some(End::Failed)
    }

    /// Whether a write of it was sent whose outcome is unknown.
    pub(crate) fn is_open(&self) -> bool {
        let is_unsettled = match self.state {
            State::Submitted
            | State::Accepted { .. }
            | State::AwaitingEffect { .. }
            | State::InDoubt { .. }
            | State::NotTaken { .. } => true,
            State::Ready | State::NameTaken { .. } | State::StepsDone => false,
        };
        is_unsettled && !self.is_over() && !self.steps.is_empty()
    }
}
