//! The loop around the scheduler: sends, waits and emits events.
//!
//! Decides nothing: `scheduler` decides what may be sent and what has to be read. Each event is
//! emitted before the request that it announces is sent; once an event cannot be recorded, nothing
//! more is sent. The answers to requests are in `answers`.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    operation::Moment,
    polling::{LONGEST, Polling, SILENCE, TasksAnswer, tasks_of},
    scheduler::{FRESH_FOR, Next, Scheduler},
};
use crate::{
    api::{Accepted, Client, Completeness, TaskSearch, WriteError},
    events::{Event, SinkError, StopReason},
    live::{self, Current, Dialect, ReadError, Request, Write},
    model::RemoteId,
    plan::Step,
};

/// Takes events, and gets those together that happened together. An error names the sink that
/// failed.
pub(crate) type EventSink<'a> = &'a mut dyn FnMut(&[Event]) -> Result<(), SinkError>;

/// The start of an apply.
pub(super) struct Began<'a> {
    pub(super) client: Client,
    pub(super) dialect: Dialect,
    pub(super) scheduler: Scheduler<'a>,
    /// When the preconditions were read: moments count from here.
    pub(super) at: Instant,
    /// That moment in milliseconds of the epoch.
    pub(super) wall_ms: i64,
}

/// A running apply.
pub(super) struct Driver<'a> {
    pub(super) client: Client,
    pub(super) dialect: Dialect,
    pub(super) scheduler: Scheduler<'a>,
    sink: EventSink<'a>,
    began: Instant,
    wall_ms: i64,
    prepared: Vec<PreparedWrite>,
    pub(super) answers: JoinSet<Answer>,
    pub(super) polling: Polling,
    pub(super) stopping: Option<(StopReason, Moment)>,
    /// The deadline of the command.
    pub(super) deadline: Moment,
    /// Keeps writes that wait for a slot from being sent.
    halt: CancellationToken,
}

/// A write that is about to be sent.
struct PreparedWrite {
    index: usize,
    step: Step,
    request: Request,
}

/// The results of the reads right before an edit: the object, and when its latest run started.
pub(super) type ReadForEdit = (Result<Option<Current>, ReadError>, Result<Option<i64>, ReadError>);

/// The result of a request.
pub(super) enum Answer {
    Wrote { index: usize, result: Result<Accepted, WriteError> },
    ReadForEdit { index: usize, read: Box<ReadForEdit> },
    EarlierRun { index: usize, result: Result<Option<i64>, ReadError> },
    Tasks { asked_at: Moment, seen: TasksAnswer },
    View { asked_at: Moment, result: Result<live::View, ReadError> },
    Jobs { index: usize, asked_at: Moment, result: Result<Option<i64>, ReadError> },
}

