//! The state of one change while it is carried out.
//!
//! Pure: what was sent, answered and seen comes in with the moment at which it was, and events and
//! the next phase come out. Sends nothing.

use std::{collections::VecDeque, time::Duration};

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
pub(in crate::apply) const SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// How long a task may be unknown to the controller that has given its name.
pub(in crate::apply) const TASK_SHOWS_WITHIN: Duration = Duration::from_secs(30);

/// One change under way.
#[derive(Debug)]
pub(in crate::apply) struct Operation {
    /// Its position in the plan.
    pub(in crate::apply) position: usize,
    /// What is left of it, the current step first.
    pub(in crate::apply) steps: VecDeque<Step>,
    pub(in crate::apply) phase: Phase,
    pub(in crate::apply) id: Option<RemoteId>,
    /// When the precondition was last known to hold.
    pub(in crate::apply) checked: Moment,
    /// Whether a write of it has left.
    pub(in crate::apply) begun: bool,
    /// What its latest request is.
    pub(in crate::apply) request: Request,
    /// How often the current step was sent.
    pub(in crate::apply) sends: u32,
    /// Whether a try of the current step was in doubt: what shows then may be our doing.
    pub(in crate::apply) doubted: bool,
    /// What its run was doing when it was last read.
    pub(in crate::apply) run: Option<RunState>,
    /// What is known of the jobs of a run that may be over before it was seen.
    pub(in crate::apply) jobs: Jobs,
    /// When its latest run started of which it is known that we did not start it, by the
    /// controller's clock.
    pub(in crate::apply) earlier_run_ms: Option<i64>,
    /// When the first list had come that showed it: its latest run then had started before.
    pub(in crate::apply) listed: Option<Moment>,
    /// The steps that were carried out by us, rather than found done.
    pub(in crate::apply) done: Vec<Step>,
}

/// Where a change is.
#[derive(Debug)]
pub(in crate::apply) enum Phase {
    /// Its current step may be sent.
    Ready,
    /// Its current step waits for something that a list will show.
    Waiting(WaitReason),
    /// A request of it is under way: the write, or the read right before an edit.
    Sending,
    /// Its task is open.
    Pending {
        task: TaskId,
        sent: Sent,
        accepted: Moment,
    },
    /// The controller has said what came of it: its effect has to show.
    AwaitingEffect(AwaitingEffect),
    /// No answer came.
    Doubt(Doubt),
    /// `--wait runs`: everything is done, and its run is under way.
    Running(Running),
    Ended,
}

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::apply) enum Request {
    /// A read right before a write.
    Read,
    /// The write, and whether one of the change had left before.
    Write { begun_before: bool },
}

/// Why a step waits.
#[derive(Clone, Debug)]
pub(in crate::apply) enum WaitReason {
    /// A running discovery is never started.
    Running,
    /// When the latest run started could not be read, and it may have been so shortly before that
    /// the clock alone would not tell the run to come from it.
    EarlierRunNotRead,
    /// It was looked at too long ago, since the controller let nothing in: a list has to show once
    /// more what it was planned on.
    RecheckBeforeSend,
    /// The edit may have started a run by itself that is over already: the jobs would tell.
    MayHaveRun { since_ms: i64 },
    /// A create whose name was refused as a duplicate.
    NameTaken { lacked_since: Option<Moment>, words: String },
    /// The read right before an edit failed, as it may for a discovery that is gone: a missing id
    /// is not always told by 404 (controller-facts.md#missing-discoveries).
    NotRead { words: String },
}

/// When a write left.
#[derive(Clone, Copy, Debug)]
pub(in crate::apply) struct Sent {
    pub(in crate::apply) at: Moment,
    /// By the controller's clock, in milliseconds of the epoch.
    pub(in crate::apply) server_ms: i64,
}

/// A step whose effect has to show.
#[derive(Clone, Debug)]
pub(in crate::apply) struct AwaitingEffect {
    pub(in crate::apply) sent: Sent,
    pub(in crate::apply) since: Moment,
    pub(in crate::apply) task: Option<TaskId>,
    /// When the task began, by the controller's clock.
    pub(in crate::apply) task_began_ms: Option<i64>,
    pub(in crate::apply) claim: TaskClaim,
}

/// What the controller says came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apply) enum TaskClaim {
    Done,
    /// There is nothing to delete.
    Nothing,
    /// It failed. What it was for may be so all the same: somebody else did it, or it ended by
    /// itself.
    Failed {
        words: String,
    },
}

