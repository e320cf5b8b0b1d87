//! The answers to requests: each goes to its operation.
//!
//! Decides nothing, and sends nothing but the next request that an answer asks for.

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
    /// Processes an answer and all others that have arrived. Their events are emitted together.
    pub(super) fn on_answers(&mut self, answer: Result<Answer, JoinError>) {
        let mut events = self.on_answer(answer);
        while let Some(answer) = self.answers.try_join_next() {
            events.extend(self.on_answer(answer));
        }
        self.emit(&events);
        self.send_prepared();
    }

    fn on_answer(&mut self, answer: Result<Answer, JoinError>) -> Events {
        let answer = match answer {
            Ok(answer) => answer,
            // A panic is a bug in this program: it ends the command, and no change counts as done.
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
        if self.scheduler.execution(index).operation().is_ended() {
            return Events::new();
        }
        let now = self.now();
        let error = match result {
            Ok(Accepted { task }) => return self.scheduler.accepted(index, task, now),
            Err(error) => error,
        };
        let stopping = self.why_stopping();
        let change = self.scheduler.change(index);
        let execution = self.scheduler.execution(index);
        let step = execution.operation().step();
        // A replace is finished once its first half is done, even while stopping.
        let is_half = step == Some(Step::Create) && execution.is_between_halves(change);
        let may_go_on = now < self.deadline && (is_half || self.stopping.is_none());
        match error {
            WriteError::InDoubt(error) => execution.in_doubt(error.to_string(), now),
            WriteError::NotFound(_) if step == Some(Step::Delete) => {
                self.polling.view_is_awaited = true;
                execution.nothing_to_delete(now)
            }
            WriteError::NotFound(error) | WriteError::Refused(error) => {
                self.polling.view_is_awaited = true;
                execution.refused(error.to_string(), now)
            }
            WriteError::NotSent(error) if may_go_on && (is_half || error.never_had_a_slot()) => {
                execution.requeue_unsent();
                Events::new()
            }
            WriteError::NotSent(error) if error.was_abandoned() => execution.stop_unsent(stopping),
            WriteError::NotSent(error) => {
                execution.end(Outcome::NotTried { why: error.to_string() })
            }
        }
    }

    fn on_read_for_edit(&mut self, index: usize, read: ReadForEdit) -> Events {
        let (result, earlier) = read;
        let change = self.scheduler.change(index);
        let wait_runs = self.scheduler.waits_for_runs();
        if self.scheduler.execution(index).operation().is_ended() {
            return Events::new();
        }
        self.scheduler.execution(index).prepared();
        if self.stopping.is_some() {
            let why = self.why_stopping();
            return self.scheduler.execution(index).stop(why);
        }
        let current = match result {
            Ok(Some(current)) => current,
            Ok(None) => return self.not_read(index, "it is gone".to_owned()),
            Err(ReadError::Api(error)) if error.was_abandoned() => {
                return self.scheduler.execution(index).stop(StopReason::OutOfTime);
            }
            Err(error) => return self.not_read(index, error.to_string()),
        };
        let (Some(after), Ok(read)) = (&change.after, &current.discovery.read) else {
            let words = "it can no longer be understood".to_owned();
            return self.scheduler.fail(index, words);
        };
        self.scheduler.note_run(index, read.run);
        let discoveries = std::slice::from_ref(&current.discovery);
        let events =
            self.scheduler.execution(index).recheck(change, &View::new(discoveries, false));
        if !events.is_empty() {
            return events;
        }
        let differences = after.differences(&read.settings);
        if differences.is_empty() {
            return self.scheduler.execution(index).found_done(wait_runs);
        }
        self.scheduler.execution(index).wait_while_running();
        if !self.scheduler.execution(index).is_ready() {
            return Events::new();
        }
        let Ok(start) = earlier else { return self.earlier_run_not_read(index) };
        let edit = Write::Edit { current: &current, differences: &differences, after };
        let request = self.dialect.request(&edit);
        self.scheduler.execution(index).note_earlier_run(start);
        self.write(index, Step::Edit, Some(request));
        Events::new()
    }

    /// The step is sent a moment later, without an event: the start of the latest run is only
    /// needed as long as the clock cannot distinguish the two.
    fn earlier_run_not_read(&mut self, index: usize) -> Events {
        self.scheduler.execution(index).earlier_run_not_read();
        Events::new()
    }

    fn on_earlier_run(&mut self, index: usize, result: Result<Option<i64>, ReadError>) -> Events {
        let execution = self.scheduler.execution(index);
        if execution.operation().is_ended() {
            return Events::new();
        }
        execution.prepared();
        if self.stopping.is_some() {
            let why = self.why_stopping();
            return self.scheduler.execution(index).stop(why);
        }
        match result {
            Ok(start) => {
                self.scheduler.execution(index).note_earlier_run(start);
                self.write(index, Step::Run, None);
                Events::new()
            }
            Err(ReadError::Api(error)) if error.was_abandoned() => {
                self.scheduler.execution(index).stop(StopReason::OutOfTime)
            }
            Err(_) => self.earlier_run_not_read(index),
        }
    }

    fn not_read(&mut self, index: usize, words: String) -> Events {
        self.polling.view_is_awaited = true;
        self.scheduler.execution(index).not_read(words);
        Events::new()
    }

    /// Returns why nothing more is begun: the time is over, unless there is another reason.
    pub(super) fn why_stopping(&self) -> StopReason {
        self.stopping.map_or(StopReason::OutOfTime, |(why, _)| why)
    }

    fn on_tasks(&mut self, asked_at: Moment, seen: TasksAnswer) -> Events {
        let now = self.now();
        self.polling.tasks_under_way = false;
        self.polling.tasks_at = now;
        let TasksAnswer { tasks, missing, is_listed, error } = seen;
        self.polling.n_unknown = missing.len();
        let n_open = self.scheduler.open_tasks().len();
        let listed_at = is_listed.then_some(asked_at);
        let mut events = self.scheduler.on_tasks(tasks, &missing, asked_at, now);
        self.scheduler.note_tasks(listed_at);
        // A failed task may not have been needed: only the list shows that.
        self.polling.view_is_awaited |= self.scheduler.open_tasks().len() < n_open;
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
        let events = self.scheduler.on_view(View::from(&view), asked_at, self.now());
        let asked_at = self.now();
        for (index, id) in self.scheduler.asks_jobs() {
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
        let wait_runs = self.scheduler.waits_for_runs();
        match result {
            Ok(start) => self.scheduler.execution(index).on_jobs(start, asked_at, wait_runs),
            Err(error) => {
                self.scheduler.execution(index).on_jobs_not_read();
                vec![Event::ReadFailed { why: error.to_string() }]
            }
        }
    }
}
