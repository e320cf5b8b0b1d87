//! The loop round the schedule: sends, waits, and tells what happens.
//!
//! Decides nothing: `schedule` says what may leave and what has to be looked at. Each event is
//! told before the request leaves that it is about; where telling fails, nothing more leaves.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    item::{Claim, Events, Moment, Sent},
    looks::{LONGEST, Looks, SILENCE, TasksSeen, tasks_of},
    schedule::{Next, Schedule},
    standing::View,
    start::Tell,
};
use crate::{
    api::{Accepted, Client, Proof, Reach, WriteError},
    events::{Event, StopReason},
    live::{self, ById, Current, ReadError},
    model::RemoteId,
    plan::Step,
};

/// What an apply begins with.
pub(super) struct Began<'a> {
    pub(super) client: Client,
    pub(super) credentials: ById,
    pub(super) schedule: Schedule<'a>,
    /// When the preconditions were read: moments count from here.
    pub(super) at: Instant,
    /// That moment in milliseconds of the epoch.
    pub(super) wall_ms: i64,
}

/// An apply under way.
pub(super) struct Drive<'a> {
    client: Client,
    credentials: ById,
    schedule: Schedule<'a>,
    tell: Tell<'a>,
    began: Instant,
    wall_ms: i64,
    answers: JoinSet<Answer>,
    looks: Looks,
    stopping: Option<(StopReason, Moment)>,
    /// Keeps writes from leaving that wait for room.
    halt: CancellationToken,
}

/// What a request came to.
enum Answer {
    Wrote { index: usize, sent: Sent, result: Result<Accepted, WriteError> },
    ReadForEdit { index: usize, result: Box<Result<Option<Current>, ReadError>> },
    Tasks { asked_at: Moment, seen: TasksSeen },
    View { asked_at: Moment, result: Result<live::View, ReadError> },
    Jobs { index: usize, asked_at: Moment, result: Result<Option<i64>, ReadError> },
}

impl<'a> Drive<'a> {
    pub(super) fn new(apply: Began<'a>, tell: Tell<'a>) -> Self {
        let Began { client, credentials, schedule, at: began, wall_ms } = apply;
        Self {
            client,
            credentials,
            schedule,
            tell,
            began,
            wall_ms,
            answers: JoinSet::new(),
            looks: Looks::default(),
            stopping: None,
            halt: CancellationToken::new(),
        }
    }

    fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// Tells what happened; where that cannot be recorded, nothing more is begun.
    pub(super) fn told(&mut self, events: &[Event]) {
        for event in events {
            self.looks.told_at = self.now();
            let moves = !matches!(
                event,
                Event::ReadFailed { .. } | Event::Started { .. } | Event::Waiting { .. }
            );
            if moves {
                self.looks.moved_at = self.now();
            }
            let awaits = matches!(event, Event::Claimed { .. } | Event::NotTaken { .. });
            self.looks.view_is_awaited |= awaits;
            // Whatever it was stopping for before: nothing more leaves.
            if (self.tell)(event).is_err() {
                let since = self.stopping.map_or(self.now(), |(_, since)| since);
                self.stopping = Some((StopReason::Deaf, since));
                self.halt.cancel();
            }
        }
    }

    fn stop(&mut self, why: StopReason) {
        if self.stopping.is_none() {
            self.stopping = Some((why, self.now()));
            self.halt.cancel();
            self.told(&[Event::Stopping { why }]);
        }
    }

    pub(super) async fn run(
        &mut self,
        stop: &CancellationToken,
        deadline: Moment,
        drain: Duration,
    ) {
        loop {
            self.end_what_stopped(deadline, drain);
            self.send_what_may_leave(deadline);
            if self.schedule.is_finished() {
                return;
            }
            self.break_silence();
            self.look(deadline);
            let wake = self.wake(deadline, drain);
            let heeds_stop = self.stopping.is_none();
            tokio::select! {
                biased;
                Some(answer) = self.answers.join_next() => self.take_in(answer),
                () = stop.cancelled(), if heeds_stop => self.stop(StopReason::Interrupted),
                () = sleep_until(self.began + wake) => (),
            }
        }
    }