/// A run that is waited for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::apply) struct Running {
    /// When it was first looked for.
    pub(in crate::apply) since: Option<Moment>,
    pub(in crate::apply) was_seen: bool,
}

/// A write that nobody knows the fate of.
#[derive(Clone, Debug)]
pub(in crate::apply) struct Doubt {
    pub(in crate::apply) sent: Sent,
    /// When the doubt arose. A write may have waited for long before it left, so that its time to
    /// show begins here.
    pub(in crate::apply) since: Moment,
    pub(in crate::apply) why: String,
}

/// What the job items tell of a run that may be over before it was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::apply) struct Jobs {
    /// Whether they have to be asked for.
    pub(in crate::apply) asked_for: bool,
    /// When they were asked for that showed no such run.
    pub(in crate::apply) show_none_at: Option<Moment>,
}

/// What a task says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apply) enum TaskVerdict {
    Open,
    /// A create may say which id it made, and a task when it began, by the controller's clock.
    Succeeded {
        created: Option<RemoteId>,
        began_ms: Option<i64>,
    },
    /// A create failed since its name exists.
    Duplicate {
        words: String,
    },
    /// A delete failed since there is nothing to delete.
    Missing,
    Failed {
        words: String,
    },
}

/// What happened, in order.
pub(in crate::apply) type Events = Vec<Event>;

impl Operation {
    /// Takes a change up.
    pub(in crate::apply) fn new(position: usize, change: &Change) -> Self {
        Self {
            position,
            steps: change.steps.iter().copied().collect(),
            phase: Phase::Ready,
            id: change.id.clone(),
            checked: Moment::ZERO,
            begun: false,
            request: Request::Read,
            sends: 0,
            doubted: false,
            run: None,
            jobs: Jobs::default(),
            earlier_run_ms: None,
            listed: None,
            done: Vec::new(),
        }
    }

    pub(in crate::apply) fn step(&self) -> Option<Step> {
        self.steps.front().copied()
    }

    pub(in crate::apply) fn has(&self, step: Step) -> bool {
        self.steps.contains(&step)
    }

    pub(in crate::apply) fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Whether no write of it has left, and one may.
    pub(in crate::apply) fn is_unbegun(&self) -> bool {
        !self.begun && matches!(self.phase, Phase::Ready)
    }

    /// Whether the precondition was last seen to hold so long ago that it has to be looked at
    /// again before the first write.
    pub(in crate::apply) fn is_stale_by(&self, now: Moment, fresh_for: Duration) -> bool {
        self.is_unbegun() && fresh_for < now.saturating_sub(self.checked)
    }

    /// Whether it is between the halves of a replace, where it is never left on purpose.
    pub(in crate::apply) fn is_between_halves(&self, change: &Change) -> bool {
        let deleting = self.step() == Some(Step::Delete) && !matches!(self.phase, Phase::Ready);
        let creating = self.step() == Some(Step::Create) && self.begun;
        change.action == Action::Replace && !self.is_ended() && (deleting || creating)
    }

    /// Whether a request of it has left and nobody knows yet what came of it.
    pub(in crate::apply) fn is_in_flight(&self) -> bool {
        match self.phase {
            Phase::Sending => self.request != Request::Read,
            Phase::Ready
            | Phase::Waiting(
                WaitReason::Running
                | WaitReason::EarlierRunNotRead
                | WaitReason::RecheckBeforeSend
                | WaitReason::NameTaken { .. }
                | WaitReason::NotRead { .. },
            )
            | Phase::Ended => false,
            Phase::Waiting(WaitReason::MayHaveRun { .. })
            | Phase::Pending { .. }
            | Phase::AwaitingEffect(_)
            | Phase::Doubt(_)
            | Phase::Running(_) => true,
        }
    }

    /// Whether the list of discoveries would move it on.
    pub(in crate::apply) fn wants_view(&self) -> bool {
        match &self.phase {
            Phase::Waiting(_) | Phase::AwaitingEffect(_) | Phase::Doubt(_) | Phase::Running(_) => {
                true
            }
            Phase::Ready | Phase::Sending | Phase::Pending { .. } | Phase::Ended => false,
        }
    }

