//! The records of a journal: its header, the events of the apply, and its closing line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::events::{EventRecord, Line};

/// One line of a journal.
pub(crate) type JournalLine = Line<JournalRecord>;

/// What a line of a journal records.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(title = "trueup journal line")]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum JournalRecord {
    /// The first line. Nothing was written to the controller yet.
    Plan(Header),
    /// The last line, if nothing is left to do.
    Finished,
    /// The last line, if a new apply took over the rest.
    TakenOver {
        /// The journal of that apply, if it needed one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    #[serde(untagged)]
    Apply(EventRecord),
}

/// What a journal begins with.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct Header {
    /// The version of the program.
    trueup_version: String,
    wait: WaitFor,
    /// The plan that is carried out, as `trueup plan --out` saves it.
    pub(crate) plan: Value,
}

/// What the apply waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum WaitFor {
    Tasks,
    Runs,
}

impl Header {
    /// Makes the header for a plan, as it is saved.
    pub(crate) fn new(plan: Value, waits_for_runs: bool) -> Self {
        let wait = if waits_for_runs { WaitFor::Runs } else { WaitFor::Tasks };
        Self { trueup_version: env!("CARGO_PKG_VERSION").to_owned(), wait, plan }
    }

    /// Whether the apply waits for the runs that it starts.
    pub(crate) fn waits_for_runs(&self) -> bool {
        self.wait == WaitFor::Runs
    }
}