    /// Tells whoever waits that it still goes on, and what keeps it.
    fn break_silence(&mut self) {
        if self.looks.told_at + SILENCE <= self.now() {
            let (n_open, trouble) = (self.schedule.n_open(), self.client.trouble());
            self.told(&[Event::Waiting { n_open, trouble }]);
        }
    }

    /// Ends what is not to go on: because of the time, of the user, or of a record that failed.
    fn end_what_stopped(&mut self, deadline: Moment, drain: Duration) {
        let now = self.now();
        if deadline <= now {
            self.stop(StopReason::OutOfTime);
            if !self.schedule.is_sending() {
                let events = self.schedule.end_all(StopReason::OutOfTime);
                self.told(&events);
            }
            return;
        }
        let Some((why, since)) = self.stopping else { return };
        let mut events = self.schedule.end_what_is_not_begun(why);
        if since + drain <= now {
            events.extend(self.schedule.end_all_but_halves(why));
        }
        self.told(&events);
        if why == StopReason::Deaf && !self.schedule.is_sending() {
            let events = self.schedule.end_all(why);
            self.told(&events);
        }
    }

    fn send_what_may_leave(&mut self, deadline: Moment) {
        while self.now() < deadline {
            let stopping = self.stopping.map(|(why, _)| why);
            if stopping == Some(StopReason::Deaf) {
                return;
            }
            let Some(Next { index, step }) = self.schedule.next(self.now(), stopping.is_some())
            else {
                return;
            };
            if step == Step::Edit {
                self.read_for_edit(index);
            } else {
                self.write(index, step, None);
            }
        }
    }

    fn sent_now(&self) -> Sent {
        let at = self.now();
        let since_began = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let server_ms = self.client.server_time_ms();
        Sent { at, server_ms: server_ms.unwrap_or(self.wall_ms.saturating_add(since_began)) }
    }

    /// Reads the object that an edit is made of, right before it.
    fn read_for_edit(&mut self, index: usize) {
        self.schedule.item(index).send();
        let Some(id) = self.schedule.item(index).id.clone() else { return };
        let (client, credentials) =
            (self.client.unless(self.halt.clone()), self.credentials.clone());
        self.answers.spawn(async move {
            let result = Box::new(live::current(&client, &id, &credentials).await);
            Answer::ReadForEdit { index, result }
        });
    }

    /// Sends a write. It is told before; if that fails, it does not leave.
    fn write(&mut self, index: usize, step: Step, edit: Option<Value>) {
        let sent = self.sent_now();
        let change = self.schedule.change(index);
        let item = self.schedule.item(index);
        let id = item.id.clone().unwrap_or(RemoteId(String::new()));
        let event = item.submit();
        self.told(std::slice::from_ref(&event));
        if matches!(self.stopping, Some((StopReason::Deaf, _))) {
            let events = self.schedule.item(index).leave(StopReason::Deaf);
            self.told(&events);
            return;
        }
        // Between its halves a replace goes on, whoever asked to stop.
        let is_half = self.schedule.item(index).is_between_halves(change) && step == Step::Create;
        self.schedule.item(index).send();
        let client =
            if is_half { self.client.clone() } else { self.client.unless(self.halt.clone()) };
        let body = match step {
            Step::Create => change.after.as_ref().map(|it| live::create_body(&change.name, it)),
            Step::Edit => edit,
            Step::Run => Some(live::run_body(&id)),
            Step::Stop => Some(live::stop_body(&id)),
            Step::Delete => None,
        };
        let body = body.unwrap_or_default();
        self.answers.spawn(async move {
            let result = match step {
                Step::Create => client.create(&body).await,
                Step::Edit | Step::Run | Step::Stop => client.update(&body).await,
                Step::Delete => client.delete(&id.0).await,
            };
            Answer::Wrote { index, sent, result }
        });
    }

    /// Asks for what the changes wait for, where it is due.
    fn look(&mut self, deadline: Moment) {
        let now = self.now();
        if deadline <= now {
            return;
        }
        if self.wants_tasks() && self.looks.tasks_due(now) <= now {
            self.ask_tasks(now);
        }
        if self.wants_view(now) && self.looks.view_due(now) <= now {
            self.ask_view(now);
        }
    }

