//! What a read makes of a change under way.
//!
//! Pure, like `item`: polling come in, events and the next phase come out. Asks for nothing.

use std::time::Duration;

use super::{
    doubt::DoubtVerdict,
    effect::{Effect, Known, effect},
    observation::Observation,
    state::{
        AwaitingEffect, Doubt, Events, Moment, Operation, Phase, Running, SHOWS_WITHIN, Sent,
        TaskClaim, WaitReason,
    },
};
use crate::{
    api::TaskId,
    events::{Event, Outcome},
    model::{RemoteId, RunState},
    plan::{Change, Step},
};

/// How long a name has to be off the list before it is tried again: a deleted one is not released
/// at once (controller-facts.md#name-release-after-a-delete).
const NAME_LACKED_FOR: Duration = Duration::from_secs(5);

impl Operation {
    /// Takes in a list of discoveries that was asked for at that moment.
    pub(in crate::apply) fn on_view(&mut self, change: &Change, look: &Observation<'_>) -> Events {
        let phase = std::mem::replace(&mut self.phase, Phase::Ready);
        match phase {
            Phase::Waiting(hold) => self.on_view_held(change, hold, look),
            Phase::AwaitingEffect(unseen) if unseen.sent.at <= look.asked_at => {
                self.on_view_unseen(change, unseen, look)
            }
            Phase::Doubt(doubt) => self.on_view_doubt(change, doubt, look),
            Phase::Running(running) => self.on_view_running(running, look),
            Phase::Pending { task, sent, accepted } if look.settles_only => {
                self.on_view_pending(change, (task, sent, accepted), look)
            }
            Phase::Ready if !self.begun => {
                self.check(change, &look.view, (look.came_at, look.came_at))
            }
            Phase::Ready => match self.step() {
                Some(Step::Create) => self.on_view_ready_to_create(change, look),
                Some(Step::Run) => self.on_view_ready_to_run(change, look),
                Some(Step::Stop | Step::Edit | Step::Delete) | None => Events::new(),
            },
            phase @ (Phase::Sending
            | Phase::Pending { .. }
            | Phase::AwaitingEffect(_)
            | Phase::Ended) => {
                self.phase = phase;
                Events::new()
            }
        }
    }

    fn on_view_held(
        &mut self,
        change: &Change,
        hold: WaitReason,
        look: &Observation<'_>,
    ) -> Events {
        match hold {
            WaitReason::Running | WaitReason::MayHaveRun { .. } if !self.begun => {
                self.phase = Phase::Waiting(hold);
                self.check(change, &look.view, (look.came_at, look.came_at))
            }
            WaitReason::EarlierRunNotRead | WaitReason::RecheckBeforeSend
                if self.begun && !look.view.complete =>
            {
                self.phase = Phase::Waiting(hold);
                Events::new()
            }
            WaitReason::EarlierRunNotRead => {
                let events = self.recheck_before_send(change, look);
                if matches!(self.phase, Phase::Ready) {
                    self.wait_for_clock(look.came_at);
                }
                events
            }
            WaitReason::RecheckBeforeSend => {
                let events = self.recheck_before_send(change, look);
                if matches!(self.phase, Phase::Ready) {
                    self.wait_while_running();
                }
                events
            }
            WaitReason::Running => {
                let events = self.fail_if_not_fit_to_run(change, look);
                self.note_run(&look.view);
                if events.is_empty() {
                    self.wait_while_running();
                }
                events
            }
            WaitReason::MayHaveRun { .. } => {
                self.phase = Phase::Waiting(hold);
                let events = self.fail_if_not_fit_to_run(change, look);
                if !events.is_empty() {
                    return events;
                }
                self.note_run(&look.view);
                // It was idle when it was edited: what runs now was started since.
                if self.run == Some(RunState::Running) {
                    return self.settle_step(false, look.wait_runs);
                }
                events
            }
            WaitReason::NameTaken { lacked_since, words } => {
                self.on_view_name_taken(change, (lacked_since, words), look)
            }
            WaitReason::NotRead { words } => self.on_view_not_read(change, words, look),
        }
    }

    /// Polling, before the current step is sent, whether it still may be. Returns the events of its
    /// end where it may not, or need not be.
    fn recheck_before_send(&mut self, change: &Change, look: &Observation<'_>) -> Events {
        self.phase = Phase::Ready;
        if !self.begun {
            return self.check(change, &look.view, (look.came_at, look.came_at));
        }
        match self.step() {
            Some(Step::Create) => self.on_view_ready_to_create(change, look),
            Some(Step::Run) => self.on_view_ready_to_run(change, look),
            Some(Step::Stop | Step::Delete) => self.fail_if_moved(change, &look.view),
            // An edit is held against what is read right before it.
            Some(Step::Edit) | None => Events::new(),
        }
    }

