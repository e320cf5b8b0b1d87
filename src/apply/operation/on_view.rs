//! What a list of discoveries means for a running operation.
//!
//! Sends no requests.

use std::time::Duration;

use super::{
    doubt::DoubtVerdict,
    effect::{Effect, Known, effect},
    execution::{AwaitedRun, Events, Execution, Moment, Phase, SHOWS_WITHIN, WaitReason},
    observation::Observation,
    state::State,
};
use crate::{
    events::{Event, Outcome},
    model::{RemoteId, RunState},
    plan::{Change, Step},
};

/// How long a name has to be off the list before it is tried again: a deleted one is not released
/// at once (controller-facts.md#name-release-after-a-delete).
const NAME_LACKED_FOR: Duration = Duration::from_secs(5);

impl Execution {
    /// Processes a list of discoveries.
    pub(in crate::apply) fn on_view(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        if matches!(self.phase(), Phase::Ended | Phase::Sending) {
            return Events::new();
        }
        match self.operation.state() {
            State::Ready | State::NotTaken { .. } | State::NameTaken { .. } => {
                match self.wait.clone() {
                    Some(wait) => self.on_view_waiting(change, wait, seen),
                    None => self.on_view_ready(change, seen),
                }
            }
            State::AwaitingEffect { .. } if self.sent_at <= seen.asked_at => {
                self.on_view_awaiting_effect(change, seen)
            }
            State::Accepted { .. } if seen.settles_only => self.on_view_accepted(change, seen),
            State::InDoubt { why } => {
                let why = why.clone();
                self.on_view_in_doubt(change, &why, seen)
            }
            State::StepsDone => self.on_view_awaiting_run(seen),
            State::Submitted | State::Accepted { .. } | State::AwaitingEffect { .. } => {
                Events::new()
            }
        }
    }

    fn on_view_ready(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        if !self.operation.has_begun() {
            return self.check(change, &seen.view, seen.came_at, seen.came_at);
        }
        match self.operation.step() {
            Some(Step::Create) => self.on_view_ready_to_create(change, seen),
            Some(Step::Run) => self.on_view_ready_to_run(change, seen),
            Some(Step::Stop | Step::Edit | Step::Delete) | None => Events::new(),
        }
    }

    fn on_view_waiting(
        &mut self,
        change: &Change,
        wait: WaitReason,
        seen: &Observation<'_>,
    ) -> Events {
        let has_begun = self.operation.has_begun();
        match wait {
            WaitReason::Running | WaitReason::MayHaveRun { .. } if !has_begun => {
                self.check(change, &seen.view, seen.came_at, seen.came_at)
            }
            WaitReason::EarlierRunNotRead | WaitReason::RecheckBeforeSend
                if has_begun && !seen.view.complete =>
            {
                Events::new()
            }
            WaitReason::EarlierRunNotRead => {
                let events = self.recheck_before_send(change, seen);
                if self.is_ready() {
                    self.wait_for_clock(seen.came_at);
                }
                events
            }
            WaitReason::RecheckBeforeSend => {
                let events = self.recheck_before_send(change, seen);
                if self.is_ready() {
                    self.wait_while_running();
                }
                events
            }
            WaitReason::Running => {
                let events = self.fail_if_not_fit_to_run(change, seen);
                self.note_run(&seen.view);
                if events.is_empty() {
                    self.wait_while_running();
                }
                events
            }
            WaitReason::MayHaveRun { .. } => {
                let events = self.fail_if_not_fit_to_run(change, seen);
                if !events.is_empty() {
                    return events;
                }
                self.note_run(&seen.view);
                // It was idle when it was edited: the current run was started since.
                if self.run == Some(RunState::Running) {
                    return self.settle_step(false, None, seen.wait_runs);
                }
                events
            }
            WaitReason::NameTaken { lacked_since, words } => {
                self.on_view_name_taken(change, lacked_since, words, seen)
            }
            WaitReason::NotRead { words } => self.on_view_not_read(change, words, seen),
        }
    }

    /// Checks whether the current step may still be sent. Returns the events of its end if it may
    /// not, or does not have to be.
    fn recheck_before_send(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        self.wait = None;
        match self.operation.step() {
            Some(Step::Stop | Step::Delete) if self.operation.has_begun() => {
                self.fail_if_moved(change, &seen.view)
            }
            _ => self.on_view_ready(change, seen),
        }
    }