    /// Whether it is absence that it waits for, or would conclude from.
    pub(in crate::apply) fn wants_proof(&self, now: Moment) -> bool {
        match &self.phase {
            Phase::Waiting(_) | Phase::Doubt(_) | Phase::Running(_) | Phase::Ready => true,
            Phase::AwaitingEffect(unseen) => {
                self.step() == Some(Step::Delete)
                    || unseen.claim != TaskClaim::Done
                    || SHOWS_WITHIN <= now.saturating_sub(unseen.since)
            }
            Phase::Sending | Phase::Pending { .. } | Phase::Ended => false,
        }
    }

    /// A run is not sent while the discovery is running; nor is an edit that was planned on an
    /// idle one, whose effect is unknown (controller-facts.md#edits). Both wait.
    pub(in crate::apply) fn wait_while_running(&mut self) {
        let waits = match self.step() {
            Some(Step::Run) => true,
            Some(Step::Edit) => !self.begun,
            Some(Step::Stop | Step::Delete | Step::Create) | None => false,
        };
        let is_running = self.run == Some(RunState::Running);
        self.phase =
            if waits && is_running { Phase::Waiting(WaitReason::Running) } else { Phase::Ready };
    }

    /// Whether it waits until the discovery is idle.
    pub(in crate::apply) fn waits_while_running(&self) -> bool {
        matches!(self.phase, Phase::Waiting(WaitReason::Running))
    }

    pub(in crate::apply) fn note_run(&mut self, view: &View<'_>) {
        let found = self.id.as_ref().and_then(|it| view.with_id(it));
        if let Some(read) = found.and_then(|it| it.read.as_ref().ok()) {
            self.run = Some(read.run);
        }
    }

    /// Notes what the run was doing in the read right before an edit.
    pub(in crate::apply) fn note_run_state(&mut self, run: RunState) {
        self.run = Some(run);
    }

    /// Takes note that a request is about to leave.
    pub(in crate::apply) fn send(&mut self) {
        self.phase = Phase::Sending;
        self.request = Request::Read;
    }

    /// Takes note that the write itself leaves now.
    pub(in crate::apply) fn submit(&mut self, sent: Sent) -> Event {
        self.request = Request::Write { begun_before: self.begun };
        self.begun = true;
        self.sends += 1;
        self.jobs = Jobs::default();
        Event::Submitting {
            change: self.position,
            step: self.sent_step(),
            attempt: self.sends,
            sent_ms: sent.server_ms,
            earlier_run_ms: self.earlier_run_ms,
        }
    }

    /// Takes note that the request under way never left.
    pub(in crate::apply) fn not_sent(&mut self) {
        self.phase = Phase::Ready;
    }

    /// The write never left, and may yet, once it was looked at what it was planned on.
    pub(in crate::apply) fn requeue_unsent(&mut self) {
        if let Request::Write { begun_before } = self.request {
            self.begun = begun_before;
        }
        self.sends = self.sends.saturating_sub(1);
        self.phase = Phase::Waiting(WaitReason::RecheckBeforeSend);
    }

    /// The edit has nothing left to change: somebody else did it, or an earlier try that nobody
    /// answered for.
    pub(in crate::apply) fn found_done(&mut self, wait_runs: bool) -> Events {
        self.settle_step(!self.doubted, wait_runs)
    }

    /// The read right before an edit did not give the discovery: the list has to say why.
    pub(in crate::apply) fn not_read(&mut self, words: String) {
        self.phase = Phase::Waiting(WaitReason::NotRead { words });
    }

    fn sent_step(&self) -> Step {
        self.step().expect("invariant: only a change with a step is sent")
    }

    pub(in crate::apply) fn accepted(&mut self, task: TaskId, sent: Sent, now: Moment) -> Events {
        let (change, step) = (self.position, self.sent_step());
        let event = Event::Accepted { change, step, task: task.as_str().to_owned() };
        self.phase = Phase::Pending { task, sent, accepted: now };
        vec![event]
    }

    /// The controller says that the write came to nothing; a list has to say whether it was needed.
    pub(in crate::apply) fn came_to_nothing(
        &mut self,
        sent: Sent,
        claim: TaskClaim,
        now: Moment,
    ) -> Events {
        let (change, step) = (self.position, self.sent_step());
        let why = match &claim {
            TaskClaim::Failed { words } => words.clone(),
            TaskClaim::Done | TaskClaim::Nothing => "there is no such discovery".to_owned(),
        };
        let task = None;
        let unseen = AwaitingEffect { sent, since: now, task, task_began_ms: None, claim };
        self.phase = Phase::AwaitingEffect(unseen);
        vec![Event::Refused { change, step, why }]
    }