    fn on_view_name_taken(
        &mut self,
        change: &Change,
        (lacked_since, words): (Option<Moment>, String),
        look: &Observation<'_>,
    ) -> Events {
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let lacked_since = match effect(Step::Create, change, &known, &look.view) {
            Effect::Shown { id } => {
                self.id = id;
                return self.settle_step(!self.doubted, look.wait_runs);
            }
            Effect::Other { why } => return self.conflict(&words, &why),
            Effect::Not { .. } => {
                let since = lacked_since.unwrap_or(look.asked_at);
                if NAME_LACKED_FOR <= look.asked_at.saturating_sub(since) {
                    self.sends = 0;
                    return Events::new();
                }
                Some(since)
            }
            Effect::Gone | Effect::AskJobs | Effect::Unknown => lacked_since,
        };
        self.phase = Phase::Waiting(WaitReason::NameTaken { lacked_since, words });
        Events::new()
    }

    /// The discovery could not be read right before its edit: it is gone, or the read failed for
    /// another reason.
    fn on_view_not_read(
        &mut self,
        change: &Change,
        words: String,
        look: &Observation<'_>,
    ) -> Events {
        let id = self.id.as_ref();
        if id.is_some_and(|it| look.view.with_id(it).is_some()) {
            return self.fail(words);
        }
        if !look.view.complete {
            self.phase = Phase::Waiting(WaitReason::NotRead { words });
            return Events::new();
        }
        if self.begun {
            return self.fail("it is gone".to_owned());
        }
        self.check(change, &look.view, (look.came_at, look.came_at))
    }

    /// A create is never sent while the list shows the name.
    fn on_view_ready_to_create(&mut self, change: &Change, look: &Observation<'_>) -> Events {
        let known = Known { id: None, run_before: None };
        match effect(Step::Create, change, &known, &look.view) {
            Effect::Shown { id } => {
                self.id = id;
                self.settle_step(!self.doubted, look.wait_runs)
            }
            Effect::Other { why } => self.conflict("the name exists", &why),
            Effect::Not { .. } | Effect::Gone | Effect::AskJobs | Effect::Unknown => Events::new(),
        }
    }

    /// What somebody else has started meanwhile is not started again.
    fn on_view_ready_to_run(&mut self, change: &Change, look: &Observation<'_>) -> Events {
        let events = self.fail_if_not_fit_to_run(change, look);
        if !events.is_empty() {
            return events;
        }
        self.note_run(&look.view);
        if self.run == Some(RunState::Running) {
            return self.settle_step(!self.doubted, look.wait_runs);
        }
        Events::new()
    }

    /// Ends the change where what it would run is not what it is to run: a scan of other addresses
    /// in its name would be worse than none.
    fn fail_if_not_fit_to_run(&mut self, change: &Change, look: &Observation<'_>) -> Events {
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        match effect(Step::Edit, change, &known, &look.view) {
            Effect::Not { why } => {
                self.fail(format!("it was changed by somebody else, and not run: {why}"))
            }
            Effect::Gone => self.fail("it is gone".to_owned()),
            Effect::Shown { .. } | Effect::Other { .. } | Effect::AskJobs | Effect::Unknown => {
                Events::new()
            }
        }
    }

    /// Its effect shows, so that its task cannot bring it about any more.
    fn on_view_pending(
        &mut self,
        change: &Change,
        (task, sent, accepted): (TaskId, Sent, Moment),
        look: &Observation<'_>,
    ) -> Events {
        let step = self.step().expect("invariant: a task belongs to a step");
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let mut effect = effect(step, change, &known, &look.view);
        let is_gone = |it| look.view.complete && look.view.with_id(it).is_none();
        if step == Step::Delete && self.id.as_ref().is_some_and(is_gone) {
            // What has the name now, a later apply or somebody else made.
            effect = Effect::Shown { id: None };
        }
        if let Effect::Shown { id } = effect {
            let (since, claim, task) = (accepted, TaskClaim::Done, Some(task));
            let unseen = AwaitingEffect { sent, since, task, task_began_ms: None, claim };
            let mut events = self.shown(id, &unseen, look);
            if self.step() == Some(Step::Create) {
                events.extend(self.on_view_ready_to_create(change, look));
            }
            return events;
        }
        self.phase = Phase::Pending { task, sent, accepted };
        Events::new()
    }