    fn on_view_name_taken(
        &mut self,
        change: &Change,
        lacked_since: Option<Moment>,
        words: String,
        seen: &Observation<'_>,
    ) -> Events {
        let lacked_since = match self.effect_of(Step::Create, change, seen) {
            Effect::Shown { id } => {
                return self.settle_step(!self.operation.was_in_doubt(), id, seen.wait_runs);
            }
            Effect::Other { why } => return self.conflict(&words, &why),
            Effect::Not { .. } => {
                let since = lacked_since.unwrap_or(seen.asked_at);
                if NAME_LACKED_FOR <= seen.asked_at.saturating_sub(since) {
                    self.wait = None;
                    return Events::new();
                }
                Some(since)
            }
            Effect::Gone | Effect::AskJobs | Effect::Unknown => lacked_since,
        };
        self.wait = Some(WaitReason::NameTaken { lacked_since, words });
        Events::new()
    }

    /// The discovery could not be read right before its edit: it is gone, or the read failed for
    /// another reason.
    fn on_view_not_read(
        &mut self,
        change: &Change,
        words: String,
        seen: &Observation<'_>,
    ) -> Events {
        let id = self.operation.id();
        if id.is_some_and(|it| seen.view.with_id(it).is_some()) {
            return self.fail(words);
        }
        if !seen.view.complete {
            return Events::new();
        }
        if self.operation.has_begun() {
            return self.fail("it is gone".to_owned());
        }
        self.wait = None;
        self.check(change, &seen.view, seen.came_at, seen.came_at)
    }

    /// A create is never sent while the list shows the name.
    fn on_view_ready_to_create(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        match self.effect_of(Step::Create, change, seen) {
            Effect::Shown { id } => {
                self.settle_step(!self.operation.was_in_doubt(), id, seen.wait_runs)
            }
            Effect::Other { why } => self.conflict("the name exists", &why),
            Effect::Not { .. } | Effect::Gone | Effect::AskJobs | Effect::Unknown => Events::new(),
        }
    }

    /// A run that another user has started in the meantime is not started again.
    fn on_view_ready_to_run(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        let events = self.fail_if_not_fit_to_run(change, seen);
        if !events.is_empty() {
            return events;
        }
        self.note_run(&seen.view);
        if self.run == Some(RunState::Running) {
            return self.settle_step(!self.operation.was_in_doubt(), None, seen.wait_runs);
        }
        Events::new()
    }

    /// Ends the change if the discovery does not have the settings to run: a scan of other
    /// addresses under its name would be worse than none.
    fn fail_if_not_fit_to_run(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        match self.effect_of(Step::Edit, change, seen) {
            Effect::Not { why } => {
                self.fail(format!("it was changed by another user, and not run: {why}"))
            }
            Effect::Gone => self.fail("it is gone".to_owned()),
            Effect::Shown { .. } | Effect::Other { .. } | Effect::AskJobs | Effect::Unknown => {
                Events::new()
            }
        }
    }

    /// Settles a step with a visible effect, which its task cannot cause any more.
    fn on_view_accepted(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        let step = self.step_under_way();
        let mut effect = self.effect_of(step, change, seen);
        let is_gone = |it| seen.view.complete && seen.view.with_id(it).is_none();
        if step == Step::Delete && self.operation.id().is_some_and(is_gone) {
            // A later apply or another user created the discovery that has the name now.
            effect = Effect::Shown { id: None };
        }
        let Effect::Shown { id } = effect else { return Events::new() };
        self.task_began_ms = None;
        let mut events = self.shown(id, seen);
        if self.operation.step() == Some(Step::Create) {
            events.extend(self.on_view_ready_to_create(change, seen));
        }
        events
    }

    fn on_view_awaiting_effect(&mut self, change: &Change, seen: &Observation<'_>) -> Events {
        let step = self.step_under_way();
        let failed = self.failed_words().map(str::to_owned);
        let failed = failed.filter(|_| !self.found_nothing_to_delete);
        let mut effect = self.effect_of(step, change, seen);
        if step == Step::Run && failed.is_some() {
            // A finished run of another user is not the requested one.
            self.note_run(&seen.view);
            if self.run != Some(RunState::Running) {
                effect = Effect::AskJobs;
            }
        }
        let is_gone = effect == Effect::Gone;
        // Jobs that were not read since the effect was due prove nothing.
        let shows_by = self.since + SHOWS_WITHIN;
        let are_jobs_unread = effect == Effect::AskJobs
            && self.jobs.show_none_at.is_none_or(|asked_at| asked_at < shows_by);
        let why = match effect {
            Effect::Shown { id } => return self.shown(id, seen),
            Effect::Unknown => return Events::new(),
            Effect::Not { why } | Effect::Other { why } => why,
            Effect::Gone => "it is no longer there".to_owned(),
            Effect::AskJobs => "no run has started since".to_owned(),
        };
        if let Some(words) = failed {
            return self.fail(words);
        }
        // A run may take its time to stop: only the command's own time limits that.
        if seen.asked_at < shows_by || (step == Step::Stop && !is_gone) || are_jobs_unread {
            self.jobs.asked_for = step == Step::Run && !is_gone;
            if step == Step::Stop {
                self.note_run(&seen.view);
            }
            return Events::new();
        }
        let remedy = match step {
            Step::Edit => "; `on_change: replace` recreates the discovery instead",
            Step::Create | Step::Run | Step::Stop | Step::Delete => "",
        };
        let is_nothing = self.failed_words().is_some();
        let claim = if is_nothing { "had nothing to delete" } else { "reported success" };
        self.fail(format!("the controller {claim}, but {why}{remedy}"))
    }

