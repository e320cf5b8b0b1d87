//! What the job items of a discovery show: whether a run that may have ended unseen is the
//! requested run or an earlier one.
//!
//! Sends no requests.

use std::time::Duration;

use super::{
    execution::{Events, Execution, Moment, WaitReason},
    state::State,
};
use crate::{
    model::{RemoteId, RunState},
    plan::Step,
};

/// How long before a write the latest run must have started, so that its start time distinguishes
/// it from ours: the controller's clock is known in whole seconds, which may be off by one on
/// either side.
const CLOCK_TELLS_AFTER: Duration = Duration::from_secs(2);

impl Execution {
    /// Whether the start of the latest run has to be known before the current step is sent: if the
    /// step starts a run, one that started in the same second could not be distinguished from it.
    pub(in crate::apply) fn wants_earlier_run(&self, now: Moment) -> bool {
        let leads_to_a_run = match self.operation.step() {
            Some(Step::Run) => true,
            Some(Step::Edit) => self.operation.steps().any(|it| it == Step::Run),
            Some(Step::Stop | Step::Delete | Step::Create) | None => false,
        };
        let has_run = self.run != Some(RunState::Never);
        let is_unknown = self.operation.earlier_run_ms().is_none();
        leads_to_a_run && has_run && !self.clock_tells(now) && is_unknown
    }

    /// Whether the clock alone distinguishes a run that starts now from earlier runs.
    fn clock_tells(&self, now: Moment) -> bool {
        self.listed_at.is_some_and(|it| CLOCK_TELLS_AFTER <= now.saturating_sub(it))
    }

    /// Makes the step wait until the clock distinguishes the runs, because the start of the latest
    /// run could not be read.
    pub(in crate::apply) fn earlier_run_not_read(&mut self) {
        self.wait = Some(WaitReason::EarlierRunNotRead);
    }

    /// Continues a step that waited for the clock, if the clock now distinguishes the runs. The
    /// list was received at that moment.
    pub(super) fn wait_for_clock(&mut self, came_at: Moment) {
        self.listed_at = self.listed_at.or(Some(came_at));
        if self.clock_tells(came_at) {
            self.wait_while_running();
        } else {
            self.earlier_run_not_read();
        }
    }

    /// Notes when the latest run before ours started.
    pub(in crate::apply) fn note_earlier_run(&mut self, latest_start_ms: Option<i64>) {
        self.operation.note_earlier_run(latest_start_ms);
    }

    /// Processes the start of the latest run, by the controller's clock, from jobs that were
    /// requested at that moment.
    pub(in crate::apply) fn on_jobs(
        &mut self,
        latest_start_ms: Option<i64>,
        asked_at: Moment,
        wait_runs: bool,
    ) -> Events {
        let Some(since_ms) = self.runs_since_ms() else { return Events::new() };
        let earlier_ms = self.operation.earlier_run_ms();
        let is_new = |it: i64| since_ms <= it && earlier_ms.is_none_or(|earlier| earlier < it);
        if latest_start_ms.is_some_and(is_new) {
            return self.settle_step(false, None, wait_runs);
        }
        self.note_earlier_run(latest_start_ms);
        self.jobs.show_none_at = Some(asked_at);
        if self.may_have_run() {
            self.wait_while_running();
        }
        Events::new()
    }

    /// The earliest start of a run that may be ours, by the controller's clock.
    fn runs_since_ms(&self) -> Option<i64> {
        // The answers give the controller's time in whole seconds.
        let roughly_sent = self.sent_ms().saturating_sub(1_000);
        match (self.operation.state(), &self.wait) {
            _ if self.operation.is_ended() => None,
            (State::AwaitingEffect { .. }, _) => Some(self.task_began_ms.unwrap_or(roughly_sent)),
            (State::InDoubt { .. }, _) => Some(roughly_sent),
            (_, Some(WaitReason::MayHaveRun { since_ms })) => Some(*since_ms),
            _ => None,
        }
    }

    fn may_have_run(&self) -> bool {
        matches!(self.wait, Some(WaitReason::MayHaveRun { .. })) && !self.operation.is_ended()
    }

    /// The jobs cannot be read. Whether an edit has started a run by itself is not known then, and
    /// the planned run is carried out; a run in doubt stays in doubt.
    pub(in crate::apply) fn on_jobs_not_read(&mut self) {
        if self.may_have_run() {
            self.wait_while_running();
        }
    }

    /// Returns the id of the discovery to read job items of, if any.
    pub(in crate::apply) fn asks_jobs_of(&self) -> Option<&RemoteId> {
        let asks = match self.operation.state() {
            _ if self.operation.is_ended() => false,
            State::AwaitingEffect { .. } | State::InDoubt { .. } => self.jobs.asked_for,
            _ => self.may_have_run(),
        };
        self.operation.id().filter(|_| asks)
    }
}
