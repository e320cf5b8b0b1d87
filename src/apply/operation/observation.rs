//! What is known of the controller when an operation takes in a list of discoveries.

use std::{collections::BTreeSet, time::Duration};

use super::execution::Moment;
use crate::{
    api::{Task, TaskId},
    apply::precondition::View,
};

/// A list of discoveries, and what else is known when it is taken in.
#[derive(Debug)]
pub(in crate::apply) struct Observation<'a> {
    pub(in crate::apply) view: View<'a>,
    /// When it was asked for: it shows what was so then, or later.
    pub(in crate::apply) asked_at: Moment,
    pub(in crate::apply) came_at: Moment,
    pub(in crate::apply) tasks: ObservedTasks<'a>,
    /// How long the longest task took so far.
    pub(in crate::apply) longest_task: Duration,
    /// Whether a change is done only when its run is.
    pub(in crate::apply) wait_runs: bool,
    /// Whether nothing is sent any more: an effect that shows is done then, whatever its task says.
    pub(in crate::apply) settles_only: bool,
}

/// The tasks as last read: what a write in doubt is settled by.
#[derive(Debug)]
pub(in crate::apply) struct ObservedTasks<'a> {
    pub(in crate::apply) tasks: &'a [Task],
    /// Every task that a write of ours was taken on as.
    pub(in crate::apply) ours: &'a BTreeSet<TaskId>,
    /// When they were asked for; `None` before the first answer.
    pub(in crate::apply) asked_at: Option<Moment>,
}