    fn on_view_unseen(
        &mut self,
        change: &Change,
        unseen: AwaitingEffect,
        look: &Observation<'_>,
    ) -> Events {
        let step = self.step().expect("invariant: an effect belongs to a step");
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let mut effect = effect(step, change, &known, &look.view);
        if let (Step::Run, TaskClaim::Failed { .. }) = (step, &unseen.claim) {
            // A run of somebody else's that is over is none that was asked for.
            self.note_run(&look.view);
            if self.run != Some(RunState::Running) {
                effect = Effect::AskJobs;
            }
        }
        let is_gone = effect == Effect::Gone;
        // What was not looked at is not told from what is not there.
        let shows_by = unseen.since + SHOWS_WITHIN;
        let are_jobs_unread = effect == Effect::AskJobs
            && self.jobs.show_none_at.is_none_or(|asked_at| asked_at < shows_by);
        let why = match effect {
            Effect::Shown { id } => return self.shown(id, &unseen, look),
            Effect::Unknown => {
                self.phase = Phase::AwaitingEffect(unseen);
                return Events::new();
            }
            Effect::Not { why } | Effect::Other { why } => why,
            Effect::Gone => "it is no longer there".to_owned(),
            Effect::AskJobs => "no run that started since is to be seen".to_owned(),
        };
        if let TaskClaim::Failed { words } = unseen.claim {
            return self.fail(words);
        }
        let waited = look.asked_at.saturating_sub(unseen.since);
        // A run may take its time to stop: only the command's own time limits that.
        if waited < SHOWS_WITHIN || (step == Step::Stop && !is_gone) || are_jobs_unread {
            self.jobs.asked_for = step == Step::Run && !is_gone;
            if step == Step::Stop {
                self.note_run(&look.view);
            }
            self.phase = Phase::AwaitingEffect(unseen);
            return Events::new();
        }
        let remedy = match step {
            Step::Edit => "; `on_change: replace` makes the discovery anew instead",
            Step::Create | Step::Run | Step::Stop | Step::Delete => "",
        };
        let nothing = unseen.claim == TaskClaim::Nothing;
        let claim = if nothing { "had nothing to delete" } else { "reported success" };
        self.fail(format!("the controller {claim}, but {why}{remedy}"))
    }

    fn on_view_doubt(&mut self, change: &Change, doubt: Doubt, look: &Observation<'_>) -> Events {
        let step = self.step().expect("invariant: a write in doubt belongs to a step");
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let effect = effect(step, change, &known, &look.view);
        match doubt.ruling(effect, self, look) {
            DoubtVerdict::Done { id } => {
                let (sent, since) = (doubt.sent, doubt.since);
                let claim = TaskClaim::Done;
                let unseen = AwaitingEffect { sent, since, task: None, task_began_ms: None, claim };
                self.shown(id, &unseen, look)
            }
            DoubtVerdict::Conflict { why } => self.conflict(&doubt.why, &why),
            DoubtVerdict::SendAgain => {
                let mut events =
                    vec![Event::NotTaken { change: self.position, step, why: doubt.why }];
                events.extend(match step {
                    Step::Run => self.fail_if_not_fit_to_run(change, look),
                    // An edit is held against what is read right before it.
                    Step::Edit | Step::Create => Events::new(),
                    Step::Stop | Step::Delete => self.fail_if_moved(change, &look.view),
                });
                events
            }
            DoubtVerdict::GiveUp { words } => self.fail(words),
            DoubtVerdict::Wait { asks_jobs } => {
                self.jobs.asked_for = asks_jobs;
                self.phase = Phase::Doubt(doubt);
                Events::new()
            }
        }
    }

    fn on_view_running(&mut self, running: Running, look: &Observation<'_>) -> Events {
        let found = self.id.as_ref().and_then(|it| look.view.with_id(it));
        let Some(found) = found else {
            if look.view.complete {
                return self.fail("it is gone while its run was waited for".to_owned());
            }
            self.phase = Phase::Running(running);
            return Events::new();
        };
        let Ok(read) = &found.read else {
            return self.fail("it can no longer be understood".to_owned());
        };
        let since = running.since.unwrap_or(look.asked_at);
        let may_begin = !running.was_seen && look.asked_at.saturating_sub(since) < SHOWS_WITHIN;
        match read.run {
            RunState::Running => {
                self.phase = Phase::Running(Running { since: Some(since), was_seen: true });
                Events::new()
            }
            RunState::Never if may_begin => {
                self.phase = Phase::Running(Running { since: Some(since), ..running });
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

    /// A read shows what the current step was for.
    fn shown(
        &mut self,
        id: Option<RemoteId>,
        unseen: &AwaitingEffect,
        look: &Observation<'_>,
    ) -> Events {
        let was_running = self.run == Some(RunState::Running);
        let is_edit = self.step() == Some(Step::Edit);
        let found = unseen.claim != TaskClaim::Done && !self.doubted;
        self.id = id.or(self.id.take());
        self.note_run(&look.view);
        let is_running = self.run == Some(RunState::Running);
        let mut events = self.settle_step(found, look.wait_runs);
        if is_edit && self.step() == Some(Step::Run) && !was_running {
            // An edit that starts a run by itself has done the run step too.
            if is_running {
                events.extend(self.settle_step(false, look.wait_runs));
            } else {
                let since_ms = unseen.task_began_ms.unwrap_or(unseen.sent.server_ms);
                self.phase = Phase::Waiting(WaitReason::MayHaveRun { since_ms });
            }
        }
        events
    }
}