impl<'a> Driver<'a> {
    pub(super) fn new(apply: Began<'a>, sink: EventSink<'a>) -> Self {
        let Began { client, dialect, scheduler, at: began, wall_ms } = apply;
        Self {
            client,
            dialect,
            scheduler,
            sink,
            began,
            wall_ms,
            prepared: Vec::new(),
            answers: JoinSet::new(),
            polling: Polling::default(),
            stopping: None,
            deadline: Moment::MAX,
            halt: CancellationToken::new(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// Emits events, and returns whether every sink took them. If the journal fails, nothing more
    /// is sent; if only another sink fails, nothing more is begun.
    pub(super) fn emit(&mut self, events: &[Event]) -> bool {
        if events.is_empty() {
            return true;
        }
        let now = self.now();
        self.polling.emitted_at = now;
        for event in events {
            let moves = !matches!(
                event,
                Event::ReadFailed { .. } | Event::Started { .. } | Event::Waiting { .. }
            );
            if moves {
                self.polling.moved_at = now;
            }
            let awaits = matches!(event, Event::Claimed { .. } | Event::NotTaken { .. });
            self.polling.view_is_awaited |= awaits;
        }
        let taken = (self.sink)(events);
        match taken {
            Ok(()) => (),
            Err(SinkError::EventLog) => self.stop(StopReason::Unheard),
            Err(SinkError::Journal) => {
                // Takes precedence over any other reason to stop.
                let since = self.stopping.map_or(now, |(_, since)| since);
                self.stopping = Some((StopReason::Unrecorded, since));
                self.halt.cancel();
            }
        }
        taken.is_ok()
    }

    fn is_unrecorded(&self) -> bool {
        matches!(self.stopping, Some((StopReason::Unrecorded, _)))
    }

    fn stop(&mut self, why: StopReason) {
        if self.stopping.is_none() {
            self.stopping = Some((why, self.now()));
            self.halt.cancel();
            self.emit(&[Event::Stopping { why }]);
        }
    }

    pub(super) async fn run(
        &mut self,
        stop: &CancellationToken,
        deadline: Moment,
        drain: Duration,
    ) {
        self.deadline = deadline;
        loop {
            self.end_stopped(deadline, drain);
            self.send_next_steps(deadline);
            if self.scheduler.is_finished() {
                return;
            }
            self.break_silence();
            self.poll(deadline);
            let wake = self.wake(deadline, drain);
            let heeds_stop = self.stopping.is_none();
            tokio::select! {
                biased;
                Some(answer) = self.answers.join_next() => self.on_answers(answer),
                () = stop.cancelled(), if heeds_stop => self.stop(StopReason::Interrupted),
                () = sleep_until(self.began + wake) => (),
            }
        }
    }

    /// Reports after a while without events that the apply goes on, and what it waits for.
    fn break_silence(&mut self) {
        if self.polling.emitted_at + SILENCE <= self.now() {
            let unknown = match self.polling.n_unknown {
                0 => None,
                n => Some(format!("it does not know {n} of its tasks, or not yet")),
            };
            let (n_open, trouble) =
                (self.scheduler.n_open(), self.client.last_failure().or(unknown));
            self.emit(&[Event::Waiting { n_open, trouble }]);
        }
    }

    /// Ends operations that may not continue: the time is over, the user has interrupted, or a sink
    /// has failed.
    fn end_stopped(&mut self, deadline: Moment, drain: Duration) {
        let now = self.now();
        if deadline <= now {
            self.stop(StopReason::OutOfTime);
            if !self.scheduler.is_sending() {
                let events = self.scheduler.end_all(StopReason::OutOfTime);
                self.emit(&events);
            }
            return;
        }
        let Some((why, since)) = self.stopping else { return };
        let mut events = self.scheduler.end_what_is_not_begun(why);
        if since + drain <= now {
            events.extend(self.scheduler.end_all_but_halves(why));
        }
        if self.is_unrecorded() && !self.scheduler.is_sending() {
            events.extend(self.scheduler.end_all(why));
        }
        self.emit(&events);
    }

    fn send_next_steps(&mut self, deadline: Moment) {
        if self.scheduler.settles_only() {
            let events = self.scheduler.end_what_waits(StopReason::Settling);
            self.emit(&events);
            return;
        }
        while self.now() < deadline && !self.is_unrecorded() {
            let stopping = self.stopping.is_some();
            let Some(Next { index, step }) = self.scheduler.next(self.now(), stopping) else {
                break;
            };
            let now = self.now();
            let wants_earlier_run = self.scheduler.execution(index).wants_earlier_run(now);
            match step {
                Step::Edit => self.read_for_edit(index, wants_earlier_run),
                Step::Run if wants_earlier_run => self.read_earlier_run(index),
                Step::Create | Step::Run | Step::Stop | Step::Delete => {
                    self.write(index, step, None);
                }
            }
        }
        self.send_prepared();
    }

    /// The time by the controller's clock, in milliseconds of the epoch.
    fn controller_ms(&self, at: Moment) -> i64 {
        let since_began = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let server_ms = self.client.server_time_ms();
        server_ms.unwrap_or(self.wall_ms.saturating_add(since_began))
    }

    /// Reads the object to edit, right before the edit, and when its latest run started, if that is
    /// needed.
    fn read_for_edit(&mut self, index: usize, wants_earlier_run: bool) {
        self.scheduler.execution(index).prepare();
        let Some(id) = self.scheduler.execution(index).operation().id().cloned() else { return };
        let (client, dialect) = (self.client.unless(self.halt.clone()), self.dialect.clone());
        self.answers.spawn(async move {
            let earlier = if wants_earlier_run {
                dialect.latest_run_start(&client, &id).await
            } else {
                Ok(None)
            };
            // Read last, however long the other reads took, because it is sent back.
            let current = dialect.current(&client, &id).await;
            Answer::ReadForEdit { index, read: Box::new((current, earlier)) }
        });
    }

    /// Reads when the latest run started, right before another.
    fn read_earlier_run(&mut self, index: usize) {
        self.scheduler.execution(index).prepare();
        let Some(id) = self.scheduler.execution(index).operation().id().cloned() else { return };
        let (client, dialect) = (self.client.unless(self.halt.clone()), self.dialect.clone());
        self.answers.spawn(async move {
            let result = dialect.latest_run_start(&client, &id).await;
            Answer::EarlierRun { index, result }
        });
    }

    /// Prepares a write. [`Driver::send_prepared`] sends it.
    pub(super) fn write(&mut self, index: usize, step: Step, edit: Option<Request>) {
        let change = self.scheduler.change(index);
        let execution = self.scheduler.execution(index);
        let id = execution.operation().id().cloned().unwrap_or(RemoteId(String::new()));
        execution.prepare();
        let (name, settings) = (&change.name, change.after.clone().unwrap_or_default());
        let request = |it| Some(self.dialect.request(&it));
        let request = match step {
            Step::Create => request(Write::Create { name, settings: &settings }),
            Step::Edit => edit,
            Step::Run => request(Write::Run(&id)),
            Step::Stop => request(Write::Stop(&id)),
            Step::Delete => request(Write::Delete(&id)),
        };
        self.prepared.extend(request.map(|request| PreparedWrite { index, step, request }));
    }

    /// Sends the prepared writes. All are announced first, at once; a write whose announcement
    /// failed is not sent.
    pub(super) fn send_prepared(&mut self) {
        if self.prepared.is_empty() {
            return;
        }
        let (now, prepared) = (self.now(), std::mem::take(&mut self.prepared));
        let sent_ms = self.controller_ms(now);
        let submit = |it: &PreparedWrite| self.scheduler.execution(it.index).submit(now, sent_ms);
        let announced = prepared.iter().flat_map(submit).collect::<Vec<_>>();
        let is_emitted = self.emit(&announced);
        for PreparedWrite { index, step, request } in prepared {
            let change = self.scheduler.change(index);
            let execution = self.scheduler.execution(index);
            // A replace is finished once its first half is done, even while stopping.
            let is_half = step == Step::Create && execution.is_between_halves(change);
            if self.is_unrecorded() || !(is_emitted || is_half) {
                let why = self.why_stopping();
                let events = self.scheduler.execution(index).stop_unsent(why);
                self.emit(&events);
                continue;
            }
            let client = match step {
                Step::Create if is_half => self.client.clone(),
                // A create that comes too late fails with its task.
                Step::Create => self.client.unless(self.halt.clone()),
                Step::Edit | Step::Run | Step::Stop | Step::Delete => {
                    let send_by = self.deadline.min(now + FRESH_FOR);
                    self.client.unless(self.halt.clone()).until(self.began + send_by)
                }
            };
            self.answers.spawn(async move {
                let result = request.send(&client).await;
                Answer::Wrote { index, result }
            });
        }
    }

    /// Reads what the operations wait for, if it is due.
    fn poll(&mut self, deadline: Moment) {
        let now = self.now();
        if deadline <= now {
            return;
        }
        if self.wants_tasks() && self.polling.tasks_due(now) <= now {
            self.ask_tasks(now);
        }
        if self.wants_view(now) && self.polling.view_due(now) <= now {
            self.ask_view(now);
        }
    }

    fn wants_tasks(&self) -> bool {
        !self.polling.tasks_under_way && self.scheduler.wants_tasks()
    }

    fn wants_view(&self, now: Moment) -> bool {
        let is_free = !self.polling.view_under_way && self.polling.n_jobs_under_way == 0;
        is_free && self.scheduler.wants_view(now, self.stopping.is_some())
    }

    fn ask_tasks(&mut self, asked_at: Moment) {
        self.polling.tasks_under_way = true;
        let (client, wanted) = (self.client.clone(), self.scheduler.open_tasks());
        let reach = if self.scheduler.has_doubts() {
            TaskSearch::BackToFirstWrite
        } else {
            TaskSearch::UntilFound
        };
        self.answers.spawn(async move {
            let seen = tasks_of(&client, &wanted, reach).await;
            Answer::Tasks { asked_at, seen }
        });
    }

    fn ask_view(&mut self, asked_at: Moment) {
        self.polling.view_under_way = true;
        self.polling.view_is_awaited = false;
        let wants_proof = self.scheduler.wants_proof(asked_at);
        let proof = if wants_proof { Completeness::Required } else { Completeness::BestEffort };
        let (client, dialect) = (self.client.clone(), self.dialect.clone());
        self.answers.spawn(async move {
            let result = dialect.view(&client, proof).await;
            Answer::View { asked_at, result }
        });
    }

    /// Returns when to continue the loop if no answer comes earlier.
    fn wake(&self, deadline: Moment, drain: Duration) -> Moment {
        let now = self.now();
        if deadline <= now {
            // Only a write in flight is awaited now, and its answer ends the wait.
            return now + LONGEST;
        }
        let drained = self.stopping.map(|(_, since)| since + drain).filter(|it| now < *it);
        let tasks = self.wants_tasks().then(|| self.polling.tasks_due(now));
        let view = self.wants_view(now).then(|| self.polling.view_due(now));
        let fresh = (now + LONGEST).min(self.polling.emitted_at + SILENCE);
        let wakes = [Some(deadline), drained, tasks, view, Some(fresh)];
        wakes.into_iter().flatten().min().unwrap_or(deadline)
    }
}
