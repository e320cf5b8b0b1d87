//! The schemas of both formats, from the types that they are written with.

use super::document::{EventV1, ReportV1};
use crate::render::saved::schema_text;

/// Returns the schema of a line of `--events`, as it is committed.
pub(crate) fn event_schema() -> String {
    schema_text::<EventV1>()
}

/// Returns the schema of the report, as it is committed.
pub(crate) fn report_schema() -> String {
    schema_text::<ReportV1>()
}
