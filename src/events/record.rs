//! The form in which an event leaves the process: one line of JSON, the same in the journal and in
//! `--events`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Event, Outcome, StopReason};
use crate::{
    model::{RemoteId, shown_json},
    plan::{Action, Change, Step},
};

/// The version of the format. Members may be added within a major version.
pub(crate) const FORMAT_VERSION: &str = "2.0";

/// One line of a journal or of `--events`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct Line<R> {
    /// The version of this format, as MAJOR.MINOR.
    format_version: String,
    /// Counts the lines, from 1.
    seq: u64,
    /// When it was written, in UTC, by the clock of the machine that applies.
    #[schemars(with = "String")]
    time: Timestamp,
    #[serde(flatten)]
    pub(crate) record: R,
}

/// An event of an apply.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum EventRecord {
    /// Every precondition was checked, and nothing was written yet.
    ApplyStarted,
    /// An interrupted apply is taken up again.
    ApplyResumed {
        /// Whether only its open operations are settled, by reading.
        settles_only: bool,
    },
    /// A write is about to leave. In a journal, this line is on the disk before it does.
    Submitting {
        change: ChangeRef,
        step: Step,
        /// The number of the attempt at this step, from 1.
        attempt: u32,
        /// When the write left, in UTC, by the controller's clock.
        #[schemars(with = "String")]
        controller_time: Timestamp,
        /// When the latest run before it started, by the same clock, if it was read: it tells a run
        /// in doubt from an earlier one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        earlier_run: Option<Timestamp>,
    },
    /// The controller accepted the write, as a task.
    Accepted { change: ChangeRef, step: Step, task: String },
    /// No answer came, or none that can be used.
    InDoubt { change: ChangeRef, step: Step, words: String },
    /// The controller did not accept the write, which is, or may be, sent again.
    NotTaken { change: ChangeRef, step: Step, words: String },
    /// The controller reports that the write had no effect; a read has to show whether it was
    /// needed.
    Refused { change: ChangeRef, step: Step, words: String },
    /// The task reports success.
    Claimed { change: ChangeRef, step: Step },
    /// A read shows the effect.
    Settled {
        change: ChangeRef,
        step: Step,
        /// Whether it was already as wanted, and nothing had to be sent.
        found: bool,
        /// The discovery's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Something worth knowing that fails nothing.
    Noted { change: ChangeRef, words: String },
    /// The change failed.
    Failed {
        change: ChangeRef,
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// Nothing more will be done for the change.
    Ended {
        change: ChangeRef,
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// No further change is begun.
    Stopping { reason: StopReason, words: String },
    /// Nothing has happened for a while. Not in a journal.
    Waiting {
        /// The last failure of a request, if none has succeeded since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<String>,
    },
    /// A read failed and is tried again. Not in a journal.
    ReadFailed { words: String },
}

/// The change that an event is about.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ChangeRef {
    /// Its position in the plan, from 0.
    position: usize,
    name: String,
    action: Action,
}

/// A record is about a change that the plan does not have.
#[derive(Debug, thiserror::Error)]
#[error("the plan's change {position} is not the {action} of {name}")]
pub(crate) struct NotInPlan {
    position: usize,
    action: Action,
    name: String,
}

impl<R> Line<R> {
    /// Makes the `seq`th line, at that time in milliseconds of the epoch.
    pub(crate) fn new(seq: u64, at_ms: i64, record: R) -> Self {
        Self { format_version: FORMAT_VERSION.to_owned(), seq, time: timestamp(at_ms), record }
    }

    /// Returns its time in milliseconds of the epoch.
    pub(crate) fn at_ms(&self) -> i64 {
        self.time.as_millisecond()
    }
}

impl<R: Serialize> Line<R> {
    /// Returns the line as text, with its newline.
    pub(crate) fn text(&self) -> String {
        let text = serde_json::to_string(self).expect("invariant: every key is text");
        shown_json(text) + "\n"
    }
}

impl EventRecord {
    /// Returns the record of an event of these changes.
    pub(crate) fn new(event: &Event, changes: &[Change]) -> Self {
        let at = |position: usize| ChangeRef::new(position, changes);
        match event.clone() {
            Event::Started { .. } => Self::ApplyStarted,
            Event::Resumed { settles_only, .. } => Self::ApplyResumed { settles_only },
            Event::Submitting { change, step, attempt, sent_ms, earlier_run_ms } => {
                Self::Submitting {
                    change: at(change),
                    step,
                    attempt,
                    controller_time: timestamp(sent_ms),
                    earlier_run: earlier_run_ms.map(timestamp),
                }
            }
            Event::Accepted { change, step, task } => {
                Self::Accepted { change: at(change), step, task }
            }
            Event::InDoubt { change, step, why } => {
                Self::InDoubt { change: at(change), step, words: why }
            }
            Event::NotTaken { change, step, why } => {
                Self::NotTaken { change: at(change), step, words: why }
            }
            Event::Refused { change, step, why } => {
                Self::Refused { change: at(change), step, words: why }
            }
            Event::Claimed { change, step } => Self::Claimed { change: at(change), step },
            Event::Settled { change, step, found, id } => {
                Self::Settled { change: at(change), step, found, id: id.map(|it| it.0) }
            }
            Event::Noted { change, note } => Self::Noted { change: at(change), words: note },
            Event::Ended { change, outcome } => {
                let change = at(change);
                match outcome {
                    Outcome::Failed { .. } | Outcome::Conflict { .. } => {
                        Self::Failed { change, outcome }
                    }
                    _ => Self::Ended { change, outcome },
                }
            }
            Event::Stopping { why } => Self::Stopping { reason: why, words: why.to_string() },
            Event::Waiting { n_open: _, trouble } => Self::Waiting { words: trouble },
            Event::ReadFailed { why } => Self::ReadFailed { words: why },
        }
    }

    /// Returns the event, by the changes of its plan.
    pub(crate) fn event(self, changes: &[Change]) -> Result<Event, NotInPlan> {
        let at = |change: ChangeRef| change.position(changes);
        Ok(match self {
            Self::ApplyStarted => Event::Started { n_changes: changes.len() },
            Self::ApplyResumed { settles_only } => Event::Resumed { n_open: 0, settles_only },
            Self::Submitting { change, step, attempt, controller_time, earlier_run } => {
                Event::Submitting {
                    change: at(change)?,
                    step,
                    attempt,
                    sent_ms: controller_time.as_millisecond(),
                    earlier_run_ms: earlier_run.map(Timestamp::as_millisecond),
                }
            }
            Self::Accepted { change, step, task } => {
                Event::Accepted { change: at(change)?, step, task }
            }
            Self::InDoubt { change, step, words } => {
                Event::InDoubt { change: at(change)?, step, why: words }
            }
            Self::NotTaken { change, step, words } => {
                Event::NotTaken { change: at(change)?, step, why: words }
            }
            Self::Refused { change, step, words } => {
                Event::Refused { change: at(change)?, step, why: words }
            }
            Self::Claimed { change, step } => Event::Claimed { change: at(change)?, step },
            Self::Settled { change, step, found, id } => {
                Event::Settled { change: at(change)?, step, found, id: id.map(RemoteId) }
            }
            Self::Noted { change, words } => Event::Noted { change: at(change)?, note: words },
            Self::Failed { change, outcome } | Self::Ended { change, outcome } => {
                Event::Ended { change: at(change)?, outcome }
            }
            Self::Stopping { reason, words: _ } => Event::Stopping { why: reason },
            Self::Waiting { words } => Event::Waiting { n_open: 0, trouble: words },
            Self::ReadFailed { words } => Event::ReadFailed { why: words },
        })
    }
}

impl ChangeRef {
    fn new(position: usize, changes: &[Change]) -> Self {
        let change = changes.get(position).expect("invariant: an event is about a planned change");
        Self { position, name: change.name.as_str().to_owned(), action: change.action }
    }

    fn position(self, changes: &[Change]) -> Result<usize, NotInPlan> {
        let Self { position, name, action } = self;
        match changes.get(position) {
            Some(it) if it.name.as_str() == name && it.action == action => Ok(position),
            Some(_) | None => Err(NotInPlan { position, action, name }),
        }
    }
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}
