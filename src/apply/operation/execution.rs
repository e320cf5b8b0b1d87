//! An operation while it is carried out: its state, and what was observed of the controller.
//!
//! Sends nothing: requests, answers and observations come in with their times, and events come out.
//! Only these events change the state, as when a journal is replayed.

use std::time::Duration;

use super::{
    state::{Operation, State, TaskClaim},
    tasks::TaskVerdict,
};
use crate::{
    api::TaskId,
    apply::precondition::View,
    events::{Event, Outcome},
    model::{RemoteId, RunState},
    plan::{Action, Change, Step},
};

/// Time since the apply began.
pub(in crate::apply) type Moment = Duration;

/// How long an effect may take to show once its task has succeeded.
pub(super) const SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// How long a task may be unknown to the controller that returned its id.
const TASK_SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// What happened, in order.
pub(in crate::apply) type Events = Vec<Event>;

/// A running operation: its state, and the observations, which no event records and an interrupted
/// apply loses.
#[derive(Debug)]
pub(in crate::apply) struct Execution {
    /// The position of its change in the plan.
    pub(super) position: usize,
    pub(super) operation: Operation,
    /// Why the current step may not be sent yet.
    pub(super) wait: Option<WaitReason>,
    /// Whether the current step is being prepared: the read right before an edit is in flight, or
    /// the write is not announced yet.
    is_preparing: bool,
    /// When the precondition was last known to hold.
    pub(super) checked_at: Moment,
    /// When the first list came that showed the discovery: its latest run had started before.
    pub(super) listed_at: Option<Moment>,
    /// What its run was doing when it was last read.
    pub(super) run: Option<RunState>,
    pub(super) jobs: Jobs,
    /// When the latest write was sent.
    pub(super) sent_at: Moment,
    /// Since when it waits for the task, for the effect or for a doubt to be settled.
    pub(super) since: Moment,
    /// When the task began, by the controller's clock.
    pub(super) task_began_ms: Option<i64>,
    /// Whether a delete failed because there is nothing to delete.
    pub(super) found_nothing_to_delete: bool,
    pub(super) awaited_run: AwaitedRun,
}

/// The phase of an operation, as the scheduler needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::apply) enum Phase {
    /// The current step may be sent.
    Ready,
    /// The current step waits for something that a list will show.
    Waiting,
    /// A request is in flight: the write, or the read right before an edit.
    Sending,
    /// The task is open.
    Accepted,
    AwaitingEffect,
    InDoubt,
    /// With `--wait runs`: every step is done, and the run is in progress.
    AwaitingRun,
    Ended,
}

/// Why a step waits.
#[derive(Clone, Debug)]
pub(super) enum WaitReason {
    /// A running discovery is never started.
    Running,
    /// The start of the latest run could not be read, and may be so recent that the clock alone
    /// would not distinguish our run from it.
    EarlierRunNotRead,
    /// The controller admitted nothing for so long that the precondition has to be checked again.
    RecheckBeforeSend,
    /// The edit may have started a run by itself that has ended already: the jobs would show it.
    MayHaveRun { since_ms: i64 },
    /// The name of a create was refused as a duplicate.
    NameTaken { lacked_since: Option<Moment>, words: String },
    /// The read right before an edit failed, as it may for a discovery that is gone: a missing id
    /// is not always answered with 404 (controller-facts.md#missing-discoveries).
    NotRead { words: String },
}

/// What the job items show about a run that may have ended unseen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Jobs {
    /// Whether they have to be read.
    pub(super) asked_for: bool,
    /// When the job items that showed no such run were requested.
    pub(super) show_none_at: Option<Moment>,
}

/// An awaited run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AwaitedRun {
    /// When it was first looked for.
    pub(super) since: Option<Moment>,
    pub(super) was_seen: bool,
}

impl Execution {
    pub(in crate::apply) fn new(position: usize, operation: Operation) -> Self {
        Self {
            position,
            operation,
            wait: None,
            is_preparing: false,
            checked_at: Moment::ZERO,
            listed_at: None,
            run: None,
            jobs: Jobs::default(),
            sent_at: Moment::ZERO,
            since: Moment::ZERO,
            task_began_ms: None,
            found_nothing_to_delete: false,
            awaited_run: AwaitedRun::default(),
        }
    }