    fn wants_tasks(&self) -> bool {
        !self.looks.tasks_under_way && self.schedule.wants_tasks()
    }

    fn wants_view(&self, now: Moment) -> bool {
        let is_free = !self.looks.view_under_way && self.looks.n_jobs_under_way == 0;
        is_free && self.schedule.wants_view(now, self.stopping.is_some())
    }

    fn ask_tasks(&mut self, asked_at: Moment) {
        self.looks.tasks_under_way = true;
        let (client, wanted) = (self.client.clone(), self.schedule.open_tasks());
        let reach = if self.schedule.has_doubts() { Reach::FirstWrite } else { Reach::Wanted };
        self.answers.spawn(async move {
            let seen = tasks_of(&client, &wanted, reach).await;
            Answer::Tasks { asked_at, seen }
        });
    }

    fn ask_view(&mut self, asked_at: Moment) {
        self.looks.view_under_way = true;
        self.looks.view_is_awaited = false;
        let wants_proof = self.schedule.wants_proof(asked_at);
        let proof = if wants_proof { Proof::Needed } else { Proof::NotNeeded };
        let (client, credentials) = (self.client.clone(), self.credentials.clone());
        self.answers.spawn(async move {
            let result = live::look(&client, &credentials, proof).await;
            Answer::View { asked_at, result }
        });
    }

    /// Returns when to look round again if no answer comes before.
    fn wake(&self, deadline: Moment, drain: Duration) -> Moment {
        let now = self.now();
        if deadline <= now {
            // Only a write under way is waited for now, and its answer wakes.
            return now + LONGEST;
        }
        let drained = self.stopping.map(|(_, since)| since + drain).filter(|it| now < *it);
        let tasks = self.wants_tasks().then(|| self.looks.tasks_due(now));
        let view = self.wants_view(now).then(|| self.looks.view_due(now));
        let fresh = (now + LONGEST).min(self.looks.told_at + SILENCE);
        let wakes = [Some(deadline), drained, tasks, view, Some(fresh)];
        wakes.into_iter().flatten().min().unwrap_or(deadline)
    }

    fn take_in(&mut self, answer: Result<Answer, tokio::task::JoinError>) {
        let answer = match answer {
            Ok(answer) => answer,
            // A panic is a bug of ours: it ends the command, and no change is taken for done.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let events = match answer {
            Answer::Wrote { index, sent, result } => self.on_wrote(index, sent, result),
            Answer::ReadForEdit { index, result } => self.on_read_for_edit(index, *result),
            Answer::Tasks { asked_at, seen } => self.on_tasks(asked_at, seen),
            Answer::View { asked_at, result } => self.on_view(asked_at, result),
            Answer::Jobs { index, asked_at, result } => self.on_jobs(index, asked_at, result),
        };
        self.told(&events);
    }

    fn on_wrote(
        &mut self,
        index: usize,
        sent: Sent,
        result: Result<Accepted, WriteError>,
    ) -> Events {
        if self.schedule.item(index).is_ended() {
            return Events::new();
        }
        let now = self.now();
        let error = match result {
            Ok(Accepted { task }) => return self.schedule.accepted(index, task, (sent, now)),
            Err(error) => error,
        };
        let stopping = self.why_stopping();
        let item = self.schedule.item(index);
        match error {
            WriteError::InDoubt(error) => item.in_doubt(sent, error.to_string(), now),
            WriteError::NotFound(_) if item.step() == Some(Step::Delete) => {
                self.looks.view_is_awaited = true;
                item.came_to_nothing(sent, Claim::Nothing, now);
                Events::new()
            }
            WriteError::NotFound(error) | WriteError::Refused(error) => {
                self.looks.view_is_awaited = true;
                item.refused(sent, error.to_string(), now)
            }
            WriteError::NotSent(error) if error.was_given_up() => {
                item.not_sent();
                item.leave(stopping)
            }
            WriteError::NotSent(error) => item.fail(error.to_string()),
        }
    }

