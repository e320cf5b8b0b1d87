//! What the job items of a discovery tell: whether a run that may be over before it was seen is the
//! one that was asked for, or an earlier one.
//!
//! Pure, like `item`: asks for nothing.

use std::time::Duration;

use super::state::{Events, Moment, Operation, Phase, WaitReason};
use crate::{
    model::{RemoteId, RunState},
    plan::Step,
};

/// How long before a write the latest run has to have started for its time to tell it from ours:
/// the controller's clock is known in whole seconds, which may be off by one on either side.
const CLOCK_TELLS_AFTER: Duration = Duration::from_secs(2);

impl Operation {
    /// Whether it has to be known when the latest run started before the current step leaves: with
    /// a run to come, one that started in the same second could not be told from it.
    pub(in crate::apply) fn wants_earlier_run(&self, now: Moment) -> bool {
        let leads_to_a_run = match self.step() {
            Some(Step::Run) => true,
            Some(Step::Edit) => self.has(Step::Run),
            Some(Step::Stop | Step::Delete | Step::Create) | None => false,
        };
        let has_run = self.run != Some(RunState::Never);
        leads_to_a_run && has_run && !self.clock_tells(now) && self.earlier_run_ms.is_none()
    }

    /// Whether a run that starts now can be told by the clock alone from those before.
    fn clock_tells(&self, now: Moment) -> bool {
        self.listed.is_some_and(|it| CLOCK_TELLS_AFTER <= now.saturating_sub(it))
    }

    /// When its latest run started could not be read: the step waits until the clock tells.
    pub(in crate::apply) fn earlier_run_not_read(&mut self) {
        self.phase = Phase::Waiting(WaitReason::EarlierRunNotRead);
    }

    /// Goes on with a step that waited for the clock, where it tells by now. The list that says so
    /// had come at that moment.
    pub(in crate::apply) fn wait_for_clock(&mut self, came_at: Moment) {
        self.listed = self.listed.or(Some(came_at));
        if self.clock_tells(came_at) {
            self.wait_while_running();
        } else {
            self.earlier_run_not_read();
        }
    }

    /// Takes note of when the latest run started that is not the one to come.
    pub(in crate::apply) fn note_earlier_run(&mut self, latest_start_ms: Option<i64>) {
        self.earlier_run_ms = latest_start_ms.max(self.earlier_run_ms);
    }

    /// Takes in when the latest run started, by the controller's clock, as the jobs tell that were
    /// asked for at that moment.
    pub(in crate::apply) fn on_jobs(
        &mut self,
        latest_start_ms: Option<i64>,
        asked_at: Moment,
        wait_runs: bool,
    ) -> Events {
        // The answers tell the controller's time in whole seconds.
        let roughly = |server_ms: i64| server_ms - 1_000;
        let since_ms = match &self.phase {
            Phase::AwaitingEffect(unseen) => {
                unseen.task_began_ms.unwrap_or(roughly(unseen.sent.server_ms))
            }
            Phase::Doubt(doubt) => roughly(doubt.sent.server_ms),
            Phase::Waiting(WaitReason::MayHaveRun { since_ms }) => *since_ms,
            Phase::Waiting(_)
            | Phase::Ready
            | Phase::Sending
            | Phase::Pending { .. }
            | Phase::Running(_)
            | Phase::Ended => return Events::new(),
        };
        let is_new =
            |it: i64| since_ms <= it && self.earlier_run_ms.is_none_or(|earlier| earlier < it);
        if latest_start_ms.is_some_and(is_new) {
            return self.settle_step(false, wait_runs);
        }
        self.note_earlier_run(latest_start_ms);
        self.jobs.show_none_at = Some(asked_at);
        if let Phase::Waiting(_) = self.phase {
            self.wait_while_running();
        }
        Events::new()
    }

    /// The jobs cannot be read. Whether an edit has started a run by itself is not told then, and
    /// the planned run is carried out; a run in doubt stays in doubt.
    pub(in crate::apply) fn on_jobs_not_read(&mut self) {
        if let Phase::Waiting(WaitReason::MayHaveRun { .. }) = self.phase {
            self.wait_while_running();
        }
    }

    /// Returns the id whose job items have to be asked for, if any.
    pub(in crate::apply) fn asks_jobs_of(&self) -> Option<&RemoteId> {
        let asks = match &self.phase {
            Phase::AwaitingEffect(_) | Phase::Doubt(_) => self.jobs.asked_for,
            Phase::Waiting(WaitReason::MayHaveRun { .. }) => true,
            Phase::Waiting(_)
            | Phase::Ready
            | Phase::Sending
            | Phase::Pending { .. }
            | Phase::Running(_)
            | Phase::Ended => false,
        };
        self.id.as_ref().filter(|_| asks)
    }
}
