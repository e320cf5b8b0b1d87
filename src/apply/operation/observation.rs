//! What is known of the controller when an operation takes in a list of discoveries.

use std::time::Duration;

use super::{state::Moment, tasks::TaskView};
use crate::apply::precondition::View;

/// A list of discoveries, and what else is known when it is looked at.
#[derive(Debug)]
pub(in crate::apply) struct Observation<'a> {
    pub(in crate::apply) view: View<'a>,
    /// When it was asked for: it shows what was so then, or later.
    pub(in crate::apply) asked_at: Moment,
    /// When it had come.
    pub(in crate::apply) came_at: Moment,
    pub(in crate::apply) tasks: ObservedTasks<'a>,
    /// How long the longest task took so far.
    pub(in crate::apply) longest_task: Duration,
    /// Whether a change is done only when its run is.
    pub(in crate::apply) wait_runs: bool,
    /// Whether nothing is sent any more: what shows is done then, whatever its task says.
    pub(in crate::apply) settles_only: bool,
}

/// The tasks as last looked at, and when that look was asked for.
#[derive(Debug)]
pub(in crate::apply) struct ObservedTasks<'a> {
    pub(in crate::apply) view: TaskView<'a>,
    /// `None` where the tasks have not been looked at yet.
    pub(in crate::apply) asked_at: Option<Moment>,
}
