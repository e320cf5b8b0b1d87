//! How a task comes into the world, does its work, and ends.

use super::{Left, Task};
use crate::{
    fault::WriteOutcome,
    quirk::TaskEnd,
    seed,
    world::{
        answer::Answer,
        carry::millis,
        state::{At, World},
        work::{Done, Failed, Work},
        writes::Treatment,
    },
};

impl World {
    /// Takes a write on.
    pub(in crate::world) fn accept(
        &mut self,
        work: Work,
        treatment: &Treatment,
        at: At<'_>,
    ) -> Answer {
        let Treatment { outcome, task_hidden_for } = treatment;
        let number = self.next_task.to_string();
        self.next_task += 1;
        let id = seed::uuid(&mut seed::numbers(at.rules.seed, &["task", &number]));
        let mut task = Task::new(&id, &work, at.now);
        if *task_hidden_for != 0 {
            task.hidden_until = at.now + task_hidden_for;
        }
        if *outcome != WriteOutcome::Stuck {
            task.left =
                Left::Work { due: at.now + at.rules.task_time, work, fate: outcome.clone() };
        }
        self.tasks.push(task);
        Answer::Accepted(id)
    }

    /// Does what is due of a task.
    pub(in crate::world) fn move_task(&mut self, index: usize, at: At<'_>) {
        match std::mem::take(&mut self.tasks[index].left) {
            Left::Work { work, fate, .. } => {
                let outcome = self.outcome(index, &work, &fate, at);
                if fate != WriteOutcome::StuckDone {
                    self.say(index, &work, outcome, at);
                }
            }
            Left::End { .. } => self.tasks[index].end(at.now, &at.rules.quirks),
            Left::Nothing | Left::RunEnd => (),
        }
    }

    /// Ends the task that waits for a run.
    pub(in crate::world) fn end_task_of_run(&mut self, task_id: &str, at: At<'_>) {
        let waits = |it: &Task| it.left == Left::RunEnd && it.id() == task_id;
        if let Some(index) = self.tasks.iter().position(waits) {
            self.end_soon(index, at);
        }
    }

    /// Whether a task that will do its work deletes this.
    pub(in crate::world) fn is_being_deleted(&self, id: &str) -> bool {
        let deletes = |it: &Task| matches!(&it.left, Left::Work { work, .. } if work.deletes(id));
        self.tasks.iter().any(deletes)
    }

    fn outcome(
        &mut self,
        index: usize,
        work: &Work,
        fate: &WriteOutcome,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        match fate {
            WriteOutcome::Done | WriteOutcome::StuckDone => {
                let task_id = self.tasks[index].id().to_owned();
                self.carry_out(work, &task_id, at)
            }
            WriteOutcome::Fails(text) => Err(text.clone()),
            WriteOutcome::Lie | WriteOutcome::Stuck => Ok(self.pretend(work, at)),
        }
    }

    fn say(&mut self, index: usize, work: &Work, outcome: Result<Done, Failed>, at: At<'_>) {
        let quirks = &at.rules.quirks;
        match outcome {
            Ok(done) => {
                self.tasks[index].succeed(&done, at.now, quirks);
                let is_running = done.runs && self.is_open_run(self.tasks[index].id());
                if is_running && quirks.task_end == TaskEnd::RunEnded {
                    self.tasks[index].left = Left::RunEnd;
                    return;
                }
            }
            Err(reason) => {
                self.tasks[index].fail(work.failed_progress(), &reason, at.now, quirks);
            }
        }
        self.end_soon(index, at);
    }

    fn end_soon(&mut self, index: usize, at: At<'_>) {
        let quirks = &at.rules.quirks;
        match millis(quirks.end_late) {
            0 => self.tasks[index].end(at.now, quirks),
            late => self.tasks[index].left = Left::End { due: at.now + late },
        }
    }
}