    fn on_view_in_doubt(&mut self, change: &Change, doubt: &str, seen: &Observation<'_>) -> Events {
        let step = self.step_under_way();
        let effect = self.effect_of(step, change, seen);
        match self.doubt_verdict(doubt, effect, seen) {
            DoubtVerdict::Done { id } => {
                self.task_began_ms = None;
                self.shown(id, seen)
            }
            DoubtVerdict::Conflict { why } => self.conflict(doubt, &why),
            DoubtVerdict::SendAgain => {
                let why = doubt.to_owned();
                let mut events = self.record(Event::NotTaken { change: self.position, step, why });
                events.extend(match step {
                    Step::Run => self.fail_if_not_fit_to_run(change, seen),
                    // An edit is compared with the read right before it.
                    Step::Edit | Step::Create => Events::new(),
                    Step::Stop | Step::Delete => self.fail_if_moved(change, &seen.view),
                });
                events
            }
            DoubtVerdict::GiveUp { words } => self.fail(words),
            DoubtVerdict::Wait { asks_jobs } => {
                self.jobs.asked_for = asks_jobs;
                Events::new()
            }
        }
    }

    fn on_view_awaiting_run(&mut self, seen: &Observation<'_>) -> Events {
        let found = self.operation.id().and_then(|it| seen.view.with_id(it));
        let Some(found) = found else {
            if seen.view.complete {
                return self.fail("it is gone while its run was waited for".to_owned());
            }
            return Events::new();
        };
        let Ok(read) = &found.read else {
            return self.fail("it can no longer be understood".to_owned());
        };
        let AwaitedRun { since, was_seen } = self.awaited_run;
        let since = since.unwrap_or(seen.asked_at);
        let may_begin = !was_seen && seen.asked_at.saturating_sub(since) < SHOWS_WITHIN;
        match read.run {
            RunState::Running => {
                self.awaited_run = AwaitedRun { since: Some(since), was_seen: true };
                Events::new()
            }
            RunState::Never if may_begin => {
                self.awaited_run.since = Some(since);
                Events::new()
            }
            RunState::Complete => {
                let mut events = Events::new();
                if read.n_devices == Some(0) {
                    let note = "its run found no device".to_owned();
                    events.push(Event::Noted { change: self.position, note });
                }
                events.extend(self.end(Outcome::Done));
                events
            }
            RunState::Never | RunState::Aborted | RunState::Failed | RunState::Unknown => {
                self.fail(format!("its run ended `{}`", read.status))
            }
        }
    }

    /// Settles the current step: a read shows its effect.
    fn shown(&mut self, id: Option<RemoteId>, seen: &Observation<'_>) -> Events {
        let was_running = self.run == Some(RunState::Running);
        let is_edit = self.operation.step() == Some(Step::Edit);
        let found = self.failed_words().is_some() && !self.operation.was_in_doubt();
        let shown = id.as_ref().or(self.operation.id()).and_then(|it| seen.view.with_id(it));
        if let Some(read) = shown.and_then(|it| it.read.as_ref().ok()) {
            self.run = Some(read.run);
        }
        let is_running = self.run == Some(RunState::Running);
        let mut events = self.settle_step(found, id, seen.wait_runs);
        if is_edit && self.operation.step() == Some(Step::Run) && !was_running {
            // An edit that starts a run by itself has done the run step too.
            if is_running {
                events.extend(self.settle_step(false, None, seen.wait_runs));
            } else {
                let since_ms = self.task_began_ms.unwrap_or(self.sent_ms());
                self.wait = Some(WaitReason::MayHaveRun { since_ms });
            }
        }
        events
    }

    fn step_under_way(&self) -> Step {
        self.operation.step().expect("invariant: only an operation with a step is sent")
    }

    fn effect_of(&self, step: Step, change: &Change, seen: &Observation<'_>) -> Effect {
        let known = Known { id: self.operation.id(), run_before: self.run };
        effect(step, change, &known, &seen.view)
    }
}
