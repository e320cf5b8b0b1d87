//! The types that the files have: the report of an apply, and an event.

use schemars::JsonSchema;
use serde::Serialize;

use crate::render::saved::{ControllerV1, DiagnosticV1, PlaceV1, SummaryV1};

/// The version of both formats. Members may be added within a major.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// What came of an apply: what `trueup apply --format json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[schemars(title = "trueup report")]
pub(crate) struct ReportV1 {
    /// The version of this format, as MAJOR.MINOR.
    pub(crate) format_version: String,
    /// The version of the program that applied the plan.
    pub(crate) trueup_version: String,
    /// The controller that was written to.
    pub(crate) controller: ControllerV1,
    /// Whether every change is done.
    pub(crate) complete: bool,
    pub(crate) summary: TallyV1,
    /// In the order of the plan.
    pub(crate) changes: Vec<ReportChangeV1>,
}

/// How many changes came to what; a replace is one added and one destroyed.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub(crate) struct TallyV1 {
    /// Done, or so already.
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) not_tried: usize,
    /// Still running, or nobody knows.
    pub(crate) open: usize,
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) destroyed: usize,
}

/// What came of one change.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ReportChangeV1 {
    pub(crate) name: String,
    /// `create`, `update`, `replace`, `restart`, `stop` or `delete`.
    pub(crate) action: String,
    pub(crate) outcome: OutcomeV1,
    /// In the controller's words, where it gave any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) words: Option<String>,
    /// The discovery's id, where it is known.
    pub(crate) id: Option<String>,
    /// The steps that were begun, or found done.
    pub(crate) steps: Vec<StepV1>,
    /// What is worth knowing and fails nothing.
    pub(crate) notes: Vec<String>,
    /// When nothing more was done for it, in UTC; `null` where it was cut short.
    pub(crate) ended_at: Option<String>,
    /// The discovery's entry in the files.
    pub(crate) source: Option<PlaceV1>,
}

/// What came of a change, in a word.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeV1 {
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

/// A step of a change. Times are in UTC.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct StepV1 {
    /// `stop`, `edit`, `run`, `delete` or `create`.
    pub(crate) step: String,
    /// How often it was sent.
    pub(crate) sent: u32,
    /// The controller's name of its task.
    pub(crate) task: Option<String>,
    pub(crate) submitted_at: Option<String>,
    pub(crate) accepted_at: Option<String>,
    /// When its effect was seen.
    pub(crate) settled_at: Option<String>,
    /// Whether it was so already, and nothing had to be sent.
    pub(crate) found: bool,
}

/// One line of `--events`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[schemars(title = "trueup event")]
pub(crate) struct EventV1 {
    /// The version of this format, as MAJOR.MINOR.
    pub(crate) format_version: String,
    /// Counts the lines, from 1.
    pub(crate) seq: u64,
    /// When it happened, in UTC.
    pub(crate) time: String,
    pub(crate) event: KindV1,
    /// The change that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<ChangeRefV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<String>,
    /// Which try of the step it is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) task: Option<String>,
    /// The discovery's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Whether it was so already, and nothing had to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<OutcomeV1>,
    /// Why, in the controller's words where it gave any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) words: Option<String>,
    /// Of `plan_made`: how many discoveries there are of each action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<SummaryV1>,
    /// Of `diagnostic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diagnostic: Option<DiagnosticV1>,
    /// Of `report`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<ReportV1>,
    /// Of `exit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exit: Option<ExitV1>,
}

/// What an event is.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindV1 {
    PlanStarted,
    PlanMade,
    /// A complaint about the files or the plan, or an error of the command.
    Diagnostic,
    /// Every precondition was checked, and nothing was written yet.
    ApplyStarted,
    /// An apply that was cut short is taken up again.
    ApplyResumed,
    /// A write is about to leave.
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
    /// The change failed.
    Failed,
    /// Nothing more will be done for the change.
    Ended,
    /// Nothing more is begun.
    Stopping,
    /// Nothing has happened for a while.
    Waiting,
    /// A read failed and is tried again.
    ReadFailed,
    Report,
    /// The last line.
    Exit,
}

/// The change that an event is about.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ChangeRefV1 {
    pub(crate) name: String,
    pub(crate) action: String,
}

/// How the program ends.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct ExitV1 {
    pub(crate) code: u8,
    pub(crate) name: String,
}
