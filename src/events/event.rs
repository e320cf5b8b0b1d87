//! Events, in the order in which they happen.

use std::fmt;

use crate::{model::RemoteId, plan::Step};

/// Something that happened to a change of the plan; `change` is its position there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing was written yet; every precondition was checked.
    Started { n_changes: usize },
    /// An apply that was cut short is taken up again, to carry on or only to settle what it had
    /// under way: so many changes.
    Resumed { n_open: usize, settles_only: bool },
    /// A write is about to leave, at that time of the controller's clock, in milliseconds of the
    /// epoch. Told before it does; if that fails, it does not leave. `earlier_run_ms` is when the
    /// latest run before it started, by the same clock, where that was asked for.
    Submitting {
        change: usize,
        step: Step,
        attempt: u32,
        sent_ms: i64,
        earlier_run_ms: Option<i64>,
    },
    /// The controller took the write on, as a task. It has not succeeded yet.
    Accepted { change: usize, step: Step, task: String },
    /// No answer, or none of use: whether the write was taken on is settled by reading.
    InDoubt { change: usize, step: Step, why: String },
    /// The controller did not take the write on; it is, or may be, sent again.
    NotTaken { change: usize, step: Step, why: String },
    /// The controller says that the write came to nothing. Whether it was needed is for a read to
    /// show.
    Refused { change: usize, step: Step, why: String },
    /// The task says that it succeeded. Whether it did is for a read to show.
    Claimed { change: usize, step: Step },
    /// The step is done: a read shows its effect. `found` where nothing was sent for it, since it
    /// was so already.
    Settled { change: usize, step: Step, found: bool, id: Option<RemoteId> },
    /// Something the reader of the account should know, and that fails nothing.
    Noted { change: usize, note: String },
    /// Nothing more will be done for the change.
    Ended { change: usize, outcome: Outcome },
    /// No further change is begun.
    Stopping { why: StopReason },
    /// Nothing has happened for a while: so many operations are open. What went wrong last on the
    /// way to the controller, if nothing went right since.
    Waiting { n_open: usize, trouble: Option<String> },
    /// A read failed; it is tried again.
    ReadFailed { why: String },
}

impl Event {
    /// Returns the change that it is about.
    pub(crate) fn change(&self) -> Option<usize> {
        match self {
            Self::Started { .. }
            | Self::Resumed { .. }
            | Self::Stopping { .. }
            | Self::Waiting { .. }
            | Self::ReadFailed { .. } => None,
            Self::Submitting { change, .. }
            | Self::Accepted { change, .. }
            | Self::InDoubt { change, .. }
            | Self::NotTaken { change, .. }
            | Self::Refused { change, .. }
            | Self::Claimed { change, .. }
            | Self::Settled { change, .. }
            | Self::Noted { change, .. }
            | Self::Ended { change, .. } => Some(*change),
        }
    }
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// It was so already, by somebody else's doing.
    Converged,
    /// In the controller's own words, where it gave any.
    Failed {
        words: String,
    },
    /// The live discovery moved between the plan and the change: nothing was sent.
    Stale {
        words: String,
    },
    /// Somebody else made a discovery of that name, with other settings.
    Conflict {
        words: String,
    },
    /// Whether it took effect cannot be told.
    Unknown {
        words: String,
    },
    NotTried {
        why: String,
    },
    /// Its task has not ended, or its effect has not shown.
    Open {
        task: Option<String>,
        words: String,
    },
}

/// Why no further change is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The user asked for it.
    Interrupted,
    /// The time that the command may take is over.
    OutOfTime,
    /// What happens can no longer be told to whoever follows it.
    Unheard,
    /// What happens can no longer be recorded.
    Unrecorded,
    /// Only what was under way is settled; what is left is for a new plan.
    Settling,
}

/// Which sink could not take an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkError {
    /// `--events`: nothing more is begun.
    EventLog,
    /// The journal: nothing more is sent at all.
    Journal,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::OutOfTime => "out of time",
            Self::Unheard => "the events could not be written",
            Self::Unrecorded => "the journal could not be written",
            Self::Settling => "left to a new plan",
        })
    }
}
