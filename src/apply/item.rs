//! The state of one change while it is carried out.
//!
//! Pure: what was sent, answered and seen comes in with the moment at which it was, and events and
//! the next phase come out. Sends nothing.

use std::{collections::VecDeque, time::Duration};

use super::{
    effect::{Effect, Known, effect},
    settle::{Doubt, Ruling},
    standing::{Standing, View, standing},
    watch::TaskVerdict,
};
use crate::{
    api::TaskId,
    events::{Event, Outcome},
    model::{RemoteId, RunState},
    plan::{Action, Change, Step},
};

/// Time since the apply began.
pub(super) type Moment = Duration;

/// How long an effect may take to show once its task has succeeded.
const SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// How long a task may be unknown to the controller that has given its name.
pub(super) const TASK_SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// How long a name has to be off the list before it is tried again: a deleted one is not released
/// at once (facts, section 3.3).
const NAME_LACKED_FOR: Duration = Duration::from_secs(5);

/// One change under way.
#[derive(Debug)]
pub(super) struct Item {
    /// Its position in the plan.
    pub(super) position: usize,
    /// What is left of it, the current step first.
    steps: VecDeque<Step>,
    pub(super) phase: Phase,
    pub(super) id: Option<RemoteId>,
    /// When the precondition was last known to hold.
    checked: Moment,
    /// Whether a write of it has left.
    pub(super) begun: bool,
    /// How often the current step was sent.
    sends: u32,
    /// What its run was doing when it was last read.
    run: Option<RunState>,
    /// Whether any step was carried out by us, rather than found done.
    effective: bool,
    started_a_run: bool,
}

/// Where a change is.
#[derive(Debug)]
pub(super) enum Phase {
    /// Its current step may be sent.
    Ready,
    /// Its current step waits for something that a list will show.
    Held(Hold),
    /// A request of it is under way: the write, or the read right before an edit.
    Sending,
    /// Its task is open.
    Pending {
        task: TaskId,
        sent: Sent,
        missing: bool,
    },
    /// Its task has succeeded, or there is nothing left to do: its effect has to show.
    Unseen(Unseen),
    /// No answer came.
    Doubt(Doubt),
    /// `--wait runs`: everything is done, and its run is under way.
    Running,
    Ended,
}

/// What a step waits for.
#[derive(Clone, Debug)]
pub(super) enum Hold {
    /// A running discovery is never started.
    UntilIdle,
    /// A create whose name was refused as a duplicate.
    UntilNameFree { lacked_since: Option<Moment>, words: String },
}

/// When a write left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) at: Moment,
    /// By the controller's clock, in milliseconds of the epoch.
    pub(super) server_ms: i64,
}

/// A step whose effect has to show.
#[derive(Clone, Debug)]
pub(super) struct Unseen {
    pub(super) sent: Sent,
    pub(super) since: Moment,
    pub(super) task: Option<TaskId>,
    /// Nothing was there to delete: somebody else did it.
    pub(super) found: bool,
    /// Whether the job items have to be asked for a run that was over before the look.
    pub(super) asks_jobs: bool,
}

/// How a wait for an effect ended, for one step.
pub(super) type Events = Vec<Event>;

impl Item {
    /// Takes a change up whose precondition was found to stand like this, at that moment.
    pub(super) fn new(position: usize, change: &Change, run: Option<RunState>) -> Self {
        Self {
            position,
            steps: change.steps.iter().copied().collect(),
            phase: Phase::Ready,
            id: change.id.clone(),
            checked: Moment::ZERO,
            begun: false,
            sends: 0,
            run,
            effective: false,
            started_a_run: false,
        }
    }