    /// Resumes an operation of an interrupted apply. Returns it with the events of its end where
    /// every step is done.
    pub(in crate::apply) fn resumed(
        position: usize,
        mut operation: Operation,
        wait_runs: bool,
    ) -> (Self, Events) {
        operation.reopen();
        let mut this = Self::new(position, operation);
        if this.operation.is_ended() {
            return (this, Events::new());
        }
        let is_run_next = this.operation.step() == Some(Step::Run) && this.operation.has_begun();
        match this.operation.state() {
            State::StepsDone => {
                let events = this.complete(wait_runs);
                return (this, events);
            }
            // It may have been started since: by the edit itself, or by another user.
            State::Ready if is_run_next => {
                this.wait = Some(WaitReason::MayHaveRun { since_ms: this.sent_ms() });
            }
            State::NameTaken { why } => {
                let words = why.clone();
                this.wait = Some(WaitReason::NameTaken { lacked_since: None, words });
            }
            State::Ready
            | State::Submitted
            | State::Accepted { .. }
            | State::AwaitingEffect { .. }
            | State::InDoubt { .. }
            | State::NotTaken { .. } => (),
        }
        (this, Events::new())
    }

    /// Moves the operation by an event that is to be emitted.
    pub(super) fn record(&mut self, event: Event) -> Events {
        self.operation.apply_event(&event);
        self.wait = None;
        self.is_preparing = false;
        vec![event]
    }

    pub(in crate::apply) fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(in crate::apply) fn position(&self) -> usize {
        self.position
    }

    /// Since when it waits for the task, for the effect or for a doubt to be settled.
    pub(in crate::apply) fn since(&self) -> Moment {
        self.since
    }

    pub(in crate::apply) fn phase(&self) -> Phase {
        if self.operation.is_ended() {
            return Phase::Ended;
        }
        if self.is_preparing {
            return Phase::Sending;
        }
        match self.operation.state() {
            State::Ready | State::NotTaken { .. } | State::NameTaken { .. } => match self.wait {
                Some(_) => Phase::Waiting,
                None => Phase::Ready,
            },
            State::Submitted => Phase::Sending,
            State::Accepted { .. } => Phase::Accepted,
            State::AwaitingEffect { .. } => Phase::AwaitingEffect,
            State::InDoubt { .. } => Phase::InDoubt,
            State::StepsDone => Phase::AwaitingRun,
        }
    }

    pub(in crate::apply) fn is_ready(&self) -> bool {
        self.phase() == Phase::Ready
    }

    /// Whether no write of it was sent, and one may be.
    pub(in crate::apply) fn is_unbegun(&self) -> bool {
        !self.operation.has_begun() && self.is_ready()
    }

    /// Whether the precondition was last seen to hold so long ago that it has to be checked again
    /// before the first write.
    pub(in crate::apply) fn is_stale_by(&self, now: Moment, fresh_for: Duration) -> bool {
        self.is_unbegun() && fresh_for < now.saturating_sub(self.checked_at)
    }

    /// Whether it is between the halves of a replace, where it is never stopped on purpose.
    pub(in crate::apply) fn is_between_halves(&self, change: &Change) -> bool {
        let phase = self.phase();
        let is_deleting = self.operation.step() == Some(Step::Delete) && phase != Phase::Ready;
        let is_creating = self.operation.step() == Some(Step::Create) && self.operation.has_begun();
        change.action == Action::Replace && phase != Phase::Ended && (is_deleting || is_creating)
    }

    /// Whether one of its writes was sent and has an unknown outcome.
    pub(in crate::apply) fn is_in_flight(&self) -> bool {
        match self.phase() {
            Phase::Sending => !self.is_preparing,
            Phase::Waiting => matches!(self.wait, Some(WaitReason::MayHaveRun { .. })),
            Phase::Ready | Phase::Ended => false,
            Phase::Accepted | Phase::AwaitingEffect | Phase::InDoubt | Phase::AwaitingRun => true,
        }
    }

    /// Whether it needs the list of discoveries to continue.
    pub(in crate::apply) fn wants_view(&self) -> bool {
        match self.phase() {
            Phase::Waiting | Phase::AwaitingEffect | Phase::InDoubt | Phase::AwaitingRun => true,
            Phase::Ready | Phase::Sending | Phase::Accepted | Phase::Ended => false,
        }
    }

