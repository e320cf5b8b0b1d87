//! The life of a task: it is accepted, executed, and ends.

use super::{NextStep, Task};
use crate::{
    fault::WriteOutcome,
    quirk::TaskEnd,
    seed,
    world::{
        execute::millis,
        operation::Operation,
        state::{At, Discovery, World},
        writes::Treatment,
    },
};

impl World {
    /// Accepts a write, and returns the id of its task.
    pub(crate) fn accept(
        &mut self,
        operation: Operation,
        treatment: &Treatment,
        at: At<'_>,
    ) -> String {
        let Treatment { outcome, task_hidden_for } = treatment;
        let number = self.next_task.to_string();
        self.next_task += 1;
        let id = seed::uuid(&mut seed::numbers(at.rules.seed, &["task", &number]));
        let mut task = Task::new(&id, &operation, at.now);
        if *task_hidden_for != 0 {
            task.hidden_until = at.now + task_hidden_for;
        }
        if *outcome != WriteOutcome::Stuck {
            let (due, outcome) = (at.now + at.rules.task_time, outcome.clone());
            task.next = NextStep::Execute { due, operation, outcome };
        }
        self.tasks.push(task);
        id
    }

    /// Takes the next step of a task.
    pub(in crate::world) fn advance_task(&mut self, index: usize, at: At<'_>) {
        match std::mem::take(&mut self.tasks[index].next) {
            NextStep::Execute { operation, outcome, .. } => {
                let task_id = self.tasks[index].id().to_owned();
                let result = match &outcome {
                    WriteOutcome::Done | WriteOutcome::StuckDone => {
                        self.execute(&operation, &task_id, at)
                    }
                    WriteOutcome::Fails(text) => Err(text.clone()),
                    WriteOutcome::Lie | WriteOutcome::Stuck => {
                        Ok(self.pretended_result(&operation, at))
                    }
                };
                let quirks = &at.rules.quirks;
                match result {
                    _ if outcome == WriteOutcome::StuckDone => return,
                    Ok(done) => {
                        self.tasks[index].succeed(&done, at.now, quirks);
                        let mut open = self.discoveries.iter().filter_map(Discovery::open_run);
                        let is_running = done.runs && open.any(|it| it.task_id == task_id);
                        if is_running && quirks.task_end == TaskEnd::RunEnded {
                            self.tasks[index].next = NextStep::RunEnd;
                            return;
                        }
                    }
                    Err(reason) => {
                        let progress = operation.failed_progress();
                        self.tasks[index].fail(progress, &reason, at.now, quirks);
                    }
                }
                self.end_soon(index, at);
            }
            NextStep::End { .. } => self.tasks[index].end(at.now, &at.rules.quirks),
            NextStep::None | NextStep::RunEnd => (),
        }
    }

    pub(in crate::world) fn end_soon(&mut self, index: usize, at: At<'_>) {
        let quirks = &at.rules.quirks;
        match millis(quirks.end_late) {
            0 => self.tasks[index].end(at.now, quirks),
            late => self.tasks[index].next = NextStep::End { due: at.now + late },
        }
    }
}