    pub(super) fn step(&self) -> Option<Step> {
        self.steps.front().copied()
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Whether the precondition was last seen to hold so long ago that it has to be looked at
    /// again before the first write.
    pub(super) fn is_stale_by(&self, now: Moment, fresh_for: Duration) -> bool {
        !self.begun
            && matches!(self.phase, Phase::Ready)
            && fresh_for < now.saturating_sub(self.checked)
    }

    /// Whether it is between the halves of a replace, where it is never left on purpose.
    pub(super) fn is_between_halves(&self, change: &Change) -> bool {
        let deleting = self.step() == Some(Step::Delete) && !matches!(self.phase, Phase::Ready);
        let creating = self.step() == Some(Step::Create) && self.begun;
        change.action == Action::Replace && !self.is_ended() && (deleting || creating)
    }

    /// Whether a request of it has left and nobody knows yet what came of it.
    pub(super) fn is_in_flight(&self) -> bool {
        match self.phase {
            Phase::Ready | Phase::Held(_) | Phase::Ended => false,
            Phase::Sending
            | Phase::Pending { .. }
            | Phase::Unseen(_)
            | Phase::Doubt(_)
            | Phase::Running => true,
        }
    }

    /// Whether the list of discoveries would move it on.
    pub(super) fn wants_view(&self) -> bool {
        match &self.phase {
            Phase::Held(_) | Phase::Unseen(_) | Phase::Doubt(_) | Phase::Running => true,
            Phase::Ready | Phase::Sending | Phase::Pending { .. } | Phase::Ended => false,
        }
    }

    /// Whether it is absence that it waits for, or would conclude from.
    pub(super) fn wants_proof(&self) -> bool {
        match &self.phase {
            Phase::Held(_) | Phase::Doubt(_) | Phase::Running => true,
            Phase::Unseen(_) => self.step() == Some(Step::Delete),
            Phase::Ready | Phase::Sending | Phase::Pending { .. } | Phase::Ended => false,
        }
    }

    /// Looks at the precondition before the first write.
    pub(super) fn check(&mut self, change: &Change, view: &View<'_>, at: Moment) -> Events {
        match standing(change, view) {
            Standing::Holds => {
                self.checked = at;
                self.note_run(view);
                Events::new()
            }
            Standing::Converged { left } => {
                self.checked = at;
                self.note_run(view);
                self.converge(&left)
            }
            Standing::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
            Standing::Untold => Events::new(),
        }
    }

    /// Leaves out the steps that somebody else has carried out.
    fn converge(&mut self, left: &[Step]) -> Events {
        let found = self.steps.iter().copied().filter(|it| !left.contains(it)).collect::<Vec<_>>();
        self.steps.retain(|it| left.contains(it));
        let settled = |step| Event::Settled { change: self.position, step, found: true };
        let mut events = found.into_iter().map(settled).collect::<Vec<_>>();
        if self.steps.is_empty() {
            events.extend(self.end(Outcome::Converged));
        } else {
            self.hold_back();
        }
        events
    }

    /// A run is not sent while the discovery is running.
    fn hold_back(&mut self) {
        let runs = self.step() == Some(Step::Run) && self.run == Some(RunState::Running);
        self.phase = if runs { Phase::Held(Hold::UntilIdle) } else { Phase::Ready };
    }

    fn note_run(&mut self, view: &View<'_>) {
        let found = self.id.as_ref().and_then(|it| view.with_id(it));
        if let Some(read) = found.and_then(|it| it.read.as_ref().ok()) {
            self.run = Some(read.run);
        }
    }

    /// Notes what the run was doing in the read right before an edit.
    pub(super) fn note_run_state(&mut self, run: RunState) {
        self.run = Some(run);
    }

    /// Takes note that a request is about to leave.
    pub(super) fn send(&mut self) {
        self.phase = Phase::Sending;
    }

    /// Takes note that the write itself leaves now.
    pub(super) fn submit(&mut self) -> Event {
        self.begun = true;
        self.sends += 1;
        let step = self.step().expect("invariant: only a change with a step is sent");
        Event::Submitting { change: self.position, step, attempt: self.sends }
    }

    /// The edit has nothing left to change: somebody else did it, or an earlier try that nobody
    /// answered for.
    pub(super) fn found_done(&mut self, wait_runs: bool) -> Events {
        let found = self.sends == 0;
        self.settle_step(found, wait_runs)
    }

    /// Looks at the precondition once more, by the read right before an edit. Returns the events
    /// of its end where it no longer holds.
    pub(super) fn recheck(&mut self, change: &Change, view: &View<'_>) -> Events {
        match standing(change, view) {
            Standing::Holds | Standing::Converged { .. } | Standing::Untold => Events::new(),
            Standing::Moved(moved) if self.begun => self.fail(format!("it was moved: {moved}")),
            Standing::Moved(moved) => self.end(Outcome::Stale { words: moved.to_string() }),
        }
    }

    /// The discovery is no longer there.
    pub(super) fn gone(&mut self) -> Events {
        let words = "it is gone".to_owned();
        if self.begun { self.fail(words) } else { self.end(Outcome::Stale { words }) }
    }

    pub(super) fn accepted(&mut self, task: TaskId, sent: Sent) -> Events {
        let step = self.step().expect("invariant: only a change with a step is sent");
        let event = Event::Accepted { change: self.position, step, task: task.as_str().to_owned() };
        self.phase = Phase::Pending { task, sent, missing: false };
        vec![event]
    }

    /// The controller says that there is nothing to delete; a complete list has to say so too.
    pub(super) fn nothing_to_delete(&mut self, sent: Sent, now: Moment) -> Events {
        let unseen = Unseen { sent, since: now, task: None, found: true, asks_jobs: false };
        self.phase = Phase::Unseen(unseen);
        Events::new()
    }

    pub(super) fn in_doubt(&mut self, sent: Sent, why: String) -> Events {
        let step = self.step().expect("invariant: only a change with a step is sent");
        self.phase = Phase::Doubt(Doubt { sent, why: why.clone(), asks_jobs: false });
        vec![Event::InDoubt { change: self.position, step, why }]
    }

    /// Takes in what the task says.
    pub(super) fn on_task(&mut self, verdict: TaskVerdict, now: Moment) -> Events {
        let Phase::Pending { task, sent, .. } = &self.phase else { return Events::new() };
        let (task, sent) = (task.clone(), *sent);
        let step = self.step().expect("invariant: a task belongs to a step");
        match verdict {
            TaskVerdict::Open => {
                self.phase = Phase::Pending { task, sent, missing: false };
                Events::new()
            }
            TaskVerdict::Succeeded { created } => {
                self.id = created.or(self.id.take());
                let task = Some(task);
                let unseen = Unseen { sent, since: now, task, found: false, asks_jobs: false };
                self.phase = Phase::Unseen(unseen);
                vec![Event::Claimed { change: self.position, step }]
            }
            TaskVerdict::Duplicate { words } => {
                let hold = Hold::UntilNameFree { lacked_since: None, words: words.clone() };
                self.phase = Phase::Held(hold);
                vec![Event::NotTaken { change: self.position, step, why: words }]
            }
            TaskVerdict::Missing => self.nothing_to_delete(sent, now),
            TaskVerdict::Failed { words } => self.fail(words),
        }
    }

    /// The controller does not have the task, neither in its list nor by its name.
    pub(super) fn on_missing_task(&mut self, asked_at: Moment) -> Events {
        let Phase::Pending { task, sent, missing } = &mut self.phase else { return Events::new() };
        *missing = true;
        if asked_at.saturating_sub(sent.at) < TASK_SHOWS_WITHIN {
            return Events::new();
        }
        let (sent, why) = (*sent, format!("the controller does not know its task {task}"));
        self.in_doubt(sent, why)
    }

    /// Takes in a list of discoveries that was asked for at that moment.
    pub(super) fn on_view(&mut self, change: &Change, look: &Look<'_>) -> Events {
        let phase = std::mem::replace(&mut self.phase, Phase::Ready);
        match phase {
            Phase::Held(hold) => self.on_view_held(change, hold, look),
            Phase::Unseen(unseen) if unseen.sent.at <= look.asked_at => {
                self.on_view_unseen(change, unseen, look)
            }
            Phase::Doubt(doubt) => self.on_view_doubt(change, doubt, look),
            Phase::Running => self.on_view_running(look),
            Phase::Ready if self.begun && self.step() == Some(Step::Create) => {
                self.on_view_ready_to_create(change, look)
            }
            Phase::Ready if self.begun => Events::new(),
            Phase::Ready => self.check(change, &look.view, look.asked_at),
            phase @ (Phase::Sending | Phase::Pending { .. } | Phase::Unseen(_) | Phase::Ended) => {
                self.phase = phase;
                Events::new()
            }
        }
    }

    fn on_view_held(&mut self, change: &Change, hold: Hold, look: &Look<'_>) -> Events {
        match hold {
            Hold::UntilIdle => {
                self.note_run(&look.view);
                self.hold_back();
                Events::new()
            }
            Hold::UntilNameFree { lacked_since, words } => {
                let known = Known { id: self.id.as_ref(), run_before: self.run };
                match effect(Step::Create, change, &known, &look.view) {
                    Effect::Shown { id } => {
                        self.id = id;
                        self.settle_step(true, look.wait_runs)
                    }
                    Effect::Other { why } => self.conflict(&words, &why),
                    Effect::Not { .. } => {
                        let since = lacked_since.unwrap_or(look.asked_at);
                        let free = NAME_LACKED_FOR <= look.asked_at.saturating_sub(since);
                        if free {
                            self.sends = 0;
                            return Events::new();
                        }
                        let lacked_since = Some(since);
                        self.phase = Phase::Held(Hold::UntilNameFree { lacked_since, words });
                        Events::new()
                    }
                    Effect::AskJobs | Effect::Untold => {
                        self.phase = Phase::Held(Hold::UntilNameFree { lacked_since, words });
                        Events::new()
                    }
                }
            }
        }
    }

    /// A create is never sent while the list shows the name.
    fn on_view_ready_to_create(&mut self, change: &Change, look: &Look<'_>) -> Events {
        let known = Known { id: None, run_before: None };
        match effect(Step::Create, change, &known, &look.view) {
            Effect::Shown { id } => {
                self.id = id;
                self.settle_step(true, look.wait_runs)
            }
            Effect::Other { why } => self.conflict("the name exists", &why),
            Effect::Not { .. } | Effect::AskJobs | Effect::Untold => Events::new(),
        }
    }

    fn on_view_unseen(&mut self, change: &Change, unseen: Unseen, look: &Look<'_>) -> Events {
        let step = self.step().expect("invariant: an effect belongs to a step");
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let waited = look.asked_at.saturating_sub(unseen.since);
        let why = match effect(step, change, &known, &look.view) {
            Effect::Shown { id } => return self.shown(id, unseen.found, look),
            Effect::Not { why } | Effect::Other { why } => why,
            Effect::AskJobs => "no run that started since is to be seen".to_owned(),
            Effect::Untold => {
                self.phase = Phase::Unseen(unseen);
                return Events::new();
            }
        };
        // A run may take its time to stop: only the command's own time limits that.
        if step == Step::Stop || waited < SHOWS_WITHIN {
            let asks_jobs = step == Step::Run;
            self.phase = Phase::Unseen(Unseen { asks_jobs, ..unseen });
            return Events::new();
        }
        let remedy = match step {
            Step::Edit => "; `on_change: replace` makes the discovery anew instead",
            Step::Create | Step::Run | Step::Stop | Step::Delete => "",
        };
        let claim = if unseen.found { "had nothing to delete" } else { "reported success" };
        self.fail(format!("the controller {claim}, but {why}{remedy}"))
    }

    fn on_view_doubt(&mut self, change: &Change, doubt: Doubt, look: &Look<'_>) -> Events {
        let step = self.step().expect("invariant: a write in doubt belongs to a step");
        let known = Known { id: self.id.as_ref(), run_before: self.run };
        let effect = effect(step, change, &known, &look.view);
        match doubt.ruling(effect, look, self.sends) {
            Ruling::Done { id } => self.shown(id, false, look),
            Ruling::Conflict { why } => self.conflict(&doubt.why, &why),
            Ruling::SendAgain => {
                vec![Event::NotTaken { change: self.position, step, why: doubt.why }]
            }
            Ruling::GiveUp { words } => self.fail(words),
            Ruling::Wait { asks_jobs } => {
                self.phase = Phase::Doubt(Doubt { asks_jobs, ..doubt });
                Events::new()
            }
        }
    }

    /// Takes in that a run started at that time, by the controller's clock, as its jobs tell.
    pub(super) fn on_run_start(&mut self, started_ms: i64, wait_runs: bool) -> Events {
        let (sent, found) = match &self.phase {
            Phase::Unseen(unseen) => (unseen.sent, unseen.found),
            Phase::Doubt(doubt) => (doubt.sent, false),
            Phase::Ready
            | Phase::Held(_)
            | Phase::Sending
            | Phase::Pending { .. }
            | Phase::Running
            | Phase::Ended => return Events::new(),
        };
        // The answer tells the controller's time in whole seconds.
        if started_ms + 1_000 < sent.server_ms {
            return Events::new();
        }
        self.settle_step(found, wait_runs)
    }

    /// Returns the id whose job items have to be asked for, if any.
    pub(super) fn asks_jobs_of(&self) -> Option<&RemoteId> {
        let asks = match &self.phase {
            Phase::Unseen(unseen) => unseen.asks_jobs,
            Phase::Doubt(doubt) => doubt.asks_jobs,
            Phase::Ready
            | Phase::Held(_)
            | Phase::Sending
            | Phase::Pending { .. }
            | Phase::Running
            | Phase::Ended => false,
        };
        self.id.as_ref().filter(|_| asks)
    }

    fn on_view_running(&mut self, look: &Look<'_>) -> Events {
        let found = self.id.as_ref().and_then(|it| look.view.with_id(it));
        let Some(found) = found else {
            if look.view.complete {
                return self.fail("it is gone while its run was waited for".to_owned());
            }
            self.phase = Phase::Running;
            return Events::new();
        };
        let Ok(read) = &found.read else {
            return self.fail("it can no longer be understood".to_owned());
        };
        match read.run {
            RunState::Running | RunState::Never => {
                self.phase = Phase::Running;
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
            RunState::Aborted | RunState::Failed | RunState::Unknown => {
                self.fail(format!("its run ended `{}`", read.status))
            }
        }
    }

    fn shown(&mut self, id: Option<RemoteId>, found: bool, look: &Look<'_>) -> Events {
        let was_running = self.run == Some(RunState::Running);
        let step = self.step();
        self.id = id.or(self.id.take());
        self.note_run(&look.view);
        let is_running = self.run == Some(RunState::Running);
        let mut events = self.settle_step(found, look.wait_runs);
        // An edit that starts a run by itself has done the run step too.
        let edit_ran = step == Some(Step::Edit) && !was_running && is_running;
        if edit_ran && self.step() == Some(Step::Run) {
            events.extend(self.settle_step(false, look.wait_runs));
        }
        events
    }

    /// The current step is done: goes on to the next, or ends.
    fn settle_step(&mut self, found: bool, wait_runs: bool) -> Events {
        let step = self.steps.pop_front().expect("invariant: only a step is settled");
        let mut events = vec![Event::Settled { change: self.position, step, found }];
        self.sends = 0;
        self.effective |= !found;
        self.started_a_run |= matches!(step, Step::Run | Step::Create) && !found;
        if !self.steps.is_empty() {
            self.begun = true;
            self.hold_back();
        } else if wait_runs && self.started_a_run {
            self.phase = Phase::Running;
        } else {
            let outcome = if self.effective { Outcome::Done } else { Outcome::Converged };
            events.extend(self.end(outcome));
        }
        events
    }

    fn conflict(&mut self, words: &str, why: &str) -> Events {
        self.end(Outcome::Conflict {
            words: format!("{words}: somebody else made a discovery of that name, where {why}"),
        })
    }

    pub(super) fn fail(&mut self, words: String) -> Events {
        self.end(Outcome::Failed { words })
    }

    pub(super) fn end(&mut self, outcome: Outcome) -> Events {
        self.phase = Phase::Ended;
        vec![Event::Ended { change: self.position, outcome }]
    }

    /// Ends it because the time is over, or because the user asked to stop: says what is left.
    pub(super) fn leave(&mut self, why: &str) -> Events {
        let outcome = match &self.phase {
            Phase::Ended => return Events::new(),
            Phase::Ready | Phase::Held(_) => match self.steps.front() {
                Some(step) if self.begun => {
                    Outcome::NotTried { why: format!("{why} before its {step}") }
                }
                Some(_) | None => Outcome::NotTried { why: why.to_owned() },
            },
            Phase::Sending => {
                Outcome::Unknown { words: format!("{why} while a request was under way") }
            }
            Phase::Doubt(doubt) => Outcome::Unknown { words: doubt.why.clone() },
            Phase::Pending { task, .. } => {
                let words = format!("{why} before its task ended");
                Outcome::Open { task: Some(task.as_str().to_owned()), words }
            }
            Phase::Unseen(unseen) => {
                let task = unseen.task.as_ref().map(|it| it.as_str().to_owned());
                Outcome::Open { task, words: format!("{why} before its effect was seen") }
            }
            Phase::Running => {
                Outcome::Open { task: None, words: format!("{why} before its run ended") }
            }
        };
        self.end(outcome)
    }
}

/// A list of discoveries, and what else is known when it is looked at.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) view: View<'a>,
    /// When it was asked for: it shows what was so then, or later.
    pub(super) asked_at: Moment,
    pub(super) tasks: super::settle::TasksSeen<'a>,
    /// How long the longest task took so far.
    pub(super) longest_task: Duration,
    /// Whether a change is done only when its run is.
    pub(super) wait_runs: bool,
}