    /// Whether it waits for absence, or draws conclusions from it.
    pub(in crate::apply) fn wants_proof(&self, now: Moment) -> bool {
        match self.phase() {
            Phase::Waiting | Phase::InDoubt | Phase::AwaitingRun | Phase::Ready => true,
            Phase::AwaitingEffect => {
                self.operation.step() == Some(Step::Delete)
                    || self.failed_words().is_some()
                    || SHOWS_WITHIN <= now.saturating_sub(self.since)
            }
            Phase::Sending | Phase::Accepted | Phase::Ended => false,
        }
    }

    /// The controller's message on a failed write that may have had an effect anyway.
    pub(super) fn failed_words(&self) -> Option<&str> {
        match self.operation.state() {
            State::AwaitingEffect { claim: TaskClaim::Failed { words }, .. } => Some(words),
            State::AwaitingEffect { claim: TaskClaim::Done, .. }
            | State::Ready
            | State::Submitted
            | State::Accepted { .. }
            | State::InDoubt { .. }
            | State::NotTaken { .. }
            | State::NameTaken { .. }
            | State::StepsDone => None,
        }
    }

    /// When its latest write was sent, by the controller's clock.
    pub(super) fn sent_ms(&self) -> i64 {
        self.operation.sent_ms().unwrap_or_default()
    }

    /// Makes a run wait while the discovery is running, and also an edit that was planned on an
    /// idle discovery, because its effect is unknown (controller-facts.md#edits).
    pub(in crate::apply) fn wait_while_running(&mut self) {
        let waits = match self.operation.step() {
            Some(Step::Run) => true,
            Some(Step::Edit) => !self.operation.has_begun(),
            Some(Step::Stop | Step::Delete | Step::Create) | None => false,
        };
        let is_running = self.run == Some(RunState::Running);
        self.wait = (waits && is_running).then_some(WaitReason::Running);
    }

    pub(super) fn note_run(&mut self, view: &View<'_>) {
        let found = self.operation.id().and_then(|it| view.with_id(it));
        if let Some(read) = found.and_then(|it| it.read.as_ref().ok()) {
            self.run = Some(read.run);
        }
    }

    /// Notes what the run was doing in the read right before an edit.
    pub(in crate::apply) fn note_run_state(&mut self, run: RunState) {
        self.run = Some(run);
    }

    /// Notes that the current step is being prepared.
    pub(in crate::apply) fn prepare(&mut self) {
        self.is_preparing = true;
    }

    /// Notes that the read right before a write is over.
    pub(in crate::apply) fn prepared(&mut self) {
        self.is_preparing = false;
    }

    /// Announces the write, which is about to be sent.
    pub(in crate::apply) fn submit(&mut self, now: Moment, sent_ms: i64) -> Events {
        self.jobs = Jobs::default();
        self.sent_at = now;
        self.record(Event::Submitting {
            change: self.position,
            step: self.current_step(),
            attempt: self.operation.next_attempt(),
            sent_ms,
            earlier_run_ms: self.operation.earlier_run_ms(),
        })
    }

    /// The write was not sent in time, and may be sent after its precondition is checked again.
    pub(in crate::apply) fn requeue_unsent(&mut self) {
        self.operation.withdraw();
        self.wait = Some(WaitReason::RecheckBeforeSend);
    }

    /// The edit has nothing left to change: another user made the same edit, or an earlier attempt
    /// without an answer did.
    pub(in crate::apply) fn found_done(&mut self, wait_runs: bool) -> Events {
        self.settle_step(!self.operation.was_in_doubt(), None, wait_runs)
    }

    /// The read right before an edit did not return the discovery: the list has to show why.
    pub(in crate::apply) fn not_read(&mut self, words: String) {
        self.wait = Some(WaitReason::NotRead { words });
    }

    fn current_step(&self) -> Step {
        self.operation.step().expect("invariant: only an operation with a step is sent")
    }

    pub(in crate::apply) fn accepted(&mut self, task: &TaskId, now: Moment) -> Events {
        self.since = now;
        let (change, step) = (self.position, self.current_step());
        self.record(Event::Accepted { change, step, task: task.as_str().to_owned() })
    }

