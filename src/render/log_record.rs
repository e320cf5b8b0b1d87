//! The records of `--events`: the events of an apply, between the command's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::ReportV1;
use crate::{
    events::{Event, EventRecord, Line},
    plan::{Change, Plan},
    render::saved::{DiagnosticV1, SummaryV1, diagnostic, schema_text, summary},
    source::{Diagnostic, SourceMap},
};

/// One line of `--events`, without its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(title = "trueup event")]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum LogRecord {
    PlanStarted,
    PlanMade {
        /// How many discoveries there are of each action.
        summary: SummaryV1,
    },
    /// A diagnostic of the files or the plan, or an error of the command.
    Diagnostic {
        diagnostic: DiagnosticV1,
    },
    Report {
        report: Box<ReportV1>,
    },
    /// The last line.
    Exit {
        exit: ExitV1,
    },
    #[serde(untagged)]
    Apply(EventRecord),
}

/// How the program ends.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ExitV1 {
    code: u8,
    name: String,
}

impl LogRecord {
    pub(crate) fn plan_made(plan: &Plan) -> Self {
        Self::PlanMade { summary: summary(plan) }
    }

    pub(crate) fn diagnostic(it: &Diagnostic, sources: &SourceMap) -> Self {
        Self::Diagnostic { diagnostic: diagnostic(it, false, sources) }
    }

    /// Returns the record of an event of these changes.
    pub(crate) fn event(event: &Event, changes: &[Change]) -> Self {
        Self::Apply(EventRecord::new(event, changes))
    }

    pub(crate) fn report(report: ReportV1) -> Self {
        Self::Report { report: Box::new(report) }
    }

    pub(crate) fn exit(code: u8, name: &str) -> Self {
        Self::Exit { exit: ExitV1 { code, name: name.to_owned() } }
    }
}

/// Returns the schema of a line of `--events`, as it is committed.
pub(crate) fn event_schema() -> String {
    schema_text::<Line<LogRecord>>()
}