    fn on_read_for_edit(
        &mut self,
        index: usize,
        result: Result<Option<Current>, ReadError>,
    ) -> Events {
        let change = self.schedule.change(index);
        let wait_runs = self.schedule.waits_for_runs();
        if self.schedule.item(index).is_ended() {
            return Events::new();
        }
        self.schedule.item(index).not_sent();
        if self.stopping.is_some() {
            let why = self.why_stopping();
            return self.schedule.item(index).leave(why);
        }
        let current = match result {
            Ok(Some(current)) => current,
            Ok(None) => return self.not_read(index, "it is gone".to_owned()),
            Err(ReadError::Api(error)) if error.was_given_up() => {
                return self.schedule.item(index).leave(StopReason::OutOfTime);
            }
            Err(error) => return self.not_read(index, error.to_string()),
        };
        let (Some(after), Ok(read)) = (&change.after, &current.discovery.read) else {
            let words = "it can no longer be understood".to_owned();
            return self.schedule.fail(index, words);
        };
        self.schedule.note_run(index, read.run);
        let discoveries = std::slice::from_ref(&current.discovery);
        let events = self.schedule.item(index).recheck(change, &View::new(discoveries, false));
        if !events.is_empty() {
            return events;
        }
        let differences = after.differences(&read.settings);
        if differences.is_empty() {
            return self.schedule.item(index).found_done(wait_runs);
        }
        self.schedule.item(index).hold_back();
        if self.schedule.item(index).is_held_back() {
            return Events::new();
        }
        let body = live::edit_body(&current.wire, &differences, after);
        self.write(index, Step::Edit, Some(body));
        Events::new()
    }

    fn not_read(&mut self, index: usize, words: String) -> Events {
        self.looks.view_is_awaited = true;
        self.schedule.item(index).not_read(words);
        Events::new()
    }

    /// Returns why no more is begun; where nobody asked for that, it is the time.
    fn why_stopping(&self) -> StopReason {
        self.stopping.map_or(StopReason::OutOfTime, |(why, _)| why)
    }

    fn on_tasks(&mut self, asked_at: Moment, seen: TasksSeen) -> Events {
        let now = self.now();
        self.looks.tasks_under_way = false;
        self.looks.tasks_at = now;
        let TasksSeen { tasks, missing, is_listed, error } = seen;
        let n_open = self.schedule.open_tasks().len();
        let listed_at = is_listed.then_some(asked_at);
        let mut events = self.schedule.on_tasks(tasks, &missing, (asked_at, now));
        self.schedule.note_tasks(listed_at);
        // A task that failed may have been for nothing: the list has to say.
        self.looks.view_is_awaited |= self.schedule.open_tasks().len() < n_open;
        events.extend(error.map(|it| Event::ReadFailed { why: it.to_string() }));
        events
    }

    fn on_view(&mut self, asked_at: Moment, result: Result<live::View, ReadError>) -> Events {
        self.looks.view_under_way = false;
        self.looks.view_at = self.now();
        let view = match result {
            Ok(view) => view,
            Err(error) => return vec![Event::ReadFailed { why: error.to_string() }],
        };
        let events = self.schedule.on_view(View::from(&view), asked_at);
        let asked_at = self.now();
        for (index, id) in self.schedule.asks_jobs() {
            self.looks.n_jobs_under_way += 1;
            let client = self.client.clone();
            self.answers.spawn(async move {
                let result = live::latest_run_start(&client, &id).await;
                Answer::Jobs { index, asked_at, result }
            });
        }
        events
    }

    fn on_jobs(
        &mut self,
        index: usize,
        asked_at: Moment,
        result: Result<Option<i64>, ReadError>,
    ) -> Events {
        self.looks.n_jobs_under_way -= 1;
        let wait_runs = self.schedule.waits_for_runs();
        match result {
            Ok(start) => self.schedule.item(index).on_jobs(start, asked_at, wait_runs),
            Err(error) => {
                self.schedule.item(index).on_jobs_not_read();
                vec![Event::ReadFailed { why: error.to_string() }]
            }
        }
    }
}
