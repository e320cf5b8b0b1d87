//! What came of requests: each answer to the change that it is about.
//!
//! Decides nothing, and sends nothing but the next read that an answer asks for.

use tokio::task::JoinError;

use super::{
    driver::{Answer, Driver, ReadForEdit},
    operation::{Events, Moment},
    polling::TasksAnswer,
    precondition::View,
};
use crate::{
    api::{Accepted, WriteError},
    events::{Event, Outcome, StopReason},
    live::{self, ReadError, Write},
    plan::Step,
};

impl Driver<'_> {
    /// Takes in an answer, and all others that are there by now. What came of them is told at
    /// once.
    pub(super) fn take_in_all(&mut self, answer: Result<Answer, JoinError>) {
        let mut events = self.take_in(answer);
        while let Some(answer) = self.answers.try_join_next() {
            events.extend(self.take_in(answer));
        }
        self.emit(&events);
        self.send_written();
    }

    fn take_in(&mut self, answer: Result<Answer, JoinError>) -> Events {
        let answer = match answer {
            Ok(answer) => answer,
            // A panic is a bug of ours: it ends the command, and no change is taken for done.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        match answer {
            Answer::Wrote { index, result } => self.on_wrote(index, result),
            Answer::ReadForEdit { index, read } => self.on_read_for_edit(index, *read),
            Answer::EarlierRun { index, result } => self.on_earlier_run(index, result),
            Answer::Tasks { asked_at, seen } => self.on_tasks(asked_at, seen),
            Answer::View { asked_at, result } => self.on_view(asked_at, result),
            Answer::Jobs { index, asked_at, result } => self.on_jobs(index, asked_at, result),
        }
    }

    fn on_wrote(&mut self, index: usize, result: Result<Accepted, WriteError>) -> Events {
        if self.schedule.execution(index).operation().is_ended() {
            return Events::new();
        }
        let now = self.now();
        let error = match result {
            Ok(Accepted { task }) => return self.schedule.accepted(index, task, now),
            Err(error) => error,
        };
        let stopping = self.why_stopping();
        let change = self.schedule.change(index);
        let item = self.schedule.execution(index);
        let step = item.operation().step();
        // Between its halves a replace goes on, whoever asked to stop.
        let is_half = step == Some(Step::Create) && item.is_between_halves(change);
        let may_go_on = now < self.deadline && (is_half || self.stopping.is_none());
        match error {
            WriteError::InDoubt(error) => item.in_doubt(error.to_string(), now),
            WriteError::NotFound(_) if step == Some(Step::Delete) => {
                self.polling.view_is_awaited = true;
                item.nothing_to_delete(now)
            }
            WriteError::NotFound(error) | WriteError::Refused(error) => {
                self.polling.view_is_awaited = true;
                item.refused(error.to_string(), now)
            }
            WriteError::NotSent(error) if may_go_on && (is_half || error.never_had_a_slot()) => {
                item.requeue_unsent();
                Events::new()
            }
            WriteError::NotSent(error) if error.was_abandoned() => item.stop_unsent(stopping),
            WriteError::NotSent(error) => item.end(Outcome::NotTried { why: error.to_string() }),
        }
    }

    fn on_read_for_edit(&mut self, index: usize, (result, earlier): ReadForEdit) -> Events {
        let change = self.schedule.change(index);
        let wait_runs = self.schedule.waits_for_runs();
        if self.schedule.execution(index).operation().is_ended() {
            return Events::new();
        }
        self.schedule.execution(index).prepared();
        if self.stopping.is_some() {
            let why = self.why_stopping();
            return self.schedule.execution(index).stop(why);
        }
        let current = match result {
            Ok(Some(current)) => current,
            Ok(None) => return self.not_read(index, "it is gone".to_owned()),
            Err(ReadError::Api(error)) if error.was_abandoned() => {
                return self.schedule.execution(index).stop(StopReason::OutOfTime);
            }
            Err(error) => return self.not_read(index, error.to_string()),
        };
        let (Some(after), Ok(read)) = (&change.after, &current.discovery.read) else {
            let words = "it can no longer be understood".to_owned();
            return self.schedule.fail(index, words);
        };
        self.schedule.note_run(index, read.run);
        let discoveries = std::slice::from_ref(&current.discovery);
        let events = self.schedule.execution(index).recheck(change, &View::new(discoveries, false));
        if !events.is_empty() {
            return events;
        }
        let differences = after.differences(&read.settings);
        if differences.is_empty() {
            return self.schedule.execution(index).found_done(wait_runs);
        }
        self.schedule.execution(index).wait_while_running();
        if !self.schedule.execution(index).is_ready() {
            return Events::new();
        }
        let Ok(start) = earlier else { return self.earlier_run_not_read(index) };
        let edit = Write::Edit { current: &current, differences: &differences, after };
        let request = self.dialect.request(&edit);
        self.schedule.execution(index).note_earlier_run(start);
        self.write(index, Step::Edit, Some(request));
        Events::new()
    }

    /// What is planned is carried out all the same, a moment later, and nobody has to know: when
    /// its latest run started is only needed as long as the clock does not tell the two apart.
    fn earlier_run_not_read(&mut self, index: usize) -> Events {
        self.schedule.execution(index).earlier_run_not_read();
        Events::new()
    }

    fn on_earlier_run(&mut self, index: usize, result: Result<Option<i64>, ReadError>) -> Events {
        let item = self.schedule.execution(index);
        if item.operation().is_ended() {
            return Events::new();
        }
        item.prepared();
        if self.stopping.is_some() {
            let why = self.why_stopping();
            return self.schedule.execution(index).stop(why);
        }
        match result {
            Ok(start) => {
                self.schedule.execution(index).note_earlier_run(start);
                self.write(index, Step::Run, None);
                Events::new()
            }
            Err(ReadError::Api(error)) if error.was_abandoned() => {
                self.schedule.execution(index).stop(StopReason::OutOfTime)
            }
            Err(_) => self.earlier_run_not_read(index),
        }
    }

    fn not_read(&mut self, index: usize, words: String) -> Events {
        self.polling.view_is_awaited = true;
        self.schedule.execution(index).not_read(words);
        Events::new()
    }

    /// Returns why no more is begun; where nobody asked for that, it is the time.
    pub(super) fn why_stopping(&self) -> StopReason {
        self.stopping.map_or(StopReason::OutOfTime, |(why, _)| why)
    }

    fn on_tasks(&mut self, asked_at: Moment, seen: TasksAnswer) -> Events {
        let now = self.now();
        self.polling.tasks_under_way = false;
        self.polling.tasks_at = now;
        let TasksAnswer { tasks, missing, is_listed, error } = seen;
        self.polling.n_unknown = missing.len();
        let n_open = self.schedule.open_tasks().len();
        let listed_at = is_listed.then_some(asked_at);
        let mut events = self.schedule.on_tasks(tasks, &missing, asked_at, now);
        self.schedule.note_tasks(listed_at);
        // A task that failed may have been for nothing: the list has to say.
        self.polling.view_is_awaited |= self.schedule.open_tasks().len() < n_open;
        events.extend(error.map(|it| Event::ReadFailed { why: it.to_string() }));
        events
    }

    fn on_view(&mut self, asked_at: Moment, result: Result<live::View, ReadError>) -> Events {
        self.polling.view_under_way = false;
        self.polling.view_at = self.now();
        let view = match result {
            Ok(view) => view,
            Err(error) => return vec![Event::ReadFailed { why: error.to_string() }],
        };
        let events = self.schedule.on_view(View::from(&view), asked_at, self.now());
        let asked_at = self.now();
        for (index, id) in self.schedule.asks_jobs() {
            self.polling.n_jobs_under_way += 1;
            let (client, dialect) = (self.client.clone(), self.dialect.clone());
            self.answers.spawn(async move {
                let result = dialect.latest_run_start(&client, &id).await;
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
        self.polling.n_jobs_under_way -= 1;
        let wait_runs = self.schedule.waits_for_runs();
        match result {
            Ok(start) => self.schedule.execution(index).on_jobs(start, asked_at, wait_runs),
            Err(error) => {
                self.schedule.execution(index).on_jobs_not_read();
                vec![Event::ReadFailed { why: error.to_string() }]
            }
        }
    }
}
