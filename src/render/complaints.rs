//! Complaints as JSON.
//!
//! Text is drawn by `cli`, which knows the terminal.

use serde_json::{Value, json};

use crate::source::{Diagnostic, Label, Severity, SourceMap, Span};

/// Returns what came of a check of the files, for machines.
pub(crate) fn validation_json(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let is_valid = !diagnostics.iter().any(Diagnostic::is_error);
    let diagnostics = diagnostics.iter().map(|it| complaint(it, sources)).collect::<Vec<_>>();
    let document = json!({"format_version": "1.0", "valid": is_valid, "diagnostics": diagnostics});
    format!("{document:#}\n")
}

fn complaint(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut places = labels.iter().map(|Label { span, text: _ }| place(*span, sources));
    let source = places.next();
    let related = places.collect::<Vec<_>>();
    json!({
        "severity": severity,
        "code": code,
        "message": message,
        "help": help,
        "source": source,
        "related": related,
    })
}

fn place(span: Span, sources: &SourceMap) -> Value {
    let at = sources.locate(span);
    json!({
        "file": at.path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    })
}
