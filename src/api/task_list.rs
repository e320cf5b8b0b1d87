//! Reads many tasks at once, through either generation of the endpoints.
//!
//! Asks the controller to sort and to limit, but relies on neither. Does not wait for tasks: it
//! reads once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    client::{Call, Client},
    discoveries::unless_missing,
    error::ApiError,
    response::{Malformed, list, text},
    tasks::{Task, TaskDetail, TaskId, TaskState, is_true},
};

const PAGE: usize = 500;

/// A busy controller has many thousand tasks of other users. A task that is not on the newest pages
/// is better read by its id.
const MOST_PAGES: usize = 20;

/// A task that started this long before our first write is not ours, even if clocks differ.
const SLACK_MS: i64 = 600_000;

/// How far back to read tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskSearch {
    /// Until every wanted task is found.
    UntilFound,
    /// Back to our first write: a task that is not listed did not start since then.
    BackToFirstWrite,
}

/// The result of reading tasks.
#[derive(Debug)]
pub(crate) struct TaskList {
    pub(crate) tasks: Vec<Task>,
    /// Whether it goes back to our first write.
    pub(crate) is_whole: bool,
}

/// The two generations of the task endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// `/task`, marked as sunset in later releases.
    First,
    /// `/tasks`.
    Second,
}

impl Generation {
    fn path(self) -> &'static str {
        match self {
            Self::First => "/dna/intent/api/v1/task",
            Self::Second => "/dna/intent/api/v1/tasks",
        }
    }

    fn page_path(self, offset: usize) -> String {
        let order = match self {
            Self::First => "dsc",
            Self::Second => "desc",
        };
        let path = self.path();
        format!("{path}?sortBy=startTime&order={order}&offset={offset}&limit={PAGE}")
    }

    /// Reads a page: the number of items, and the tasks among them. Some tasks of other services
    /// may be malformed; if all are, it is not a page of tasks.
    fn tasks(self, page: Value) -> Result<(usize, Vec<Task>), Malformed> {
        let items = list(page)?;
        let read = items.iter().map(|it| self.task(it));
        let (tasks, odd): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        match odd.into_iter().find_map(Result::err) {
            Some(why) if tasks.is_empty() => Err(why),
            Some(_) | None => Ok((items.len(), tasks.into_iter().flatten().collect())),
        }
    }

    fn task(self, value: &Value) -> Result<Task, Malformed> {
        match self {
            Self::First => Task::first_generation(value),
            Self::Second => Task::second_generation(value),
        }
    }
}

impl Client {
    /// Reads tasks until every wanted one is found, or no more exist.
    ///
    /// Returns all tasks read, including those of others. Wanted tasks may be missing.
    pub(crate) async fn tasks(
        &self,
        wanted: &BTreeSet<TaskId>,
        search: TaskSearch,
    ) -> Result<TaskList, ApiError> {
        if self.shared.tasks_moved.load(Ordering::Relaxed) {
            return self.tasks_of(Generation::Second, wanted, search).await;
        }
        let gone = match self.tasks_of(Generation::First, wanted, search).await {
            Err(error) if is_gone(&error) => error,
            outcome => return outcome,
        };
        let outcome = self.tasks_of(Generation::Second, wanted, search).await;
        match outcome {
            Ok(tasks) => {
                self.shared.tasks_moved.store(true, Ordering::Relaxed);
                Ok(tasks)
            }
            Err(error) if is_gone(&error) => Err(gone),
            Err(error) => Err(error),
        }
    }

    /// Reads one task; `None` if the controller does not have it, or not yet.
    pub(crate) async fn task(&self, id: &TaskId) -> Result<Option<Task>, ApiError> {
        if self.shared.tasks_moved.load(Ordering::Relaxed) {
            return self.task_of(Generation::Second, id).await;
        }
        match self.task_of(Generation::First, id).await {
            // A 404 became `None`: for a single task it does not mean that the endpoint is gone.
            Err(error) if is_gone(&error) => {
                let task = self.task_of(Generation::Second, id).await?;
                self.shared.tasks_moved.store(true, Ordering::Relaxed);
                Ok(task)
            }
            outcome => outcome,
        }
    }

    /// Reads the detail of a task, which only the second generation has; `None` without one.
    pub(crate) async fn task_detail(&self, id: &TaskId) -> Result<Option<TaskDetail>, ApiError> {
        let path = format!("{}/{id}/detail", Generation::Second.path());
        let call = Call::read(path).with_valid(id.as_str())?;
        unless_missing(self.read(call, |it| Ok(TaskDetail::read(&it))).await)
    }

