//! Events, in the order in which they happen.

use std::fmt;

use crate::{model::RemoteId, plan::Step};

/// Something that happened to a change of the plan; `change` is its position there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing was written yet; every precondition was checked.
    Started { n_changes: usize },
    /// A write is about to leave. Told before it does; if that fails, it does not leave.
    Submitting { change: usize, step: Step, attempt: u32 },
    /// The controller took the write on, as a task. It has not succeeded yet.
    Accepted { change: usize, step: Step, task: String },
    /// No answer, or none of use: whether the write was taken on is settled by reading.
    InDoubt { change: usize, step: Step, why: String },
    /// The controller did not take the write on; it is, or may be, sent again.
    NotTaken { change: usize, step: Step, why: String },
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
    /// What happens can no longer be recorded.
    Deaf,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::OutOfTime => "out of time",
            Self::Deaf => "what happens could not be recorded",
        })
    }
}
