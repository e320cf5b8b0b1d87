//! All changes of a plan while they are carried out: which may go on, and what has to be looked
//! at for that.
//!
//! Pure: sends nothing and waits for nothing. The loop around it is `driver`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    limits::{Limits, Wait},
    operation::{
        Events, Execution, Moment, Observation, ObservedTasks, Operation, Phase, TaskVerdict,
        verdict,
    },
    precondition::{Precondition, View, credentials_gone, precondition},
    replay::Replay,
};
use crate::{
    api::{Task, TaskId},
    events::{Moved, Outcome, StopReason},
    live::Dialect,
    model::{Name, RemoteId, RunState},
    plan::{Change, Plan, Step},
};

/// How long a read vouches for a precondition.
pub(super) const FRESH_FOR: Duration = Duration::from_secs(10);

/// Every change of a plan, and where it is.
#[derive(Debug)]
pub(super) struct Scheduler<'a> {
    changes: &'a [Change],
    executions: Vec<Execution>,
    limits: Limits,
    /// Every task of ours, ended ones too.
    ours: BTreeSet<TaskId>,
    longest_task: Duration,
    /// The tasks as last seen, kept only while a write is in doubt.
    tasks: Vec<Task>,
    tasks_asked_at: Option<Moment>,
    /// Names that the last complete list shows.
    listed: BTreeSet<Name>,
    /// Whether it only settles what was under way.
    settles_only: bool,
    /// Whether replaces that were cut between their halves are finished before anything else is
    /// begun.
    halves_first: bool,
}

