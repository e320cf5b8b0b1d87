//! What is known about the controller when an operation processes a list of discoveries.

use std::{collections::BTreeSet, time::Duration};

use super::execution::Moment;
use crate::{
    api::{Task, TaskId},
    apply::precondition::View,
};

/// A list of discoveries, and what else is known when it is processed.
#[derive(Debug)]
pub(in crate::apply) struct Observation<'a> {
    pub(in crate::apply) view: View<'a>,
    /// When it was requested: it shows the state then, or later.
    pub(in crate::apply) asked_at: Moment,
    pub(in crate::apply) came_at: Moment,
    pub(in crate::apply) tasks: ObservedTasks<'a>,
    /// How long the longest task took so far.
    pub(in crate::apply) longest_task: Duration,
    /// Whether a change is done only when its run is.
    pub(in crate::apply) wait_runs: bool,
    /// Whether nothing is sent any more: then a step with a visible effect is done, regardless of
    /// its task.
    pub(in crate::apply) settles_only: bool,
}

/// The tasks as last read: they settle writes in doubt.
#[derive(Debug)]
pub(in crate::apply) struct ObservedTasks<'a> {
    pub(in crate::apply) tasks: &'a [Task],
    /// Every task of our writes.
    pub(in crate::apply) ours: &'a BTreeSet<TaskId>,
    /// When they were requested; `None` before the first answer.
    pub(in crate::apply) asked_at: Option<Moment>,
}