    pub(in crate::apply) fn in_doubt(&mut self, why: String, now: Moment) -> Events {
        self.since = now;
        let (change, step) = (self.position, self.current_step());
        self.record(Event::InDoubt { change, step, why })
    }

    /// Processes a read of the task.
    pub(in crate::apply) fn on_task(&mut self, verdict: TaskVerdict, now: Moment) -> Events {
        if self.phase() != Phase::Accepted {
            return Events::new();
        }
        let (change, step) = (self.position, self.current_step());
        match verdict {
            TaskVerdict::Open => Events::new(),
            TaskVerdict::Succeeded { began_ms } => {
                if step == Step::Stop {
                    // Only a new list shows whether it still runs.
                    self.run = None;
                }
                self.since = now;
                self.task_began_ms = began_ms;
                self.record(Event::Claimed { change, step })
            }
            TaskVerdict::Duplicate { words } => {
                let events = self.record(Event::NotTaken { change, step, why: words.clone() });
                self.wait = Some(WaitReason::NameTaken { lacked_since: None, words });
                events
            }
            TaskVerdict::Missing => self.nothing_to_delete(now),
            TaskVerdict::Failed { words } => self.refused(words, now),
        }
    }

    /// The controller did not carry out the write, and reports why. A create or an edit has failed
    /// then; for the other steps, a list has to show whether the effect exists anyway.
    pub(in crate::apply) fn refused(&mut self, words: String, now: Moment) -> Events {
        match self.current_step() {
            Step::Create | Step::Edit => self.fail(words),
            Step::Stop | Step::Run | Step::Delete => self.came_to_nothing(words, now),
        }
    }

    /// There is nothing to delete; a list has to confirm it.
    pub(in crate::apply) fn nothing_to_delete(&mut self, now: Moment) -> Events {
        let events = self.came_to_nothing("there is no such discovery".to_owned(), now);
        self.found_nothing_to_delete = true;
        events
    }

    fn came_to_nothing(&mut self, why: String, now: Moment) -> Events {
        self.since = now;
        self.task_began_ms = None;
        self.found_nothing_to_delete = false;
        let (change, step) = (self.position, self.current_step());
        self.record(Event::Refused { change, step, why })
    }

    /// The controller does not have the task, neither in its list nor by its id.
    pub(in crate::apply) fn on_missing_task(&mut self, asked_at: Moment) -> Events {
        let is_due = TASK_SHOWS_WITHIN <= asked_at.saturating_sub(self.since);
        match self.operation.state() {
            State::Accepted { task } if is_due && !self.operation.is_ended() => {
                let why = format!("the controller does not know its task {task}");
                self.in_doubt(why, asked_at)
            }
            _ => Events::new(),
        }
    }

    /// The current step is done: goes on to the next, or ends. The discovery has this id, if that
    /// has changed.
    pub(super) fn settle_step(
        &mut self,
        found: bool,
        id: Option<RemoteId>,
        wait_runs: bool,
    ) -> Events {
        let step = self.current_step();
        let mut events = self.record_settled(step, found, id);
        if self.operation.step().is_none() {
            events.extend(self.complete(wait_runs));
        } else {
            self.wait_while_running();
        }
        events
    }

    pub(super) fn record_settled(
        &mut self,
        step: Step,
        found: bool,
        id: Option<RemoteId>,
    ) -> Events {
        self.jobs = Jobs::default();
        let id = id.or_else(|| self.operation.id().cloned());
        self.record(Event::Settled { change: self.position, step, found, id })
    }

    /// Every step is done: ends it, or waits for its run.
    fn complete(&mut self, wait_runs: bool) -> Events {
        if wait_runs && self.operation.has_started_a_run() {
            return Events::new();
        }
        let has_done_something = self.operation.has_done_something();
        self.end(if has_done_something { Outcome::Done } else { Outcome::Converged })
    }

    pub(super) fn conflict(&mut self, words: &str, why: &str) -> Events {
        self.end(Outcome::Conflict {
            words: format!("{words}: another user created a discovery with that name, where {why}"),
        })
    }

    pub(in crate::apply) fn fail(&mut self, words: String) -> Events {
        self.end(Outcome::Failed { words })
    }

    pub(in crate::apply) fn end(&mut self, outcome: Outcome) -> Events {
        self.record(Event::Ended { change: self.position, outcome })
    }
}
