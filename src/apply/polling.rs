//! When the controller is polled during an apply, and how the tasks are read.
//!
//! Does not interpret what it reads.

use std::{collections::BTreeSet, time::Duration};

use super::operation::Moment;
use crate::api::{ApiError, Client, ErrorClass, Task, TaskId, TaskSearch};

/// The shortest time between two reads of the same thing, and the longest.
const SHORTEST: Duration = Duration::from_millis(250);
pub(super) const LONGEST: Duration = Duration::from_secs(3);

/// How long an apply may be silent while it waits.
pub(super) const SILENCE: Duration = Duration::from_secs(15);

/// What a read of the tasks gave.
#[derive(Default)]
pub(super) struct TasksAnswer {
    pub(super) tasks: Vec<Task>,
    /// Our tasks that the controller does not have.
    pub(super) missing: BTreeSet<TaskId>,
    /// Whether the list was read so far back that no other task can exist.
    pub(super) is_listed: bool,
    pub(super) error: Option<ApiError>,
}

/// When the controller was polled, and whether a read is in flight.
#[derive(Debug, Default)]
pub(super) struct Polling {
    pub(super) tasks_under_way: bool,
    pub(super) view_under_way: bool,
    pub(super) n_jobs_under_way: usize,
    /// The number of our tasks that the controller did not know at the last read.
    pub(super) n_unknown: usize,
    pub(super) tasks_at: Moment,
    pub(super) view_at: Moment,
    /// When something last changed: the more recent, the sooner the next read.
    pub(super) moved_at: Moment,
    /// When the last event was emitted.
    pub(super) emitted_at: Moment,
    /// Whether a change began to wait for the list since the list was last requested.
    pub(super) view_is_awaited: bool,
}

impl Polling {
    pub(super) fn interval(&self, now: Moment) -> Duration {
        (now.saturating_sub(self.moved_at) / 2).clamp(SHORTEST, LONGEST)
    }

    pub(super) fn tasks_due(&self, now: Moment) -> Moment {
        self.tasks_at + self.interval(now)
    }

    pub(super) fn view_due(&self, now: Moment) -> Moment {
        if self.view_is_awaited { now } else { self.view_at + self.interval(now) }
    }
}

/// Reads the list of tasks, and those that are missing in it one by one.
pub(super) async fn tasks_of(
    client: &Client,
    wanted: &BTreeSet<TaskId>,
    reach: TaskSearch,
) -> TasksAnswer {
    let mut seen = TasksAnswer::default();
    match client.tasks(wanted, reach).await {
        Ok(list) => {
            (seen.tasks, seen.is_listed) =
                (list.tasks, list.is_whole || reach == TaskSearch::UntilFound);
        }
        // If the list is unusable, the tasks may still be readable one by one.
        Err(error) if error.class() == ErrorClass::BadResponse => seen.error = Some(error),
        Err(error) => {
            seen.error = Some(error);
            return seen;
        }
    }
    let listed = seen.tasks.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>();
    for id in wanted.difference(&listed) {
        match client.task(id).await {
            Ok(Some(task)) => seen.tasks.push(task),
            Ok(None) => {
                seen.missing.insert(id.clone());
            }
            // The others can still be read.
            Err(error) => seen.error = Some(error),
        }
    }
    seen
}
