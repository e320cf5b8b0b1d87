//! A line of a journal, as the file has it: a versioned type of its own.
//!
//! Never the program's own types: what they are called inside may change, the file may not.
//! Members may be added within a major version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format. A reader refuses a higher major.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// One line of a journal.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(title = "trueup journal line")]
pub(crate) struct LineV1 {
    /// The version of this format, as MAJOR.MINOR.
    pub(super) format_version: String,
    /// Counts the lines, from 1.
    pub(super) seq: u64,
    /// When it was written, in UTC, by the clock of the machine that applies.
    pub(super) time: String,
    pub(super) event: KindV1,
    /// Of the first line: the version of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trueup_version: Option<String>,
    /// Of the first line: what the apply waits for, `tasks` or `runs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wait: Option<String>,
    /// Of the first line: the plan that is carried out, as `trueup plan --out` saves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<Value>,
    /// The change that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<ChangeRefV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<String>,
    /// Which try of the step it is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<u32>,
    /// When the write left, in UTC, by the controller's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) controller_time: Option<String>,
    /// When the latest run before it started, by the same clock, where that was asked for: a run in
    /// doubt is told from it by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) earlier_run: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<String>,
    /// The discovery's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Whether it was so already, and nothing had to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<OutcomeV1>,
    /// Of `stopping`: why nothing more was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<StopV1>,
    /// Why, in the controller's words where it gave any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) words: Option<String>,
    /// Of `taken_over`: the journal of the apply that goes on instead, if it needed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindV1 {
    /// The first line. Nothing was written to the controller yet.
    Plan,
    /// Every precondition was checked.
    ApplyStarted,
    /// What an apply left that was cut short is carried on with.
    ApplyResumed,
    /// What such an apply had under way is settled by reading; nothing is written to the controller.
    ApplySettling,
    /// A write is about to leave. This line is on the disk before it does.
    Submitting,
    /// The controller took it on, as a task.
    Accepted,
    /// No answer came, or none of use.
    InDoubt,
    /// It was not taken on, and is or may be sent again.
    NotTaken,
    /// The controller says that it came to nothing; a read has to show whether it was needed.
    Refused,
    /// The task says that it succeeded.
    Claimed,
    /// A read shows the effect.
    Settled,
    /// Something worth knowing that fails nothing.
    Noted,
    /// Nothing more was done for the change.
    Ended,
    /// Nothing more was begun.
    Stopping,
    /// The last line of a journal that leaves nothing to be done.
    Finished,
    /// The last line of a journal whose rest was left to a new apply.
    TakenOver,
}

/// The change that a line is about.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(super) struct ChangeRefV1 {
    /// Its position in the plan, from 0.
    pub(super) position: usize,
    pub(super) name: String,
    pub(super) action: String,
}

/// What came of a change, in a word.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeV1 {
    Done,
    /// It was so already, by somebody else's doing.
    Converged,
    Failed,
    /// It moved between the plan and the change: nothing was sent.
    Stale,
    /// Somebody else made a discovery of that name.
    Conflict,
    /// Whether it took effect cannot be told.
    Unknown,
    NotTried,
    /// An operation of it has not ended.
    Open,
}

/// Why nothing more was begun.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopV1 {
    /// The user asked for it.
    Interrupted,
    /// The time of the command was over.
    OutOfTime,
    /// What happened could not be told to whoever follows it.
    Unheard,
    /// What happened could not be recorded.
    Unrecorded,
    /// Only what was under way was settled.
    Settling,
}

impl LineV1 {
    pub(super) fn of_kind(event: KindV1) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            seq: 0,
            time: String::new(),
            event,
            trueup_version: None,
            wait: None,
            plan: None,
            change: None,
            step: None,
            attempt: None,
            controller_time: None,
            earlier_run: None,
            task: None,
            id: None,
            found: None,
            outcome: None,
            reason: None,
            words: None,
            by: None,
        }
    }
}
