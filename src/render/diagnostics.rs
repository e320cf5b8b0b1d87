//! The diagnostics of `validate`, as a document.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    plan::PlanDiagnostic,
    render::saved::{DiagnosticV1, SourceV1, diagnostic, json_text, schema_text, source_documents},
    source::SourceMap,
};

/// The version of the format. Members may be added within a major version.
const FORMAT_VERSION: &str = "1.0";

/// What `trueup validate --format json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[schemars(title = "trueup diagnostics")]
struct DiagnosticsV1 {
    /// The version of this format, as MAJOR.MINOR.
    format_version: String,
    /// Whether there is no error.
    valid: bool,
    /// The files, in the order in which they were read.
    sources: Vec<SourceV1>,
    /// Errors and warnings, in the order of the files and their lines.
    diagnostics: Vec<DiagnosticV1>,
}

/// Returns diagnostics as a document that ends with a newline.
pub(crate) fn diagnostics_json(diagnostics: &[PlanDiagnostic], sources: &SourceMap) -> String {
    let document = DiagnosticsV1 {
        format_version: FORMAT_VERSION.to_owned(),
        valid: !diagnostics.iter().any(|it| it.diagnostic.is_error()),
        sources: source_documents(sources),
        diagnostics: diagnostics
            .iter()
            .map(|it| diagnostic(&it.diagnostic, it.refuses, sources))
            .collect(),
    };
    json_text(&document)
}

/// Returns the schema of it, as it is committed.
pub(crate) fn diagnostics_schema() -> String {
    schema_text::<DiagnosticsV1>()
}