/// What may be sent next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) index: usize,
    pub(super) step: Step,
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(plan: &'a Plan, limits: Limits) -> Self {
        let operations = plan.changes.iter().map(Operation::new).enumerate();
        Self {
            changes: &plan.changes,
            executions: operations.map(|(position, it)| Execution::new(position, it)).collect(),
            limits,
            ours: BTreeSet::new(),
            longest_task: Duration::ZERO,
            tasks: Vec::new(),
            tasks_asked_at: None,
            listed: BTreeSet::new(),
            settles_only: false,
            halves_first: false,
        }
    }

    /// Resumes a plan where an apply was interrupted.
    pub(super) fn resumed(plan: &'a Plan, limits: Limits, replay: &Replay) -> (Self, Events) {
        let wait_runs = limits.wait == Wait::Runs;
        let operations = replay.operations().iter().cloned().enumerate();
        let resumed = operations.map(|(at, it)| Execution::resumed(at, it, wait_runs));
        let (executions, events): (Vec<_>, Vec<_>) = resumed.unzip();
        let scheduler = Self {
            executions,
            ours: replay.tasks().clone(),
            longest_task: replay.longest_task(),
            halves_first: true,
            ..Self::new(plan, limits)
        };
        (scheduler, events.into_iter().flatten().collect())
    }

    /// Checks every precondition before the first write, by a list that shows what was so at
    /// `as_of` and came at `came_at`. Fails, with nothing begun, where any
    /// change is neither as planned nor done already. Of a plan that was begun before, or whose rest
    /// is only settled, only the changes that were not are checked, and one that has moved ends
    /// alone.
    pub(super) fn check_all(
        &mut self,
        view: &View<'_>,
        dialect: &Dialect,
        as_of: Moment,
        came_at: Moment,
    ) -> Result<Events, Vec<(usize, Moved)>> {
        self.note_listed(view);
        let is_begun = self.executions.iter().any(|it| it.operation().has_begun());
        let moved = self.moved(view, dialect);
        if !moved.is_empty() && !is_begun && !self.settles_only {
            return Err(moved);
        }
        let mut events = Events::new();
        for (position, moved) in moved {
            let outcome = Outcome::Stale { words: moved.to_string() };
            events.extend(self.execution(position).end(outcome));
        }
        for (execution, change) in self.executions.iter_mut().zip(self.changes) {
            if execution.is_unbegun() {
                events.extend(execution.check(change, view, as_of, came_at));
            } else if execution.is_ready()
                && matches!(execution.operation().step(), Some(Step::Stop | Step::Delete))
            {
                events.extend(execution.fail_if_moved(change, view));
            }
        }
        Ok(events)
    }

    fn moved(&self, view: &View<'_>, dialect: &Dialect) -> Vec<(usize, Moved)> {
        let unbegun = self
            .executions
            .iter()
            .zip(self.changes)
            .filter(|(execution, _)| execution.is_unbegun());
        let moved = unbegun.filter_map(|(execution, change)| {
            let moved = match precondition(change, view) {
                Precondition::Moved(moved) => Some(moved),
                Precondition::Holds | Precondition::Unknown => credentials_gone(change, dialect),
                Precondition::Converged { .. } => None,
            };
            moved.map(|moved| (execution.position(), moved))
        });
        moved.collect()
    }

    fn note_listed(&mut self, view: &View<'_>) {
        if view.complete {
            let names = self.changes.iter().map(|it| &it.name);
            self.listed = names.filter(|it| !view.named(it).is_empty()).cloned().collect();
        }
    }

    /// Returns the next step that may be sent, in the order of the plan.
    pub(super) fn next(&self, now: Moment, only_between_halves: bool) -> Option<Next> {
        let n_sending = self.count(Phase::Sending);
        let n_open = self.count(Phase::Accepted) + self.count(Phase::InDoubt);
        let is_full = self.limits.parallelism.get() <= n_sending
            || self.limits.max_pending.get() <= n_sending + n_open;
        if is_full {
            return None;
        }
        let only_between_halves = only_between_halves || self.halves_first && self.has_half();
        let ready = self.executions.iter().zip(self.changes).enumerate().find(
            |(_, (execution, change))| {
                let may_go_on = !only_between_halves || execution.is_between_halves(change);
                execution.is_ready()
                    && may_go_on
                    && !execution.is_stale_by(now, FRESH_FOR)
                    && !(execution.operation().step() == Some(Step::Create)
                        && self.listed.contains(&change.name))
            },
        );
        let (index, (execution, _)) = ready?;
        execution.operation().step().map(|step| Next { index, step })
    }

    /// Whether a replace is between its halves, and the second one is sent soon.
    fn has_half(&self) -> bool {
        self.executions.iter().zip(self.changes).any(|(it, change)| {
            let is_soon = match it.phase() {
                Phase::Ready | Phase::Sending | Phase::InDoubt => true,
                Phase::AwaitingEffect => it.operation().step() == Some(Step::Delete),
                // A task may never end, nor a name be free, and others must not wait for that.
                Phase::Accepted | Phase::Waiting | Phase::AwaitingRun | Phase::Ended => false,
            };
            is_soon && it.is_between_halves(change)
        })
    }

    fn count(&self, phase: Phase) -> usize {
        self.executions.iter().filter(|it| it.phase() == phase).count()
    }

    pub(super) fn change(&self, index: usize) -> &'a Change {
        self.changes.get(index).expect("invariant: executions and changes are the same in number")
    }

    pub(super) fn execution(&mut self, index: usize) -> &mut Execution {
        self.executions.get_mut(index).expect("invariant: indexes come from this schedule")
    }

    pub(super) fn is_finished(&self) -> bool {
        self.executions.iter().all(|it| it.operation().is_ended())
    }

    /// Whether a request is under way that may change something.
    pub(super) fn is_sending(&self) -> bool {
        self.count(Phase::Sending) != 0
    }

    pub(super) fn waits_for_runs(&self) -> bool {
        self.limits.wait == Wait::Runs
    }

    pub(super) fn accepted(&mut self, index: usize, task: TaskId, now: Moment) -> Events {
        let events = self.execution(index).accepted(&task, now);
        self.ours.insert(task);
        events
    }

    /// The same, but it only settles what was under way, and sends nothing.
    pub(super) fn settling(self) -> Self {
        Self { settles_only: true, ..self }
    }

    /// Whether it only settles what was under way, and sends nothing.
    pub(super) fn settles_only(&self) -> bool {
        self.settles_only
    }

    /// Returns how many changes are under way.
    pub(super) fn n_open(&self) -> usize {
        self.executions.iter().filter(|it| it.is_in_flight()).count()
    }

    /// Returns the open tasks of ours.
    pub(super) fn open_tasks(&self) -> BTreeSet<TaskId> {
        let open = self.executions.iter().filter(|it| it.phase() == Phase::Accepted);
        open.filter_map(|it| it.operation().task().cloned()).collect()
    }

    pub(super) fn has_doubts(&self) -> bool {
        self.count(Phase::InDoubt) != 0
    }

    /// Whether the tasks have to be looked at: some are open, or a write is in doubt.
    pub(super) fn wants_tasks(&self) -> bool {
        self.has_doubts() || self.count(Phase::Accepted) != 0
    }

    /// Whether the list of discoveries has to be looked at.
    pub(super) fn wants_view(&self, now: Moment, stopping: bool) -> bool {
        self.executions.iter().zip(self.changes).any(|(it, change)| {
            let stale = !stopping && it.is_stale_by(now, FRESH_FOR);
            let blocked = it.is_ready()
                && it.operation().step() == Some(Step::Create)
                && self.listed.contains(&change.name);
            let shows_early = self.settles_only && it.phase() == Phase::Accepted;
            let goes_on = !stopping || it.is_between_halves(change);
            it.wants_view() || stale || (blocked && goes_on) || shows_early
        })
    }

    /// Whether the list has to be complete.
    pub(super) fn wants_proof(&self, now: Moment) -> bool {
        let is_deleting = |it: &Execution| {
            it.phase() == Phase::Accepted && it.operation().step() == Some(Step::Delete)
        };
        self.executions.iter().any(|it| it.wants_proof(now) || self.settles_only && is_deleting(it))
    }

    /// Takes in tasks that were asked for at that moment; `missing` are those that the controller
    /// does not have.
    pub(super) fn on_tasks(
        &mut self,
        tasks: Vec<Task>,
        missing: &BTreeSet<TaskId>,
        asked_at: Moment,
        now: Moment,
    ) -> Events {
        let by_id = tasks.iter().map(|it| (&it.id, it)).collect::<BTreeMap<_, _>>();
        let mut events = Events::new();
        for execution in &mut self.executions {
            if execution.phase() != Phase::Accepted {
                continue;
            }
            let (step, task) = (execution.operation().step(), execution.operation().task());
            let (Some(step), Some(task)) = (step, task) else { continue };
            match by_id.get(task) {
                Some(found) => {
                    let verdict = verdict(step, found);
                    if verdict != TaskVerdict::Open {
                        let took = now.saturating_sub(execution.since());
                        self.longest_task = self.longest_task.max(took);
                    }
                    events.extend(execution.on_task(verdict, now));
                }
                None if missing.contains(task) => {
                    events.extend(execution.on_missing_task(asked_at));
                }
                None => (),
            }
        }
        drop(by_id);
        self.tasks = tasks;
        events
    }

    /// Takes note of when the tasks were asked for, where they are all that there are since the
    /// first write: only then is a task that is not among them none.
    pub(super) fn note_tasks(&mut self, listed_at: Option<Moment>) {
        self.tasks_asked_at = listed_at;
    }

    /// Takes in a list of discoveries.
    pub(super) fn on_view(&mut self, view: View<'_>, asked_at: Moment, came_at: Moment) -> Events {
        self.note_listed(&view);
        let (tasks, ours) = (&self.tasks, &self.ours);
        let seen = Observation {
            view,
            asked_at,
            came_at,
            tasks: ObservedTasks { tasks, ours, asked_at: self.tasks_asked_at },
            longest_task: self.longest_task,
            wait_runs: self.limits.wait == Wait::Runs,
            settles_only: self.settles_only,
        };
        let checks = self.executions.iter_mut().zip(self.changes);
        checks.flat_map(|(execution, change)| execution.on_view(change, &seen)).collect()
    }

    /// Ends every change that nothing of is under way, but for those between the halves of a
    /// replace.
    pub(super) fn end_what_is_not_begun(&mut self, why: StopReason) -> Events {
        self.end_where(why, |execution, change| {
            !execution.is_in_flight() && !execution.is_between_halves(change)
        })
    }

    /// Ends every change that nothing of is under way.
    pub(super) fn end_what_waits(&mut self, why: StopReason) -> Events {
        self.end_where(why, |execution, _| !execution.is_in_flight())
    }

    /// Ends every change, but for those between the halves of a replace.
    pub(super) fn end_all_but_halves(&mut self, why: StopReason) -> Events {
        self.end_where(why, |execution, change| !execution.is_between_halves(change))
    }

    /// Ends every change: the time is over.
    pub(super) fn end_all(&mut self, why: StopReason) -> Events {
        self.end_where(why, |_, _| true)
    }

    fn end_where(
        &mut self,
        why: StopReason,
        which: impl Fn(&Execution, &Change) -> bool,
    ) -> Events {
        let executions = self.executions.iter_mut().zip(self.changes);
        let ended = executions.filter(|(execution, change)| which(execution, change));
        ended.flat_map(|(execution, _)| execution.stop(why)).collect()
    }

    /// Returns what the job executions have to be asked for.
    pub(super) fn asks_jobs(&self) -> Vec<(usize, RemoteId)> {
        let asked = self.executions.iter().enumerate();
        asked.filter_map(|(index, it)| Some((index, it.asks_jobs_of()?.clone()))).collect()
    }

    /// Ends a change, which failed.
    pub(super) fn fail(&mut self, index: usize, words: String) -> Events {
        self.execution(index).end(Outcome::Failed { words })
    }

    /// What the discovery's run was doing in the read right before an edit.
    pub(super) fn note_run(&mut self, index: usize, run: RunState) {
        self.execution(index).note_run_state(run);
    }
}