    async fn tasks_of(
        &self,
        generation: Generation,
        wanted: &BTreeSet<TaskId>,
        search: TaskSearch,
    ) -> Result<TaskList, ApiError> {
        let mut found = BTreeMap::new();
        let mut is_whole = false;
        for page in 0..MOST_PAGES {
            let call = Call::read(generation.page_path(page * PAGE + 1));
            let (n_items, tasks) = self.read(call, |it| generation.tasks(it)).await?;
            let n_before = found.len();
            is_whole = n_items < PAGE || self.reaches_first_write(&tasks);
            found.extend(tasks.into_iter().map(|it| (it.id.clone(), it)));
            // A controller that ignores the offset returns the same page forever.
            let is_stuck = found.len() == n_before;
            let is_enough =
                search == TaskSearch::UntilFound && wanted.iter().all(|it| found.contains_key(it));
            if is_whole || is_stuck || is_enough {
                break;
            }
        }
        self.explain(generation, &mut found, wanted).await;
        Ok(TaskList { tasks: found.into_values().collect(), is_whole })
    }

    async fn task_of(&self, generation: Generation, id: &TaskId) -> Result<Option<Task>, ApiError> {
        let path = format!("{}/{id}", generation.path());
        let call = Call::read(path).with_valid(id.as_str())?;
        let read = |it: Value| generation.task(&it);
        let Some(mut task) = unless_missing(self.read(call, read).await)? else { return Ok(None) };
        if lacks_words(generation, &task)
            && let Ok(Some(detail)) = self.words_of(generation, id).await
        {
            task.complete(detail);
        }
        Ok(Some(task))
    }

    /// Adds the controller's message to wanted tasks that failed. Without it, they have failed all
    /// the same.
    async fn explain(
        &self,
        generation: Generation,
        found: &mut BTreeMap<TaskId, Task>,
        wanted: &BTreeSet<TaskId>,
    ) {
        let mut reads = JoinSet::new();
        for id in wanted {
            if found.get(id).is_some_and(|it| lacks_words(generation, it)) {
                let (client, id) = (self.clone(), id.clone());
                reads.spawn(async move { (client.words_of(generation, &id).await, id) });
            }
        }
        for (detail, id) in reads.join_all().await {
            if let (Ok(Some(detail)), Some(task)) = (detail, found.get_mut(&id)) {
                task.complete(detail);
            }
        }
    }

    /// Reads the message of a failed task from the other endpoints.
    async fn words_of(
        &self,
        generation: Generation,
        id: &TaskId,
    ) -> Result<Option<TaskDetail>, ApiError> {
        match generation {
            Generation::First => self.task_tree(id).await,
            Generation::Second => self.task_detail(id).await,
        }
    }

    /// Reads the message of the first failed child of a task, if any.
    async fn task_tree(&self, id: &TaskId) -> Result<Option<TaskDetail>, ApiError> {
        let path = format!("{}/{id}/tree", Generation::First.path());
        let call = Call::read(path).with_valid(id.as_str())?;
        let read = |it: Value| {
            let tasks = list(it)?;
            let others =
                tasks.iter().filter(|it| text(it.get("id")).as_deref() != Some(id.as_str()));
            let mut failed = others.filter(|it| is_true(it.get("isError"))).map(TaskDetail::read);
            Ok(failed.find(|it| it.words.as_deref().is_some_and(|words| !names_the_tree(words))))
        };
        Ok(unless_missing(self.read(call, read).await)?.flatten())
    }

    /// Whether this page, newest first, goes back to our first write.
    ///
    /// Verifies that it is sorted.
    fn reaches_first_write(&self, tasks: &[Task]) -> bool {
        let first_write_ms = self.shared.first_write_ms.load(Ordering::Relaxed);
        if first_write_ms == i64::MAX {
            return false;
        }
        let starts: Vec<_> = tasks.iter().map(|it| it.started_ms).collect();
        let is_sorted = starts.is_sorted_by(|a, b| b <= a) && !starts.contains(&None);
        let oldest = starts.last().copied().flatten();
        is_sorted && oldest.is_some_and(|it| it < first_write_ms.saturating_sub(SLACK_MS))
    }
}

/// Whether the message of a failed task is elsewhere: in its detail (second generation), or in a
/// child if it points to its tree (controller-facts.md#task-tree).
fn lacks_words(generation: Generation, task: &Task) -> bool {
    match (&task.state, generation) {
        (TaskState::Failed { words }, Generation::First) => names_the_tree(words),
        (TaskState::Failed { .. }, Generation::Second) => true,
        (TaskState::Open | TaskState::Ended, _) => false,
    }
}

fn names_the_tree(words: &str) -> bool {
    words.to_lowercase().contains("task tree")
}

/// Whether the controller does not have these endpoints, or no longer.
fn is_gone(error: &ApiError) -> bool {
    error.status().is_some_and(|it| matches!(it.as_u16(), 404 | 405 | 410 | 501))
}
