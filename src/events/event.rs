//! Events, in the order in which they happen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{model::RemoteId, plan::Step};

/// Something that happened during an apply; `change` is a position in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Every precondition was checked, and nothing was written yet.
    Started { n_changes: usize },
    /// An interrupted apply is taken up again, to finish it or only to settle its open operations,
    /// of which there are `n_open`.
    Resumed { n_open: usize, settles_only: bool },
    /// A write is about to leave, at that time of the controller's clock, in milliseconds of the
    /// epoch. Emitted before it does; if a sink fails, it does not leave. `earlier_run_ms` is when
    /// the latest run before it started, by the same clock, if that was read.
    Submitting {
        change: usize,
        step: Step,
        attempt: u32,
        sent_ms: i64,
        earlier_run_ms: Option<i64>,
    },
    /// The controller accepted the write, as a task. It has not succeeded yet.
    Accepted { change: usize, step: Step, task: String },
    /// No answer came, or none that can be used: a read settles whether the write was accepted.
    InDoubt { change: usize, step: Step, why: String },
    /// The controller did not accept the write, which is, or may be, sent again.
    NotTaken { change: usize, step: Step, why: String },
    /// The controller reports that the write had no effect; a read has to show whether it was
    /// needed.
    Refused { change: usize, step: Step, why: String },
    /// The task reports success; a read has to show the effect.
    Claimed { change: usize, step: Step },
    /// The step is done: a read shows its effect. `found` if it was already as wanted, and nothing
    /// was sent for it.
    Settled { change: usize, step: Step, found: bool, id: Option<RemoteId> },
    /// Something worth knowing that fails nothing.
    Noted { change: usize, note: String },
    /// Nothing more will be done for the change.
    Ended { change: usize, outcome: Outcome },
    /// No further change is begun.
    Stopping { why: StopReason },
    /// Nothing has happened for a while, with `n_open` operations open. `trouble` is the last
    /// failure of a request, if none has succeeded since.
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

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Done,
    /// It was already as wanted, by another user's doing.
    Converged,
    /// In the controller's own words, if it gave any.
    Failed {
        words: String,
    },
    /// The live discovery moved between the plan and the change: nothing was sent.
    Stale {
        words: String,
    },
    /// Another user created a discovery of that name, with other settings.
    Conflict {
        words: String,
    },
    /// Whether it took effect cannot be determined.
    Unknown {
        words: String,
    },
    NotTried {
        #[serde(rename = "words")]
        why: String,
    },
    /// Its task has not ended, or its effect has not shown.
    Open {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        words: String,
    },
}

/// Why no further change is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StopReason {
    /// The user interrupted the command.
    Interrupted,
    /// The command's timeout is over.
    OutOfTime,
    /// `--events` could not be written.
    Unheard,
    /// The journal could not be written.
    Unrecorded,
    /// Only open operations are settled; the rest is left to a new plan.
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
