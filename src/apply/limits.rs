//! How much an apply does at once, and how far it goes.

use std::{num::NonZeroUsize, time::Duration};

/// How much may be in flight at once, and how far an apply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Write requests in flight; an accepted write no longer counts.
    pub(crate) parallelism: NonZeroUsize,
    /// Tasks open at once.
    pub(crate) max_pending: NonZeroUsize,
    pub(crate) wait: Wait,
    /// How long open operations are waited for once the user has asked to stop.
    pub(crate) drain: Duration,
}

/// What an apply waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// That each step is done.
    Tasks,
    /// That each run that was started is over, too.
    Runs,
}
