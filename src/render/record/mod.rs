//! What happens and what came of it, as JSON: a line an event, and one document at the end.
//!
//! Formats of their own, with versions. Writes no file: `cli` does.

mod document;

mod report;

mod event;

mod schema;

mod diagnostics;

pub(crate) use self::{
    diagnostics::{diagnostics_json, diagnostics_schema},
    event::{LogRecord, event_line},
    report::{ReportAbout, report_document, report_json},
    schema::{event_schema, report_schema},
};