    pub(in crate::apply) fn in_doubt(&mut self, sent: Sent, why: String, now: Moment) -> Events {
        let (change, step) = (self.position, self.sent_step());
        self.doubted = true;
        self.phase = Phase::Doubt(Doubt { sent, since: now, why: why.clone() });
        vec![Event::InDoubt { change, step, why }]
    }

    /// Takes in what the task says.
    pub(in crate::apply) fn on_task(&mut self, verdict: TaskVerdict, now: Moment) -> Events {
        let Phase::Pending { task, sent, .. } = &self.phase else { return Events::new() };
        let (task, sent) = (task.clone(), *sent);
        let (change, step) = (self.position, self.sent_step());
        match verdict {
            TaskVerdict::Open => Events::new(),
            TaskVerdict::Succeeded { created, began_ms } => {
                self.id = created.or(self.id.take());
                if step == Step::Stop {
                    // Whether it still runs, only a list that comes now tells.
                    self.run = None;
                }
                let (task, claim) = (Some(task), TaskClaim::Done);
                let unseen =
                    AwaitingEffect { sent, since: now, task, task_began_ms: began_ms, claim };
                self.phase = Phase::AwaitingEffect(unseen);
                vec![Event::Claimed { change, step }]
            }
            TaskVerdict::Duplicate { words } => {
                let hold = WaitReason::NameTaken { lacked_since: None, words: words.clone() };
                self.phase = Phase::Waiting(hold);
                vec![Event::NotTaken { change, step, why: words }]
            }
            TaskVerdict::Missing => self.came_to_nothing(sent, TaskClaim::Nothing, now),
            TaskVerdict::Failed { words } => self.refused(sent, words, now),
        }
    }

    /// The controller did not carry the write out, and says why. A create or an edit has failed
    /// then; what the others are for may be so all the same, which a list has to say.
    pub(in crate::apply) fn refused(&mut self, sent: Sent, words: String, now: Moment) -> Events {
        match self.sent_step() {
            Step::Create | Step::Edit => self.fail(words),
            Step::Stop | Step::Run | Step::Delete => {
                self.came_to_nothing(sent, TaskClaim::Failed { words }, now)
            }
        }
    }

    /// The controller does not have the task, neither in its list nor by its name.
    pub(in crate::apply) fn on_missing_task(&mut self, asked_at: Moment) -> Events {
        let Phase::Pending { task, sent, accepted } = &self.phase else { return Events::new() };
        if asked_at.saturating_sub(*accepted) < TASK_SHOWS_WITHIN {
            return Events::new();
        }
        let (sent, why) = (*sent, format!("the controller does not know its task {task}"));
        self.in_doubt(sent, why, asked_at)
    }

    /// The current step is done: goes on to the next, or ends.
    pub(in crate::apply) fn settle_step(&mut self, found: bool, wait_runs: bool) -> Events {
        let step = self.steps.pop_front().expect("invariant: only a step is settled");
        let id = self.id.clone();
        let mut events = vec![Event::Settled { change: self.position, step, found, id }];
        self.sends = 0;
        self.doubted = false;
        self.jobs = Jobs::default();
        self.done.extend((!found).then_some(step));
        if self.steps.is_empty() {
            events.extend(self.complete(wait_runs));
        } else {
            self.wait_while_running();
        }
        events
    }

    /// Every step is done: ends it, or waits for its run.
    pub(in crate::apply) fn complete(&mut self, wait_runs: bool) -> Events {
        let started_a_run = self.done.iter().any(|it| matches!(it, Step::Run | Step::Create));
        if wait_runs && started_a_run {
            self.phase = Phase::Running(Running::default());
            return Events::new();
        }
        self.end(if self.done.is_empty() { Outcome::Converged } else { Outcome::Done })
    }

    pub(in crate::apply) fn conflict(&mut self, words: &str, why: &str) -> Events {
        self.end(Outcome::Conflict {
            words: format!("{words}: somebody else made a discovery of that name, where {why}"),
        })
    }

    pub(in crate::apply) fn fail(&mut self, words: String) -> Events {
        self.end(Outcome::Failed { words })
    }

    pub(in crate::apply) fn end(&mut self, outcome: Outcome) -> Events {
        self.phase = Phase::Ended;
        vec![Event::Ended { change: self.position, outcome }]
    }
}
